"""REST: what long jobs remember of themselves."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from playbooks_app.api.access import InAccountWithPlaybooks, number_asked_for, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from runs_app import checkpoints
from runs_app.api.documents import WRONG_STATE, Value, optional
from runs_app.api.runs import operable_run, values_of_run
from runs_app.models import Checkpoint, Run
from runs_app.permissions import values_read_by
from runs_app.reading.words import iso

RUN = OpenApiParameter("run", int)
NAME = OpenApiParameter("name", str)


class CheckpointBody(Body):
    run = s.IntegerField(min_value=1)
    name = s.CharField(max_length=200, help_text="The milestone.")
    data = Value(required=False, default=None, allow_null=True, help_text="At most 256 KiB.")  # type: ignore[assignment]


class PruneBody(Body):
    run = s.IntegerField(min_value=1)
    keep = s.IntegerField(min_value=0, max_value=checkpoints.MOST_KEPT, help_text="How many of the newest stay.")


class PrunedShape(s.Serializer[Any]):
    removed = s.IntegerField()


class CheckpointShape(s.Serializer[Any]):
    id = s.IntegerField()
    run = s.IntegerField()
    name = s.CharField()
    data = Value(allow_null=True)  # type: ignore[assignment]
    path = optional(s.CharField, help_text="The step that saved it; null where it came from outside.")
    by = optional(s.CharField, help_text="Username.")
    at = s.DateTimeField()


@extend_schema(tags=["checkpoints"])
class CheckpointViewSet(GenericViewSet[Checkpoint]):
    """Checkpoints of the runs whose values the caller may read."""

    serializer_class = CheckpointShape
    permission_classes = (InAccountWithPlaybooks,)
    queryset = Checkpoint.objects.none()

    @extend_schema(parameters=[RUN, NAME], responses=CheckpointShape(many=True))
    def list(self, request: Request) -> Response:
        """Newest first."""
        page = self.paginate_queryset(_in_sight(request)) or []
        return self.get_paginated_response([_shape(each) for each in page])

    @extend_schema(request=CheckpointBody, responses={201: CheckpointShape, 409: WRONG_STATE})
    def create(self, request: Request) -> Response:
        """Save one for a run that is not over."""
        body = _read(CheckpointBody, request)
        run = operable_run(request, body["run"], "save checkpoints of")
        kept = checkpoints.save(run, body["name"], body["data"], by=signed_in(request))
        return Response(_shape(kept), status=201)

    @extend_schema(parameters=[RUN, NAME], responses=CheckpointShape, filters=False)
    @action(detail=False, methods=["get"], pagination_class=None)
    def latest(self, request: Request) -> Response:
        """The newest of a run."""
        number = number_asked_for(request, "run")
        if number is None:
            raise Refused([Problem("run", "Missing", "Whose checkpoint?", "Name the run: ?run=12.")])
        run = values_of_run(request, number)
        found = _in_sight(request).filter(run=run).first()
        if found is None:
            raise OutOfSight(f"Run {run.pk} has no checkpoint.", hint="Begin from the start.")
        return Response(_shape(found))

    @extend_schema(request=PruneBody, responses=PrunedShape)
    @action(detail=False, methods=["post"])
    def prune(self, request: Request) -> Response:
        """Drop all but the newest ones of a run."""
        body = _read(PruneBody, request)
        run = operable_run(request, body["run"], "prune checkpoints of")
        return Response({"removed": checkpoints.prune(run, body["keep"])})


def _in_sight(request: Request) -> QuerySet[Checkpoint]:
    user = signed_in(request)
    runs = Run.objects.visible_to(user).filter(values_read_by(user))
    found = Checkpoint.objects.filter(run__in=runs.values("pk")).select_related("by").order_by("-id")
    if (run := number_asked_for(request, "run")) is not None:
        found = found.filter(run=run)
    return found.filter(name=request.query_params["name"]) if request.query_params.get("name") else found


def _read(body: type[s.Serializer[Any]], request: Request) -> dict[str, Any]:
    read = body(data=request.data)
    read.is_valid(raise_exception=True)
    return cast("dict[str, Any]", read.validated_data)


def _shape(kept: Checkpoint) -> dict[str, Any]:
    return {
        "id": kept.pk,
        "run": kept.run_id,
        "name": kept.name,
        "data": kept.data,
        "path": kept.path or None,
        "by": kept.by.username if kept.by else None,
        "at": iso(kept.at),
    }

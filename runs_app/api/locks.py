"""REST: who holds which lock, and who waits for it."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from playbooks_app.api.access import InAccountWithPlaybooks, number_asked_for, signed_in
from runs_app.api.documents import optional
from runs_app.models import Entry, Run
from runs_app.reading.lines import lines_of
from runs_app.reading.words import iso


class LockShape(s.Serializer[Any]):
    id = s.IntegerField()
    run = s.IntegerField()
    path = optional(s.CharField, help_text="Of the scope that takes it; null for the run as a whole.")
    names = s.ListField(child=s.CharField())
    paths = s.ListField(child=s.CharField())
    owner = optional(s.CharField, help_text="Username of who started the run.")
    asked_at = s.DateTimeField()
    since = optional(s.DateTimeField, help_text="null: it waits in line.")
    place = optional(s.IntegerField, help_text="Place in line, from 1; null when it is inside.")
    holder = optional(s.IntegerField, help_text="Number of the run that it waits for.")
    ttl_seconds = s.FloatField()
    expires_at = optional(s.DateTimeField, help_text="Moves on while its run shows life.")


@extend_schema(tags=["locks"])
class LockViewSet(ListModelMixin, GenericViewSet[Entry]):
    """Locks of the runs in the caller's sight."""

    serializer_class = LockShape
    permission_classes = (InAccountWithPlaybooks,)
    queryset = Entry.objects.none()

    @extend_schema(parameters=[OpenApiParameter("run", int), OpenApiParameter("name", str, description="A name, or a path as it is held.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Those that are held first, then those in line."""
        asked = request.query_params
        found = Entry.objects.filter(run__in=Run.objects.visible_to(signed_in(request)).values("pk")).filter(~Q(names=[]) | ~Q(paths=[]))
        if (run := number_asked_for(request, "run")) is not None:
            found = found.filter(run=run)
        if asked.get("name"):
            found = found.filter(Q(names__contains=[asked["name"]]) | Q(paths__contains=[asked["name"]]))
        page = cast("list[Entry]", self.paginate_queryset(_sorted(found)))
        return self.get_paginated_response(_shapes(page))


def _sorted(found: QuerySet[Entry]) -> QuerySet[Entry]:
    return found.select_related("run__owner").order_by("since", "-priority", "asked_at", "pk")


def _shapes(entries: list[Entry]) -> list[dict[str, Any]]:
    lines = lines_of([entry.run_id for entry in entries if entry.since is None])
    return [_shape(entry, lines) for entry in entries]


def _shape(entry: Entry, lines: Any) -> dict[str, Any]:
    line = lines.get((entry.run_id, entry.step_run)) if entry.since is None else None
    return {
        "id": entry.pk,
        "run": entry.run_id,
        "path": entry.path or None,
        "names": entry.names,
        "paths": entry.paths,
        "owner": entry.run.owner.username if entry.run.owner else None,
        "asked_at": iso(entry.asked_at),
        "since": iso(entry.since),
        "place": line.place if line else None,
        "holder": line.holder if line else None,
        "ttl_seconds": entry.ttl_seconds,
        "expires_at": iso(entry.expires_at),
    }

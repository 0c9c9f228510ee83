"""REST: runs."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from playbooks_app import clock
from playbooks_app.api.access import InAccountWithPlaybooks, number_asked_for, signed_in
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.errors import OutOfSight
from playbooks_app.models import User
from runs_app import cleaning
from runs_app.api import documents
from runs_app.api.filters import chosen
from runs_app.api.shapes import event_shape, run_shape
from runs_app.api.starting import start_as_asked
from runs_app.entry.admission import reschedule
from runs_app.models import Run, RunEvent
from runs_app.permissions import may_operate, may_view_values, require, values_read_by
from runs_app.reading.forecast import rough_etas
from runs_app.reading.hiding import hide_from
from runs_app.reading.readings import read, read_all
from runs_app.reading.searching import Search
from runs_app.repair import overriding
from runs_app.repair.overriding import require_same_playbook
from runs_app.repair.variables import set_variables

MOST_EVENTS = 500

FILTERS = [
    OpenApiParameter("playbook", int, description="Number of a playbook."),
    OpenApiParameter("status", str, description="One status or several, with commas between."),
    OpenApiParameter("started_by", str, description="Username or number."),
    OpenApiParameter("since", str, description="Made at or after this moment."),
    OpenApiParameter("until", str, description="Made before this moment."),
    OpenApiParameter(
        "q", str, description="Number, playbook's name, or a value that went in or came out. The answer's `search` says how far back it was looked."
    ),
    OpenApiParameter("parent", int, description="Number of the run that started them."),
]


def visible_run(request: Request, run_id: int) -> Run:
    """The run, if the caller may see it. Raises OutOfSight."""
    run = Run.objects.visible_to(signed_in(request)).select_related("playbook", "version", "owner", "account").filter(pk=run_id).first()
    if run is None:
        raise OutOfSight("There is no such run, or it is not shared with you.")
    return cast(Run, run)


def operable_run(request: Request, run_id: int, deed: str) -> Run:
    """The run, if the caller may act on it. Raises OutOfSight, NotAllowed."""
    run = visible_run(request, run_id)
    require(may_operate(signed_in(request), run), f"{deed} this run")
    return run


def values_of_run(request: Request, run_id: int) -> Run:
    """The run, if the caller may read its values. Raises OutOfSight, NotAllowed."""
    run = visible_run(request, run_id)
    require(may_view_values(signed_in(request), run), "read its values")
    return run


def answer_run(request: Request, run: Run) -> dict[str, Any]:
    """The shape of a run for this caller."""
    hide_from(signed_in(request), [run])
    reading = read(run)
    return run_shape(reading, reading.eta(), values=may_view_values(signed_in(request), run))


@extend_schema_view(
    list=extend_schema(parameters=FILTERS, responses=documents.RunShape(many=True)),
    retrieve=extend_schema(responses=documents.RunShape),
)
@extend_schema(tags=["runs"])
class RunViewSet(Edited, GenericViewSet[Run]):
    """Start, read and steer runs."""

    serializer_class = documents.RunShape
    permission_classes = (InAccountWithPlaybooks,)
    queryset = Run.objects.none()
    lookup_value_regex = r"\d+"
    edited = frozenset({"vars"})

    def get_queryset(self) -> QuerySet[Run]:
        """Those in the caller's sight."""
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        runs = Run.objects.visible_to(cast(User, self.request.user)).select_related("playbook", "version", "owner", "account")
        return cast("QuerySet[Run]", runs.order_by("-id"))

    def list(self, request: Request) -> Response:
        """Runs in sight, newest first."""
        user, search = signed_in(request), Search()
        page = self.paginate_queryset(chosen(self.get_queryset(), request.query_params, values_read_by(user), search)) or []
        hide_from(user, page)
        etas = rough_etas(page, clock.now())
        shapes = [run_shape(each, etas.get(each.run.pk), values=may_view_values(user, each.run)) for each in read_all(page)]
        answer = self.get_paginated_response(shapes)
        if request.query_params.get("q"):
            answer.data["search"] = search.as_json()
        return answer

    @extend_schema(request=documents.StartBody, responses={201: documents.StartedShape, 200: documents.StartedShape, 409: documents.WRONG_STATE})
    def create(self, request: Request) -> Response:
        """Start a run; 200 when its idempotency key was known."""
        started = start_as_asked(signed_in(request), cast("dict[str, Any]", request.data))
        run = visible_run(request, started.run.pk)
        return Response({**answer_run(request, run), "deduplicated": started.deduplicated}, status=200 if started.deduplicated else 201)

    def retrieve(self, request: Request, pk: str) -> Response:
        """One run."""
        return Response(answer_run(request, visible_run(request, int(pk))))

    @extend_schema(request=documents.ChangeBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Set variables of a run that goes on; whoever was asked about their old values is asked again."""
        run = operable_run(request, int(pk), "change")
        body = documents.ChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        set_variables(run, body.validated_data["vars"], by=signed_in(request))
        return self._again(request, run)

    @extend_schema(request=documents.ReasonBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let the steps in hand end, and begin no other."""
        run = operable_run(request, int(pk), "pause")
        run.pause(by=signed_in(request), reason=_reason(request))
        return self._again(request, run)

    @extend_schema(request=documents.ResumeBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on, optionally with another input or output for one step."""
        run = operable_run(request, int(pk), "resume")
        body = documents.ResumeBody(data=request.data)
        body.is_valid(raise_exception=True)
        require_same_playbook(run, body.validated_data.get("playbook"), body.validated_data.get("version"))
        overriding.resume(run, signed_in(request), body.validated_data.get("override"), body.validated_data["reason"])
        return self._again(request, run)

    @extend_schema(request=documents.ReasonBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Every failed step that stops the run again, and nothing that succeeded; a run that has failed opens again."""
        run = operable_run(request, int(pk), "repair")
        overriding.retry_run(run, signed_in(request), _reason(request))
        return self._again(request, run)

    @extend_schema(request=documents.CleanUpBody, responses={200: documents.CleanUpShape})
    @action(detail=False, methods=["post"], url_path="clean-up")
    def clean_up(self, request: Request) -> Response:
        """Put away runs that have failed, or are paused by a failure, and that nobody has touched for so many days."""
        body = documents.CleanUpBody(data=request.data)
        body.is_valid(raise_exception=True)
        return Response({"archived": cleaning.clean_up_account(signed_in(request), body.validated_data["older_than_days"])})

    @extend_schema(request=documents.ReasonBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End it for good; protected steps and `finally` blocks finish first."""
        run = operable_run(request, int(pk), "cancel")
        run.cancel(by=signed_in(request), reason=_reason(request))
        return self._again(request, run)

    @extend_schema(request=documents.RescheduleBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def reschedule(self, request: Request, pk: str) -> Response:
        """Another start for a run that waits for its start."""
        run = operable_run(request, int(pk), "reschedule")
        body = documents.RescheduleBody(data=request.data)
        body.is_valid(raise_exception=True)
        reschedule(run, body.validated_data["start_at"], by=signed_in(request))
        return self._again(request, run)

    @extend_schema(request=documents.ReasonBody, responses={200: documents.RunShape, 409: documents.WRONG_STATE})
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, pk: str) -> Response:
        """Put it away, or give a paused one up: readable, but never resumed or retried again."""
        run = operable_run(request, int(pk), "archive")
        run.archive(by=signed_in(request), reason=_reason(request))
        return self._again(request, run)

    @extend_schema(parameters=[OpenApiParameter("after", int)], responses=documents.EventsShape, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What happened after event number `after`, in order, 500 at a time."""
        return Response(_events_after(request, visible_run(request, int(pk)), number_asked_for(request, "after") or 0))

    @extend_schema(responses=OpenApiResponse(description="The inputs, whole."))
    @action(detail=True, methods=["get"], url_path="inputs")
    def inputs(self, request: Request, pk: str) -> Response:
        """The inputs, whole."""
        return Response(values_of_run(request, int(pk)).inputs)

    @extend_schema(responses=OpenApiResponse(description="The outputs, whole."))
    @action(detail=True, methods=["get"], url_path="outputs")
    def outputs(self, request: Request, pk: str) -> Response:
        """The outputs, whole."""
        return Response(values_of_run(request, int(pk)).outputs)

    def _again(self, request: Request, run: Run) -> Response:
        return Response(answer_run(request, visible_run(request, run.pk)))


def _events_after(request: Request, run: Run, after: int) -> dict[str, Any]:
    start = min(after, run.event_count)
    values = may_view_values(signed_in(request), run)
    events = list(RunEvent.objects.filter(run=run, number__gt=start).order_by("number")[:MOST_EVENTS])
    people = dict(User.objects.filter(pk__in={event.by for event in events if event.by}).values_list("pk", "username"))
    last = events[-1].number if events else start
    more = request.build_absolute_uri(f"{request.path}?after={last}") if last < run.event_count and events else None
    shapes = [event_shape(event, people, values=values) for event in events]
    return {"count": max(0, run.event_count - start), "next": more, "previous": None, "results": shapes}


def _reason(request: Request) -> str:
    body = documents.ReasonBody(data=request.data)
    body.is_valid(raise_exception=True)
    return str(body.validated_data["reason"])

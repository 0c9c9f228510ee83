"""REST: schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api import shapes
from playbooks_app.api.access import InAccountWithPlaybooks, number_asked_for, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook
from runs_app.api.documents import Things, Value
from runs_app.api.starting import version_of
from runs_app.entry import scheduling
from runs_app.models import Occasion, Schedule
from runs_app.models.schedule import Overlap
from runs_app.permissions import may_start, require

CHANGES = {403: shapes.ErrorShape, 422: shapes.FaultsShape}
DEED = "start this playbook by the clock"


class ScheduleShape(serializers.ModelSerializer[Schedule]):
    """A schedule. `version` is a number, null = the newest at each time; `next_at` null = it is off; `inputs` null = you may not read values."""

    version = serializers.IntegerField(source="version.number", allow_null=True, default=None)
    owner = serializers.CharField(source="owner.username", allow_null=True, default=None)
    inputs = serializers.SerializerMethodField()

    class Meta:
        model = Schedule
        fields = ["id", "playbook", "version", "cron", "timezone", "enabled", "overlap", "inputs", "labels", "next_at", "owner", "created_at"]
        read_only_fields = fields

    @extend_schema_field(Value(allow_null=True))
    def get_inputs(self, schedule: Schedule) -> Any:
        """For those who could start it."""
        return schedule.inputs if may_start(self.context["request"].user, schedule.playbook) else None


class OccasionShape(serializers.ModelSerializer[Occasion]):
    """One time and what came of it: `started`, `skipped`, `buffered` or `refused`; `note` says why."""

    class Meta:
        model = Occasion
        fields = ["at", "outcome", "note", "run", "done_at"]
        read_only_fields = fields


class ScheduleChange(Body):
    """What can be given."""

    playbook = serializers.IntegerField(required=False, help_text="When it is made; later it stays.")
    version = serializers.IntegerField(required=False, allow_null=True, help_text="A number; null: the newest at each time.")
    cron = serializers.CharField(required=False, help_text="Minute, hour, day of the month, month, day of the week: 30 8 * * 1-5")
    timezone = serializers.CharField(required=False, allow_blank=True, help_text="Such as Europe/Berlin; the account's when left out.")
    enabled = serializers.BooleanField(required=False)
    overlap = serializers.ChoiceField(choices=Overlap.choices, required=False, help_text="When the run before is not over; skip when left out.")
    inputs = Things(required=False)
    labels = Things(required=False)


@extend_schema(tags=["schedules"])
class ScheduleViewSet(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Schedule]):
    """Playbooks that start by the clock. Who may start a playbook may schedule it; runs belong to who saved the schedule last."""

    queryset = Schedule.objects.none()
    serializer_class = ScheduleShape
    permission_classes = [InAccountWithPlaybooks]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[Schedule]:
        """Of playbooks in sight, with `?playbook=` of one."""
        found = Schedule.objects.visible_to(signed_in(self.request)).select_related("playbook__account", "version", "owner").order_by("pk")
        wanted = number_asked_for(self.request, "playbook")
        return found if wanted is None else found.filter(playbook=wanted)

    @extend_schema(parameters=[OpenApiParameter("playbook", int, description="of this playbook only")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every schedule in sight."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=ScheduleChange, responses={201: ScheduleShape, **CHANGES})
    def create(self, request: Request) -> Response:
        """Make one; `playbook` and `cron` are needed."""
        given = _given(request)
        if "cron" not in given or "playbook" not in given:
            raise Refused([Problem(name, "Missing", f"“{name}” is needed.") for name in ("playbook", "cron") if name not in given])
        playbook = _playbook(request, given.pop("playbook"))
        require(may_start(signed_in(request), playbook), DEED)
        made = scheduling.make(playbook, signed_in(request), **_with_version(playbook, given))
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(request=ScheduleChange, responses={200: ScheduleShape, **CHANGES})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given; its runs belong to the caller from here on."""
        schedule, given = self.get_object(), _given(request)
        require(may_start(signed_in(request), schedule.playbook), DEED)
        if given.pop("playbook", schedule.playbook_id) != schedule.playbook_id:
            raise Refused([Problem("playbook", "Fixed", "A schedule stays with its playbook.", "Make another one.")])
        changed = scheduling.change(schedule, signed_in(request), **_with_version(schedule.playbook, given))
        return Response(self.get_serializer(changed).data)

    @extend_schema(request=ScheduleChange, responses={200: ScheduleShape, **CHANGES})
    def update(self, request: Request, pk: str) -> Response:
        """The same as PATCH."""
        return self.partial_update(request, pk)

    @extend_schema(responses={204: None, 403: shapes.ErrorShape})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove it; runs that it has started go on."""
        schedule = self.get_object()
        require(may_start(signed_in(request), schedule.playbook), DEED)
        scheduling.remove(schedule, signed_in(request))
        return Response(status=204)

    @extend_schema(responses={200: OccasionShape(many=True)})
    @action(detail=True, methods=["get"])
    def occasions(self, request: Request, pk: str) -> Response:
        """Its times so far and what came of each, newest first."""
        page: Any = self.paginate_queryset(self.get_object().occasions.order_by("-at"))  # type: ignore[arg-type]
        return self.get_paginated_response(OccasionShape(page, many=True).data)


def _given(request: Request) -> dict[str, Any]:
    """What the body says. Raises ValidationError, and Refused for keys that nobody knows."""
    wanted = ScheduleChange(data=request.data)
    wanted.is_valid(raise_exception=True)
    unknown = [name for name in (request.data if isinstance(request.data, Mapping) else {}) if name not in wanted.fields]
    if unknown:
        raise Refused([Problem(name, "unknown_key", f"A schedule has no “{name}”.", f"Known are {', '.join(wanted.fields)}.") for name in unknown])
    return dict(wanted.validated_data)


def _playbook(request: Request, pk: int) -> Playbook:
    found: Playbook | None = Playbook.objects.visible_to(signed_in(request)).current().select_related("account").filter(pk=pk).first()
    if found is None:
        raise OutOfSight("There is no such playbook, or it is not shared with you.", address="playbook")
    return found


def _with_version(playbook: Playbook, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("version") is not None:
        given["version"] = version_of(playbook, given["version"])
    return given

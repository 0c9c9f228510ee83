"""REST: calendars."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api import shapes
from playbooks_app.api.access import signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.api.etag import Edited, as_read
from playbooks_app.api.parsers import JsonParser
from playbooks_app.errors import NotAllowed
from playbooks_app.models import Calendar
from playbooks_app.people import calendars
from playbooks_app.permissions import may_manage_account, require

CHANGES = {403: shapes.ErrorShape, 422: shapes.FaultsShape}


class CalendarShape(serializers.ModelSerializer[Calendar]):
    """A calendar."""

    class Meta:
        model = Calendar
        fields = ["id", "name", "timezone", "hours", "holidays", "holiday_names", "is_default"]
        read_only_fields = fields


class CalendarChange(Body):
    """What can be given. `hours`: {"mon": ["09:00-12:30", "13:30-17:00"], …}; `holidays`: days such as 2026-12-25."""

    name = serializers.CharField(required=False, allow_blank=True)
    timezone = serializers.CharField(required=False, allow_blank=True)
    hours = serializers.JSONField(required=False)
    holidays = serializers.JSONField(required=False)
    holiday_names = serializers.JSONField(required=False, help_text="{day: name}")
    is_default = serializers.BooleanField(required=False, help_text="Of everybody who has no calendar of their own.")


@extend_schema(tags=["calendars"])
class CalendarViewSet(Edited, mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Calendar]):
    """Working hours and holidays. Everybody in the account reads them, owners and admins change them."""

    queryset = Calendar.objects.none()
    serializer_class = CalendarShape
    permission_classes = [IsAuthenticated]
    parser_classes = [JsonParser]
    filter_backends: list[Any] = []
    lookup_value_regex = r"\d{1,15}"

    def get_queryset(self) -> QuerySet[Calendar]:
        """Of the account the caller works in."""
        return Calendar.objects.filter(account=signed_in(self.request).account).select_related("account").order_by("name")

    @extend_schema(request=CalendarChange, responses={201: CalendarShape, **CHANGES})
    def create(self, request: Request) -> Response:
        """Make one; what is left out is Monday to Friday, 09:00 to 17:00, in the account's zone. For owners and admins."""
        account = signed_in(request).account
        if account is None:
            raise NotAllowed("You work in no account.")
        require(may_manage_account(signed_in(request), account), "change calendars")
        return Response(CalendarShape(calendars.make(account, _given(request), signed_in(request))).data, status=201)

    @extend_schema(request=CalendarChange, responses={200: CalendarShape, **CHANGES})
    @as_read
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change what is given. Deadlines that are set already stay as they are. For owners and admins."""
        calendar = self.get_object()
        require(may_manage_account(signed_in(request), calendar.account), "change calendars")
        return Response(CalendarShape(calendars.change(calendar, _given(request), signed_in(request))).data)

    @extend_schema(request=CalendarChange, responses={200: CalendarShape, **CHANGES})
    def update(self, request: Request, pk: str) -> Response:
        """The same as PATCH."""
        return self.partial_update(request, pk)

    @extend_schema(responses={204: None, 403: shapes.ErrorShape})
    @as_read
    def destroy(self, request: Request, pk: str) -> Response:
        """Drop it; its people go by the account's default. For owners and admins."""
        calendar = self.get_object()
        require(may_manage_account(signed_in(request), calendar.account), "change calendars")
        calendars.drop(calendar, signed_in(request))
        return Response(status=204)


def _given(request: Request) -> dict[str, Any]:
    wanted = CalendarChange(data=request.data)
    wanted.is_valid(raise_exception=True)
    return dict(wanted.validated_data)

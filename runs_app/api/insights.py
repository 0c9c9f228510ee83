"""REST: what the runs of a playbook tell."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook
from runs_app.reading.insights import DAYS, insights_of

MOST_DAYS = 400


class InsightsShape(s.Serializer[Any]):
    """Rates are 0..1, null before the first end; times are of the runs that completed, in seconds."""

    since = s.DateTimeField()
    runs = s.IntegerField()
    ended = s.IntegerField()
    completed = s.IntegerField()
    failed = s.IntegerField()
    cancelled = s.IntegerField()
    success_rate = s.FloatField(allow_null=True)
    average_seconds = s.FloatField(allow_null=True)
    usual_seconds = s.FloatField(allow_null=True, help_text="The median.")
    slowest_of_twenty_seconds = s.FloatField(allow_null=True, help_text="One run in twenty takes as long or longer.")
    most_failures = s.ListField(allow_null=True, help_text="[code, how many]")


class InsightsView(APIView):
    """`GET /api/v1/playbooks/{id}/insights/?days=30`."""

    permission_classes = [InAccountWithPlaybooks]

    @extend_schema(tags=["playbooks"], parameters=[OpenApiParameter("days", int, description="1 to 400; 30")], responses={200: InsightsShape})
    def get(self, request: Request, pk: int) -> Response:
        """Frequency, success and duration of the runs in the caller's sight."""
        playbook = Playbook.objects.visible_to(signed_in(request)).filter(pk=pk).first()
        if playbook is None:
            raise OutOfSight("There is no such playbook, or it is not shared with you.")
        text = request.query_params.get("days", str(DAYS))
        if not text.isdecimal() or len(text) > 4 or not 1 <= int(text) <= MOST_DAYS:
            raise Refused([Problem("days", "WrongValue", f"“days” is a whole number from 1 to {MOST_DAYS}.")])
        return Response(asdict(insights_of(signed_in(request), playbook, int(text))))

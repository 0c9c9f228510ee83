"""REST: the policy tester."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals_app import people, trying
from playbooks_app import clock
from playbooks_app.api.bodies import Body
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook, User


class TrialRequest(Body):
    """What to try."""

    playbook = serializers.IntegerField(min_value=1, max_value=2**53)
    step = serializers.CharField(max_length=200)
    requester = serializers.CharField(required=False, max_length=254, help_text="Username or e-mail; the caller when left out.")
    at = serializers.DateTimeField(required=False, help_text="When it would be asked; the present moment when left out.")
    inputs = serializers.DictField(required=False, default=dict)


class MomentShape(serializers.Serializer[Any]):
    """Something that would happen."""

    at = serializers.DateTimeField()
    what = serializers.ChoiceField(choices=["asked", "deputy", "barred", "reminded", "escalated", "silence"])
    user = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    why = serializers.CharField()
    stands_in_for = serializers.CharField(allow_null=True)
    stage = serializers.IntegerField()


class TrialShape(serializers.Serializer[Any]):
    """What would happen, in order."""

    playbook = serializers.IntegerField()
    version = serializers.IntegerField()
    step = serializers.CharField()
    requester = serializers.CharField()
    at = serializers.DateTimeField()
    moments = MomentShape(many=True)
    unknown = serializers.JSONField(help_text="{setting: why it cannot be known before a run}")


class PolicyView(APIView):
    """Who would be asked."""

    @extend_schema(tags=["approvals"], request=TrialRequest, responses=TrialShape)
    def post(self, request: Request) -> Response:
        """Who is asked, reminded and escalated to, who stands in, and why. Asks nobody and stores nothing."""
        given = TrialRequest(data=request.data)
        given.is_valid(raise_exception=True)
        asked, caller = given.validated_data, cast(User, request.user)
        playbook = Playbook.objects.visible_to(caller).select_related("account").filter(pk=asked["playbook"]).first()
        if playbook is None:
            raise OutOfSight("There is no such playbook, or it is not shared with you.")
        requester = _requester(asked.get("requester"), playbook, caller)
        return Response(shape(trying.try_policy(playbook, asked["step"], requester, asked.get("at") or clock.now(), asked["inputs"])))


def shape(trial: trying.Trial) -> dict[str, Any]:
    """On the wire."""
    return {
        "playbook": trial.version.playbook_id,
        "version": trial.version.number,
        "step": trial.step.id,
        "requester": trial.requester.username,
        "at": trial.at,
        "moments": [_moment(each) for each in trial.moments],
        "unknown": trial.unknown,
    }


def _moment(each: trying.Moment) -> dict[str, Any]:
    return {
        "at": each.at,
        "what": each.what,
        "user": each.person.username if each.person else None,
        "name": each.person.display_name if each.person else None,
        "why": each.why,
        "stands_in_for": each.stands_in_for.username if each.stands_in_for else None,
        "stage": each.stage,
    }


def _requester(name: str | None, playbook: Playbook, caller: User) -> User:
    found = people.find(name, playbook.account_id) if name else caller
    if found is None:
        raise Refused([Problem("requester", "Unknown", f"There is nobody called “{name}” in this account.", "Give a username or an e-mail.")])
    return found

"""REST: telling runs what happened outside."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.errors import NotAllowed
from playbooks_app.models import Account, User
from playbooks_app.permissions import OPERATES, has_role
from runs_app.api.documents import WRONG_STATE, Value
from runs_app.api.runs import operable_run
from runs_app.signals import send_to_all, send_to_run


class SignalBody(Body):
    key = s.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="Which one of that name it is, such as an invoice's number."
    )
    payload = Value(required=False, default=None, allow_null=True, help_text="The output of the step that waits for it.")


class SignalShape(s.Serializer[Any]):
    delivered = s.IntegerField(help_text="How many runs went on; for the others it is kept for seven days.")


@extend_schema(tags=["events"], request=SignalBody, responses={202: SignalShape, 409: WRONG_STATE})
class SignalView(APIView):
    """`runs/{id}/signals/{name}/`: for one run."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="runs_signals_create")
    def post(self, request: Request, run_id: int, name: str) -> Response:
        """The step of this run that waits for it goes on, or will when it is reached."""
        run = operable_run(request, run_id, "send signals to")
        body = _body(request)
        found = send_to_run(run, name, body["payload"], key=body["key"], by=signed_in(request))
        return Response({"delivered": int(found)}, status=202)


@extend_schema(tags=["events"], request=SignalBody, responses={202: SignalShape})
class EventView(APIView):
    """`events/{name}/`: for all runs of the account that the caller may operate."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="events_create")
    def post(self, request: Request, name: str) -> Response:
        """Every run that waits for it goes on; those that come to wait for it take it then."""
        user, body = signed_in(request), _body(request)
        found = send_to_all(_account(user), name, body["payload"], key=body["key"], by=user)
        return Response({"delivered": found}, status=202)


def _account(user: User) -> Account:
    """Where the caller operates runs. Raises NotAllowed."""
    if user.account is None or not has_role(user, user.account.pk, OPERATES):
        raise NotAllowed("You may look, but not tell runs what has happened.")
    return user.account


def _body(request: Request) -> dict[str, Any]:
    body = SignalBody(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)

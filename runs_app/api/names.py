"""REST: what can be read at a place of a playbook."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Playbook
from runs_app.api.documents import Value, optional
from runs_app.reading.completing import names_with_samples


class NamesAsk(Body):
    at = s.CharField(max_length=2000, help_text="A step's id, or an address such as steps/each/body/pay.")
    document = Value(required=False, help_text="Looked at instead of the draft.")


class FieldShape(s.Serializer[Any]):
    path = s.CharField()
    help = s.CharField(allow_blank=True)
    kind = s.CharField(required=False)
    sample = Value(required=False)


class NameShape(s.Serializer[Any]):
    group = s.ChoiceField(choices=["inputs", "vars", "steps", "loop", "error", "run"])
    path = s.CharField(help_text="What to write between braces.")
    label = s.CharField()  # type: ignore[assignment]
    help = s.CharField(allow_blank=True)
    kind = s.CharField()
    sure = s.BooleanField(help_text="Whether it is there whenever the step runs; else give a default.")
    sample = Value(required=False, help_text="Its value in that run; absent where there is none, or it is long.")
    fields = FieldShape(many=True)  # type: ignore[assignment]


class NamesShape(s.Serializer[Any]):
    at = s.CharField(help_text="The step.")
    block = optional(s.CharField, help_text="The end of this block of it; null: before the step.")
    run = optional(s.IntegerField, help_text="Number of the run that the samples are from.")
    names = NameShape(many=True)


@extend_schema(tags=["playbooks"], responses=NamesShape)
class NamesView(APIView):
    """`playbooks/{id}/names/`: completion for templates and expressions."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="playbooks_names_retrieve", parameters=[OpenApiParameter("at", str, required=True)])
    def get(self, request: Request, pk: int) -> Response:
        """Of the draft."""
        return self._answer(request, pk, request.query_params)

    @extend_schema(operation_id="playbooks_names_create", request=NamesAsk)
    def post(self, request: Request, pk: int) -> Response:
        """Of a document that is not saved. Nothing is kept."""
        return self._answer(request, pk, request.data)

    def _answer(self, request: Request, pk: int, asked: Any) -> Response:
        user = signed_in(request)
        playbook = Playbook.objects.visible_to(user).current().filter(pk=pk).first()
        if playbook is None:
            raise OutOfSight("There is no such playbook, or it is not shared with you.")
        body = NamesAsk(data=asked)
        body.is_valid(raise_exception=True)
        return Response(names_with_samples(playbook, user, body.validated_data.get("document", playbook.draft), body.validated_data["at"]))

"""REST: what the builder asks of the machine: a run of the draft in the sandbox, how it stands, and what the last run handled."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.api.bodies import Body
from playbooks_app.api.building import FAULTS, drawn_by
from playbooks_app.api.parsers import JsonParser
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Playbook, User
from runs_app.api.runs import visible_run
from runs_app.models import Run
from runs_app.permissions import may_view_values
from runs_app.reading.glance import glance, samples
from runs_app.trials.trying import try_draft


class TrialBody(Body):
    """What to try: a document (else the draft as saved), inputs, and `only`: the id of the one step that is meant; those before it are pinned."""

    document = serializers.JSONField(required=False)
    inputs = serializers.DictField(required=False, default=dict)
    only = serializers.CharField(required=False, allow_null=True, default=None, max_length=200)


@extend_schema(tags=["runs"])
class GlanceView(APIView):
    """`runs/{id}/glance/`: a run as a drawing shows it."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="`{run, waiting_for, steps: {id: {state, output, error …}}}`")})
    def get(self, request: Request, run_id: int) -> Response:
        """One state, output and failure for each step of the document."""
        run = visible_run(request, run_id)
        return Response(glance(run, values=may_view_values(signed_in(request), run)))


@extend_schema(tags=["playbooks"])
class SamplesView(APIView):
    """`playbooks/{id}/samples/`: what the last run handled."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(responses={200: OpenApiResponse(OpenApiTypes.OBJECT, description="`{run, inputs, vars, steps: {id: {output}}, items}`")})
    def get(self, request: Request, pk: int) -> Response:
        """Of the last run whose values the caller may read."""
        playbook = Playbook.objects.visible_to(signed_in(request)).filter(pk=pk).first()
        if playbook is None:
            raise OutOfSight("There is no such playbook, or it is not shared with you.")
        return Response(samples(cast(Playbook, playbook), signed_in(request)))


@extend_schema(tags=["playbooks"])
class TryView(APIView):
    """`playbooks/{id}/try/`: a run of the draft in the sandbox. Nothing is sent; pinned outputs stand in for their steps."""

    permission_classes = (InAccountWithPlaybooks,)
    parser_classes = (JsonParser,)

    @extend_schema(
        request=TrialBody,
        responses={201: OpenApiResponse(OpenApiTypes.OBJECT, description="`{id, status, mode}` of the run."), 422: FAULTS},
    )
    def post(self, request: Request, pk: int) -> Response:
        """Nobody has to publish first."""
        playbook = drawn_by(request, pk)
        wanted = TrialBody(data=request.data)
        wanted.is_valid(raise_exception=True)
        run = _tried(playbook, signed_in(request), **wanted.validated_data)
        return Response({"id": run.pk, "status": run.status, "mode": run.mode}, status=201)


def _tried(playbook: Playbook, user: User, *, inputs: dict[str, Any], only: str | None, document: Any = None) -> Run:
    """What is pinned counts for all steps but the one that is meant; for that one the last run's outputs stand in for the steps before it."""
    pinned = dict(playbook.pinned.get("steps", {}))
    if only is not None:
        known = {step: each["output"] for step, each in samples(playbook, user)["steps"].items()}
        pinned = {step: output for step, output in {**known, **pinned}.items() if step != only}
    return try_draft(playbook, playbook.draft if document is None else document, inputs=inputs, pinned=pinned, by=user, only=only)

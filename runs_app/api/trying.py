"""REST: what the builder asks of the machine: a run of the draft in the sandbox, how it stands, and what the last run handled."""

from __future__ import annotations

from typing import cast

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Playbook
from runs_app.api.runs import visible_run
from runs_app.permissions import may_view_values
from runs_app.reading.glance import glance, samples


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

"""REST: what a run sent, what it would have sent, and trying it again without sending anything."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in
from runs_app import overriding
from runs_app.api import documents, trial_documents
from runs_app.api.paging import Pages
from runs_app.api.runs import operable_run, visible_run
from runs_app.api.steps import Deed, step_of
from runs_app.models import Effect
from runs_app.permissions import may_view_values
from runs_app.reading.sent import effect_shape


@extend_schema(tags=["effects"])
class EffectsView(APIView):
    """`runs/{id}/effects/`: the effect ledger of a run."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="runs_effects_list", responses=trial_documents.EffectsShape)
    def get(self, request: Request, run_id: int) -> Response:
        """Every attempt to change something outside, in order."""
        run = visible_run(request, run_id)
        effects, pages = Effect.objects.filter(run=run).select_related("step_run", "told_by").order_by("id"), Pages()
        page, values = pages.paginate_queryset(effects, request, view=self) or [], may_view_values(signed_in(request), run)
        return pages.get_paginated_response([effect_shape(each, values=values) for each in page])


@extend_schema(tags=["steps"], request=trial_documents.OutcomeBody, responses={200: documents.StepShape, 409: documents.WRONG_STATE})
class ResolveView(Deed):
    """`…/resolve/`: what a person found out about a step whose outcome was unknown (rule 32)."""

    @extend_schema(operation_id="runs_steps_resolve")
    def post(self, request: Request, run_id: int, path: str) -> Response:
        """It happened, with an output for later steps, or it is done again under the same key."""
        run = operable_run(request, run_id, "repair")
        step = step_of(run, path)
        body = trial_documents.OutcomeBody(data=request.data)
        body.is_valid(raise_exception=True)
        overriding.tell_outcome(run, step, signed_in(request), **body.validated_data)
        return self.done(request, run, step)

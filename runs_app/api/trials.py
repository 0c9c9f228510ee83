"""REST: what a run sent, what it would have sent, and trying it again without sending anything."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, choice_asked_for, signed_in
from runs_app.api import documents, trial_documents
from runs_app.api.documents import WRONG_STATE
from runs_app.api.paging import Pages
from runs_app.api.runs import answer_run, operable_run, visible_run
from runs_app.api.steps import Deed, step_of
from runs_app.models import Effect, Run
from runs_app.permissions import may_view_values
from runs_app.reading.differences import Difference, compared_shapes, differences_of, reads_both
from runs_app.reading.sent import effect_shape
from runs_app.repair import copying, overriding


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


class _CopyView(APIView):
    """Makes a run from another one, and answers with it."""

    permission_classes = (InAccountWithPlaybooks,)

    def made(self, request: Request, run: Run) -> Response:
        """201, and the new run."""
        return Response(answer_run(request, visible_run(request, run.pk)), status=201)


@extend_schema(tags=["trials"], request=None, responses={201: documents.RunShape})
class ReplayView(_CopyView):
    """`runs/{id}/replay/`: the whole run again in the sandbox."""

    @extend_schema(operation_id="runs_replay")
    def post(self, request: Request, run_id: int) -> Response:
        """The same inputs, version, moments and chance; recorded answers from outside; nothing is sent."""
        return self.made(request, copying.replay(visible_run(request, run_id), signed_in(request)))


@extend_schema(tags=["trials"], request=trial_documents.ForkBody, responses={201: documents.RunShape, 409: documents.WRONG_STATE})
class ForkView(_CopyView):
    """`runs/{id}/fork/`: a run of the same version from a step on."""

    @extend_schema(operation_id="runs_fork")
    def post(self, request: Request, run_id: int) -> Response:
        """Dry unless `dry: false`; what led to the step is taken over."""
        run = visible_run(request, run_id)
        body = trial_documents.ForkBody(data=request.data)
        body.is_valid(raise_exception=True)
        step = step_of(run, body.validated_data["path"])
        return self.made(request, copying.fork(run, step, signed_in(request), dry=body.validated_data["dry"]))


@extend_schema(tags=["trials"], request=trial_documents.RerunBody, responses={201: documents.RunShape, 409: documents.WRONG_STATE})
class RerunView(_CopyView):
    """`…/rerun/`: one step again, beside its run."""

    @extend_schema(operation_id="runs_steps_rerun")
    def post(self, request: Request, run_id: int, path: str) -> Response:
        """In the sandbox; for real with `live` and `confirm`, under a key of its own."""
        run = visible_run(request, run_id)
        step = step_of(run, path)
        body = trial_documents.RerunBody(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        copying.require_confirmed(asked["live"], asked["confirm"])
        return self.made(request, copying.rerun(run, step, signed_in(request), input=asked.get("input"), live=asked["live"]))


@extend_schema(tags=["trials"])
class DiffView(APIView):
    """`runs/{id}/diff/`: a copy beside its original."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(
        operation_id="runs_diff",
        parameters=[OpenApiParameter("only", str, description="`different`: without the steps that are the same."), OpenApiParameter("page", int)],
        responses={200: trial_documents.DiffShape, 409: WRONG_STATE},
    )
    def get(self, request: Request, run_id: int) -> Response:
        """Per step: the same or not, and what would have been sent."""
        run = visible_run(request, run_id)
        found, pages = differences_of(run), Pages()
        wanted = [each for each in found if not each.same] if choice_asked_for(request, "only", ("", "different")) else found
        page: list[Difference] = list(pages.paginate_queryset(cast(Any, wanted), request, view=self) or [])
        answer = pages.get_paginated_response(compared_shapes(run, page, values=reads_both(signed_in(request), run)))
        answer.data |= {"same": all(each.same for each in found), "different": sum(not each.same for each in found)}
        return answer


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

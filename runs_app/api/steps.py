"""REST: the step runs of a run. A path may carry brackets and slashes, percent-encoded or not."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from playbooks_app.api.access import InAccountWithPlaybooks, signed_in, truth_asked_for
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app.api import documents
from runs_app.api.paging import Pages
from runs_app.api.runs import operable_run, values_of_run, visible_run
from runs_app.api.shapes import step_shape
from runs_app.models import Run, StepRun
from runs_app.permissions import may_view_values
from runs_app.reading.attention import attention_of
from runs_app.reading.outline import outline_of
from runs_app.reading.sent import effects_of
from runs_app.reading.tree import MOST_NODES, Tree, tree_of
from runs_app.reading.tries import tries_of
from runs_app.reading.values import with_values
from runs_app.repair import overriding
from runs_app.statuses import StepStatus

LEFT_OUT = f"Only {MOST_NODES:,} step runs are told at once. Ask for one level with ?parent=<path>, or for pages with ?flat=1."
LEFT_OUT_OF_LEVEL = f"Only the first {MOST_NODES:,} of this level are told. Ask for one item with ?parent=<path>/body[n], or for pages with ?flat=1."
_BLOCK = re.compile(r"^(?P<path>.+)/(?P<block>[^/\[\]]+)(?:\[(?P<iteration>\d+)\])?$")


def step_of(run: Run, path: str) -> StepRun:
    """The step run at this path. Raises OutOfSight."""
    step = StepRun.objects.filter(run=run, path=path.replace("\0", "")).first()
    if step is None:
        raise OutOfSight("The run has not reached a step at this path.", address=path, hint="GET runs/{id}/steps/ lists those it has reached.")
    return step


def step_shapes(request: Request, run: Run, steps: QuerySet[StepRun] | list[StepRun]) -> list[dict[str, Any]]:
    """The shapes of these step runs (annotated by `with_values`) for this caller. Three queries."""
    rows = list(steps)
    held, outline = attention_of(run).held, outline_of(run.version)
    paths, values = [row.path for row in rows], may_view_values(signed_in(request), run)
    tries, effects = tries_of(run, paths), effects_of(run, paths)
    return [
        step_shape(run, row, tries.get(row.path, []), effects.get(row.path, []), held=row.pk in held, name=outline.name(row.step), values=values)
        for row in rows
    ]


@extend_schema(tags=["steps"])
class StepsView(APIView):
    """`runs/{id}/steps/`: what was reached of a run."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(
        operation_id="runs_steps_list",
        parameters=[
            OpenApiParameter("parent", str, description="Path of a step, or of one of its blocks: only what stands directly in it."),
            OpenApiParameter("flat", bool, description="A paged list in order of start instead of a tree."),
            OpenApiParameter("status", str, description="With flat: only these, with commas between."),
            OpenApiParameter("page", int, description="With flat."),
        ],
        responses=documents.StepsShape,
    )
    def get(self, request: Request, run_id: int) -> Response:
        """The tree, up to 2,000 step runs of it; one level of it; or a flat list."""
        run = visible_run(request, run_id)
        if truth_asked_for(request, "flat"):
            return self._flat(request, run)
        if parent := request.query_params.get("parent", "").replace("\0", ""):
            return Response(_level(request, run, parent))
        tree = tree_of(run)
        results = _nested(tree, step_shapes(request, run, tree.steps))
        return Response({"results": results, "more": True, "hint": LEFT_OUT} if tree.cut else {"results": results})

    def _flat(self, request: Request, run: Run) -> Response:
        steps = with_values(StepRun.objects.filter(run=run)).order_by("started_at", "path")
        wanted = [each for each in request.query_params.get("status", "").split(",") if each]
        if unknown := [each for each in wanted if each not in StepStatus.values]:
            raise Refused([Problem("status", "unknown", f"There is no status {unknown[0]}.", f"Known are {', '.join(StepStatus.values)}.")])
        pages = Pages()
        page = pages.paginate_queryset(steps.filter(status__in=wanted) if wanted else steps, request, view=self) or []
        return pages.get_paginated_response(step_shapes(request, run, page))


@extend_schema(tags=["steps"])
class StepView(APIView):
    """`runs/{id}/steps/{path}/`."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="runs_steps_retrieve", responses=documents.StepShape)
    def get(self, request: Request, run_id: int, path: str) -> Response:
        """One step run; its children are at `?parent=`."""
        run = visible_run(request, run_id)
        step = step_of(run, path)
        return Response(step_shapes(request, run, with_values(StepRun.objects.filter(pk=step.pk)))[0])


@extend_schema(tags=["steps"])
class StepValueView(APIView):
    """`runs/{id}/steps/{path}/input/` and `output/`: the value, whole."""

    permission_classes = (InAccountWithPlaybooks,)

    @extend_schema(operation_id="runs_steps_value", responses=OpenApiResponse(description="The value, whole."))
    def get(self, request: Request, run_id: int, path: str, which: str) -> Response:
        """Whatever its size."""
        return Response(getattr(step_of(values_of_run(request, run_id), path), which))


class Deed(APIView):
    """Something done to one step run."""

    permission_classes = (InAccountWithPlaybooks,)

    def done(self, request: Request, run: Run, step: StepRun) -> Response:
        """The step run as it is afterwards."""
        (shape,) = step_shapes(request, run, with_values(StepRun.objects.filter(pk=step.pk)))
        return Response(shape)


@extend_schema(tags=["steps"], request=documents.RetryBody, responses={200: documents.StepShape, 409: documents.WRONG_STATE})
class RetryView(Deed):
    """`…/retry/`: once more, under the same idempotency key."""

    @extend_schema(operation_id="runs_steps_retry")
    def post(self, request: Request, run_id: int, path: str) -> Response:
        """A failed step, with another input if one is given; with `failed_items` every failed item of a loop."""
        run = operable_run(request, run_id, "repair")
        step = step_of(run, path)
        body = documents.RetryBody(data=request.data)
        body.is_valid(raise_exception=True)
        _retry(run, step, signed_in(request), dict(body.validated_data))
        return self.done(request, run, step)


@extend_schema(tags=["steps"], request=documents.ReasonBody, responses={200: documents.StepShape, 409: documents.WRONG_STATE})
class SkipView(Deed):
    """`…/skip/`: go on without it."""

    @extend_schema(operation_id="runs_steps_skip")
    def post(self, request: Request, run_id: int, path: str) -> Response:
        """Its output is absent; templates that use it take their default."""
        run = operable_run(request, run_id, "repair")
        step = step_of(run, path)
        body = documents.ReasonBody(data=request.data)
        body.is_valid(raise_exception=True)
        overriding.skip(run, step, signed_in(request), body.validated_data["reason"])
        return self.done(request, run, step)


@extend_schema(tags=["steps"], request=None, responses={200: documents.StepShape, 409: documents.WRONG_STATE})
class WakeView(Deed):
    """`…/wake/`: end a wait for time at once."""

    @extend_schema(operation_id="runs_steps_wake")
    def post(self, request: Request, run_id: int, path: str) -> Response:
        """Only a step that waits for time."""
        run = operable_run(request, run_id, "wake a step of")
        step = step_of(run, path)
        step.wake(by=signed_in(request))
        return self.done(request, run, step)


def _level(request: Request, run: Run, parent: str) -> dict[str, Any]:
    """One level, as far as one answer goes: a loop of a hundred thousand items is told page by page (`?flat=1`) or item by item."""
    found = list(with_values(_inside(run, parent))[: MOST_NODES + 1])
    results = {"results": step_shapes(request, run, found[:MOST_NODES])}
    return {**results, "more": True, "hint": LEFT_OUT_OF_LEVEL} if len(found) > MOST_NODES else results


def _retry(run: Run, step: StepRun, by: User, asked: dict[str, Any]) -> None:
    if not asked.pop("failed_items"):
        overriding.retry(run, step, by, **asked)
    elif "input" in asked:
        problem = Problem("input", "invalid", "An input is for one step.", "Retry the failed step of that item with it, by its own path.")
        raise Refused([problem])
    else:
        overriding.retry_items(run, step, by, asked["reason"])


def _nested(tree: Tree, shapes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each shape under its parent's `children`; those of the top are answered."""
    children: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for step, shape in zip(tree.steps, shapes, strict=True):
        children[step.parent_id].append(shape)
    for step, shape in zip(tree.steps, shapes, strict=True):
        shape["children"] = children.get(step.pk, [])
        if step.pk in tree.cut:
            shape["more"] = True
    return children[0]


def _inside(run: Run, parent: str) -> QuerySet[StepRun]:
    """What stands directly in a step, or in one of its blocks. Raises OutOfSight."""
    order = ("block", "iteration", "position")
    owner = StepRun.objects.filter(run=run, path=parent).values_list("pk", flat=True).first()
    if owner is not None:
        return StepRun.objects.filter(parent_id=owner, run=run).order_by(*order)
    found = _BLOCK.match(parent)
    above = found and StepRun.objects.filter(run=run, path=found["path"]).values_list("pk", flat=True).first()
    if not found or not above:
        raise OutOfSight("The run has not reached a step at this path.", address="parent")
    inside = Q(parent_id=above, block=found["block"])
    return StepRun.objects.filter(inside & Q(iteration=int(found["iteration"] or 0))).order_by(*order)

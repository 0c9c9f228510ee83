"""Pages and deeds of trials: play a run again, go on from a step, try one step beside its run, and compare a copy with its original."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from playbooks_app.errors import OutOfSight
from playbooks_app.models import User
from runs_app.models import Run, StepRun
from runs_app.pages.run import NOTHING, run_in_sight, written
from runs_app.reading.differences import Difference, compared_shapes, differences_of, reads_both
from runs_app.reading.outline import outline_of
from runs_app.repair import copying

PAGE_SIZE = 100
WORDS = {"status": "ended otherwise", "input": "got another input", "output": "gave another output", "sent": "sent something else"}


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the comparison."""

    found: Difference
    shape: dict[str, Any]
    name: str
    words: str


@login_required
@require_POST
def replay(request: HttpRequest, run_id: int) -> HttpResponse:
    """The whole run again in the sandbox."""
    run = run_in_sight(request, run_id)
    made = copying.replay(run, cast(User, request.user))
    messages.success(request, f"Run {run.pk} is being played again in the sandbox. Nothing is sent.")
    return redirect("run", made.pk)


@login_required
@require_POST
def copy_from_step(request: HttpRequest, run_id: int, path: str, deed: str) -> HttpResponse:
    """`fork`: a run from this step on; `rerun`: this step once more. For real only where the form says so."""
    run, user = run_in_sight(request, run_id), cast(User, request.user)
    step = StepRun.objects.filter(run=run, path=path.replace("\0", "")).first()
    if step is None:
        raise OutOfSight("The run has not reached this step.")
    live = request.POST.get("live") == "yes"
    if deed == "fork":
        return redirect("run", copying.fork(run, step, user, dry=not live).pk)
    input = written(request, "input")
    copying.require_confirmed(live, request.POST.get("confirm") == "yes")
    return redirect("run", copying.rerun(run, step, user, input=None if input is NOTHING else input, live=live).pk)


@login_required
@never_cache
def compare(request: HttpRequest, run_id: int) -> HttpResponse:
    """`/runs/<id>/compare/`: a copy beside its original, step by step."""
    run = run_in_sight(request, run_id)
    every = differences_of(run)
    shown = every if request.GET.get("show") == "all" else [each for each in every if not each.same]
    page = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    values = reads_both(cast(User, request.user), run)
    lines = _lines(run, list(page.object_list), values=values)
    counts = {"all": len(every), "different": sum(not each.same for each in every)}
    return render(request, "runs_app/compare.html", {"run": run, "page": page, "lines": lines, "values": values, **counts})


def _lines(run: Run, found: list[Difference], *, values: bool) -> list[Line]:
    outline, shapes = outline_of(run.version), compared_shapes(run, found, values=values)
    return [Line(each, shape, outline.name(each.step), _words(each)) for each, shape in zip(found, shapes, strict=True)]


def _words(found: Difference) -> str:
    if found.mine is None:
        return "only the original came here"
    if found.original is None:
        return "only the copy came here"
    return "the same" if found.same else ", ".join(WORDS[part] for part in found.differs)

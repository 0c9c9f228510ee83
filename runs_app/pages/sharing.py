"""Deciding who sees a run: the dialog of playbooks, with whether the playbook's rights hold."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from playbooks_app.pages.finding import render_part
from playbooks_app.rights.share_form import chosen_in, form_of, wishes_in
from runs_app import sharing
from runs_app.models import Run, RunGrant
from runs_app.pages.run import run_in_sight
from runs_app.permissions import may_share_run, may_widen, require


@login_required
def run_share(request: HttpRequest, run_id: int) -> HttpResponse:
    """`/runs/<id>/share/`: the page, or its form alone for the dialog; with `preview` nothing is kept."""
    run = run_in_sight(request, run_id)
    require(may_share_run(cast(User, request.user), run), "decide who sees this run")
    sharing.require_own(run)
    user, posted, faults = cast(User, request.user), request.POST if request.method == "POST" else None, []
    if posted is not None and "preview" not in posted and not (faults := _save(posted, run, user)):
        messages.success(request, "Saved who sees this run.")
        return redirect("run", run.pk)
    inherits = run.granted_by_id is not None if posted is None else "inherit" in posted
    context = {"run": run, "may_widen": may_widen(user, run), "inherits": inherits, **form_of(posted, user, run, RunGrant, inherit=inherits)}
    context["problems"] = faults or context["problems"]
    return render_part(request, "runs_app/share.html", "runs_app/_share.html", context, status=422 if context["problems"] else 200)


def _save(posted: QueryDict, run: Run, by: User) -> list[Problem]:
    try:
        sharing.share(run, by=by, inherit="inherit" in posted, wishes=wishes_in(posted), **chosen_in(posted, run))
    except Refused as refused:
        return refused.problems
    return []

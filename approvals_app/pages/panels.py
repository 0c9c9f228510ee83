"""What other screens show about decisions: home, a step's details, a run's reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from statistics import median

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from approvals_app import reading
from approvals_app.models import Approval, Decision
from approvals_app.pages.inbox import in_order, rows_of
from playbooks_app import clock, wording
from playbooks_app.models import User
from playbooks_app.permissions import may_create
from runs_app.models import Run, StepRun
from runs_app.pages.figures import Figure
from runs_app.pages.first_steps import FirstStep

MOST_AT_HOME = 5
DAYS = 7
MOST_TIMED = 500  # newest decisions of these days whose time is looked at
SIGN_OFF = "release-with-sign-off"  # of the gallery: a run that asks who started it


def waiting_decisions(request: HttpRequest) -> SafeString:
    """Home: what waits for this person's decision, soonest first; "" when nothing does."""
    if not isinstance(request.user, User):
        return SafeString()
    waiting = Approval.objects.open_for(request.user)
    rows = rows_of(in_order(list(waiting.soonest_first().values_list("pk", flat=True)[:MOST_AT_HOME])), request.user)
    if not rows:
        return SafeString()
    return render_to_string("approvals_app/_home.html", {"rows": rows, "total": waiting.count()}, request=request)


def decisions_line(user: User) -> str:
    """Home: one sentence under the greeting."""
    count = Approval.objects.open_for(user).count()
    return f"{wording.count(count, 'decision waits', 'decisions wait')} for you." if count else ""


def decision_time(user: User) -> Figure | None:
    """Home: how long people take to decide, in the usual case of the last days; None when nobody has decided."""
    since = clock.now() - timedelta(days=DAYS)
    decided = Approval.objects.visible_to(user).filter(closed_at__gte=since, outcome__in=("approved", "rejected", "decided"))
    took = [(end - begin).total_seconds() for begin, end in decided.order_by("-closed_at").values_list("asked_at", "closed_at")[:MOST_TIMED] if end]
    if not took:
        return None
    slowest = f"slowest: {wording.duration(max(took))}" if len(took) > 1 else "one decision"
    return Figure("Usual time to a decision", wording.duration(median(took)), slowest, "quiet")


def decide_once(user: User) -> FirstStep | None:
    """Home: first steps of somebody who draws; ticked by any decision of theirs."""
    if not may_create(user):
        return None
    done = Decision.objects.filter(person=user).exists()
    return FirstStep("Decide something", "A ready release stops and asks you first.", "See it", reverse("gallery_entry", args=[SIGN_OFF]), done)


def approval_panel(request: HttpRequest, step: StepRun) -> SafeString:
    """A step's details: who decides, and what happened."""
    approval = Approval.objects.visible_to(request.user).with_place().filter(step_run=step.pk).first()
    if approval is None or not isinstance(request.user, User):
        return SafeString()
    return render_to_string("approvals_app/_step.html", reading.read(approval, request.user), request=request)


def approval_deeds(user: User, run: Run, paths: Sequence[str]) -> Mapping[str, str]:
    """Paths of waiting steps -> where this person decides them."""
    waiting = Approval.objects.open_for(user).filter(run=run, step_run__path__in=list(paths)).values_list("step_run__path", "pk")
    return {path: reverse("approval", args=[pk]) for path, pk in waiting}

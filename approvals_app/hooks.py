"""Where the layers below show something of approvals: the side bar's count, search, home, a run's page, and the clock's duties."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from approvals_app import absences, digests, duties, storage
from approvals_app.leaving import ask_others
from approvals_app.models import Approval
from approvals_app.pages import panels
from playbooks_app import limits
from playbooks_app.models import User
from playbooks_app.pages import badges, jump
from playbooks_app.pages import panels as playbook_panels
from playbooks_app.people import leaving
from runs_app import duties as clock_duties
from runs_app.pages import first_steps
from runs_app.pages import panels as run_panels


def register_all() -> None:
    """Once, when the app starts."""
    leaving.register(ask_others)
    limits.count_by(storage.LIMIT, storage.megabytes_of)
    badges.register("inbox", open_count)
    jump.register(found)
    playbook_panels.register_standing(absences.standings)
    run_panels.register_home(panels.waiting_decisions)
    run_panels.register_headline(panels.decisions_line)
    run_panels.register_figure(panels.decision_time)
    first_steps.register(panels.decide_once)
    run_panels.register_step(panels.approval_panel)
    run_panels.register_deed(panels.approval_deeds)
    clock_duties.register("approvals_due", duties.remind_due, every_seconds=1.0)
    clock_duties.register("digests", digests.send_due, every_seconds=5.0)
    clock_duties.register("approvals_gone", duties.close_gone, every_seconds=5.0)


def open_count(user: User) -> int:
    """How many approvals wait for this person; one query."""
    return Approval.objects.open_for(user).count()


def found(user: User, text: str) -> Iterable[jump.Hit]:
    """Approvals in sight whose question has the text, the newest first."""
    hits = Approval.objects.readable_by(user).filter(title__icontains=text).order_by("-pk").values_list("pk", "title")[: jump.MOST]
    return [jump.Hit(title, "approval", reverse("approval", args=[pk]), "inbox") for pk, title in hits]

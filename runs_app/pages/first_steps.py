"""First steps of somebody new: each is ticked by what is there, never by a press; the list is put away for good.

first_steps.register(decide_once)   the people's app stands above and adds its own, downwards, in AppConfig.ready
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from playbooks_app.models import AuditEntry, Invitation, Membership, Playbook, User
from playbooks_app.pages.finding import viewer
from playbooks_app.people import hints
from playbooks_app.permissions import LEADS, may_create
from runs_app.models import Run

HINT = "first-steps"  # its name among the hints that somebody has put away


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One of them: what to do, why, where, and whether it has been done."""

    title: str
    words: str
    deed: str  # on the button
    address: str
    done: bool
    dialog: bool = False  # the address opens as a dialog


MakeStep = Callable[[User], FirstStep | None]  # None: not for this person; at most two queries

_further: list[MakeStep] = []


def register(step: MakeStep) -> None:
    """Add one behind those of playbooks and runs."""
    _further.append(step)


def first_steps_of(user: User) -> list[FirstStep]:
    """Those of somebody who draws; [] once they are put away, or all done."""
    if not may_create(user) or HINT in user.seen_tips:
        return []
    made = (_run_one(user), _draw_one(user), *(each(user) for each in _further), _invite(user))
    steps = [each for each in made if each is not None]
    return steps if any(not each.done for each in steps) else []


@require_POST
@login_required
def put_away(request: HttpRequest) -> HttpResponse:
    """`/first-steps/`: put them away, or with `again` have them and every other hint back."""
    again = "again" in request.POST
    hints.put_away(viewer(request), hints.ALL if again else HINT, seen=not again)
    return redirect("home")


def _run_one(user: User) -> FirstStep:
    done = Run.objects.filter(owner=user).exists()
    return FirstStep("Run a ready one", "See what Handrail does, with sample values.", "Open the gallery", reverse("gallery"), done)


def _draw_one(user: User) -> FirstStep:
    taken = AuditEntry.objects.filter(actor=user, action="playbook.taken").values_list("thing_id", flat=True)
    done = Playbook.objects.filter(owner=user).exclude(pk__in=[int(pk) for pk in taken]).exists()
    return FirstStep("Draw your own", "From an empty page, step by step.", "New playbook", reverse("playbook_new"), done, dialog=True)


def _invite(user: User) -> FirstStep | None:
    if user.role not in LEADS:
        return None
    account = user.account
    colleagues = Membership.objects.filter(account=account, active=True).exclude(user=user)
    done = colleagues.exists() or Invitation.objects.filter(account=account).exists()
    return FirstStep("Invite a colleague", "Who decides, operates or draws with you.", "Invite", reverse("person_invite"), done, dialog=True)

"""Several decisions at once: only equal questions, and only those that were looked at."""

from __future__ import annotations

from dataclasses import dataclass

from approvals_app import links
from approvals_app.models import Approval
from approvals_app.pages.answers import Answer
from approvals_app.pages.request import SignedIn
from playbooks_app.errors import HandrailError
from playbooks_app.models import User

MOST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one of them."""

    approval: Approval
    done: bool
    words: str


def decide_each(request: SignedIn) -> list[Result]:
    """One after the other, each in a transaction of its own."""
    viewer = request.user
    ids = [int(pk) for pk in request.POST.getlist("approval")[:MOST] if pk.isdigit() and len(pk) < 16]
    given = Answer.of(request.POST)
    approvals = list(Approval.objects.visible_to(viewer).with_place().filter(pk__in=ids).order_by("pk"))
    return [_decide(request, viewer, approval, given, approvals[0]) for approval in approvals]


def _decide(request: SignedIn, viewer: User, approval: Approval, given: Answer, first: Approval) -> Result:
    asked = approval.asking_of(viewer)
    if question_of(approval) != question_of(first):
        return Result(approval, False, "Another question than the first one: decide it by itself.")
    if asked is not None and asked.seen_at is None:
        return Result(approval, False, "You have not looked at it yet.")
    shown = request.POST.get(f"hash-{approval.pk}", "")
    try:
        answer = Answer(given.decision, given.comment, shown)
        approval.decide(given.decision, by=viewer, channel="inbox", address=links.address_of(request), **answer.checked(approval))
    except HandrailError as error:
        return Result(approval, False, error.message)
    return Result(approval, True, approval.label_of(given.decision))


def question_of(approval: Approval) -> tuple[int, str]:
    """Equal for all approvals that one step of one playbook asks."""
    return approval.run.playbook_id, approval.step_run.step

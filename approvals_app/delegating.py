"""Handing over and claiming: deeds that decide nothing. Every function here wants the run's lock (`Approval.changing`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from approvals_app import asking, deciding, news, why
from playbooks_app import audit, clock
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app import timeline

if TYPE_CHECKING:
    from approvals_app.models import Approval, Asked


def hand_over(approval: Approval, to: User, *, by: User, of: User) -> Asked:
    """End the asking of `of` and ask `to` on their behalf; whether `to` may take it is asked before. Raises NotAllowed, WrongState, Refused."""
    given = deciding.asked_or_refuse(approval, of)
    principal = given.stands_in_for or of
    if to == of:
        raise Refused([Problem("to", "choice", "This is your own task already.", "Choose somebody else.")])
    approval.asked.filter(pk=given.pk).update(ended_at=clock.now())
    invitation = asking.Invitation(to, f"handed over by {by.display_name}", "handover", stands_in_for=principal if principal != to else None)
    asked = asking.ask(approval, [invitation], kind="handed")
    if approval.claimed_by_id == of.pk:
        approval.unclaim()
    why.remember(approval)
    data = {"approval": approval.pk, "from": of.username, "to": to.username}
    timeline.record(approval.run, "approval_handed_over", path=approval.step_run.path, by=by, data=data)
    audit.note(by, "approval.handed_over", approval, old={"to": of.username}, new={"to": to.username})
    news.inbox_changed(approval.account_id)
    return asked[0] if asked else approval.asked.get(person=to, round=approval.round)


def claim(approval: Approval, by: User) -> None:
    """See `Approval.claim`; a later claim takes it over."""
    deciding.asked_or_refuse(approval, by)
    approval.claimed_by, approval.claimed_at = by, clock.now()
    approval.save(update_fields=["claimed_by", "claimed_at"])
    _note(approval, "approval_claimed", by)


def release(approval: Approval, by: User) -> None:
    """See `Approval.release`."""
    deciding.asked_or_refuse(approval, by)
    approval.unclaim()
    _note(approval, "approval_released", by)


def _note(approval: Approval, kind: str, by: User) -> None:
    timeline.record(approval.run, kind, path=approval.step_run.path, by=by, data={"approval": approval.pk})
    why.remember(approval)
    news.inbox_changed(approval.account_id)

"""When the clock has to look at an approval again, and what people are told about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from approvals_app import policy

if TYPE_CHECKING:
    from approvals_app.models import Approval


def set_for(approval: Approval) -> None:
    """Fill in `due_at` (for people) and `next_at` (for the clock). One that nobody can decide is due at once."""
    if policy.unreachable(approval):
        approval.silence_at, approval.escalate_at = approval.asked_at, None
        approval.due_at = None
    else:
        approval.due_at = _soonest(approval.escalate_at, approval.silence_at)
    approval.next_at = _soonest(approval.escalate_at, approval.silence_at, next_reminder(approval))


def next_reminder(approval: Approval, after: datetime | None = None) -> datetime | None:
    """The first moment of the reminders' beat after `after`; None when nobody is to be reminded."""
    every = approval.policy.get("remind_every")
    if not every:
        return None
    beat = timedelta(seconds=every)
    passed = 0 if after is None or after <= approval.asked_at else (after - approval.asked_at) // beat
    return approval.asked_at + beat * (passed + 1)


def _soonest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)

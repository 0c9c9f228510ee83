"""When the clock has to look at an approval again, and by when people are asked to answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from approvals_app import policy

if TYPE_CHECKING:
    from approvals_app.models import Approval


def set_for(approval: Approval, now: datetime | None = None) -> None:
    """Fill in `due_at` (for people) and `next_at` (for the clock). One that nobody can decide is looked at at once."""
    if policy.unreachable(approval):
        approval.silence_at, approval.escalate_at = approval.asked_at, None
    approval.due_at = None if policy.unreachable(approval) else soonest(approval.escalate_at, approval.silence_at) or approval.due_at
    approval.next_at = soonest(approval.escalate_at, approval.silence_at, next_beat(approval, now or approval.asked_at))


def next_beat(approval: Approval, now: datetime) -> datetime | None:
    """The first reminder after `now`; None when nobody is to be reminded."""
    every = approval.policy.get("remind_every")
    return approval.asked_at + timedelta(seconds=every) * (_beats(approval, now, every) + 1) if every else None


def last_beat(approval: Approval, now: datetime) -> datetime | None:
    """The newest reminder that is due at `now`; None before the first."""
    every = approval.policy.get("remind_every")
    passed = _beats(approval, now, every) if every else 0
    return approval.asked_at + timedelta(seconds=every) * passed if passed else None


def soonest(*moments: datetime | None) -> datetime | None:
    """The earliest of those that are set."""
    return min((moment for moment in moments if moment is not None), default=None)


def _beats(approval: Approval, now: datetime, every: float) -> int:
    return max(0, (now - approval.asked_at) // timedelta(seconds=every))

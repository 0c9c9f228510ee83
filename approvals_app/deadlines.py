"""When the clock has to look at an approval again, and by when people are asked to answer.

Spans count from the moment of asking: on the wall, or with `working_time` by the calendar of each person: reminders by one's own; escalation and the
end of silence when everybody who was asked has had that much working time. Deadlines are fixed when people are asked; a calendar that is changed
afterwards changes reminders only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from approvals_app import policy
from playbooks_app.language.working_time import WorkingTime
from playbooks_app.people import calendars

if TYPE_CHECKING:
    from approvals_app.models import Approval

Calendars = Mapping[int, WorkingTime]  # by person's id; who is not in it is at work at any time


def begin(approval: Approval) -> None:
    """Fix the deadlines of a question that is being asked."""
    times, who = calendars_of(approval), people_of(approval)
    ladder, end = approval.policy.get("escalate"), approval.policy.get("silence")
    approval.escalate_at = latest(approval.asked_at, ladder["after"], who, times) if ladder else None
    approval.silence_at = latest(approval.asked_at, end["after"], who, times) if end else None
    set_for(approval)


def set_for(approval: Approval, now: datetime | None = None) -> None:
    """Fill in `due_at` (for people) and `next_at` (for the clock). One that nobody can decide is looked at at once."""
    if policy.unreachable(approval):
        approval.silence_at, approval.escalate_at = approval.asked_at, None
    approval.due_at = None if policy.unreachable(approval) else soonest(approval.escalate_at, approval.silence_at) or approval.due_at
    approval.next_at = soonest(approval.escalate_at, approval.silence_at, next_beat(approval, now or approval.asked_at))


def latest(since: datetime, span: float, who: Iterable[int], times: Calendars) -> datetime:
    """When everybody has had this span (seconds)."""
    return max((later(since, span, times.get(pk)) for pk in who), default=since + timedelta(seconds=span))


def later(since: datetime, span: float, working: WorkingTime | None) -> datetime:
    """A span after a moment, on the wall or by a calendar."""
    return working.later(since, span) if working is not None else since + timedelta(seconds=span)


def next_beat(approval: Approval, now: datetime) -> datetime | None:
    """The first reminder of anybody after `now`; None when nobody is to be reminded."""
    every = approval.policy.get("remind_every")
    if not every:
        return None
    times, since = calendars_of(approval), approval.asked_at
    return soonest(*(later(since, every * (beats(since, every, now, times.get(pk)) + 1), times.get(pk)) for pk in people_of(approval) or [0]))


def last_beat(approval: Approval, now: datetime, working: WorkingTime | None = None) -> datetime | None:
    """The newest reminder that is due at `now` to somebody with this calendar; None before the first."""
    every = approval.policy.get("remind_every")
    passed = beats(approval.asked_at, every, now, working) if every else 0
    return later(approval.asked_at, every * passed, working) if passed else None


def beats(since: datetime, every: float, now: datetime, working: WorkingTime | None) -> int:
    """How many reminders were due until `now`."""
    return working.beats(since, every, now) if working is not None else max(0, (now - since) // timedelta(seconds=every))


def calendars_of(approval: Approval) -> Calendars:
    """The calendars of those who are asked, where the author counts working time; two queries."""
    if not approval.policy.get("working_time"):
        return {}
    return calendars.working_times(approval.account_id, people_of(approval))


def people_of(approval: Approval) -> list[int]:
    """Ids of those whose turn it is: of the present stage, and who was asked besides."""
    found = {int(pk) for rule in approval.rules if rule["stage"] == approval.stage for pk in rule["people"]}
    if approval.pk and approval.policy.get("working_time"):
        found |= set(approval.asked.filter(round=approval.round, ended_at=None, barred="").values_list("person", flat=True))
    return sorted(found)


def soonest(*moments: datetime | None) -> datetime | None:
    """The earliest of those that are set."""
    return min((moment for moment in moments if moment is not None), default=None)

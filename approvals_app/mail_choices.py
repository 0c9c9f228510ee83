"""When somebody who wants questions in one mail gets the next one, and which questions can wait for it."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from approvals_app import emails
from playbooks_app import clock
from playbooks_app.language.working_time import WorkingTime
from playbooks_app.models import User
from playbooks_app.people import calendars
from runs_app.models import MailChoice

if TYPE_CHECKING:
    from approvals_app.models import Approval, Asked

KINDS_THAT_WAIT = ("asked", "changed", "again", "reminder")


def choose(choice: MailChoice) -> None:
    """Store it, with the moment of the next digest."""
    choice.digest_at = next_digest(choice, clock.now())
    choice.save()


def next_digest(choice: MailChoice, after: datetime) -> datetime | None:
    """The first moment for a digest later than this; None for who wants single mails."""
    person = choice.person
    zone, working = zone_of(person), _working(person)
    return next_slot(choice.questions, choice.daily_at, after, zone, working)


def next_slot(kind: str, hour: int, after: datetime, zone: zoneinfo.ZoneInfo, working: WorkingTime | None = None) -> datetime | None:
    """On the next full hour, or at that hour of the next day on which the person works. Pure."""
    local = after.astimezone(zone)
    if kind == MailChoice.Questions.HOURLY:
        return (after.astimezone(UTC) + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    if kind != MailChoice.Questions.DAILY:
        return None
    day = local.date()
    for ahead in range(400):
        found = datetime(day.year, day.month, day.day, hour, tzinfo=zone) + timedelta(days=ahead)
        if found > after and (working is None or working.works_on(found.date())):
            return found.astimezone(UTC)
    return after + timedelta(days=1)


def waits_for_digest(approval: Approval, asked: Asked, kind: str) -> bool:
    """Whether this mail need not be sent by itself."""
    choice = MailChoice.objects.filter(person=asked.person).exclude(questions=MailChoice.Questions.AT_ONCE).select_related("person").first()
    if choice is None or kind not in KINDS_THAT_WAIT:
        return False
    if choice.digest_at is None or choice.digest_at <= clock.now():
        choose(choice)
    return approval.due_at is None or choice.digest_at is None or approval.due_at > choice.digest_at


def zone_of(person: User) -> zoneinfo.ZoneInfo:
    """The person's zone, else the account's."""
    return emails.zone_called(person, person.account)


def _working(person: User) -> WorkingTime | None:
    account = person.account
    return calendars.working_times(account.pk, [person.pk]).get(person.pk) if account is not None else None

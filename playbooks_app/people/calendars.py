"""Making and changing calendars, and whose calendar is whose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from playbooks_app import audit
from playbooks_app.errors import Refused
from playbooks_app.language import working_time
from playbooks_app.language.problem import Problem
from playbooks_app.language.working_time import WorkingTime
from playbooks_app.models import Account, Calendar, Membership, User

MOST = 200  # of an account
LONGEST_NAME = 120


def make(account: Account, given: Mapping[str, Any], by: User | None = None) -> Calendar:
    """A new calendar. `given`: name, timezone, hours, holidays, holiday_names, is_default. Raises Refused with every fault."""
    if Calendar.objects.filter(account=account).count() >= MOST:
        raise Refused([Problem("name", "TooMany", f"An account has at most {MOST} calendars.", "Drop one first.")])
    return change(Calendar(account=account, timezone=account.timezone, hours=dict(working_time.USUAL_HOURS)), given, by)


def change(calendar: Calendar, given: Mapping[str, Any], by: User | None = None) -> Calendar:
    """Take what is given and leave the rest as it is. Raises Refused with every fault."""
    name = str(given.get("name", calendar.name) or "").strip()
    wanted = {key: given.get(key, getattr(calendar, key)) for key in ("timezone", "hours", "holidays")}
    problems = [*_faults_of_name(calendar, name), *working_time.faults(wanted)]
    if problems:
        raise Refused(problems)
    old = as_written(calendar) if calendar.pk else None
    calendar.name, calendar.timezone = name, wanted["timezone"]
    calendar.hours = working_time.hours_as_written(wanted["hours"])
    calendar.holidays = working_time.holidays_as_written(wanted["holidays"])
    calendar.holiday_names = _names(given.get("holiday_names", calendar.holiday_names), wanted["holidays"])
    calendar.is_default = bool(given.get("is_default", calendar.is_default))
    with transaction.atomic():
        if calendar.is_default:
            Calendar.objects.filter(account=calendar.account, is_default=True).exclude(pk=calendar.pk).update(is_default=False)
        calendar.save()
        audit.note(by, "calendar.changed" if old else "calendar.made", calendar, old=old, new=as_written(calendar))
    return calendar


def drop(calendar: Calendar, by: User | None) -> None:
    """Its people go by the account's default."""
    with transaction.atomic():
        audit.note(by, "calendar.dropped", calendar, old=as_written(calendar))
        calendar.delete()


def as_written(calendar: Calendar) -> dict[str, Any]:
    """For the audit log."""
    return {key: getattr(calendar, key) for key in ("name", "timezone", "hours", "holidays", "is_default")}


def working_times(account_id: int, people: Iterable[int]) -> dict[int, WorkingTime]:
    """Person's id -> when they work: their own calendar, else the account's default. Who has neither is not in it: they work at any time."""
    wanted = list(people)
    default = Calendar.objects.filter(account=account_id, is_default=True).first()
    members = Membership.objects.filter(account=account_id, user__in=wanted).select_related("calendar")
    own = {member.user_id: member.calendar for member in members if member.calendar is not None}
    found = {pk: own.get(pk, default) for pk in wanted}
    made: dict[int, WorkingTime] = {}
    return {pk: made.setdefault(each.pk, each.working) for pk, each in found.items() if each is not None}


def _faults_of_name(calendar: Calendar, name: str) -> list[Problem]:
    if not name or len(name) > LONGEST_NAME:
        return [Problem("name", "Required", f"A calendar has a name of at most {LONGEST_NAME} characters.")]
    if Calendar.objects.filter(account=calendar.account, name=name).exclude(pk=calendar.pk).exists():
        return [Problem("name", "DuplicateName", f"There is a calendar “{name}” already.", "Choose another name.")]
    return []


def _names(given: Any, holidays: Any) -> dict[str, str]:
    """What the days are called; names of days that are no holidays are dropped."""
    named = dict(given) if isinstance(given, Mapping) else {}
    for each in holidays if isinstance(holidays, list) else []:
        if isinstance(each, Mapping) and each.get("name"):
            named[str(each.get("date"))[:10]] = each["name"]
    days = set(working_time.holidays_as_written(holidays))
    return {str(day): str(name)[:80] for day, name in named.items() if day in days}

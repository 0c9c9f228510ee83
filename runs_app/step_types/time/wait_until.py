"""Waits until a moment, or until the next time of a cron expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks_app.language.cron import HINT as CRON_HINT
from playbooks_app.language.cron import check_cron, next_after
from playbooks_app.language.durations import LONGEST_SECONDS
from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepFailed, StepType, Wait
from playbooks_app.language.template import is_template
from playbooks_app.language.timezones import zone_called

HINT = "Write it as 2026-05-04 or 2026-05-04T08:00, with Z or +02:00 behind it where it is not the time of the zone."


class WaitUntil(StepType["WaitUntil.Config"]):
    """The clock ends the wait; a moment that has passed is no wait."""

    name = "wait_until"
    label = "Wait until"
    summary = "Wait until a date and time, or until the next time of a cron expression."
    icon = "calendar"
    family = "time"
    effect = False
    examples = (
        Example("The first of June, in the morning", {"type": "wait_until", "with": {"at": "2027-06-01T08:00", "timezone": "Europe/Berlin"}}),
        Example("Eight in the morning of the next working day", {"type": "wait_until", "with": {"cron": "0 8 * * 1-5"}}),
    )

    @dataclass(frozen=True, slots=True)
    class Config:
        at: str = setting(
            "text", label="When", default="", help="A date, or a date and a time. A date alone is its beginning.", example="{{ inputs.due }}"
        )
        cron: str = setting(
            "text",
            label="Or at the next",
            default="",
            help="Minute, hour, day of the month, month, day of the week.",
            example="0 8 * * 1-5",
            advanced=True,
        )
        timezone: str = setting(
            "text", label="Time zone", default="", names="timezone", help="Left out: that of the run.", example="Europe/Berlin", advanced=True
        )

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """A moment, an expression and a zone that are written plainly must be ones; it is one of the first two."""
        problems = []
        at, cron, zone = settings.get("at"), settings.get("cron"), settings.get("timezone")
        if bool(at) == bool(cron):
            said = "It cannot be both, a moment and a cron expression." if at else "When is missing."
            problems.append(Problem(f"{address}/at", "Contradiction" if at else "Required", said, "Give `at` or `cron`."))
        elif at and not is_template(at) and _read(str(at)) is None:
            problems.append(Problem(f"{address}/at", "WrongValue", f"“{str(at)[:40]}” is no date.", HINT))
        elif cron and not is_template(cron) and (fault := check_cron(str(cron))):
            problems.append(Problem(f"{address}/cron", "WrongValue", fault, CRON_HINT))
        if zone and not is_template(zone) and zone_called(zone) is None:
            problems.append(
                Problem(f"{address}/timezone", "WrongValue", f"There is no time zone “{str(zone)[:40]}”.", "Write it as in Europe/Berlin.")
            )
        return problems

    def run(self, context: StepContext[Any]) -> Done | Wait:
        """Wait, unless the moment has passed."""
        config, zone = context.config, context.config.timezone or context.timezone
        if bool(config.at) == bool(config.cron):
            raise StepFailed("InputInvalid", "It needs a moment or a cron expression, and not both.", hint="Give `at` or `cron`.")
        until = next_time(config.cron, context.now, zone) if config.cron else moment(config.at, zone)
        if until <= context.now:
            return Done({})
        if until - context.now > timedelta(seconds=LONGEST_SECONDS):
            raise StepFailed("InputInvalid", f"{until.date()} is more than ten years away.", hint="Name a nearer date.")
        return Wait(until=until, cause="timer", name="wait_until")


def next_time(text: str, now: datetime, zone: str) -> datetime:
    """The next time of a cron expression in a zone, in UTC. Raises StepFailed InputInvalid."""
    try:
        return next_after(text, now, zone)
    except ValueError as wrong:
        raise StepFailed("InputInvalid", str(wrong), hint=CRON_HINT) from None


def moment(text: str, zone: str) -> datetime:
    """A moment as documents write it, in UTC. Of an hour that a zone leaves out, the one after it. Raises StepFailed InputInvalid."""
    found, place = _read(text), zone_called(zone)
    if found is None:
        raise StepFailed("InputInvalid", f"“{text[:40]}” is no date.", hint=HINT)
    if place is None:
        raise StepFailed("InputInvalid", f"There is no time zone “{zone[:40]}”.", hint="Write it as in Europe/Berlin.")
    try:
        return (found if found.tzinfo else found.replace(tzinfo=place)).astimezone(UTC)
    except OverflowError:
        raise StepFailed("InputInvalid", f"“{text[:40]}” is no date that can be waited for.", hint=HINT) from None


def _read(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None

"""Times that come again and again, as cron writes them: minute, hour, day of the month, month, day of the week."""

from __future__ import annotations

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from playbooks_app.language.timezones import zone_called

LONGEST_TEXT = 120
HINT = "Write minute, hour, day of the month, month and day of the week, such as 30 8 * * 1-5 for half past eight from Monday to Friday."
_ANY_TIME = datetime(2024, 1, 1)  # what never comes after it never comes at all: it is looked for during fifty years


def check_cron(text: str) -> str | None:
    """What is wrong with a cron expression, in words; None if nothing is. One that never comes (30 February) is wrong too."""
    shown = text.strip()[:40]
    if len(text) > LONGEST_TEXT or len(text.split()) != 5:
        return f"“{shown}” is no cron expression: it needs five parts."
    try:
        next(CronSim(text, _ANY_TIME))
    except (CronSimError, ValueError) as wrong:
        return f"“{shown}” is no cron expression: {_in_words(str(wrong))}."
    except StopIteration:
        return f"“{shown}” never comes."
    return None


def next_after(text: str, after: datetime, timezone: str) -> datetime:
    """The first time after a moment (with a zone of its own), in UTC. Raises ValueError for an expression or a zone that is none.

    An hour that the zone leaves out in spring counts as the one after it; a time that comes twice in autumn counts once, the first time, unless the
    expression says “every hour” or “every so many minutes”, which go on evenly.
    """
    problem, zone = check_cron(text), zone_called(timezone)
    if problem is not None or zone is None:
        raise ValueError(problem or f"There is no time zone “{timezone[:40]}”.")
    try:
        return next(found for each in CronSim(text, after.astimezone(zone)) if (found := each.astimezone(UTC)) > after)
    except (StopIteration, OverflowError):  # the calendar ends in the year 9999
        raise ValueError(f"“{text.strip()[:40]}” never comes after {after.date()}.") from None


def _in_words(fault: str) -> str:
    part = fault.removeprefix("Bad ").replace("day-of-month", "day of the month").replace("day-of-week", "day of the week")
    return f"the {part} cannot be read" if fault.startswith("Bad ") else "a part cannot be read"

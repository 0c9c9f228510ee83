"""The friendly form of a schedule: every day, week or month at a time, or a cron expression. It reads and writes cron; the server is the judge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbooks_app.language.problem import Problem
from playbooks_app.language.timezones import zone_called
from runs_app.entry.scheduling import next_times
from runs_app.models.schedule import Overlap, Schedule

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WAYS = (
    ("day", "Every day"),
    ("workday", "Monday to Friday"),
    ("week", "Every week"),
    ("month", "Every month"),
    ("hour", "Every hour"),
    ("cron", "As a cron expression"),
)
LAST_SAFE_DAY = 28  # every month has it
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(:\d\d)?")
_KNOWN = (
    ("hour", re.compile(r"(?P<minute>\d{1,2}) \* \* \* \*")),
    ("day", re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* \*")),
    ("workday", re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* 1-5")),
    ("week", re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) \* \* (?P<weekday>[1-7])")),
    ("month", re.compile(r"(?P<minute>\d{1,2}) (?P<hour>\d{1,2}) (?P<day>\d{1,2}) \* \*")),
)


@dataclass(slots=True)
class ScheduleForm:
    """What stands in the form. `cron` is what it comes to."""

    way: str = "workday"
    at: str = "08:00"
    weekday: str = "1"
    day: str = "1"
    written: str = ""  # with way `cron`
    timezone: str = "UTC"
    overlap: str = Overlap.SKIP
    enabled: bool = True
    problems: list[Problem] = field(default_factory=list)

    @classmethod
    def of(cls, schedule: Schedule) -> ScheduleForm:
        """As it is stored."""
        way, found = way_of(schedule.cron)
        made = cls(way, written=schedule.cron, timezone=schedule.timezone, overlap=schedule.overlap, enabled=schedule.enabled)
        made.at = f"{int(found.get('hour', 8)):02}:{int(found.get('minute', 0)):02}"
        made.weekday, made.day = found.get("weekday", "1"), found.get("day", "1")
        return made

    @classmethod
    def posted(cls, given: Mapping[str, Any], timezone: str) -> ScheduleForm:
        """As it was typed."""
        made = cls(timezone=timezone)
        for name, key in (("way", "how"), ("at", "at"), ("weekday", "weekday"), ("day", "day"), ("written", "cron"), ("timezone", "zone")):
            setattr(made, name, str(given.get(key, getattr(made, name))).replace("\0", "").strip()[:120])
        made.overlap, made.enabled = str(given.get("overlap", Overlap.SKIP)), "off" not in given
        return made

    @property
    def cron(self) -> str:
        """What it comes to; what was typed where it cannot be told."""
        found = _TIME.fullmatch(self.at)
        if self.way == "cron" or found is None:
            return self.written if self.way == "cron" else f"? ? {self.at}"
        minute, hour = int(found[2]), int(found[1])
        ways = {"day": "* * *", "workday": "* * 1-5", "week": f"* * {self.weekday}", "month": f"{self.day} * *"}
        return f"{minute} * * * *" if self.way == "hour" else f"{minute} {hour} {ways.get(self.way, '?')}"

    @property
    def times(self) -> list[datetime]:
        """The next five as clocks in its own zone show them (without a zone, so that no page moves them); none while something is wrong."""
        try:
            zone = zone_called(self.timezone)
            return [moment.astimezone(zone).replace(tzinfo=None) for moment in next_times(self.cron, self.timezone)]
        except ValueError:
            return []

    @property
    def words(self) -> str:
        """`Every week on Monday at 08:00`."""
        return in_words(self.cron)

    @property
    def late_day(self) -> bool:
        """Whether some months have no such day."""
        return self.way == "month" and self.day.isdecimal() and int(self.day) > LAST_SAFE_DAY

    def given(self) -> dict[str, Any]:
        """For `scheduling.make` and `change`."""
        return {"cron": self.cron, "timezone": self.timezone, "overlap": self.overlap, "enabled": self.enabled}


def way_of(cron: str) -> tuple[str, dict[str, str]]:
    """Which way of the form says the same, with its parts; `cron` when none does."""
    for way, pattern in _KNOWN:
        found = pattern.fullmatch(" ".join(cron.split()))
        if found:
            return way, found.groupdict()
    return "cron", {}


def in_words(cron: str) -> str:
    """`Every day at 08:00`; what has no short words is quoted."""
    way, found = way_of(cron)
    if way == "cron":
        return f"At {cron}"
    minute = int(found["minute"])
    at = f"{int(found.get('hour', 0)):02}:{minute:02}"
    words = {
        "hour": f"Every hour at minute {minute}",
        "day": f"Every day at {at}",
        "workday": f"Monday to Friday at {at}",
        "week": f"Every {DAYS[int(found.get('weekday', 1)) - 1]} at {at}",
        "month": f"Every month on day {found.get('day', '')} at {at}",
    }
    return words[way]

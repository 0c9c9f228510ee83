"""Working time: hours of the week in a zone, less holidays. Pure; moments are aware and come back in UTC.

A calendar is written `{timezone: Europe/Berlin, hours: {mon: ["09:00-12:30", "13:30-17:00"], …}, holidays: ["2026-12-25"]}`.
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from playbooks_app.language.problem import Problem
from playbooks_app.language.timezones import zone_called

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL_HOURS: Mapping[str, Sequence[str]] = {day: ["09:00-17:00"] for day in DAYS[:5]}
FURTHEST = timedelta(days=366 * 20)  # beyond it no calendar is searched: time then passes as on the wall
DAY_SECONDS = 86400.0
MOST_SPANS, MOST_HOLIDAYS = 12, 2000  # of a day; of a calendar
_SPAN = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")

Span = tuple[int, int]  # minutes of a day, from and until


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When there is work. `week`: Monday first, the spans of each day in order."""

    zone: zoneinfo.ZoneInfo
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = field(default_factory=frozenset)

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The hours of a day, in UTC; none on a holiday. An hour that the clocks skip is no hour."""
        if day in self.holidays:
            return []
        found = [(self._moment(day, begin), self._moment(day, end)) for begin, end in self.week[day.weekday()]]
        return [(begin, end) for begin, end in found if begin < end]

    def works_on(self, day: date) -> bool:
        """Whether any work is done on that day."""
        return bool(self.spans(day))

    def is_open(self, moment: datetime) -> bool:
        """Whether there is work at this moment."""
        return any(begin <= moment < end for begin, end in self.spans(moment.astimezone(self.zone).date()))

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself, or the next at which work begins."""
        return next((max(begin, moment) for begin, _ in self._from(moment)), moment).astimezone(UTC)

    def after(self, moment: datetime, seconds: float) -> datetime:
        """When so much working time has passed. The end of a span counts as the moment at which its last second is over."""
        left = timedelta(seconds=seconds)
        for begin, end in self._from(moment):
            start = max(begin, moment)
            if left <= end - start:
                return start + left
            left -= end - start
        return moment.astimezone(UTC) + timedelta(seconds=seconds)

    def later(self, moment: datetime, seconds: float) -> datetime:
        """As people mean a span: each 24 hours of it are one working day, at the same time of day, the rest is working time.

        A rest that is more than a day's work ends with that working day: no span takes longer than a longer one.
        """
        days, rest = divmod(seconds, DAY_SECONDS)
        if not any(self.week):
            return self.after(moment, seconds)
        begin = self.next_open(moment).astimezone(self.zone)
        full = self._days_later(begin, int(days)) if days else moment
        return min(self.after(full, rest), self._days_later(begin, int(days) + 1))

    def _days_later(self, begin: datetime, days: int) -> datetime:
        day = self.day_after(begin.date(), days)
        return self.next_open(datetime.combine(day, begin.time(), self.zone))

    def beats(self, since: datetime, every: float, until: datetime) -> int:
        """How many spans of `every` seconds (see `later`) have passed at `until`."""
        least, most = 0, max(0, int((until - since).total_seconds() // every) + 1)  # working time is never faster than the wall's, but for an hour
        while least < most:
            middle = (least + most + 1) // 2
            if self.later(since, every * middle) <= until:
                least = middle
            else:
                most = middle - 1
        return least

    def seconds_between(self, since: datetime, until: datetime) -> float:
        """How much working time lies between two moments; 0 when `until` is not later."""
        total = timedelta(0)
        for begin, end in self._from(since):
            if begin >= until:
                break
            total += min(end, until) - max(begin, since)
        return total.total_seconds()

    def day_after(self, day: date, count: int) -> date:
        """The working day that is `count` working days after this one; 0 is the day itself, or the next that has work."""
        for ahead in range(FURTHEST.days):
            each = day + timedelta(days=ahead)
            if self.works_on(each) and (ahead or not count):
                count -= 1 if count else 0
                if not count:
                    return each
        return day + timedelta(days=count)

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Spans that end after this moment, in order."""
        day = moment.astimezone(self.zone).date() - timedelta(days=1)
        for ahead in range(FURTHEST.days if any(self.week) else 0):
            yield from ((begin, end) for begin, end in self.spans(day + timedelta(days=ahead)) if end > moment)

    def _moment(self, day: date, minute: int) -> datetime:
        midnight = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), self.zone)
        return midnight.astimezone(UTC)


def read(written: Mapping[str, Any]) -> WorkingTime:
    """Of a calendar as it is stored; what cannot be read counts as not written."""
    week, _ = _week(written.get("hours"))
    days, _ = _holidays(written.get("holidays"))
    return WorkingTime(zone_called(written.get("timezone")) or zoneinfo.ZoneInfo("UTC"), week, frozenset(days))


def faults(written: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with `timezone`, `hours` and `holidays`, with these addresses."""
    found = []
    if zone_called(written.get("timezone")) is None:
        found.append(Problem("timezone", "WrongValue", "There is no time zone of this name.", "Write it as in Europe/Berlin."))
    week, problems = _week(written.get("hours"))
    if not problems and not any(week):
        problems = [Problem("hours", "Required", "There is no working hour in the week.", 'Write for example {"mon": ["09:00-17:00"]}.')]
    return [*found, *problems, *_holidays(written.get("holidays"))[1]]


def hours_as_written(hours: Any) -> dict[str, list[str]]:
    """The usual form of whatever form the hours came in: `{mon: ["09:00-17:00"], …}`, days without work left out."""
    week, _ = _week(hours)
    return {day: [f"{_clock(begin)}-{_clock(end)}" for begin, end in spans] for day, spans in zip(DAYS, week, strict=True) if spans}


def holidays_as_written(holidays: Any) -> list[str]:
    """The days in order, each once."""
    return sorted({day.isoformat() for day in _holidays(holidays)[0]})


def _week(hours: Any) -> tuple[tuple[tuple[Span, ...], ...], list[Problem]]:
    """`{mon: ["09:00-17:00"]}`; a text with commas, [from, until] pairs, numbers 0 (Monday) to 6, or {start_hour, end_hour, days} mean the same."""
    if hours is None:
        hours = USUAL_HOURS
    if not isinstance(hours, Mapping):
        return ((),) * 7, [Problem("hours", "WrongType", "The hours are an object.", 'Write for example {"mon": ["09:00-17:00"]}.')]
    if "start_hour" in hours or "end_hour" in hours:
        spans = [[f"{hours.get('start_hour', 0)}:00", f"{hours.get('end_hour', 24)}:00"]]
        days = hours.get("days")
        hours = dict.fromkeys(days if isinstance(days, list | tuple) else range(5), spans)
    week: list[tuple[Span, ...]] = [()] * 7
    found: list[Problem] = []
    for key, written in hours.items():
        number = _day_number(key)
        if number is None:
            found.append(Problem(f"hours/{str(key)[:20]}", "UnknownDay", f"“{str(key)[:20]}” is no day.", f"One of: {', '.join(DAYS)}."))
        else:
            week[number], fault = _spans(written)
            found += [Problem(f"hours/{key}", "WrongValue", fault, "Write for example 09:00-12:30, 13:30-17:00.")] if fault else []
    return tuple(week), found


def _day_number(key: Any) -> int | None:
    name = str(key).strip().lower()
    if name in tuple("0123456"):
        return int(name)
    return DAYS.index(name[:3]) if len(name) >= 3 and name[:3] in DAYS else None


def _spans(written: Any) -> tuple[tuple[Span, ...], str]:
    """The spans of a day, or what is wrong with them."""
    parts = written.split(",") if isinstance(written, str) else written if isinstance(written, list | tuple) else [] if written is None else [written]
    if len(parts) > MOST_SPANS:
        return (), f"A day has at most {MOST_SPANS} spans."
    texts = ["-".join(map(str, part)) if isinstance(part, list | tuple) else str(part).strip() for part in parts]
    spans: list[Span] = []
    for text in (each for each in texts if each):
        match = _SPAN.fullmatch(text)
        hour, minute, last_hour, last_minute = map(int, match.groups()) if match else (0, 0, 0, 0)
        begin, end = hour * 60 + minute, last_hour * 60 + last_minute
        if not begin < end <= 24 * 60:
            return (), f"“{text[:40]}” is no span of hours."
        spans.append((begin, end))
    spans.sort()
    overlap = any(first[1] > second[0] for first, second in pairwise(spans))
    return ((), "Two spans overlap.") if overlap else (tuple(spans), "")


def _holidays(written: Any) -> tuple[list[date], list[Problem]]:
    """Days such as 2026-12-25; an object {date} or {date: name} means the same."""
    days: list[date] = []
    found: list[Problem] = []
    rows: Iterable[Any] = written if isinstance(written, list | tuple | Mapping) else [] if written is None else [written]
    for number, each in enumerate(rows):
        try:
            days.append(date.fromisoformat(str(each.get("date") if isinstance(each, Mapping) else each)[:10]))
        except ValueError:
            found.append(Problem(f"holidays/{number}", "WrongValue", f"“{str(each)[:40]}” is no day.", "Write it as in 2026-12-25."))
    if len(days) > MOST_HOLIDAYS:
        return [], [Problem("holidays", "TooLong", f"At most {MOST_HOLIDAYS} holidays.")]
    return days, found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

"""The time axis of a timeline: which moment stands where, in percent of the width.

Long idle spans can be drawn short, so that three minutes of work around a night of waiting stay readable. Where a forecast
is known, the axis goes on past the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

GAP_WIDTH = 6.0  # percent that an idle span takes when drawn short
SHORTEST_GAP = timedelta(minutes=5)
LEAST_SHARE = 0.12  # of all the time that has passed: shorter idle spans are drawn as they are
MOST_GAPS = 4
PRESENT_AT = 90.0  # percent, when nothing is known of the future
LEAST_FUTURE, MOST_FUTURE = 12.0, 60.0  # percent for the forecast
NEAREST_TICKS = 10.0  # percent between two labels
NEAREST_PRESENT = 16.0  # percent between a label and the present, which is said in a box
_NICE_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of the axis. `kind`: "" or `now`."""

    at: float
    label: str
    kind: str = ""


class Scale:
    """From `start` to `now` and, while the run is open, on to `end` (None: unknown). `gaps` are drawn short."""

    def __init__(self, start: datetime, now: datetime, end: datetime | None = None, *, is_open: bool = False, gaps: Sequence[Span] = ()) -> None:
        self.start, self.now, self.is_open = start, max(now, start + timedelta(milliseconds=100)), is_open
        self.gaps = list(gaps)[:MOST_GAPS]
        self.end = end if is_open and end is not None and end > self.now else None
        self._past = self._width_of_past()
        self._worked = max(0.001, self._seconds(start, self.now) - sum(self._seconds(a, b) for a, b in self.gaps))
        self._free = self._past - GAP_WIDTH * len(self.gaps)

    def at(self, moment: datetime) -> float:
        """Where the moment stands, 0..100."""
        if moment <= self.start:
            return 0.0
        if moment > self.now:
            return self._ahead(moment)
        worked, place = self._seconds(self.start, moment), 0.0
        for begin, end in self.gaps:
            if moment <= begin:
                break
            idle, inside = self._seconds(begin, end), self._seconds(begin, min(moment, end))
            worked -= inside
            place += GAP_WIDTH * inside / idle
        return round(place + self._free * worked / self._worked, 2)

    @property
    def present(self) -> float:
        """Where the present stands; 100 once the run is over."""
        return self._past

    def shaded(self) -> list[tuple[float, float]]:
        """From where to where idle time is drawn short."""
        return [(self.at(begin), self.at(end)) for begin, end in self.gaps]

    def ticks(self) -> list[Tick]:
        """Labels that do not touch each other; the present is among them while the run is open."""
        found = [Tick(0.0, self._said(self.start))]
        present = Tick(self.present, f"now {timezone.localtime(self.now):%H:%M}", "now") if self.is_open else None
        for moment in self._round_moments():
            place = self.at(moment)
            wide = 1.4 if self._long or self._step < 60 else 1
            is_free = all(abs(place - tick.at) >= NEAREST_TICKS * (wide if tick.at else 1.5 * wide) for tick in found)  # the first is not centred
            if is_free and place <= 100 - NEAREST_TICKS / 2 and (present is None or abs(place - present.at) >= NEAREST_PRESENT):
                found.append(Tick(place, self._said(moment)))
        return sorted([*found, *([present] if present else [])], key=lambda tick: tick.at)

    def _width_of_past(self) -> float:
        if not self.is_open:
            return 100.0
        if self.end is None:
            return PRESENT_AT
        ahead, behind = self._seconds(self.now, self.end), self._seconds(self.start, self.now)
        return 100.0 - min(MOST_FUTURE, max(LEAST_FUTURE, 96.0 * ahead / (ahead + behind)))

    def _ahead(self, moment: datetime) -> float:
        if self.end is None:
            return min(100.0, self._past + (100.0 - self._past) / 2)
        share = self._seconds(self.now, moment) / self._seconds(self.now, self.end)
        return round(min(100.0, self._past + (97.0 - self._past) * share), 2)

    def _round_moments(self) -> list[datetime]:
        """Round moments in the viewer's zone, about one for every ninth of the axis, gaps left out."""
        last, step = self.end or self.now, self._step
        local = timezone.localtime(self.start)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        first = midnight + timedelta(seconds=(int((local - midnight).total_seconds()) // step + 1) * step)
        count = min(400, int((last - first).total_seconds() // step) + 1)
        moments = [first + timedelta(seconds=step * number) for number in range(max(0, count))]
        return [each for each in moments if not any(begin < each < end for begin, end in self.gaps)]

    @property
    def _step(self) -> int:
        """Seconds between two round moments."""
        seconds = self._worked + (self._seconds(self.now, self.end) if self.end else 0)
        return next((each for each in _NICE_SECONDS if each >= seconds / 7), _NICE_SECONDS[-1])

    @property
    def _long(self) -> bool:
        return (self.end or self.now) - self.start > timedelta(hours=20)

    def _said(self, moment: datetime) -> str:
        local = timezone.localtime(moment)
        if self._long:
            return f"{local:%a %H:%M}" if (self.end or self.now) - self.start < timedelta(days=6) else f"{local.day} {local:%b}"
        return f"{local:%H:%M:%S}" if self._step < 60 else f"{local:%H:%M}"

    @staticmethod
    def _seconds(begin: datetime, end: datetime) -> float:
        return (end - begin).total_seconds()


def idle_spans(moments: Sequence[datetime], start: datetime, now: datetime) -> list[Span]:
    """The long spans between two things that happened, longest first taken, in order of time. `moments` in order."""
    least = max(SHORTEST_GAP, (now - start) * LEAST_SHARE)
    points = [start, *moments, now]
    spans = [(a, b) for a, b in zip(points, points[1:], strict=False) if b - a >= least]
    longest = sorted(spans, key=lambda span: span[0] - span[1])[:MOST_GAPS]
    margin = timedelta(seconds=1)
    return sorted((a + margin, b - margin) for a, b in longest)

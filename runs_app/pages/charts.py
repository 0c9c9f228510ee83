"""Charts as coordinates for a server-made SVG; templates draw them (`runs_app/_chart_*.html`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from playbooks_app import wording
from runs_app.reading.insights import Week

WIDE, LEFT, BOTTOM, TOP = 340.0, 48.0, 118.0, 10.0
READABLE_SECONDS = (1, 2, 4, 10, 20, 40, 60, 120, 240, 600, 1200, 2400, 3600, 7200, 14_400, 28_800, 86_400, 172_800)  # so is the half of each


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid with its words."""

    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Column:
    """One week: where it stands, its two parts from the bottom up, its words, and the words under it ("" = none)."""

    x: float
    width: float
    good: tuple[float, float]  # top, height
    bad: tuple[float, float]
    words: str
    label: str

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything but the colours."""

    ticks: tuple[Tick, ...]
    columns: tuple[Column, ...] = ()
    points: tuple[tuple[float, float, str], ...] = ()  # x, y, words
    marks: tuple[tuple[float, str], ...] = ()  # x of a version's first day, its number
    said: str = ""

    @property
    def line(self) -> str:
        """The points, for a polyline."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in self.points)


def runs_chart(weeks: Sequence[Week], versions: Sequence[tuple[date, int]]) -> Chart:
    """Runs a week, the failed ones on top."""
    most = max((week.runs for week in weeks), default=0)
    top = _round_up(max(most, 4))
    columns = tuple(_column(place, week, len(weeks), top) for place, week in enumerate(weeks))
    failed = sum(week.failed for week in weeks)
    said = f"Runs a week over {wording.count(len(weeks), 'week')}, at most {most}, {failed} failed in all"
    return Chart(_ticks(top, wording.figure), columns, marks=_marks(weeks, versions), said=said)


def time_chart(weeks: Sequence[Week], versions: Sequence[tuple[date, int]]) -> Chart:
    """How long a usual run of each week took; weeks without a completed one have no point."""
    times = [week.usual_seconds for week in weeks if week.usual_seconds is not None]
    top = _readable(max(times, default=1.0))
    points = tuple(
        (_x(place + 0.5, len(weeks)), _y(week.usual_seconds, top), f"{_day(week.monday)}: {wording.duration(week.usual_seconds)}")
        for place, week in enumerate(weeks)
        if week.usual_seconds is not None
    )
    said = f"Usual duration a week, from {wording.duration(min(times))} to {wording.duration(max(times))}" if times else "No run has completed"
    columns = tuple(_column(place, Week(week.monday, 0, 0, None), len(weeks), 1) for place, week in enumerate(weeks))
    return Chart(_ticks(top, wording.duration), columns, points, _marks(weeks, versions), said)


def _column(place: int, week: Week, count: int, top: float) -> Column:
    width = (WIDE - LEFT) / count
    failed, well = BOTTOM - _y(week.failed, top), BOTTOM - _y(week.runs - week.failed, top)
    words = f"{_day(week.monday)}: {wording.count(week.runs, 'run')}" + (f", {week.failed} failed" if week.failed else "")
    label = _day(week.monday) if place % 4 == count % 4 else ""
    return Column(_x(place, count) + 3, width - 6, (BOTTOM - well, well), (BOTTOM - well - failed, failed), words, label)


def _ticks(top: float, worded: object) -> tuple[Tick, ...]:
    assert callable(worded)
    return tuple(Tick(_y(value, top), worded(value) if value else "0") for value in (0.0, top / 2, top))


def _marks(weeks: Sequence[Week], versions: Sequence[tuple[date, int]]) -> tuple[tuple[float, str], ...]:
    """Where a version came out, as far as the weeks reach; the last four, so that they can be told apart."""
    first = weeks[0].monday
    found = [(_x((day - first).days / 7, len(weeks)), f"v{number}") for day, number in versions if day >= first]
    return tuple(found[-4:])


def _x(place: float, count: int) -> float:
    return LEFT + (WIDE - LEFT) * place / count


def _y(value: float, top: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * value / top


def _round_up(most: int) -> int:
    """To an even number that is easy to read."""
    step = next(step for step in (2, 10, 20, 100, 200, 1000, 10_000, 10**9) if most <= 5 * step)
    return -(-most // step) * step


def _readable(longest: float) -> float:
    """The first of the readable spans that is as long, in seconds; above them whole pairs of days."""
    return float(next((each for each in READABLE_SECONDS if each >= longest), -(-longest // READABLE_SECONDS[-1]) * READABLE_SECONDS[-1]))


def _day(monday: date) -> str:
    return f"{monday.day} {monday:%b}"

"""How far a run is: shares by state for the bar, and the count in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from playbooks_app import wording
from runs_app.reading.attention import Attention
from runs_app.reading.forecast import MainStep, main_line
from runs_app.reading.outline import Outline, loops
from runs_app.reading.readings import Reading
from runs_app.statuses import STEP_OPEN

ORDER = ("succeeded", "cancelled", "running", "person", "time", "failed", "unknown")  # in the bar, from the left
DONE = frozenset({"succeeded", "skipped"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar, in percent."""

    state: str
    share: float


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` units: steps of the main line, a loop counting as many as it has items."""

    segments: list[Segment]
    done: int
    total: int
    words: str

    @property
    def percent(self) -> int:
        """Whole percent; 100 only when all is done."""
        return int(100 * self.done / self.total) if self.total else 0


def progress_of(readings: Collection[Reading]) -> dict[int, Progress]:
    """Run -> progress. One query for all."""
    lines: dict[int, list[MainStep]] = defaultdict(list)
    for row in main_line(reading.run.pk for reading in readings):
        lines[row.run_id].append(row)
    return {each.run.pk: _of(each.outline, lines[each.run.pk], each.attention, is_over=each.run.is_over) for each in readings}


def _of(outline: Outline, line: Iterable[MainStep], attention: Attention, *, is_over: bool) -> Progress:
    reached = {row.step: row for row in line}
    units: Counter[str] = Counter()
    largest: tuple[int, int] = (0, 0)  # items, of them done
    for step in (*outline.steps, *outline.finally_):
        row = reached.get(step.id)
        found = Counter({"pending": 1}) if row is None else _of_loop(row, attention) if loops(step) and row.items else _of_step(row, attention)
        if row is None and is_over:
            found = Counter()  # was not needed
        units += found
        if row is not None and row.items > largest[0]:
            largest = (row.items, sum(found[state] for state in DONE))
    total, done = sum(units.values()), sum(units[state] for state in DONE)
    units["succeeded"] += units.pop("skipped", 0)
    segments = [Segment(state, round(100 * units[state] / total, 2)) for state in ORDER if total and units[state]]
    words = f"{largest[1]:,} of {wording.count(largest[0], 'item')} done" if largest[0] > 1 else f"{done:,} of {wording.count(total, 'step')} done"
    return Progress(segments, done, total, words)


def _of_step(row: MainStep, attention: Attention) -> Counter[str]:
    state = (attention.below(row.path) or ("running" if row.status == "running" else _own(row, attention))) if row.status in STEP_OPEN else row.status
    return Counter({state: 1})


def _of_loop(row: MainStep, attention: Attention) -> Counter[str]:
    """By item. A loop that takes them in turn does not count them itself: the open item tells how far it is."""
    urgent = attention.items(row.path)
    begun = row.items if row.status not in STEP_OPEN else min(row.items, max([row.next_item, *(number + 1 for number in urgent)], default=0))
    counts = Counter(urgent.values())
    counts["succeeded" if row.status != "cancelled" else "cancelled"] += begun - len(urgent)
    counts["pending"] += row.items - begun
    return +counts


def _own(row: MainStep, attention: Attention) -> str:
    return next((step.state for step in attention.steps if step.path == row.path), "time")

"""How long a run will still take, from what its playbook's earlier runs took: a range, or nothing when there is too little to go by (F-6).

A step of the main line is measured without the time that people took inside it; a loop is measured by item. What people take
is told apart, because it follows other rules than machines do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import lru_cache
from statistics import median, quantiles

from django.db.models.functions import Coalesce

from runs_app.models import Run, StepRun
from runs_app.reading.attention import Attention
from runs_app.reading.outline import Outline
from runs_app.reading.words import PEOPLE_CAUSES
from runs_app.statuses import STEP_OPEN, RunStatus

FEWEST_RUNS = 3  # with fewer finished runs nothing is said
MOST_RUNS = 20  # the newest count; older ones say little about today
LEAST_SPREAD = 0.1  # of the low end: nothing is known more exactly than that

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Eta:
    """Seconds from this moment: machine work between `low` and `high`; `people_seconds` on top of it, None = nobody knows."""

    low_seconds: int
    high_seconds: int
    people_seconds: int | None

    def as_json(self) -> dict[str, int | None]:
        """The shape of DOORS.md, B."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class History:
    """Of one playbook's finished runs. Keys are step ids; seconds."""

    machine: dict[str, list[float]] = field(default_factory=dict)  # of a step of the main line, without people
    per_item: dict[str, list[float]] = field(default_factory=dict)  # the same for loops, divided by items
    people: dict[str, list[float]] = field(default_factory=dict)  # of people inside a step of the main line
    answers: dict[str, list[float]] = field(default_factory=dict)  # of one approval


@dataclass(frozen=True, slots=True)
class MainStep:
    """A step run of the main line, as far as forecasts care."""

    run_id: int
    step: str
    path: str
    status: str
    items: int
    next_item: int
    started_at: datetime
    finished_at: datetime | None


def eta_of(run: Run, outline: Outline, attention: Attention, now: datetime) -> Eta | None:
    """None: over, held or paused, or not enough history. Two queries, three more when the playbook's history has grown."""
    if run.is_over or run.status == RunStatus.PAUSED or attention.held:
        return None
    history = history_of(run.playbook_id)
    if history is None:
        return None
    reached = {row.step: row for row in main_line([run.pk])}
    low = high = 0.0
    for step in (*outline.steps, *outline.finally_):
        row = reached.get(step.id)
        if row is None or row.status in STEP_OPEN:
            least, most = _left(history, step.id, row, attention, now)
            low, high = low + least, high + most
    high = max(high, low * (1 + LEAST_SPREAD), 1.0)
    return Eta(round(low), round(high), _people(history, outline, reached, attention, now))


def history_of(playbook_id: int) -> History | None:
    """What the newest finished runs took; None if there are too few. One query while no run has finished since it was last asked."""
    finished = Run.objects.filter(playbook_id=playbook_id, status=RunStatus.COMPLETED, mode="live", original=None)
    ids = tuple(finished.order_by("-id").values_list("pk", flat=True)[:MOST_RUNS])
    return _history(ids) if len(ids) >= FEWEST_RUNS else None


def rough_etas(runs: Collection[Run], now: datetime) -> dict[int, Eta]:
    """For a page of runs, from whole runs instead of steps: run -> range, for those at work whose playbook has a history. One query."""
    at_work = [run for run in runs if run.status in (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.QUEUED) and not run.stopping]
    took = _durations({run.playbook_id for run in at_work})
    found = {}
    for run in at_work:
        if len(took[run.playbook_id]) >= FEWEST_RUNS:
            least, most = _range(took[run.playbook_id])
            passed = (now - (run.started_at or run.created_at)).total_seconds()
            high = max(1.0, most - passed, (least - passed) * (1 + LEAST_SPREAD))
            if most > passed:
                found[run.pk] = Eta(round(max(0.0, least - passed)), round(high), 0)
    return found


def usual_seconds(playbook_id: int) -> tuple[float, float] | None:
    """What a whole run of this playbook usually takes, low and high; None without history. One query."""
    took = _durations([playbook_id])[playbook_id]
    return _range(took) if len(took) >= FEWEST_RUNS else None


def _durations(playbooks: Collection[int]) -> dict[int, list[float]]:
    """Playbook -> seconds of its newest finished runs. One query."""
    found: dict[int, list[float]] = defaultdict(list)
    finished = Run.objects.filter(status=RunStatus.COMPLETED, mode="live", original=None).order_by("-id")
    moments = finished.values_list("playbook_id", "started_at", "created_at", "finished_at")
    parts = [moments.filter(playbook_id=pk)[:MOST_RUNS] for pk in sorted(playbooks)]
    if parts:
        for playbook, started, created, ended in parts[0].union(*parts[1:], all=True):
            found[playbook].append((ended - (started or created)).total_seconds())
    return found


def main_line(run_ids: Iterable[int]) -> list[MainStep]:
    """The step runs of the main line of these runs. One query."""
    rows = StepRun.objects.filter(strand__run__in=list(run_ids), strand__parent_id=0, parent_id=0)
    names = ("run_id", "step", "path", "status", "items", "next_item", "started_at", "finished_at")
    return [MainStep(*row) for row in rows.values_list(*names)]


@lru_cache(maxsize=256)
def _history(ids: tuple[int, ...]) -> History:
    history = History(defaultdict(list), defaultdict(list), defaultdict(list), defaultdict(list))
    waits: dict[int, list[tuple[str, Span]]] = defaultdict(list)
    asked = StepRun.objects.filter(run_id__in=ids, wait__cause="approval", finished_at__isnull=False)
    for run_id, path, step, started, finished in asked.values_list("run_id", "path", "step", "started_at", Coalesce("finished_at", "started_at")):
        waits[run_id].append((path, (started, finished)))
        history.answers[step].append((finished - started).total_seconds())
    for row in main_line(ids):
        if row.finished_at is None:
            continue
        inside = [span for path, span in waits[row.run_id] if path == row.path or path.startswith(f"{row.path}/")]
        people = _union(inside)
        machine = max(0.0, (row.finished_at - row.started_at).total_seconds() - people)
        history.machine[row.step].append(machine)
        history.people[row.step].append(people)
        if row.items:
            history.per_item[row.step].append(machine / row.items)
    return history


def _left(history: History, step: str, row: MainStep | None, attention: Attention, now: datetime) -> tuple[float, float]:
    """Machine seconds that a step of the main line still takes, low and high; zero for one that never took part before."""
    if row is not None and row.items and step in history.per_item:
        open_items = len(attention.items(row.path))
        items_left = row.items - min(row.next_item or row.items, row.items) + open_items / 2
        least, most = _range(history.per_item[step])
        return least * items_left, most * items_left
    if step not in history.machine:
        return 0.0, 0.0
    least, most = _range(history.machine[step])
    worked = 0.0
    if row is not None:
        asked = [leaf.started_at for leaf in attention.leaves() if leaf.state == "person" and leaf.path.startswith(row.path)]
        worked = (min([now, *asked]) - row.started_at).total_seconds()
    return max(0.0, least - worked), max(0.0, most - worked)


def _people(history: History, outline: Outline, reached: dict[str, MainStep], attention: Attention, now: datetime) -> int | None:
    """What people still take: the slowest open answer, then what is usual in the steps to come. None: nobody was ever asked this."""
    slowest = 0.0
    for leaf in attention.leaves():
        if (leaf.wait or {}).get("cause") in PEOPLE_CAUSES:
            if leaf.step not in history.answers:
                return None
            slowest = max(slowest, median(history.answers[leaf.step]) - (now - leaf.started_at).total_seconds())
    to_come = sum(median(history.people[step.id]) for step in outline.steps if step.id not in reached and step.id in history.people)
    return round(slowest + to_come)


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The middle half of what was seen."""
    if len(values) == 1:
        return values[0], values[0]
    quarters = quantiles(values, n=4, method="inclusive")
    return quarters[0], quarters[2]


def _union(spans: list[Span]) -> float:
    """Seconds covered by the spans, overlaps counted once."""
    covered, end = 0.0, None
    for start, finish in sorted(spans):
        if end is None or start > end:
            covered, end = covered + (finish - start).total_seconds(), finish
        elif finish > end:
            covered, end = covered + (finish - end).total_seconds(), finish
    return covered

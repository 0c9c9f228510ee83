"""The rows of a run's timeline: what happened, what goes on, and what the document still has in store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from playbooks_app import wording
from playbooks_app.language.document import Step
from runs_app.models import StepRun
from runs_app.reading.forecast import History
from runs_app.reading.look import MORE_ITEMS, Look
from runs_app.reading.loops import Bar, Chip, Loop
from runs_app.reading.outline import excludes, icon_of, is_rescue, loops, named
from runs_app.reading.readings import Reading
from runs_app.reading.scale import Scale
from runs_app.reading.shelf import Shelf, item_path
from runs_app.reading.words import WORDS, most_urgent, step_state
from runs_app.statuses import STEP_OPEN, StepStatus

WAITS_SHOWN = frozenset({"approval", "person", "timer", "event", "window", "limit", "breaker", "pool", "worker", "lock", "start", "child"})
LEAST_BAR = 0.4  # percent


@dataclass(frozen=True, slots=True)
class Drawn:
    """One bar of a row, in percent of the axis. `kind`: "" work, "wait" hatched, "ghost" forecast."""

    begin: float
    end: float
    state: str
    kind: str = ""
    label: str = ""
    before: bool = False  # the label stands left of the bar


@dataclass(slots=True)
class Row:
    """One line. `kind`: step, item, branch, strip, more. `opens` is the address that folds or unfolds it, None for a leaf."""

    kind: str
    path: str
    level: int
    state: str
    name: str
    icon: str = ""
    hint: str = ""
    took: str = ""
    bars: list[Drawn] = field(default_factory=list)
    opens: str | None = None
    expanded: bool = False
    selects: str | None = None  # the address that opens its details
    selected: bool = False
    loop: Loop | None = None
    chips: list[Chip] = field(default_factory=list)
    strip: list[Bar] = field(default_factory=list)
    more: str = ""
    left: int = 0
    needs_person: bool = False
    told: str = ""  # of a plan: what it would come to, in words

    @property
    def words(self) -> str:
        """Its state, for those who do not see the mark."""
        return self.told or WORDS.get(self.state, "").lower()

    @property
    def dom_id(self) -> str:
        """The same for the same place, whatever is around it."""
        return f"row-{self.kind}-{self.path}".replace("/", "--").replace("[", "-").replace("]", "").replace(" ", "_")


class Timeline:
    """Builds the rows from what was fetched; asks the database nothing."""

    def __init__(self, reading: Reading, shelf: Shelf, look: Look, scale: Scale, history: History | None, hints: Mapping[str, str]) -> None:
        self.reading, self.shelf, self.look, self.scale, self.history, self.hints = reading, shelf, look, scale, history, hints
        self.run, self.outline, self.attention = reading.run, reading.outline, reading.attention

    def rows(self) -> list[Row]:
        """Every row on screen, in order."""
        found: list[Row] = []
        for prefix, steps in self.outline.sections():
            happened = self._top(prefix)
            if prefix == "catch/" and not happened:
                continue  # only for what goes wrong
            absent = "skipped" if self.run.is_over else "pending"
            found += self._block(steps, happened, prefix, 1, absent, hint="always, at the end" if prefix == "finally/" else "")
        return [row for row in found if self._wanted(row)]

    # -- blocks -------------------------------------------------------------------------------------------------------------------------

    def _top(self, prefix: str) -> list[StepRun]:
        section = prefix.rstrip("/") or "main"
        return [step for step in self.shelf.every() if step.parent_id == 0 and self._section(step.path) == section]

    @staticmethod
    def _section(path: str) -> str:
        first, slash, _ = path.partition("/")
        return first if slash and first in ("catch", "finally") else "main"

    def _block(self, steps: Iterable[Step], happened: Iterable[StepRun], prefix: str, level: int, absent: str, hint: str = "") -> Iterator[Row]:
        """The steps of one block in the document's order; those that were not reached wear `absent`."""
        by_step = {run.step: run for run in happened}
        for step in steps:
            run = by_step.pop(step.id, None)
            yield from self._reached(step, run, level) if run else self._unreached(step, prefix, level, absent, hint)
        for run in by_step.values():  # put in while it ran
            yield self._leaf_row(run, run.step, level)

    def _reached(self, step: Step, run: StepRun, level: int) -> Iterator[Row]:
        row = self._leaf_row(run, named(step), level)
        if not step.blocks:
            yield row
            return
        row.expanded = run.path not in self.look.folded
        row.opens = self.look.toggled_fold(run.path)
        row.hint = row.hint or self._about(step, run)
        yield row
        if row.expanded:
            yield from self._items(step, run, level + 1) if loops(step) else self._branches(step, run, level + 1)

    def _branches(self, step: Step, run: StepRun, level: int) -> Iterator[Row]:
        """The blocks of a container that is not a loop. Branches of several steps get a line of their own."""
        reached = {name for name in step.blocks if self.shelf.inside(run.pk, name)}
        for name, steps in step.blocks.items():
            if is_rescue(name) and name not in reached:
                continue
            is_out = run.status not in STEP_OPEN or (excludes(step) and bool(reached) and name not in reached)
            absent = "skipped" if is_out else "pending"
            happened, prefix = self.shelf.inside(run.pk, name), f"{run.path}/{name}"
            if excludes(step) or len(step.blocks) == 1 or len(steps) < 2:
                yield from self._block(steps, happened, f"{prefix}/", level, absent)
                continue
            state = self.attention.below(prefix) or (most_urgent(self._state(each) for each in happened) if happened else absent)
            yield Row("branch", prefix, level, state, name, "branch", expanded=True, bars=self._span(happened, state))
            yield from self._block(steps, happened, f"{prefix}/", level + 1, absent)

    def _unreached(self, step: Step, prefix: str, level: int, absent: str, hint: str = "") -> Iterator[Row]:
        path = f"{prefix}{step.id}"
        row = Row("step", path, level, absent, named(step), icon_of(step.type), hint, took=self._usual(step, absent))
        if step.blocks:
            if absent == "skipped":  # of no interest unless asked for
                row.expanded, row.opens = path in self.look.opened, self.look.toggled_item(path)
            else:
                row.expanded, row.opens = path not in self.look.folded, self.look.toggled_fold(path)
            row.hint = hint or ("for each item" if loops(step) else "")
        yield row
        if row.expanded:
            for name, steps in step.blocks.items():
                if not is_rescue(name):
                    yield from self._block(steps, [], f"{path}/{name}/", level + 1, absent)

    # -- loops --------------------------------------------------------------------------------------------------------------------------

    def _items(self, step: Step, run: StepRun, level: int) -> Iterator[Row]:
        loop = self.shelf.loops.get(run.pk)
        if loop is None:
            return
        if loop.has_chips:
            yield Row("strip", run.path, level, "pending", "", loop=loop, chips=loop.chips(self.look), strip=loop.strip())
        block = next(iter(step.blocks))
        for number in loop.shown:
            yield from self._item(step, loop, block, number, level)
        if loop.left:
            wanted = self.look.loop(run.path)
            more = self.look.with_loop(run.path, wanted.state, wanted.count + MORE_ITEMS)
            yield Row("more", run.path, level, "pending", "", more=more, left=loop.left)

    def _item(self, step: Step, loop: Loop, block: str, number: int, level: int) -> Iterator[Row]:
        path, state = item_path(loop.step, self.outline, number), loop.states[number]
        label = loop.labels.get(number, "")
        begin, end = loop.spans.get(number, (loop.step.started_at, loop.step.finished_at))
        row = Row("item", path, level, state, f"{number + 1} · {label}" if label else f"Item {number + 1}", "file")
        row.needs_person = state in ("failed", "unknown", "person")
        row.took = wording.duration(((end or self.scale.now) - begin).total_seconds())
        row.bars = [self._bar(begin, end, state, "wait" if state in ("person", "time") and end is None else "")]
        row.expanded, row.opens = path in self.look.opened, self.look.toggled_item(path)
        yield row
        if row.expanded:
            is_open = state in ("person", "time", "running") or loop.step.status in STEP_OPEN and state in ("failed", "unknown")
            happened = self.shelf.inside(loop.step.pk, block, number)
            yield from self._block(step.blocks[block], happened, f"{path}/", level + 1, "pending" if is_open else "skipped")

    # -- one row ------------------------------------------------------------------------------------------------------------------------

    def _leaf_row(self, run: StepRun, name: str, level: int) -> Row:
        state = self._state(run)
        row = Row("step", run.path, level, state, name, icon_of(run.type), self.hints.get(run.path, ""), self._took(run, state))
        row.bars = [self._bar_of(run, state)]
        row.selects, row.selected = self.look.selecting(run.path), self.look.step == run.path
        row.needs_person = state in ("unknown", "person") or run.pk in self.attention.held
        return row

    def _state(self, run: StepRun) -> str:
        """A container that is open wears the most urgent state below it."""
        own = step_state(run.status, run.wait, run.code)  # type: ignore[attr-defined]
        return (self.attention.below(run.path) or own) if run.status in STEP_OPEN else own

    def _bar_of(self, run: StepRun, state: str) -> Drawn:
        cause = (run.wait or {}).get("cause", "")
        waits = cause in WAITS_SHOWN and run.policy is None and run.wait is not None and run.wait.get("name") != "retry"
        people = cause in ("approval", "person")
        if run.status == StepStatus.WAITING and waits:
            return self._bar(run.started_at, None, state, "wait", f"for {run.wait['name']}" if people and run.wait["name"] else "")  # type: ignore[index]
        if run.status == StepStatus.SUCCEEDED and waits:
            return self._bar(run.started_at, run.finished_at, "person" if people else "time", "wait")
        stands = run.status in STEP_OPEN and state in ("person", "time")  # a container in which nothing is at work
        return self._bar(run.started_at, run.finished_at, state, "wait" if stands else "")

    def _bar(self, begin: datetime, end: datetime | None, state: str, kind: str = "", label: str = "") -> Drawn:
        left = min(self.scale.at(begin), 100 - LEAST_BAR)
        return Drawn(left, max(self.scale.at(end or self.scale.now), left + LEAST_BAR), state, kind, label)

    def _span(self, steps: list[StepRun], state: str) -> list[Drawn]:
        if not steps:
            return []
        ends = [step.finished_at for step in steps]
        return [self._bar(min(step.started_at for step in steps), max(end for end in ends if end) if all(ends) else None, state)]

    def _took(self, run: StepRun, state: str) -> str:
        if run.status in (StepStatus.SKIPPED, StepStatus.CANCELLED):
            return str(run.status)
        if run.status == StepStatus.SUCCEEDED and (branch := run.went or run.route):  # type: ignore[attr-defined]
            return {"then": "yes", "else": "no"}.get(branch, str(branch))
        if run.status == StepStatus.FAILED and run.attempt > 1:
            return wording.count(run.attempt, "try", "tries")
        return wording.duration(((run.finished_at or self.scale.now) - run.started_at).total_seconds())

    def _usual(self, step: Step, absent: str) -> str:
        taken = self.history.machine.get(step.id) if self.history and absent == "pending" else None
        return f"about {wording.duration(max(1.0, median(taken)))}" if taken else "skipped" if absent == "skipped" else ""

    def _about(self, step: Step, run: StepRun) -> str:
        loop = self.shelf.loops.get(run.pk)
        if loop is not None or loops(step):
            total = loop.total if loop else run.items
            together = step.settings.get("concurrency")
            items = wording.count(total, "item") if run.items or not loop else wording.count(total, "round")
            return f"{items}, {together} at a time" if isinstance(together, int) and together > 1 else items
        return f"{len(step.blocks)} branches at once" if len(step.blocks) > 1 and not excludes(step) and step.kind.family != "safety" else ""

    def _wanted(self, row: Row) -> bool:
        """Whether the row passes what the viewer asked for."""
        if self.look.find:
            return row.kind == "item" or (row.kind != "strip" and self.look.find.lower() in f"{row.name} {row.path}".lower())
        if self.look.only == "failed":
            return row.state in ("failed", "unknown") or row.selected
        if self.look.only == "attention":
            return row.needs_person or row.state in ("failed", "unknown", "person") or row.selected
        return True

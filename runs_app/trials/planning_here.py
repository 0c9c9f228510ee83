"""What a container sees of its place while a run is planned: blocks are listed, not gone through."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playbooks_app.language.step_type import Done, Json, StepFailed, Wait
from runs_app.engine.place import Frame
from runs_app.engine.scope import Scope
from runs_app.engine.signals import Returned

if TYPE_CHECKING:
    from runs_app.trials.planning import Planned, Planner

MOST_TURNS = 50  # of a loop whose end is known; then the rest is left out
MOST_ITEMS = 20  # of a list that are planned one by one
Flow = Generator[Any, Any, Any]


class Unknown(Exception):
    """A value hangs on what a step will answer. The argument is the path of what is not known."""


class NotTold(Unknown):
    """The output of a container hangs on its steps; which way it goes does not."""


class TooLong(Exception):
    """The plan has as many steps as it may."""


class PlanHere:
    """The `Here` of the step-type contract, for one container of a plan. `seen` are the blocks that it came to."""

    def __init__(self, planner: Planner, row: Planned, frames: list[Frame], scope: Scope) -> None:
        self._planner, self._row, self._frames, self._scope = planner, row, frames, scope
        self.settings: Mapping[str, Json] = row.step.settings
        self.now, self.path = planner.now, row.path
        self.has_waited = False
        self.winner: str | None = None
        self.seen: dict[str, int] = {}  # block -> newest iteration
        self._items: list[Json] = []
        self._turns = 0

    def go(self) -> Json:
        """Its output. Raises Unknown, StepFailed, Returned."""
        while True:
            outcome = _end_of(self._row.step.kind.walk(self))
            if isinstance(outcome, Done):
                return outcome.output
            if outcome.forks:
                return self._forked(outcome)
            if outcome.cause != "timer":
                return _end_of(self._row.step.kind.walk(self._entered())).output
            self.has_waited = True

    def _entered(self) -> PlanHere:
        """It has waited for its turn, for a lock or a limit."""
        self.has_waited = True
        return self

    def _forked(self, wait: Wait) -> Json:
        """Every branch; of a concurrent loop every item."""
        if wait.items is not None:
            self.keep_items(wait.items)
            for number in range(self.item_count):
                self._enter(wait.forks[0].block, number)
        else:
            for fork in wait.forks:
                self._enter(fork.block, None)
        return _end_of(self._row.step.kind.joined(self))

    def _enter(self, name: str, iteration: int | None) -> None:
        planner, step = self._planner, self._row.step
        frame = Frame(step.id, self._row.path, name, iteration)
        if iteration is not None:
            if iteration != self.seen.get(name):
                self._turns += 1
            if self._turns > MOST_TURNS:
                self._row.note = f"Only the first {MOST_TURNS} turns are planned."
                raise NotTold(self.path)
        self.seen[name] = iteration or 0
        planner.block(step, self._row, [*self._frames, frame], extra=self._scope.extra)

    # -- what containers ask ------------------------------------------------------------------------------------------------------------

    def evaluate(self, text: Json, block: str | None = None, iteration: int | None = None, names: Mapping[str, Json] | None = None) -> Flow:
        """The value, if it is known."""
        scope = self._scope
        if block is not None or names:
            inside = [Frame(self._row.step.id, self.path, block, iteration)] if block is not None else []
            scope = Scope(scope.known, [*self._frames, *inside], scope.extra, scope.access, {**scope.own, **(names or {})})
        return self._planner.value(text, scope, self.path)
        yield

    def once(self, name: str, text: Json) -> Flow:
        """As `evaluate`."""
        kept = self.recall(name)
        if kept is None:
            kept = yield from self.evaluate(text)
            self.remember(name, kept)
        return kept

    def remember(self, name: str, value: Json) -> None:
        """For this plan."""
        self._planner.known.states.setdefault(self.path, {})[name] = value

    def recall(self, name: str) -> Json:
        """What `remember` kept."""
        return self._planner.known.states.get(self.path, {}).get(name)

    def block(self, name: str, iteration: int | None = None) -> Flow:
        """List its steps."""
        self._enter(name, iteration)
        return
        yield

    def attempt(self, name: str) -> Flow:
        """List its steps, and hand back how it would certainly be cut short."""
        try:
            self._enter(name, None)
        except (StepFailed, Returned) as cut_short:
            return cut_short
        return None
        yield

    def shielded(self, name: str) -> Flow:
        """List its steps."""
        yield from self.block(name)

    def tidy(self, name: str) -> Flow:
        """List its steps."""
        try:
            yield from self.block(name)
        except StepFailed:
            if not self._planner.program.forgives_finally:
                raise

    def keep_items(self, values: Sequence[Json]) -> None:
        """The first of them are planned."""
        self._items = list(values)
        for number, value in enumerate(self._items):
            self._planner.known.items[self.path, number] = value
        if len(self._items) > MOST_ITEMS:
            self._row.note = f"{len(self._items):,} items; the first {MOST_ITEMS} are shown."

    @property
    def item_count(self) -> int:
        """How many are planned."""
        return min(len(self._items), MOST_ITEMS)

    def items(self, numbers: Sequence[int]) -> Flow:
        """Their values."""
        return {number: self._items[number] for number in numbers}
        yield

    def ended(self) -> Flow:
        """How each passage ends, nobody knows yet."""
        raise NotTold(self.path)
        yield

    def clauses(self, key: str) -> Sequence[tuple[str, Mapping[str, Json]]]:
        """The clauses of a block list."""
        return [(each.name, each.values) for each in self._row.step.clauses.get(key, ())]

    def reached(self, block: str) -> int | None:
        """The newest iteration that was listed."""
        return self.seen.get(block)

    def has(self, block: str) -> bool:
        """Whether the document gives this block any steps."""
        return bool(self._row.step.blocks.get(block))


def _end_of(flow: Flow) -> Any:
    """Run a generator that never has to wait."""
    try:
        while True:
            next(flow)
    except StopIteration as end:
        return end.value

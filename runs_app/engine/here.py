"""What a container sees of the place where it stands (the `Here` of the step-type contract)."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from playbooks_app.language.document import Step
from playbooks_app.language.step_type import Done, Ended, Json, StepFailed, Wait
from runs_app.engine import ending
from runs_app.engine.leaf import ENDED, context_of
from runs_app.engine.place import Frame
from runs_app.engine.policies.deadline import is_own
from runs_app.engine.records import MISSING, Read, StepRecord
from runs_app.engine.scope import Scope
from runs_app.engine.signals import Cancelled, Returned, StrandParked

AROUND = "around"  # where a fork of the playbook's own `catch` or `finally` keeps the names that its strands see

if TYPE_CHECKING:
    from runs_app.engine.interpreter import Interpreter

Flow = Generator[Any, Any, Any]


class Here:
    """One container, being gone through."""

    def __init__(self, i: Interpreter, step: Step, row: StepRecord, frames: list[Frame], scope: Scope) -> None:
        self._i, self._step, self._row, self._frames, self._scope = i, step, row, frames, scope
        self.settings: Mapping[str, Json] = step.settings
        self.now, self.path = i.now(), row.path
        self._mark: int | None = None
        self.has_waited = False  # its own wait is just over

    # -- driving the container ----------------------------------------------------------------------------------------------------------

    def go(self) -> Flow:
        """Its output. Raises StepFailed, Returned, Cancelled, StrandParked."""
        if (
            self._row.policy is not None and self._row.resume_as != ENDED
        ):  # its strands have ended; "joined" is kept until it is closed: a crash in between must find it again
            output = yield from self._joined()
        else:
            how, self._row.resume_as = self._row.resume_as, None
            if how is not None:
                self.has_waited = how in ("again", ENDED) and self._row.error is None  # else a person has begun it again after a failure
                failure = ending.failure_of(self._row) if how == ENDED and self._row.error is not None else None
                self._row.error = None
                self._i.change(self._row)
                if failure is not None:
                    raise failure
            outcome = yield from self._step.kind.walk(self)
            output = outcome.output if isinstance(outcome, Done) else (yield from self._wait(outcome))
        for block in self._step.blocks:
            self._i.newest.pop((self._row.id, block), None)
        return output

    def _joined(self) -> Flow:
        row = self._row
        if row.verdict == "failed":
            failure = ending.failure_of(row)
            raise failure if is_own(self._step, row, failure) else self._step.kind.lost(failure)
        if row.verdict == "returned":
            raise Returned(row.output)
        if row.verdict == "cancelled":
            raise Cancelled
        return (yield from self._step.kind.joined(self))

    def _wait(self, wait: Wait) -> Flow:
        yield from self._i.hear()
        row = self._row
        row.status, row.wake_at, row.on_wake = "waiting", wait.until and self._i.due(wait.until), wait.on_wake
        row.wait = {"cause": wait.cause, "name": wait.name, "note": wait.note, **({"guarded": True} if wait.guarded else {})}
        if wait.guarded:
            self._i.note.opened_waits.append((row, context_of(self._i, self._step, row, None), wait))
        if wait.forks:
            if self._scope.extra:
                self.remember(AROUND, self._scope.extra)
            row.policy, row.open_children, row.next_item = wait.policy, len(wait.forks), len(wait.forks)
            self._i.note.forks += [(row, fork) for fork in wait.forks]
        if wait.items is not None:
            self._i.note.items.append((row.id, list(wait.items)))
            row.items = len(wait.items)
        self._i.change(row)
        self._i.event("step_waiting", row, {"cause": wait.cause, "name": wait.name})
        raise StrandParked

    # -- what the container may ask -----------------------------------------------------------------------------------------------------

    def evaluate(self, text: Json, block: str | None = None, iteration: int | None = None, names: Mapping[str, Json] | None = None) -> Flow:
        """The value of a template or expression: of this place, or of the end of one of its blocks; `names` hide others of the same name."""
        scope = self._scope
        if block is not None or names:
            inside = [Frame(self._step.id, self._row.path, block, iteration)] if block is not None else []
            scope = Scope(scope.known, [*self._frames, *inside], scope.extra, scope.access, {**scope.own, **(names or {})})
        return (yield from self._i.evaluate(text, scope, self._row))

    def once(self, name: str, text: Json) -> Flow:
        """As `evaluate`, but the same value after a crash or a resume."""
        kept = self.recall(name)
        if kept is None:
            kept = yield from self.evaluate(text)
            self.remember(name, kept)
        return kept

    def remember(self, name: str, value: Json) -> None:
        """Keep a small value with the step run."""
        state = {**(self._row.state or {}), name: value}
        is_news = state != self._row.state
        self._row.state = self._i.known.states[self._row.path] = state
        if is_news:
            self._i.change(self._row)

    def recall(self, name: str) -> Json:
        """What was kept, or None."""
        return (self._row.state or {}).get(name)

    def block(self, name: str, iteration: int | None = None) -> Flow:
        """Go through the steps of a block."""
        if iteration is not None:
            if self._mark is None:
                self._mark = len(self._i.known.outputs)
            self._i.known.forget_since(self._mark)
        frame = Frame(self._step.id, self._row.path, name, iteration)
        yield from self._i.walk(self._step, self._row.id, [*self._frames, frame], extra=self._scope.extra)

    def attempt(self, name: str) -> Flow:
        """Go through a block and hand back how it was cut short, or None."""
        try:
            yield from self.block(name)
        except (StepFailed, Returned, Cancelled) as cut_short:
            return cut_short
        return None

    def shielded(self, name: str) -> Flow:
        """Go through a block that a cancel does not interrupt."""
        self._i.shield += 1
        try:
            yield from self.block(name)
        finally:
            self._i.unprotect()

    def tidy(self, name: str) -> Flow:
        """Go through a `finally`: a cancel does not interrupt it, and its failure is recorded only, unless the playbook says otherwise."""
        try:
            yield from self.shielded(name)
        except StepFailed:
            if not self._i.program.forgives_finally:
                raise

    @property
    def winner(self) -> str | None:
        """The block whose strand decided the fork, None if none did."""
        return self._row.output if self._row.verdict == "won" else None

    def keep_items(self, values: Sequence[Json]) -> None:
        """Store the values of a loop one by one; they stay at hand while this strand is driven."""
        self._i.note.items.append((self._row.id, list(values)))
        self._row.items = len(values)
        self._i.change(self._row)
        for number, value in enumerate(values):
            self._i.known.items[self._row.path, number] = value

    @property
    def item_count(self) -> int:
        """How many values were kept."""
        return self._row.items

    def items(self, numbers: Sequence[int]) -> Flow:
        """The values of some items, by number."""
        asks = [Read("item", key=self._row.path, number=number) for number in numbers]
        found = (yield from self._i.read(asks)) if asks else []
        return {number: value for number, value in zip(numbers, found, strict=True) if value is not MISSING}

    def ended(self) -> Flow:
        """How each passage through each block ended."""
        (found,) = yield from self._i.read([Read("ended", number=self._row.id)])
        return [] if found is MISSING else [Ended(*each) for each in found]

    def clauses(self, key: str) -> list[tuple[str, Mapping[str, Json]]]:
        """The clauses of a block list: (block name, its own keys as written)."""
        return [(each.name, each.values) for each in self._step.clauses.get(key, ())]

    def reached(self, block: str) -> int | None:
        """The newest iteration of a block that was entered."""
        row = self._i.newest.get((self._row.id, block))
        return row.iteration if row else None

    def has(self, block: str) -> bool:
        """Whether the document gives this block any steps."""
        return bool(self._step.blocks.get(block))

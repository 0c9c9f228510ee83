"""Walks one strand of a run. Pure: no clock of its own, no threads, no database.

The interpreter is a generator. It yields what it needs and is sent the answer, so that the same code is driven by a simulation in memory and by a
worker on PostgreSQL:

    Note         write what was noted so far in one transaction; the answer is an `Answer`
    Act          do a step's work outside any transaction; the answer is its result, or StepFailed is thrown in
    list[Read]   look these up; the answer is a list of values (MISSING where there is none)

First run and resume are the same code: every block starts behind the newest step run it finds in it (law 4).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from typing import Any

from playbooks_app.language.document import Step
from playbooks_app.language.step_type import StepFailed
from playbooks_app.language.template import Compiled
from runs_app.engine import ending
from runs_app.engine.here import AROUND, Here
from runs_app.engine.leaf import perform_leaf, require_schema
from runs_app.engine.place import Frame, Spot, frames_of
from runs_app.engine.policies.deadline import deadline_of
from runs_app.engine.program import CATCH, FINALLY, MAIN, Program
from runs_app.engine.records import LIVE, NO_CANCEL, OPEN, Answer, Note, Read, RunFacts, StepRecord, StrandRecord
from runs_app.engine.scope import Knowledge, Scope
from runs_app.engine.signals import Cancelled, LaneOver, Returned, StrandHeld, StrandLost, StrandParked

Flow = Generator[Any, Any, Any]


class Interpreter:
    """Drives one strand from where it stands until it ends or waits."""

    def __init__(
        self,
        strand: StrandRecord,
        program: Program,
        facts: RunFacts,
        rows: Iterable[StepRecord],
        *,
        new_id: Callable[[], int],
        now: Callable[[], datetime],
        jitter: Callable[[], float],
    ) -> None:
        self.strand, self.program, self.facts = strand, program, facts
        self.new_id, self.now, self.jitter = new_id, now, jitter
        self.newest: dict[tuple[int, str], StepRecord] = {}
        self.shield = strand.shielded
        self.unheard = False  # protected steps have ended: a cancel that spared this strand may have come meanwhile
        self.known = Knowledge(program, facts, caches_variables=strand.parent == 0)
        self.note = Note(strand)
        for row in rows:
            self._keep_newest(row)

    # -- the whole strand ---------------------------------------------------------------------------------------------------------------

    def run(self) -> Flow:
        """Drive until the strand ends or waits; returns how it ended, after that is committed."""
        output: Any = None
        try:
            output = yield from self._line()
            end = "finished"
        except StepFailed as failure:
            end, output = "failed", ending.error_of(failure)
        except Returned as returned:
            end, output = "returned", returned.value
        except Cancelled:
            end = "cancelled"
        except StrandHeld as held:
            end, output = "held", held.step_run
        except LaneOver:
            return "finished"
        except StrandLost:
            return "lost"
        except StrandParked:
            end = "parked"
        yield from self.commit(end=end, output=output)
        return end

    def _line(self) -> Flow:
        strand = self.strand
        if strand.parent == 0:
            return (yield from self._main_line())
        step = self.program.step(strand.step)
        extra = yield from self._around()
        if strand.is_lane:
            yield from self._lane(step, extra)
        else:
            iteration = strand.iteration if self.program.is_iterated(step, strand.block) else None
            yield from self._branch(step, frames_of(strand.path, strand.block, iteration), extra)
        return strand.block  # of a race: the winner, if this end decides it

    def _branch(self, step: Step, frames: list[Frame], extra: dict[str, Any] | None) -> Flow:
        """A branch; or one item of a loop that is gone through again: if it fails again it is set aside again."""
        try:
            yield from self.walk(step, self.strand.parent, frames, extra=extra)
        except StepFailed as failure:
            if not self.program.handles(step, self.strand.block, failure.code):
                raise

    def _around(self) -> Flow:
        """What the playbook's own `catch` or `finally` binds, where a strand stands inside it."""
        if not self.strand.path.startswith((f"{CATCH}/", f"{FINALLY}/")):
            return None
        (found,) = yield from self.read([Read("state", key=self.strand.path, name=AROUND)])
        return found

    def _main_line(self) -> Flow:
        """The playbook itself: its steps, its `catch` (which recovers, rule 17) and its `finally`."""
        signal: BaseException | None = None
        try:
            yield from self.walk(None, 0, [], MAIN)
            yield from self.hear()
        except (StepFailed, Returned, Cancelled) as cut_short:
            signal = cut_short
        if isinstance(signal, StepFailed):
            signal = yield from self._playbook_catch(signal)
        if self.program.document.finally_:
            signal = yield from self._playbook_finally(signal)
        if signal is not None and not isinstance(signal, Returned):
            raise signal
        return ending.result(self, signal, (yield from ending.variables(self, signal)))

    def _playbook_catch(self, failure: StepFailed) -> Flow:
        block = self.program.catcher(failure.code)
        if block is None:
            return failure
        self.known.states[""] = {"error": failure.as_json()}
        try:
            yield from self.walk(None, 0, [], block, extra={"error": failure.as_json()})
            yield from self.hear()
        except (StepFailed, Returned, Cancelled) as again:
            return again
        clause = self.program.document.catch[int(block.removeprefix(CATCH))]
        return failure if clause.then == "fail" else None

    def _playbook_finally(self, signal: BaseException | None) -> Flow:
        status = yield from ending.about_to_become(self, signal)
        error = signal.as_json() if isinstance(signal, StepFailed) else None
        self.shield += 1
        try:
            yield from self.walk(None, 0, [], FINALLY, extra={"run": {**self.facts.root, "status": status}, "error": error})
        except StepFailed as failure:  # recorded and shown; fails the run only when asked to (rule 11)
            if not self.program.forgives_finally and status == "completed":
                signal = failure
        self.shield -= 1
        return signal

    def _lane(self, step: Step, extra: dict[str, Any] | None) -> Flow:
        """Take item after item of a concurrent loop; an item that waits keeps its lane."""
        strand = self.strand
        while True:
            mark = len(self.known.outputs)
            try:
                yield from self.walk(step, strand.parent, frames_of(strand.path, strand.block, strand.iteration), extra=extra)
            except StepFailed as failure:
                if not self.program.handles(step, strand.block, failure.code):
                    raise
            self.known.forget_since(mark)
            answer = yield from self.commit(take=True)
            if answer.item is None:
                raise LaneOver
            strand.iteration = answer.item

    # -- blocks and steps ---------------------------------------------------------------------------------------------------------------

    def walk(self, owner: Step | None, parent: int, frames: list[Frame], top: str = "", extra: dict[str, Any] | None = None) -> Flow:
        """Go through the steps of one block, from behind the newest step run in it. `top`: a block of the playbook itself."""
        block = frames[-1].block if owner is not None else top
        iteration = (frames[-1].iteration if owner is not None else None) or 0
        prefix = frames[-1].prefix if owner is not None else {MAIN: "", FINALLY: "finally/"}.get(top, "catch/")
        steps = self.program.steps_of(owner, block)
        start = 0
        last = self.newest.get((parent, block))
        if last is not None and last.iteration == iteration:
            self._go_on_from(last, steps[last.position])
            start = last.position + (last.status not in OPEN)
        for position in range(start, len(steps)):
            yield from self.perform(steps[position], Spot(parent, block, iteration, position, prefix + steps[position].id), frames, extra)

    def _go_on_from(self, last: StepRecord, step: Step) -> None:
        """Raise again whatever the newest step run of a block ended with (law 13)."""
        if last.status == "failed" and last.verdict != "passed":
            failure = ending.failure_of(last)
            if self.program.is_handled(step, failure.code):
                raise failure
            if self.is_cancelling:
                raise Cancelled
            if self.facts_handle(step, failure.code):
                raise failure
            raise StrandHeld(last.id)
        if last.status == "cancelled":
            raise Cancelled
        if last.returned:
            raise Returned(last.output)
        if last.status not in OPEN:
            self.known.closed(last)

    def perform(self, step: Step, spot: Spot, frames: list[Frame], extra: dict[str, Any] | None) -> Flow:
        """Bring one step to its end, or leave it waiting."""
        row = self.newest.get((spot.parent, spot.block))
        scope = Scope(self.known, frames, extra, step.guards.access)
        if row is None or (row.iteration, row.position) != (spot.iteration, spot.position):
            pinned = (yield from self.read([Read("override", key=spot.path)]))[0] if self.strand.overridden else None
            if step.guards.when is not None:  # read before it is opened: opening and deciding are one commit, or a crash in between forgets to ask
                yield from self.prepare(scope, ending.compiled(step.guards.when).references)
            yield from self.hear()
            row = self._open(step, spot, pinned)
            protected = int(not step.guards.cancellable)
        elif row.status == "waiting":
            raise StrandParked  # it belongs to whoever resolves it, never to the driver
        else:
            protected = max(0, row.shielded - self.shield)
        self.shield += protected
        try:
            yield from self._through(step, row, frames, scope)
        finally:
            self.unprotect(protected)

    def _through(self, step: Step, row: StepRecord, frames: list[Frame], scope: Scope) -> Flow:
        try:
            yield from self._to_its_end(step, row, frames, scope)
        except StepFailed as failure:
            yield from ending.closing(self, row, ending.failed(self, step, row, failure, scope))
        except Cancelled:
            if row.id != self.strand.cancel_to:
                self.close(row, "cancelled")
                raise
            yield from ending.closing(self, row, ending.too_late(self, step, row, scope))
        except Returned as returned:
            self.close(row, "succeeded", returned.value, returned=True)
            raise

    def _to_its_end(self, step: Step, row: StepRecord, frames: list[Frame], scope: Scope) -> Flow:
        if row.id in self.note.opened and self._is_settled(step, row, scope):
            return
        try:
            going = Here(self, step, row, frames, scope).go() if step.kind.is_container else perform_leaf(self, step, row, scope)
            output = yield from going
        except (StepFailed, Returned):
            yield from ending.be_in_time(self, step, row)
            raise
        yield from ending.be_in_time(self, step, row)
        require_schema(step, output)
        self.close(row, "succeeded", output)

    def _is_settled(self, step: Step, row: StepRecord, scope: Scope) -> bool:
        """Whether it is over before it has begun: a person gave its output, or its own condition does not hold."""
        if row.pinned and "output" in row.pinned:
            self.event("step_overridden", row, {"by": row.pinned["by"], "reason": row.pinned["reason"]})
            self.close(row, "succeeded", row.pinned["output"])
        elif not self._is_wanted(step, row, scope):
            self.close(row, "skipped")
        return row.status not in OPEN

    def _is_wanted(self, step: Step, row: StepRecord, scope: Scope) -> bool:
        if step.guards.when is None:
            return True
        return ending.truth(self.render(ending.compiled(step.guards.when), scope, row))

    def _open(self, step: Step, spot: Spot, pinned: Any) -> StepRecord:
        row = StepRecord(
            id=self.new_id(),
            strand=self.strand.id,
            parent=spot.parent,
            path=spot.path,
            block=spot.block,
            iteration=spot.iteration,
            position=spot.position,
            step=step.id,
            type=step.type,
            pinned=pinned,
            shielded=self.shield + (not step.guards.cancellable),
            started_at=(reached := self.now()),
            deadline_at=deadline_of(step, reached),
        )
        self.newest[spot.parent, spot.block] = row
        self.note.opened[row.id] = row
        self.event("step_started", row)
        return row

    # -- noting and asking --------------------------------------------------------------------------------------------------------------

    @property
    def is_cancelling(self) -> bool:
        """Whether this strand is to unwind at once; what is protected inside of whoever cancels (the run, or a fork around) is spared."""
        return self.strand.cancel >= self.shield

    def hear(self) -> Flow:
        """Before anything begins. Raises Cancelled if this strand is to unwind; after protected steps, which are spared, that must be asked."""
        if self.unheard and self.shield <= self.strand.shielded:
            self.unheard = False
            yield from self.commit()
        if self.is_cancelling:
            raise Cancelled

    def unprotect(self, layers: int = 1) -> None:
        """So many layers of protection have ended."""
        self.shield -= layers
        self.unheard = self.unheard or layers > 0

    def facts_handle(self, step: Step, code: str) -> bool:
        """Whether a failure travels on; if not, the strand is held at the failed step."""
        return (self.facts.fails_outright and code not in ("NeedsPerson", "UnknownOutcome")) or self.program.is_handled(step, code)

    def evaluate(self, text: Any, scope: Scope, row: StepRecord) -> Flow:
        """The value of a template or expression at a place."""
        compiled = ending.compiled(text)
        yield from self.prepare(scope, compiled.references)
        return self.render(compiled, scope, row)

    def render(self, compiled: Compiled, scope: Scope, row: StepRecord) -> Any:
        """Fill in what was prepared. Time and chance are those of the step run; in a replay, those of the recorded one."""
        return compiled.render(scope, seed=f"{self.facts.seed}{row.path}", now=self.facts.moments.get(row.path, row.started_at))

    def prepare(self, scope: Scope, references: Iterable[Any]) -> Flow:
        """Let the scope fetch what it has not in hand; what this strand has noted is written first, so that it is found."""
        asking = scope.prepare(references)
        try:
            asks = next(asking)
        except StopIteration:
            return
        answer = yield from self.read(asks)
        try:
            asking.send(answer)
        except StopIteration:
            return

    def read(self, asks: list[Read]) -> Flow:
        """Look up stored values; noted changes are written before."""
        if any(self._has_noted(ask) for ask in asks):
            yield from self.commit()
        return (yield asks)

    def _has_noted(self, ask: Read) -> bool:
        """Whether what is asked for may be among what is noted and not yet written."""
        rows = (*self.note.opened.values(), *self.note.changed.values())
        match ask.kind:
            case "variable" | "variables":
                return bool(self.note.variables)
            case "item":
                kept = {step_run for step_run, _ in self.note.items}
                return any(row.path == ask.key and row.id in kept for row in rows)
            case "override":
                return False  # people write it while nothing is driven
            case "state":
                return False  # of a container that this strand goes through it is in hand; of one that forked it, written
        return any(row.status not in OPEN for row in rows)

    def due(self, until: datetime) -> datetime:
        """When a wait for time ends: outside of `live` at once."""
        return until if self.facts.mode == LIVE else min(until, self.now())

    def commit(self, **asks: Any) -> Flow:
        """Nothing leaves the process before what led to it is written: one transaction for all that was noted."""
        note, self.note = self.note, Note(self.strand)
        for name, value in asks.items():
            setattr(note, name, value)
        if note.is_empty:
            return Answer()
        answer: Answer = yield note
        if answer.state not in ("ok", "over") and note.end is None:
            raise StrandLost
        if answer.cancel != NO_CANCEL:
            self.strand.cancel, self.strand.cancel_to = answer.cancel, answer.cancel_to
        return answer

    def close(self, row: StepRecord, status: str, output: Any = None, *, error: Any = None, returned: bool = False) -> None:
        """Note how a step run ended."""
        row.status, row.output, row.error, row.returned, row.finished_at = status, output, error, returned, self.now()
        row.resume_as = None
        if row.deadline_at is not None:
            self.note.uncancel.add(row.id)  # its deadline may just be over: what comes after it is not to unwind
        self.change(row)
        self.event(f"step_{status}", row, {"error": error} if error else None)
        self.known.closed(row)

    def change(self, row: StepRecord) -> None:
        """Note that a step run in hand has changed."""
        if row.id not in self.note.opened:
            self.note.changed[row.id] = row

    def event(self, kind: str, row: StepRecord, more: Any = None) -> None:
        """Note an event of a step run."""
        self.note.events.append((kind, row.path, row.attempt, more))

    def _keep_newest(self, row: StepRecord) -> None:
        old = self.newest.get((row.parent, row.block))
        if old is None or (row.iteration, row.position) >= (old.iteration, old.position):
            self.newest[row.parent, row.block] = row

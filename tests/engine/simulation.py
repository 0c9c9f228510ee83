"""Runs documents on the memory twin: straight, with all memory dropped after every transaction, with dead workers, with meddling people."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from playbooks_app.language.document import parse
from playbooks_app.language.step_type import Json, StepFailed
from runs_app.engine.interpreter import Interpreter
from runs_app.engine.memory import MemoryJournal
from runs_app.engine.memory_deadlines import end_late
from runs_app.engine.program import Program
from runs_app.engine.records import Act, Note, RunFacts, StepRecord
from tests.engine.kinds import registry

REGISTRY = registry()
BEGIN = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
OVER = ("completed", "failed", "cancelled")


@dataclass(slots=True, eq=False)
class Flow:
    """A strand in the hands of a simulated worker."""

    generator: Any
    strand: Any
    worker: object
    value: Any = None
    failure: StepFailed | None = None


@dataclass
class Simulation:
    """One run of one document."""

    raw: Json
    inputs: dict[str, Json] = field(default_factory=dict)
    seed: int = 0
    config: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.time = BEGIN
        self.r = random.Random(self.seed)
        self.journal = MemoryJournal(lambda: self.time)
        self.document = parse(self.raw, REGISTRY)
        facts = RunFacts(
            1, 1, "Test", 1, self.inputs, self.config, {"id": 1, "name": "Test"}, fails_outright=self.document.settings.get("on_failure") == "fail"
        )
        self.run_id = self.journal.start(Program(self.document), facts)
        self.flows: list[Flow] = []
        self.made: list[str] = []  # paths of deliveries, in order
        self.crashed = self.touched = False

    # -- what a worker does -------------------------------------------------------------------------------------------------------------

    def claim(self, limit: int = 100, worker: object = None) -> None:
        """Take queued strands."""
        for claimed in self.journal.claim(limit, worker):
            interpreter = Interpreter(
                claimed.strand, claimed.program, claimed.facts, claimed.rows, new_id=self.journal.new_id, now=lambda: self.time, jitter=lambda: 0.0
            )
            self.flows.append(Flow(interpreter.run(), claimed.strand, worker))

    def advance(self, flow: Flow) -> Note | None:
        """Move a flow to its next note; acts are done on the way at most once per call."""
        try:
            ask = flow.generator.throw(flow.failure) if flow.failure is not None else flow.generator.send(flow.value)
            while isinstance(ask, list):
                ask = flow.generator.send(self.journal.read(flow.strand.run, ask))
        except StopIteration:
            self.flows.remove(flow)
            return None
        flow.value = flow.failure = None
        if isinstance(ask, Act):
            self.act(flow, ask)
            return None
        assert isinstance(ask, Note)
        return ask

    def act(self, flow: Flow, act: Act) -> None:
        """Deliver, and keep the answer for the flow."""
        self.made.append(act.record.path)
        try:
            flow.value = act.kind.run(act.context)
        except StepFailed as failure:
            flow.failure = failure

    def commit(self, noted: Iterable[tuple[Flow, Note]]) -> None:
        """Write several notes together and hand out the answers."""
        pairs = list(noted)
        answers = self.journal.commit([note for _, note in pairs])
        for flow, note in pairs:
            flow.value = answers[note.strand.id]

    # -- whole runs ---------------------------------------------------------------------------------------------------------------------

    def drive(self, *, forget: bool = False) -> Simulation:
        """Go on until nothing is queued or driven. `forget`: all memory is dropped after each transaction, as if the worker had died politely."""
        for _ in range(100_000):
            self.claim()
            if not self.flows:
                return self
            for flow in list(self.flows):
                note = self.advance(flow) if flow in self.flows else None
                if note is None:
                    continue
                self.commit([(flow, note)])
                if forget and flow.value.state == "ok" and note.end is None:
                    self._drop_unless_acting(flow)
        raise AssertionError("no end")

    def die_in_act(self) -> Simulation:
        """Go on until a step has acted; its worker dies before it can write what came of it."""
        worker, deliveries = object(), len(self.made)
        self.claim(worker=worker)
        while len(self.made) == deliveries:
            flow = self.flows[0]
            note = self.advance(flow)
            if note is not None:
                self.commit([(flow, note)])
        self.flows.clear()
        self.journal.bury(worker)
        return self

    def _drop_unless_acting(self, flow: Flow) -> None:
        """A commit is followed by an act, whose outcome is written next, or by the loss of all memory."""
        deliveries = len(self.made)
        self.advance(flow)
        if flow in self.flows and len(self.made) == deliveries:
            self._drop(flow)

    def _drop(self, flow: Flow) -> None:
        """The memory of this flow is lost right after its commit; what it had written but not begun is known to be fresh."""
        self.flows.remove(flow)
        strand = self.journal.strands[flow.strand.id]
        for row in self.journal.rows.values():
            if row.strand == flow.strand.id and row.status == "running" and row.resume_as is None and row.policy is None:
                row.resume_as = "fresh"
        self.journal._take_away(strand)

    def later(self, seconds: float, *, forget: bool = False) -> Simulation:
        """Move the clock, end what is due, drive on."""
        self.time += timedelta(seconds=seconds)
        while self.journal.due(self.time):
            pass
        return self.drive(forget=forget)

    # -- looking ------------------------------------------------------------------------------------------------------------------------

    @property
    def run(self) -> Any:
        """The run as stored."""
        return self.journal.runs[self.run_id]

    @property
    def status(self) -> str:
        """Its status."""
        return str(self.run.status)

    def row(self, path: str) -> StepRecord:
        """The step run at a path."""
        return next(row for row in self.journal.rows.values() if row.path == path)

    def statuses(self) -> dict[str, str]:
        """Path to status, of all step runs."""
        return {row.path: row.status for row in self.journal.rows.values()}

    def output(self, path: str) -> Json:
        """The output of the step run at a path."""
        return self.row(path).output

    def events(self, path: str = "") -> list[str]:
        """Types of the events of a step run, in order; without a path, those of the run."""
        return [kind for kind, at, _, _ in self.run.events if at == path]

    def waiting(self) -> list[StepRecord]:
        """Step runs that somebody outside is to resolve."""
        return [row for row in self.journal.rows.values() if row.status == "waiting" and row.policy is None]

    def held(self) -> list[StepRecord]:
        """Failed step runs that hold their strand."""
        return [row for row in self.journal.rows.values() if self.journal._holds(row)]

    def worker(self) -> object:
        """Somebody who can die."""
        return object()

    def bury(self, worker: object) -> None:
        """All that a dead worker held is taken away."""
        self.journal.bury(worker)

    def some_queued(self) -> bool:
        """Whether a strand may be claimed."""
        return any(strand.status == "queued" for strand in self.journal.strands.values())

    def is_held(self) -> bool:
        """Whether a person has paused it."""
        return bool(self.run.held)

    def told(self) -> tuple[list[tuple[str, str, str, int]], list[str], list[tuple[str, str]]]:
        """Its step runs (path, step, status, attempt), its strands' states, and its events (type, path)."""
        rows = [(row.path, row.step, row.status, row.attempt) for row in self.journal.rows.values()]
        return rows, [strand.status for strand in self.journal.strands.values()], [(kind, path) for kind, path, _, _ in self.run.events]

    def pass_time(self, seconds: float) -> None:
        """The clock goes on, and does its duties."""
        self.time += timedelta(seconds=seconds)
        self.journal.due(self.time)
        end_late(self.journal)

    def answer(self, path: str, output: Json = None) -> bool:
        """Resolve a wait."""
        return self.journal.resolve(self.row(path).id, "done", output=output)

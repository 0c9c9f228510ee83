"""The simulation on PostgreSQL: the same simulated workers, deaths and deeds, with the real functions underneath. One run each, in one process."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from playbooks_app import clock
from playbooks_app.language.document import normalise, parse
from playbooks_app.language.step_type import Json
from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.deadlines import end_late_steps
from runs_app.engine.interpreter import Interpreter
from runs_app.engine.records import Answer, Note
from runs_app.entry import children
from runs_app.models import Executor, Run, RunEvent, StepRun, Strand
from runs_app.repair import mending
from runs_app.starting import start
from runs_app.statuses import StepStatus, StrandStatus
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.statements import TAKE_AWAY
from tests.engine.kinds import ASK, EFFECT
from tests.engine.simulation import REGISTRY, Flow, Simulation


class Unwritten(BaseException):
    """A note that could not be written: a fault of ours, which nobody may catch."""


class LoudJournal(DatabaseJournal):
    """The test fails instead of the step."""

    def _advance(self, notes: Sequence[Note]) -> dict[int, Answer]:
        try:
            return super()._advance(notes)
        except Exception as reason:
            raise Unwritten(repr(reason)) from reason


class DatabaseSimulation(Simulation):
    """`Simulation` with tables in the place of dictionaries. `monkeypatch` gives it the clock and the counting step types."""

    def __init__(self, raw: Json, alice: User, monkeypatch: pytest.MonkeyPatch, *, seed: int = 0) -> None:
        self.alice, self.monkeypatch = alice, monkeypatch
        self.operator = User.objects.get(username="admin")  # an owner: may decide in place of others
        super().__init__(raw, seed=seed)

    def __post_init__(self) -> None:
        self.time = clock.now()
        self.r = random.Random(self.seed)
        self.monkeypatch.setattr(clock, "now", lambda: self.time)
        self.document = parse(self.raw, REGISTRY)
        self.journal: Any = LoudJournal()
        assert self.alice.account is not None
        playbook = Playbook.objects.create(account=self.alice.account, owner=self.alice, name=f"Random {self.seed}", draft=self.raw)
        version = PlaybookVersion.objects.create(playbook=playbook, number=1, document=normalise(self.raw))
        self.run_id = start(version, inputs=self.inputs, by=self.alice).run.pk
        self.flows: list[Flow] = []
        self.made: list[str] = []
        self.crashed = self.touched = False

    def worker(self) -> object:
        """A registered one."""
        return Executor.objects.create(name="simulated").pk

    def claim(self, limit: int = 100, worker: object = None) -> None:
        """Take queued strands."""
        self.journal.executor = worker or self.worker()
        for claimed in self.journal.claim(limit):
            interpreter = Interpreter(
                claimed.strand, claimed.program, claimed.facts, claimed.rows, new_id=self.journal.new_id, now=lambda: self.time, jitter=lambda: 0.0
            )
            self.flows.append(Flow(interpreter.run(), claimed.strand, self.journal.executor))

    def commit(self, noted: Any) -> None:
        """As the driver does it."""
        pairs = list(noted)
        with transaction.atomic():
            super().commit(pairs)
        notes = [note for _, note in pairs]
        children.tell_parents_of(self.journal, notes)
        mending.recount_after(self.journal, notes)

    def bury(self, worker: object) -> None:
        """The strands of a dead worker go back."""
        Executor.objects.filter(pk=int(str(worker))).update(alive=False)
        self.journal.sql(TAKE_AWAY, clock.now(), self.run_id)

    def pass_time(self, seconds: float) -> None:
        """The clock's duties."""
        self.time += timedelta(seconds=seconds)
        self.journal.due(self.time)
        end_late_steps()

    def some_queued(self) -> bool:
        """Whether a strand may be claimed."""
        return Strand.objects.filter(run=self.run_id, status=StrandStatus.QUEUED).exists()

    def is_held(self) -> bool:
        """Whether a person has paused it."""
        return bool(self.run.held)

    @property
    def run(self) -> Run:
        """As stored."""
        return Run.objects.get(pk=self.run_id)

    def waiting(self) -> Any:
        """Step runs that somebody outside is to resolve."""
        return list(StepRun.objects.filter(run=self.run_id, status=StepStatus.WAITING, policy=None).order_by("path"))

    def held(self) -> Any:
        """Failed step runs that hold their strand."""
        held = Strand.objects.filter(run=self.run_id, status=StrandStatus.PARKED, held=True).values("held_step")
        return list(StepRun.objects.filter(pk__in=held, status=StepStatus.FAILED).order_by("path"))

    def told(self) -> Any:
        """Its step runs, its strands' states, and its events, which have no gap."""
        events = list(RunEvent.objects.filter(run=self.run_id).order_by("number").values_list("number", "type", "path"))
        assert [number for number, _, _ in events] == list(range(1, self.run.event_count + 1))
        rows = list(StepRun.objects.filter(run=self.run_id).values_list("path", "step", "status", "attempt"))
        strands = list(Strand.objects.filter(run=self.run_id).values_list("status", flat=True))
        return rows, strands, [(kind, path) for _, kind, path in events if path or kind != "run_settled"]


KINDS = {EFFECT.name: EFFECT, ASK.name: ASK}

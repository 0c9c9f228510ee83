"""Random runs through trouble on PostgreSQL, worker by simulated worker: what `test_chaos` asks of the memory twin. ENGINE_DATABASE_RUNS for more."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from playbooks_app.errors import WrongState
from playbooks_app.language.registry import step_types
from playbooks_app.models import User
from runs_app.models import StepRun
from runs_app.repair import overriding
from tests.engine.chaos import Chaos, live_through
from tests.engine.database_simulation import KINDS, DatabaseSimulation
from tests.engine.plans import random_document
from tests.engine.test_chaos import TROUBLES

pytestmark = pytest.mark.django_db
RUNS = int(os.environ.get("ENGINE_DATABASE_RUNS", "2"))
FIRST = int(os.environ.get("ENGINE_SEED", "0"))
MOST_REOPENINGS = 3
PLAIN = ("zombies", "everything")
DEEDS = ("none", "deadlines", "cancels", "pauses")


class Operators(Chaos):
    """Beside all that: people who give outputs, retry items and whole runs, pass over waits, and open runs that have failed."""

    reopened = 0

    def turn(self) -> bool:
        """One move; now and then somebody's deed instead."""
        if self.r.random() < 0.06:
            self.deed(self.r.choice([self.give_output, self.retry_run, self.retry_items, self.pass_over, self.retry_step]))
        if super().turn():
            return True
        return self.s.status == "failed" and self.reopened < MOST_REOPENINGS and self.reopen()

    def deed(self, what: Callable[[], None]) -> bool:
        """Whether it was possible; 409 is an answer too."""
        self.s.touched = True
        try:
            what()
        except WrongState:
            return False
        return True

    def reopen(self) -> bool:
        """A run that has failed is repaired, in one way or another."""
        self.reopened += 1
        return self.deed(self.r.choice([self.retry_run, self.pass_over, self.retry_items, self.give_output])) or self.reopened < MOST_REOPENINGS

    def retry_run(self) -> None:
        """Everything that failed."""
        overriding.retry_run(self.s.run, self.s.operator)  # type: ignore[attr-defined]

    def retry_items(self) -> None:
        """Of one loop."""
        overriding.retry_items(self.s.run, self.some(type="for_each"), self.s.operator)  # type: ignore[attr-defined]

    def retry_step(self) -> None:
        """One that has failed, wherever it stands."""
        overriding.retry(self.s.run, self.some(status="failed"), self.s.operator)  # type: ignore[attr-defined]

    def pass_over(self) -> None:
        """One that has failed, or waits."""
        overriding.skip(self.s.run, self.some(status__in=["failed", "waiting"]), self.s.operator, "by hand")  # type: ignore[attr-defined]

    def give_output(self) -> None:
        """Of one that has failed."""
        overriding.give_output(self.s.run, self.some(status="failed"), self.s.operator, {"value": 1})  # type: ignore[attr-defined]

    def some(self, **wanted: object) -> StepRun:
        """Any step run of that kind. Raises WrongState where there is none."""
        found = list(StepRun.objects.filter(run=self.s.run_id, **wanted).select_related("run").order_by("path"))
        if not found:
            raise WrongState("There is none.")
        return self.r.choice(found)


@pytest.mark.spec("S4-FR-2.1", "S0-crash-recovery", "S0-no-reexecution")
@pytest.mark.parametrize("trouble", [*PLAIN, *DEEDS])
def test_every_run_on_postgres_ends_and_keeps_the_invariants(trouble: str, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in memory: nothing stuck, one result per step, no delivery without its announcement, nothing after the end."""
    monkeypatch.setattr(step_types, "_types", {**step_types._types, **KINDS})
    for seed in range(FIRST, FIRST + RUNS):
        with monkeypatch.context() as patch:
            try:
                raw = random_document(seed, deadlines=TROUBLES[trouble].late)
                live_through(DatabaseSimulation(raw, alice, patch, seed=seed), TROUBLES[trouble], Operators if trouble in DEEDS else Chaos)
            except BaseException as fault:
                raise AssertionError(f"seed {seed} under {trouble}: {fault!r}") from fault

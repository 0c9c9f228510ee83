"""What a step is told when it acts: the key that is the same for every attempt, its time, and whose run it is (rules 31 and 32)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.step_type import StepContext
from tests.engine.kinds import EFFECT, document
from tests.engine.simulation import BEGIN, Simulation
from tests.engine.steps import each, effect, flaky

SOON = {"initial": "1s", "multiplier": 1, "jitter": 0}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[StepContext[Any]]:
    """The contexts of all effects, in order."""
    found: list[StepContext[Any]] = []
    run = type(EFFECT).run

    def remembered(kind: Any, context: StepContext[Any]) -> Any:
        found.append(context)
        return run(kind, context)

    monkeypatch.setattr(type(EFFECT), "run", remembered)
    return found


def test_every_attempt_carries_the_same_key(told: list[StepContext[Any]]) -> None:
    """After a failure, after the death of a worker, after a person's retry (S1-P01-idempotency_key)."""
    s = Simulation(document([flaky("e", 4, retry=SOON)])).die_in_act().drive().later(1.0).later(1.0)
    assert s.status == "paused"
    s.journal.retry(s.row("e").id)

    s.drive()

    assert [context.attempt for context in told] == [1, 2, 3, 4, 5]
    assert {context.idempotency_key for context in told} == {"run-1/e"}


def test_each_step_and_each_item_has_a_key_of_its_own(told: list[StepContext[Any]], forget: bool) -> None:
    """The run, the path, and with it the number of the item (S2-idempotency-key)."""
    Simulation(document([effect("a"), each("l", [1, 2], [effect("b")], concurrency=2)])).drive(forget=forget)

    assert sorted(context.idempotency_key for context in told) == ["run-1/a", "run-1/l/body[0]/b", "run-1/l/body[1]/b"]


def test_a_step_has_its_own_time_or_a_minute(told: list[StepContext[Any]], forget: bool) -> None:
    """In seconds (S3-step-timeout)."""
    Simulation(document([effect("a"), effect("b", timeout="10m")])).drive(forget=forget)

    assert [context.timeout_seconds for context in told] == [60.0, 600.0]


def test_a_step_knows_its_place_and_the_moment(told: list[StepContext[Any]], forget: bool) -> None:
    """And nothing else of the run."""
    s = Simulation(document([effect("a", 5)])).drive(forget=forget)

    (context,) = told
    assert (context.run_id, context.path, context.step_run_id, context.account_id) == (1, "a", s.row("a").id, 1)
    assert (context.now, context.timezone, context.mode, context.autonomous, context.starter_id) == (BEGIN, "UTC", "live", False, None)
    assert context.config.value == 5

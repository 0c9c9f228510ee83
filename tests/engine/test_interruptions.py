"""A worker dies while a step acts: it is done again twice, then a person looks; what may not run twice is asked about at once (law 6, rule 32)."""

from __future__ import annotations

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import EFFECT, document
from tests.engine.simulation import Simulation
from tests.engine.steps import each, effect, flaky, guarded, var


def interrupted(times: int, step: Json, *after: Json) -> Simulation:
    """A step whose worker has died so often in it."""
    s = Simulation(document([step, *after]))
    for _ in range(times):
        s.die_in_act()
    return s


@pytest.mark.parametrize("times", [1, 2])
def test_a_step_whose_worker_died_is_done_again(times: int) -> None:
    """Each delivery is an attempt of its own, each interruption an event."""
    s = interrupted(times, effect("e"), effect("z")).drive()

    assert s.status == "completed"
    assert s.made == ["e"] * (times + 1) + ["z"]
    assert (s.row("e").attempt, s.row("e").interrupted) == (times + 1, times)
    assert s.events("e").count("step_interrupted") == times


def test_after_the_third_time_a_person_looks() -> None:
    """It is held with NeedsPerson and not done a fourth time; nothing after it runs."""
    s = interrupted(3, effect("e"), effect("z")).drive()

    assert s.made == ["e"] * 3
    assert s.status == "paused"
    assert s.row("e").error["code"] == "NeedsPerson"
    assert "3 times" in s.row("e").error["message"]


def test_a_persons_retry_counts_interruptions_anew() -> None:
    """One more worker may die of it."""
    s = interrupted(3, effect("e")).drive()

    s.journal.retry(s.row("e").id)
    s.die_in_act().drive()

    assert s.status == "completed"
    assert s.row("e").interrupted == 1


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("more", [{}, {"on_error": "ignore"}, {"on_error": "continue"}, {"on_error": "retry"}])
def test_no_catch_and_no_guard_deals_with_what_a_person_must_see(times: int, more: Json) -> None:
    """UnknownOutcome and NeedsPerson are held inside a try that catches everything, whatever the step's own `on_error` says."""
    step = effect("e", once=times == 1, **more)

    s = interrupted(times, guarded("t", [step], {"*": [effect("caught")]})).drive()

    assert s.status == "paused"
    assert [row.path for row in s.held()] == ["t/body/e"]
    assert s.row("t/body/e").error["code"] == {1: "UnknownOutcome", 3: "NeedsPerson"}[times]
    assert len(s.made) == times


@pytest.mark.parametrize("once", [True, False])
def test_a_run_that_fails_outright_still_asks_a_person(once: bool) -> None:
    """`on_failure: fail` is about failures, not about what is unknown."""
    s = Simulation(document([effect("e", once=once)], settings={"on_failure": "fail"}))
    for _ in range(1 if once else 3):
        s.die_in_act()

    assert s.drive().status == "paused"


def test_a_step_that_may_not_run_twice_goes_on_when_a_person_says_it_happened() -> None:
    """Skipping with an output is the person's word for it."""
    s = interrupted(1, effect("e", once=True), effect("z", "${{ steps.e.output.value }}")).drive()

    s.journal.skip(s.row("e").id, output={"value": "seen at the bank"})

    assert s.drive().output("z")["value"] == "seen at the bank"
    assert s.made == ["e", "z"]


def test_a_step_that_may_not_run_twice_runs_again_when_a_person_says_so() -> None:
    """Retry is the person's word that it did not happen."""
    s = interrupted(1, effect("e", once=True)).drive()

    s.journal.retry(s.row("e").id)

    assert s.drive().status == "completed"
    assert s.made == ["e", "e"]


def test_a_step_type_can_ask_for_all_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """`after_interruption = "ask"` is `once` for a whole type."""
    monkeypatch.setattr(type(EFFECT), "after_interruption", "ask")

    s = interrupted(1, effect("e")).drive()

    assert s.row("e").error["code"] == "UnknownOutcome"


def test_executions_that_were_cut_short_are_no_failures() -> None:
    """After one interruption the policy still grants its three executions."""
    s = interrupted(1, flaky("e", retry={"initial": "1s", "multiplier": 1, "jitter": 0})).drive()

    s.later(1.0).later(1.0).later(1.0)

    assert s.made == ["e"] * 4
    assert s.status == "paused"
    assert s.row("e").error["code"] == "Flaky"


def test_a_step_without_effect_is_simply_done_again() -> None:
    """`once` is about what reaches outside: nobody is asked about a variable."""
    s = Simulation(document([each("l", [5], [effect("x")]), var("n", "${{ steps.x.output.value }}", once=True)]))
    worker = object()
    while "set_n" not in s.statuses():
        s.claim(worker=worker)
        note = s.advance(s.flows[0])
        if note is not None:
            s.commit([(s.flows[0], note)])
    s.flows.clear()
    s.journal.bury(worker)

    s.drive()

    assert s.status == "completed"
    assert s.run.variables == {"n": 1}
    assert s.row("set_n").interrupted == 1


def test_a_step_handed_back_before_it_acted_is_fresh() -> None:
    """Paused between the writing and the acting: on resume it is its first attempt, and `once` does not ask."""
    s = Simulation(document([effect("e", once=True)]))
    s.claim()
    note = s.advance(s.flows[0])
    assert note is not None
    s.journal.pause(s.run_id)
    s.commit([(s.flows[0], note)])
    s.drive()
    assert s.made == []
    assert s.status == "paused"

    s.journal.resume(s.run_id)
    s.drive()

    assert s.status == "completed"
    assert (s.row("e").attempt, s.row("e").interrupted) == (1, 0)

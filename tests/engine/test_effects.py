"""What a step is about to change outside is noted with it, and how that came out with its end (F-4, rule 32)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.step_type import Effect, Json, StepContext, StepFailed
from runs_app.engine.effects import outcome_of
from runs_app.engine.records import RunFacts
from tests.engine.kinds import EFFECT, document
from tests.engine.simulation import Simulation
from tests.engine.steps import effect, flaky, var


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What is written of effects, in order: ("opened", path, outcome so far) and ("told", outcome)."""
    found: list[tuple[str, ...]] = []
    write = Simulation.commit

    def commit(self: Simulation, pairs: Any) -> None:
        pairs = list(pairs)
        for _, note in pairs:
            found.extend(("told", outcome) for _, outcome in note.told)
            found.extend(("opened", row.path, outcome) for row, _, _, outcome in note.effects)
        write(self, pairs)

    monkeypatch.setattr(Simulation, "commit", commit)
    return found


def simulate(*steps: Json, mode: str = "live") -> Simulation:
    """A run of these steps in a mode."""
    s = Simulation(document(list(steps)))
    if mode != "live":
        (run,) = s.journal.runs.values()
        facts = run.facts
        run.facts = RunFacts(facts.id, 1, "Test", 1, {}, {}, facts.root, mode=mode)
    return s


def test_an_effect_is_written_before_it_is_done_and_closed_with_its_step(noted: list[tuple[str, ...]]) -> None:
    """Opened in the commit before the act, told in the one after it."""
    simulate(effect("a"), var("v", 1), effect("b")).drive()
    assert noted == [("opened", "a", ""), ("told", "done"), ("opened", "b", ""), ("told", "done")]


def test_a_failure_says_whether_anything_may_have_happened(noted: list[tuple[str, ...]]) -> None:
    """A code that is no refusal leaves it open."""
    simulate(flaky("a", transient=False)).drive()
    simulate(flaky("b", code="ClientError", transient=False)).drive()
    assert [each for each in noted if each[0] == "told"] == [("told", "unknown"), ("told", "refused")]


def test_a_worker_that_dies_leaves_the_outcome_unknown(noted: list[tuple[str, ...]]) -> None:
    """The next one tells so before it repeats the step."""
    simulate(effect("a")).die_in_act().drive()
    assert noted == [("opened", "a", ""), ("told", "unknown"), ("opened", "a", ""), ("told", "done")]


def test_a_cancel_while_it_acts_leaves_the_outcome_unknown(noted: list[tuple[str, ...]]) -> None:
    """The strand unwinds; the step was begun and nobody heard its end."""
    s = simulate(effect("a")).die_in_act()
    s.journal.cancel(s.run_id)
    s.drive()
    assert s.row("a").status == "cancelled" and noted[-1] == ("told", "unknown")


def test_what_was_written_and_never_begun_was_only_intended(noted: list[tuple[str, ...]]) -> None:
    """A pause, then a cancel, between the commit and the act."""
    s = simulate(effect("a"))
    s.claim()
    (flow,) = s.flows
    note = s.advance(flow)
    assert note is not None
    s.commit([(flow, note)])
    s._drop(flow)
    s.journal.cancel(s.run_id)
    s.drive()
    assert not s.made and noted == [("opened", "a", ""), ("told", "intended")]


def test_a_step_that_may_run_once_is_held_when_its_answer_is_lost(noted: list[tuple[str, ...]]) -> None:
    """No automatic retry of what may have happened; a refusal is tried again as ever."""
    s = simulate(flaky("a", code="Timeout", once=True)).drive()
    assert s.made == ["a"] and s.row("a").error["code"] == "UnknownOutcome"
    again = simulate(flaky("a", fails=1, code="RateLimited", once=True)).drive().later(60)
    assert again.made == ["a", "a"] and again.status == "completed"


def test_outside_of_live_every_leaf_goes_to_the_acting_side_and_effects_are_intended(noted: list[tuple[str, ...]]) -> None:
    """Keys have a space of their own there."""
    s = simulate(effect("a"), flaky("b", code="Timeout", once=True), var("v", 1), mode="sandbox").drive()
    assert s.made == ["a", "b"] and s.output("a")["key"] == "sandbox-1/a"
    assert ("opened", "a", "intended") in noted and s.row("b").error is not None and s.row("b").error["code"] == "Timeout"


def test_a_type_may_have_no_effect_or_not_be_able_to_say_which(noted: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    """One that reads notes nothing; one whose words break is told by its name."""
    monkeypatch.setattr(type(EFFECT), "effect", False)
    simulate(effect("a"), flaky("b", transient=False)).drive()
    assert not noted
    monkeypatch.setattr(type(EFFECT), "effect", True)

    def broken(self: Any, context: StepContext[Any]) -> Effect:
        raise ValueError

    monkeypatch.setattr(type(EFFECT), "intends", broken)
    simulate(effect("a")).drive()
    assert noted[0] == ("opened", "a", "")


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (StepFailed("ServerError", "", details={"status": 503}), "refused"),
        (StepFailed("ServerError", "", details={"status": 500}), "unknown"),
        (StepFailed("ConnectionFailed", "", sent=False), "refused"),
        (StepFailed("ConnectionFailed", ""), "unknown"),
        (StepFailed("EgressBlocked", "", details="x"), "refused"),
    ],
)
def test_what_an_outcome_follows_from(failure: StepFailed, outcome: str) -> None:
    """The code, whether anything was sent, and whether the other side had begun."""
    assert outcome_of(failure) == outcome

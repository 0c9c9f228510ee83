"""Whether, when and with what a failed step is tried again, and what a failure means after the last execution (rules 9 and 16)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.guards import Retry
from playbooks_app.language.settings import NoSettings
from playbooks_app.language.step_type import Done, Json, StepContext, StepFailed, StepType
from runs_app.engine.policies.retry import Defer, GiveUp, after_failure
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import each, effect, flaky, throw, var, when

SOON = {"initial": "1s", "jitter": 0}


class Moody(StepType[NoSettings]):
    """Fails with another code every other time."""

    name = "moody"
    label = "Moody"
    summary = "Fails."
    icon = "x"
    family = "do"
    Config = NoSettings
    acts = True

    def run(self, context: StepContext[Any]) -> Done:
        """Busy, late, busy …"""
        raise StepFailed("Busy" if context.attempt % 2 else "Late", "Not yet.")


REGISTRY.register(Moody())
TRANSIENT = StepFailed("Timeout", "Too slow.", transient=True)
LASTING = StepFailed("Declined", "No.")


# -- the policy alone -------------------------------------------------------------------------------------------------------------------


def test_the_gaps_double_from_two_seconds_to_thirty() -> None:
    """2, 4, 8, 16, then 30 seconds; jitter adds up to one second, and never lifts a gap over the longest (S3-retry-formula)."""
    policy = Retry(max_attempts=9)

    plain = [after_failure(policy, executions, TRANSIENT, 0.0) for executions in range(1, 7)]
    spread = [after_failure(policy, executions, TRANSIENT, 0.5) for executions in (1, 6)]

    assert plain == [Defer(2.0), Defer(4.0), Defer(8.0), Defer(16.0), Defer(30.0), Defer(30.0)]
    assert spread == [Defer(2.5), Defer(30.0)]


def test_three_executions_in_all_are_the_default() -> None:
    """The third failure stands (rule 9)."""
    assert isinstance(after_failure(None, 2, TRANSIENT, 0.0), Defer)
    assert after_failure(None, 3, TRANSIENT, 0.0) == GiveUp()


def test_without_codes_only_transient_failures_are_tried_again() -> None:
    """A declined card stays declined (S3-retry-classes)."""
    assert isinstance(after_failure(Retry(), 1, TRANSIENT, 0.0), Defer)
    assert after_failure(Retry(), 1, LASTING, 0.0) == GiveUp()


@pytest.mark.parametrize(("codes", "failure", "again"), [(("Declined",), LASTING, True), (("Declined",), TRANSIENT, False), (("*",), LASTING, True)])
def test_named_codes_decide_whether_or_not_the_failure_is_transient(codes: tuple[str, ...], failure: StepFailed, again: bool) -> None:
    """`on` replaces the classes."""
    assert isinstance(after_failure(Retry(on=codes), 1, failure, 0.0), Defer) is again


def test_a_code_in_not_on_is_never_tried_again() -> None:
    """It wins over `on` and over transience, and touches no other code."""
    assert after_failure(Retry(on=("*",), not_on=("Timeout",)), 1, TRANSIENT, 0.0) == GiveUp()
    assert isinstance(after_failure(Retry(not_on=("Other",)), 1, TRANSIENT, 0.0), Defer)


def test_on_error_retry_forces_any_failure_but_not_more_executions() -> None:
    """The cap holds all the same."""
    assert isinstance(after_failure(Retry(max_attempts=2), 1, LASTING, 0.0, forced=True), Defer)
    assert after_failure(Retry(max_attempts=2), 2, LASTING, 0.0, forced=True) == GiveUp()


# -- in a run ---------------------------------------------------------------------------------------------------------------------------


def run(steps: list[Json], forget: bool, **more: Json) -> Simulation:
    """Drive, with twenty seconds for retries."""
    s = Simulation(document(steps, **more)).drive(forget=forget)
    for _ in range(20):
        s.later(1.0, forget=forget)
    return s


def test_the_steps_own_policy_says_how_often_and_how_far_apart(forget: bool) -> None:
    """Five executions one second apart; each gap is an event with its moment."""
    policy = {"max_attempts": 5, "initial": "1s", "multiplier": 1, "jitter": 0}
    s = Simulation(document([flaky("e", 4, retry=policy)])).drive(forget=forget)
    moments = [s.row("e").wake_at]
    for _ in range(3):
        s.later(1.0, forget=forget)
        moments.append(s.row("e").wake_at)

    s.later(1.0, forget=forget)

    assert [(moment - moments[0]).total_seconds() for moment in moments if moment and moments[0]] == [0.0, 1.0, 2.0, 3.0]
    assert s.status == "completed"
    assert s.made == ["e"] * 5
    assert s.row("e").attempt == 5
    assert s.events("e").count("step_attempt_failed") == 4


@pytest.mark.parametrize(("code", "executions"), [("Busy", 2), ("Declined", 1)])
def test_a_policy_with_a_condition_asks_it_about_the_error(code: str, executions: int, forget: bool) -> None:
    """`retry.if` sees `error`; where it is false the failure stands at once."""
    policy = {**SOON, "max_attempts": 2, "on": "*", "if": '${{ error.code == "Busy" }}'}

    s = run([flaky("e", code=code, retry=policy)], forget)

    assert len(s.made) == executions
    assert s.status == "paused"


def test_a_condition_that_cannot_be_asked_lets_the_failure_stand(forget: bool) -> None:
    """The step is held with its own failure, and the hint tells the author's mistake."""
    s = run([flaky("e", retry={**SOON, "if": "${{ error.code + 1 }}"})], forget)

    assert s.status == "paused"
    assert s.row("e").error["code"] == "Flaky"
    assert "`retry.if` could not be asked" in s.row("e").error["hint"]


def test_waiting_for_the_next_execution_says_why_and_until_when(forget: bool) -> None:
    """The wait is a timer named retry, with the error as its note."""
    s = Simulation(document([flaky("e", retry=SOON)])).drive(forget=forget)

    assert s.status == "waiting"
    assert s.row("e").wait["name"] == "retry"
    assert s.row("e").wait["note"]["error"]["code"] == "Flaky"


def test_an_automatic_retry_repeats_the_same_input(forget: bool) -> None:
    """What was resolved for the first execution is used again, whatever has changed since."""
    step = {"id": "e", "type": "effect", "with": {"value": "${{ vars.n }}", "fails": 1}, "retry": SOON}
    s = Simulation(document([var("n", 1), step])).drive(forget=forget)
    s.run.variables["n"] = 2

    s.later(1.0, forget=forget)

    assert s.output("e")["value"] == 1


def test_a_persons_retry_resolves_the_input_again_or_takes_the_one_given(forget: bool) -> None:
    """The cause may have been in the data; a given input is used as it is."""
    step = {"id": "e", "type": "effect", "with": {"value": "${{ vars.n }}", "fails": 1, "transient": False}}
    again, given = (Simulation(document([var("n", 1), step])).drive(forget=forget) for _ in range(2))
    again.run.variables["n"] = 2

    again.journal.retry(again.row("e").id)
    given.journal.retry(given.row("e").id, pinned={"input": {"value": 7}})

    assert again.drive(forget=forget).output("e")["value"] == 2
    assert given.drive(forget=forget).output("e")["value"] == 7


# -- what a failure means afterwards ----------------------------------------------------------------------------------------------------


def test_on_error_retry_tries_what_would_not_be_tried_again(forget: bool) -> None:
    """Three executions of a lasting failure; then it stops as if nothing had been said."""
    s = run([flaky("e", transient=False, on_error={"Flaky": "retry"}, retry=SOON)], forget)

    assert s.made == ["e"] * 3
    assert s.status == "paused"


def test_on_error_continue_records_the_failure_and_goes_on(forget: bool) -> None:
    """Status failed, error readable, the next step runs."""
    s = run([flaky("e", transient=False, on_error="continue"), effect("z", "${{ steps.e.error.code }}")], forget)

    assert s.status == "completed"
    assert s.row("e").status == "failed"
    assert s.output("z")["value"] == "Flaky"


def test_on_error_ignore_counts_as_succeeded_with_a_note(forget: bool) -> None:
    """No output, and an event that says what was ignored."""
    s = run([flaky("e", transient=False, on_error="ignore"), effect("z", "${{ get('steps.e.output.value', 'none') }}")], forget)

    assert s.status == "completed"
    assert s.row("e").status == "succeeded"
    assert "step_ignored" in s.events("e")
    assert s.output("z")["value"] == "none"


def test_a_failure_that_was_passed_over_stays_so_when_the_run_goes_on_later(forget: bool) -> None:
    """It is the newest step of its turn when the loop wakes up; nobody raises it again, and its turn ended well."""
    passed = throw("t", on_error="continue")
    loop = {"id": "l", "type": "loop", "max_iterations": 3, "every": "1s", "steps": [effect("e"), passed]}

    s = run([loop, {"id": "f", "type": "for_each", "in": [1, 2], "concurrency": 2, "steps": [{**passed, "id": "u"}]}], forget)

    assert s.status == "completed"
    assert s.made == [f"l/body[{n}]/e" for n in range(3)]
    assert (s.output("f")["completed"], s.output("f")["failed"]) == (2, 0)


def test_a_failure_that_was_passed_over_is_not_raised_when_its_worker_is_lost_right_after(forget: bool) -> None:
    """Its successor asks for something that must be read first: the commit in between ends with the failed step."""
    steps = [each("l", [5], [effect("x", "${{ item }}")]), throw("t", on_error="continue"), effect("z", when="${{ steps.x.output.value == 5 }}")]

    s = run(steps, forget)

    assert s.status == "completed"
    assert s.made == ["l/body[0]/x", "z"]


@pytest.mark.parametrize("how", ["continue", "ignore"])
def test_only_after_the_last_execution_a_failure_is_passed_over(how: str, forget: bool) -> None:
    """Retries come first."""
    s = run([flaky("e", retry=SOON, on_error=how), effect("z")], forget)

    assert s.made == ["e", "e", "e", "z"]


@pytest.mark.parametrize(("code", "status"), [("Soft", "completed"), ("Hard", "paused")])
def test_each_code_has_its_own_answer(code: str, status: str, forget: bool) -> None:
    """What is not named stops (S4-FR-6.2)."""
    s = run([flaky("e", code=code, transient=False, on_error={"Soft": "continue"})], forget)

    assert s.status == status


@pytest.mark.parametrize("how", ["continue", "ignore"])
def test_a_container_passes_over_what_fails_inside_it(how: str, forget: bool) -> None:
    """The rest of its block does not run; what follows it does."""
    s = run([{**when("c", "${{ true }}", [throw("t"), effect("never")]), "on_error": how}, effect("z")], forget)

    assert s.status == "completed"
    assert s.made == ["z"]
    assert s.row("c").status == {"continue": "failed", "ignore": "succeeded"}[how]


def test_a_container_is_not_tried_again(forget: bool) -> None:
    """What failed inside it is held in its place, where a retry helps."""
    s = run([{**when("c", "${{ true }}", [flaky("e", 1, transient=False)]), "on_error": "retry"}, effect("z")], forget)
    assert [row.path for row in s.held()] == ["c/then/e"]

    s.journal.retry(s.row("c/then/e").id)
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["c/then/e", "c/then/e", "z"]


@pytest.mark.spec("rule-16")
def test_each_code_counts_its_own_executions(forget: bool) -> None:
    """Two codes that `on_error` tries again: what one has used up is not taken from the other (rule 16)."""
    s = Simulation(
        document([{"id": "x", "type": "moody", "with": {}, "on_error": {"Busy": "retry", "Late": "retry"}, "retry": {**SOON, "max_attempts": 2}}])
    )
    for _ in range(9):
        s.drive(forget=forget)
        s.later(60, forget=forget)

    assert s.status == "paused"
    assert s.row("x").attempt == 3  # Busy, Late, Busy: the second Busy stands
    assert s.row("x").error["code"] == "Busy"

"""A step's deadline: from when it is reached, over all its tries, its waits and all that is inside it."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.settings import NoSettings
from playbooks_app.language.step_type import Done, Json, StepContext, StepType, Wait
from runs_app.engine.memory_deadlines import end_late
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import ask, each, effect, flaky, guarded, scope, split, when

LATE: dict[str, Json] = {"deadline": "10s"}


def late(s: Simulation, forget: bool, seconds: float = 11) -> Simulation:
    """Move the clock beyond the deadline and let the clock process and the workers do their work."""
    s.time += s.time.resolution * int(seconds * 1_000_000)
    end_late(s.journal)
    return s.drive(forget=forget)


def test_what_waits_fails_with_the_code_and_the_times(forget: bool) -> None:
    """In milliseconds; nobody handles it, so it is held."""
    s = late(Simulation(document([ask("q", **LATE)])).drive(forget=forget), forget)

    error = s.row("q").error
    assert (s.status, error["code"], error["details"]) == ("paused", "DeadlineExceeded", {"deadline_ms": 10000, "elapsed_ms": 11000})


def test_before_the_deadline_nothing_happens(forget: bool) -> None:
    """And an answer in time is an answer."""
    s = late(Simulation(document([ask("q", **LATE), effect("x")])).drive(forget=forget), forget, seconds=9)
    assert s.status == "pending_approval"

    s.answer("q")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert end_late(s.journal) == 0


def test_tries_do_not_begin_the_time_anew(forget: bool) -> None:
    """The wait for the next one ends with the deadline."""
    s = Simulation(document([flaky("x", retry={"max_attempts": 9, "initial": "8s", "max": "8s", "jitter": 0}, **LATE)])).drive(forget=forget)
    s.later(8, forget=forget)
    assert s.row("x").attempt == 2

    late(s, forget, seconds=3)

    assert s.row("x").error["code"] == "DeadlineExceeded"
    assert s.status == "paused"


def test_it_is_caught_like_any_failure(forget: bool) -> None:
    """By code."""
    s = late(Simulation(document([guarded("t", [ask("q", **LATE)], {"DeadlineExceeded": [effect("rescue")]})])).drive(forget=forget), forget)

    assert (s.status, s.made) == ("completed", ["t/catch-1/rescue"])


@pytest.mark.spec("S1-P05-sla_deadline")
@pytest.mark.parametrize(("then", "status"), [("fail", "paused"), ("continue", "completed")])
def test_its_steps_run_once_and_then_it_fails_or_the_run_goes_on(then: str, status: str, forget: bool) -> None:
    """They see the error; a failure of theirs is recorded only."""
    steps = [effect("tell", "{{ error.code }}"), flaky("also", transient=False)]
    s = Simulation(document([ask("q", deadline={"after": "10s", "then": then, "steps": steps}), effect("after")])).drive(forget=forget)

    late(s, forget)
    late(s, forget)

    assert s.status == status
    assert s.made[:2] == ["q/deadline/tell", "q/deadline/also"]
    assert s.output("q/deadline/tell")["value"] == "DeadlineExceeded"
    assert s.row("q").status == "failed"
    assert (s.made[-1] == "after") is (then == "continue")


def test_steps_of_a_deadline_may_wait(forget: bool) -> None:
    """The failure goes on when they are done, whoever drives by then."""
    s = Simulation(document([ask("q", deadline={"after": "10s", "then": "continue", "steps": [ask("p"), effect("x")]}), effect("z")])).drive(
        forget=forget
    )
    late(s, forget)
    assert s.status == "pending_approval"

    s.answer("q/deadline/p")
    s.drive(forget=forget)

    assert (s.status, s.made) == ("completed", ["q/deadline/x", "z"])


INSIDE: dict[str, Json] = {
    "condition": when("box", "${{ true }}", [effect("a"), ask("q"), effect("never")]),
    "loop": each("box", [1, 2], [effect("a"), ask("q"), effect("never")]),
    "lanes": each("box", [1, 2, 3], [effect("a"), ask("q"), effect("never")], concurrency=2),
    "parallel": split("box", {"x": [effect("a"), ask("q"), effect("never")], "y": []}),
    "race": split("box", {"x": [effect("a"), ask("q"), effect("never")]}, type="race", mode="first_success"),
    "try": guarded("box", [effect("a"), ask("q"), effect("never")], {"*": [effect("never_2")]}, [effect("tidy")]),
    "nested": when("box", "${{ true }}", [split("p", {"x": [effect("a"), ask("q"), effect("never")]})]),
}


@pytest.mark.parametrize("box", INSIDE)
def test_what_is_inside_a_container_unwinds_and_nothing_else(box: str, forget: bool) -> None:
    """No catch inside sees it, `finally` runs; the container fails, and whoever catches that goes on."""
    tried = guarded("t", [{**INSIDE[box], **LATE}, effect("never_3")], {"DeadlineExceeded": [effect("rescue")]})
    s = late(Simulation(document([tried, effect("after")])).drive(forget=forget), forget)

    assert s.status == "completed", s.statuses()
    assert s.made[-2:] == ["t/catch-1/rescue", "after"]
    assert not [path for path in s.made if "never" in path]
    assert (box == "try") is any(path.endswith("tidy") for path in s.made)
    assert s.row("t/body/box").status == "failed"
    assert s.journal.strands[s.row("t").strand].record.cancel == -1


def test_what_is_protected_inside_ends_first(forget: bool) -> None:
    """Then the container fails."""
    inner = when("box", "${{ true }}", [scope("own", [ask("q"), effect("x")]), effect("never")], [])
    s = late(Simulation(document([{**inner, **LATE, "on_error": "continue"}, effect("after")])).drive(forget=forget), forget)
    assert s.status == "pending_approval"

    s.answer("box/then/own/body/q")
    s.drive(forget=forget)

    assert (s.status, s.made) == ("completed", ["box/then/own/body/x", "after"])


def test_a_held_step_inside_lets_go(forget: bool) -> None:
    """The deadline counts on while nobody repairs."""
    s = Simulation(
        document([{**when("box", "${{ true }}", [flaky("x", transient=False)]), **LATE, "on_error": {"DeadlineExceeded": "continue"}}, effect("z")])
    ).drive(forget=forget)
    assert s.status == "paused"

    late(s, forget)

    assert (s.status, s.made[-1]) == ("completed", "z")


def test_a_cancel_of_the_run_goes_beyond_the_late_step(forget: bool) -> None:
    """It had begun to unwind; then it unwinds to the end."""
    s = Simulation(document([{**when("box", "${{ true }}", [ask("q")]), **LATE, "on_error": "continue"}, effect("never")])).drive(forget=forget)
    s.time += s.time.resolution * 11_000_000
    end_late(s.journal)
    s.journal.cancel(s.run_id)
    s.drive(forget=forget)

    assert (s.status, s.made) == ("cancelled", [])


def test_a_try_that_is_cut_short_by_the_deadline_says_so() -> None:
    """Not that it took too long; and a step that is reached too late by its worker does not begin."""
    s = Simulation(document([{"id": "x", "type": "effect", "with": {"fails": 9, "code": "Timeout"}, **LATE}]))
    s.claim()
    (flow,) = s.flows
    s.commit([(flow, s.advance(flow))])  # type: ignore[list-item]
    s.time += s.time.resolution * 10_500_000
    end_late(s.journal)  # it is at work: its driver cuts it short, not the clock
    s.drive()

    assert s.row("x").error["code"] == "DeadlineExceeded"


def test_a_step_that_is_taken_up_after_its_deadline_does_not_act() -> None:
    """Its worker died before it had begun."""
    s = Simulation(document([{"id": "x", "type": "effect", "with": {}, **LATE}]))
    s.claim(worker="w")
    (flow,) = s.flows
    s.commit([(flow, s.advance(flow))])  # type: ignore[list-item]
    s.flows.clear()
    s.journal.bury("w")
    s.time += s.time.resolution * 10_500_000
    s.drive()

    assert s.made == []
    assert s.row("x").error["code"] == "DeadlineExceeded"


class Child(StepType[NoSettings]):
    """Waits for a run that it started; tells so when it is asked twice."""

    name = "child"
    label = "Child"
    summary = "Waits."
    icon = "x"
    family = "decide"
    Config = NoSettings

    def run(self, context: StepContext[Any]) -> Done | Wait:
        """Wait, and the second time be done."""
        return Wait(cause="child", name="a run", guarded=True) if context.attempt == 1 else Done({}, told=(("told", {"by": 5}),))


REGISTRY.register(Child())


def test_a_run_is_waited_for_as_long_as_the_time_out_says(forget: bool) -> None:
    """Then the wait fails with Timeout, which may be tried again; what a step tells is in the record."""
    again = {"max_attempts": 2, "on": ["Timeout"], "initial": "1s", "jitter": 0}
    s = Simulation(document([{"id": "c", "type": "child", "with": {}, "timeout": "10s", "retry": again}])).drive(forget=forget)
    s.later(9, forget=forget)
    assert s.row("c").attempt == 1

    s.later(2, forget=forget)
    s.later(2, forget=forget)

    assert s.status == "completed"
    assert "told" in s.events("c")


def test_a_deadline_that_comes_after_a_cancel_changes_nothing(forget: bool) -> None:
    """The strand unwinds to its end all the same."""
    box = when("box", "${{ true }}", [scope("own", [ask("q")])])
    s = Simulation(document([{**box, **LATE, "on_error": "continue"}, effect("never")])).drive(forget=forget)
    s.journal.cancel(s.run_id)
    s.drive(forget=forget)
    late(s, forget)
    s.answer("box/then/own/body/q")
    s.drive(forget=forget)

    assert (s.status, s.made) == ("cancelled", [])

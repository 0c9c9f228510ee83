"""Deadlines that meet other ends: returns, cancels, protected steps, dead workers, and each other."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.step_type import Json
from runs_app.engine.memory_deadlines import end_late
from tests.engine.kinds import document
from tests.engine.moves import cancelled
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, ends, flaky, guarded, split, throw

pytestmark = pytest.mark.spec("S1-P05-sla_deadline")


def late(s: Simulation, forget: bool, seconds: int = 11) -> Simulation:
    """Time goes on, and the clock and the workers do their work."""
    s.time += s.time.resolution * seconds * 1_000_000
    end_late(s.journal)
    return s.drive(forget=forget)


def within(then: str, *steps: Json, after: str = "10s") -> dict[str, Any]:
    """A deadline with steps."""
    return {"deadline": {"after": after, "then": then, "steps": list(steps)}}


def nothing_open(s: Simulation) -> bool:
    """A run that is over leaves no step behind that looks as if it went on."""
    return not {"running", "waiting"} & set(s.statuses().values())


@pytest.mark.parametrize("late_step", [ask("q"), each("q", [1], [ask("w")]), split("q", {"a": [ask("w")]})], ids=["leaf", "container", "fork"])
def test_a_return_among_the_steps_of_a_deadline_ends_the_run(late_step: Json, forget: bool) -> None:
    """And closes the step that was late."""
    s = Simulation(document([{**late_step, **within("continue", ends("home"))}, effect("after")])).drive(forget=forget)

    late(s, forget)

    assert (s.status, s.made, nothing_open(s)) == ("completed", [], True)


def test_a_cancel_among_the_steps_of_a_deadline_leaves_nothing_open(forget: bool) -> None:
    """What is inside unwinds first, then the step that was late."""
    s = late(Simulation(document([ask("q", **within("fail", ask("inner")))])).drive(forget=forget), forget)

    cancelled(s, forget)

    assert (s.status, s.statuses()) == ("cancelled", {"q": "cancelled", "q/deadline/inner": "cancelled"})


def test_a_step_of_a_deadline_that_is_late_itself_does_not_end_the_run(forget: bool) -> None:
    """Its own lateness ends with it."""
    inner = {**each("inner", [1], [ask("w")]), **within("continue", after="5s")}
    s = late(Simulation(document([ask("q", **within("continue", inner)), effect("after")])).drive(forget=forget), forget)

    late(s, forget)

    assert (s.status, s.made, nothing_open(s)) == ("completed", ["after"], True)


def test_what_is_late_while_its_finally_ends_is_late(forget: bool) -> None:
    """It neither counts as done, nor does what follows unwind with it."""
    late_try = {**guarded("t", [effect("body")], tidy=[ask("tidy")]), **within("continue")}
    s = Simulation(document([late_try, effect("after")])).drive(forget=forget)

    late(s, forget)
    s.answer("t/finally/tidy")
    s.drive(forget=forget)

    assert (s.status, s.row("t").status, s.made) == ("completed", "failed", ["t/body/body", "after"])
    assert (s.row("t").error or {})["code"] == "DeadlineExceeded"


def test_a_fork_that_is_late_deals_with_it_once(forget: bool) -> None:
    """Also where the worker dies among the steps of the deadline: it is not taken for done afterwards."""
    fork = split("f", {"a": [ask("q")], "b": []}, **within("continue", ask("tell")))
    s = late(Simulation(document([fork, effect("after")])).drive(forget=forget), forget)
    assert s.row("f/deadline/tell").status == "waiting"

    s.answer("f/deadline/tell")
    s.drive(forget=forget)

    assert (s.status, s.row("f").status, s.made) == ("completed", "failed", ["after"])


def test_the_time_that_a_failed_step_waits_for_a_person_does_not_count(forget: bool) -> None:
    """It is retried after its deadline would have passed, and has what was left of its time."""
    s = Simulation(document([flaky("x", 1, transient=False, deadline="10s")])).drive(forget=forget)
    s.time += s.time.resolution * 3_600_000_000
    assert s.journal.retry(s.row("x").id)

    s.drive(forget=forget)

    assert s.status == "completed"


def test_the_error_of_the_nearest_catch_is_seen(forget: bool) -> None:
    """Inside the playbook's own `catch` as anywhere else."""
    inner = guarded("t", [throw("b", "Inner")], {"*": [effect("x", "{{ error.code }}"), split("f", {"a": [effect("y", "{{ error.code }}")]})]})
    s = Simulation(document([throw("a", "Outer")], catch=[{"code": "*", "steps": [inner, effect("z", "{{ error.code }}")]}])).drive(forget=forget)

    seen = [s.output(path)["value"] for path in ("catch/t/catch-1/x", "catch/t/catch-1/f/a/y", "catch/z")]
    assert seen == ["Inner", "Inner", "Outer"]

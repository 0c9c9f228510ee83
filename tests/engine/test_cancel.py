"""A cancel unwinds through the interpreter: protected steps and `finally` end, nothing else begins (law 13)."""

from __future__ import annotations

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.moves import acting, cancelled
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, ends, flaky, guarded, scope, split, throw, var


def test_a_waiting_step_is_cancelled_and_nothing_after_it_begins(forget: bool) -> None:
    """One event each, and the run's last."""
    s = cancelled(Simulation(document([effect("a"), ask("q"), effect("z")])).drive(forget=forget), forget)

    assert s.status == "cancelled"
    assert s.made == ["a"]
    assert s.events("q") == ["step_started", "step_waiting", "step_cancelled"]
    assert s.events()[-2:] == ["run_cancelling", "run_cancelled"]


def test_a_run_is_cancelled_once(forget: bool) -> None:
    """Neither while it unwinds nor after it has ended."""
    s = Simulation(document([scope("p", [ask("q")])])).drive(forget=forget)

    assert s.journal.cancel(s.run_id)
    assert not s.journal.cancel(s.run_id)
    s.answer("p/body/q")
    s.drive(forget=forget)
    assert s.status == "cancelled"
    assert not s.journal.cancel(s.run_id)


def test_a_run_that_has_not_begun_is_cancelled(forget: bool) -> None:
    """No step of it begins."""
    s = cancelled(Simulation(document([effect("a")])), forget)

    assert s.status == "cancelled"
    assert s.made == []


@pytest.mark.parametrize(("step", "path"), [(ask("q", cancellable=False), "q"), (scope("p", [ask("q"), effect("a")]), "p/body/q")])
def test_protected_steps_end_before_a_cancel_unwinds_the_run(step: Json, path: str, forget: bool) -> None:
    """A protected wait goes on; its block is gone through; what follows does not begin."""
    s = cancelled(Simulation(document([step, effect("z")])).drive(forget=forget), forget)
    assert s.row(path).status == "waiting"
    assert s.status not in ("cancelled", "running")

    s.answer(path)
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.row(path).status == "succeeded"
    assert s.made == (["p/body/a"] if path.startswith("p") else [])


def test_branches_inside_a_protected_scope_are_protected(forget: bool) -> None:
    """Those outside it are not."""
    inside = scope("p", [split("f", {"a": [ask("q"), effect("x")]})])
    s = Simulation(document([split("o", {"in": [inside], "out": [ask("r"), effect("y")]})])).drive(forget=forget)

    cancelled(s, forget)
    assert s.row("o/out/r").status == "cancelled"
    s.answer("o/in/p/body/f/a/q")
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.made == ["o/in/p/body/f/a/x"]


def test_protection_reaches_branches_of_branches(forget: bool) -> None:
    """However deep the forks are nested in it."""
    inner = split("g", {"b": [ask("q"), effect("x")]})
    s = Simulation(document([scope("p", [split("f", {"a": [ask("go"), inner]})]), effect("z")])).drive(forget=forget)
    s.answer("p/body/f/a/go")
    cancelled(s.drive(forget=forget), forget)
    assert s.row("p/body/f/a/g/b/q").status == "waiting"

    s.answer("p/body/f/a/g/b/q")
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.made == ["p/body/f/a/g/b/x"]


def test_a_protected_step_that_waits_for_its_next_execution_gets_it(forget: bool) -> None:
    """A retry is a wait like any other."""
    s = cancelled(Simulation(document([flaky("e", 1, cancellable=False), effect("z")])).drive(forget=forget), forget)

    s.later(2.0, forget=forget)

    assert s.status == "cancelled"
    assert s.row("e").status == "succeeded"
    assert s.made == ["e", "e"]


@pytest.mark.parametrize(("more", "status"), [({}, "cancelled"), ({"cancellable": False}, "succeeded")])
def test_what_a_step_brings_back_after_a_cancel_counts_only_if_it_was_protected(more: Json, status: str) -> None:
    """Its strand was taken away, else it may write."""
    s, note = acting(Simulation(document([effect("e", **more), effect("z")])))

    s.journal.cancel(s.run_id)
    s.commit([(s.flows[0], note)])
    s.drive()

    assert s.status == "cancelled"
    assert s.row("e").status == status
    assert s.made == ["e"]


@pytest.mark.parametrize("inside", [split("p", {"a": [ask("q")], "b": [effect("x"), ask("r")]}), each("l", [1, 2, 3], [ask("q")], concurrency=2)])
def test_a_cancel_unwinds_every_strand_of_a_fork(inside: Json, forget: bool) -> None:
    """`finally` blocks around and inside run; no catch sees it."""
    s = Simulation(document([guarded("t", [inside], {"*": [effect("caught")]}, [effect("tidy")])])).drive(forget=forget)

    cancelled(s, forget)

    assert s.status == "cancelled"
    assert s.made[-1] == "t/finally/tidy"
    assert not any("catch" in path for path in s.made)
    assert {strand.status for strand in s.journal.strands.values()} == {"cancelled"}
    assert s.row(f"t/body/{inside['id']}").status == "cancelled"
    assert s.row("t").status == "cancelled"


def test_a_loop_does_not_begin_to_wait_for_its_next_turn_after_a_cancel() -> None:
    """The turn was protected, the pause between the turns is not."""
    loop = {"id": "l", "type": "loop", "max_iterations": 3, "every": "5m", "steps": [effect("e", cancellable=False)]}
    s, note = acting(Simulation(document([loop])))

    s.journal.cancel(s.run_id)
    s.commit([(s.flows[0], note)])
    s.drive()

    assert s.status == "cancelled"
    assert s.events("l") == ["step_started", "step_cancelled"]


@pytest.mark.parametrize("following", [ask("z"), effect("z"), effect("z", cancellable=False), split("z", {"a": []}), scope("z", [effect("y")])])
@pytest.mark.parametrize(
    "protected",
    [effect("p", cancellable=False), scope("p", [effect("x")]), guarded("p", [var("n", 1)], {}, [effect("x")])],
    ids=["step", "scope", "finally"],
)
def test_nothing_begins_after_a_cancel_that_came_during_protected_steps(protected: Json, following: Json) -> None:
    """Neither an effect nor a wait nor a fork, protected or not: the strand asks before it goes on."""
    s, note = acting(Simulation(document([protected, following])))

    s.journal.cancel(s.run_id)
    s.commit([(s.flows[0], note)])
    s.drive()

    assert s.status == "cancelled"
    assert len(s.made) == 1
    assert "z" not in s.statuses()


@pytest.mark.parametrize(
    "protected",
    [effect("p", cancellable=False), scope("p", [effect("x")]), guarded("p", [var("n", 1)], {}, [effect("x")])],
    ids=["step", "scope", "finally"],
)
def test_a_cancel_during_the_last_steps_cancels_the_run_when_they_were_protected(protected: Json) -> None:
    """It finishes, then the run is cancelled, in the playbook's own catch too (S1-P05-cancellation_scope)."""
    main, note = acting(Simulation(document([protected])))
    caught, other = acting(Simulation(document([throw("t")], catch=[{"code": "*", "steps": [protected]}])))

    for s, last in ((main, note), (caught, other)):
        s.journal.cancel(s.run_id)
        s.commit([(s.flows[0], last)])
        s.drive()

    assert [main.status, caught.status] == ["cancelled", "cancelled"]
    assert [len(main.made), len(caught.made)] == [1, 1]


def test_a_held_step_lets_go_when_the_run_is_cancelled(forget: bool) -> None:
    """It stays failed; the run is cancelled, not failed."""
    s = cancelled(Simulation(document([split("p", {"a": [throw("x")], "b": [ask("q")]})])).drive(forget=forget), forget)

    assert s.status == "cancelled"
    assert s.row("p/a/x").status == "failed"
    assert s.row("p/b/q").status == "cancelled"


def test_a_return_that_was_on_its_way_out_passes_through_a_cancel(forget: bool) -> None:
    """The branch had returned before: the run has its answer."""
    s = Simulation(document([split("p", {"a": [ask("go"), ends("r", 1)], "b": [ask("q", cancellable=False)]})])).drive(forget=forget)
    s.answer("p/a/go")
    cancelled(s.drive(forget=forget), forget)
    s.answer("p/b/q")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result["outputs"] == {"result": 1}

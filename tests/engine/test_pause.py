"""A pause lets steps in hand end and begins no other; a cancel ends it."""

from __future__ import annotations

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.moves import acting, cancelled
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, scope, split


def test_a_paused_fork_starts_no_branch_until_resumed(forget: bool) -> None:
    """Pausing while the fork is written: its strands are born held."""
    s = Simulation(document([split("p", {"a": [effect("x")], "b": [effect("y")]}), effect("z")]))
    s.claim()
    note = s.advance(s.flows[0])
    assert note is not None
    assert note.forks
    s.journal.pause(s.run_id)
    s.commit([(s.flows[0], note)])
    s.drive(forget=forget)
    assert (s.status, s.made) == ("paused", [])

    s.journal.resume(s.run_id)
    s.drive(forget=forget)

    assert s.status == "completed"
    assert sorted(s.made) == ["p/a/x", "p/b/y", "z"]


def test_a_pause_lets_steps_in_hand_end_and_begins_no_other(forget: bool) -> None:
    """In every branch; the run is paused when the last of them has ended."""
    s, note = acting(Simulation(document([effect("a"), effect("b")])))
    s.journal.pause(s.run_id)
    assert s.run.stopping == "pause"

    s.commit([(s.flows[0], note)])
    s.drive(forget=forget)
    assert s.status == "paused"
    assert s.row("a").status == "succeeded"
    s.journal.resume(s.run_id)
    s.drive(forget=forget)

    assert s.made == ["a", "b"]
    assert s.row("b").attempt == 1


def test_a_run_is_paused_and_resumed_once_at_a_time(forget: bool) -> None:
    """A second click is told so, and so is one after the end."""
    s = Simulation(document([ask("q")])).drive(forget=forget)

    assert not s.journal.resume(s.run_id)
    assert s.journal.pause(s.run_id)
    assert not s.journal.pause(s.run_id)
    assert s.journal.resume(s.run_id)
    s.answer("q")
    s.drive(forget=forget)
    assert not s.journal.pause(s.run_id)
    assert not s.journal.resume(s.run_id)


@pytest.mark.parametrize("inside", [split("p", {"a": [ask("q")], "b": [ask("r")]}), each("l", [1, 2, 3], [ask("q")], concurrency=2)])
def test_a_paused_run_can_be_cancelled(inside: Json, forget: bool) -> None:
    """What was answered while it was paused does not go on."""
    s = Simulation(document([inside, effect("z")])).drive(forget=forget)
    s.journal.pause(s.run_id)
    s.journal.resolve(s.waiting()[0].id, "done")

    cancelled(s, forget)

    assert s.status == "cancelled"
    assert s.made == []


def test_protected_branches_of_a_paused_run_go_on_when_it_is_cancelled(forget: bool) -> None:
    """An answer was kept for them; they end before the run is cancelled."""
    s = Simulation(document([scope("p", [split("f", {"a": [ask("q"), effect("x")]})]), effect("z")])).drive(forget=forget)
    s.journal.pause(s.run_id)
    s.answer("p/body/f/a/q")

    cancelled(s, forget)

    assert s.status == "cancelled"
    assert s.made == ["p/body/f/a/x"]


def test_a_worker_that_dies_while_its_run_is_paused_leaves_it_paused() -> None:
    """The step goes on after the resume, as one that was interrupted."""
    s = Simulation(document([effect("a"), effect("b")]))
    worker = object()
    s.claim(worker=worker)
    note = s.advance(s.flows[0])
    assert note is not None
    s.commit([(s.flows[0], note)])
    s.journal.pause(s.run_id)

    s.flows.clear()
    s.journal.bury(worker)
    s.drive()
    assert (s.status, s.made) == ("paused", [])
    s.journal.resume(s.run_id)
    s.drive()

    assert s.made == ["a", "b"]
    assert s.row("a").interrupted == 1

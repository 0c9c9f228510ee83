"""The twin in memory keeps the journal's promises where no run leads to them by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from runs_app.engine.records import MISSING, Read
from tests.engine.kinds import document
from tests.engine.simulation import BEGIN, Simulation
from tests.engine.steps import ask, each, effect, flaky, split, throw


def test_a_wait_is_ended_once() -> None:
    """The second to answer is told so (law 1)."""
    s = Simulation(document([ask("q")])).drive()

    assert s.answer("q", {"first": True})
    assert not s.answer("q", {"second": True})
    assert s.output("q") == {"first": True}


def test_a_fork_is_ended_by_its_strands_alone() -> None:
    """Neither resolving nor skipping reaches it."""
    s = Simulation(document([split("p", {"a": [ask("q")]})])).drive()

    assert not s.answer("p")
    assert not s.journal.skip(s.row("p").id)
    assert s.row("p").status == "waiting"


def test_only_what_holds_its_strand_is_retried_or_skipped() -> None:
    """A step that has ended well, or failed and been passed over, is not."""
    s = Simulation(document([effect("a"), throw("x", on_error="continue"), ask("q")])).drive()

    for path in ("a", "x", "q"):
        assert not s.journal.retry(s.row(path).id)
    for path in ("a", "x"):
        assert not s.journal.skip(s.row(path).id)


@pytest.mark.parametrize(("output", "status"), [(None, "skipped"), ({"by": "hand"}, "succeeded")])
def test_a_waiting_step_can_be_passed_over(output: object, status: str) -> None:
    """With an output it counts as done with that; nobody is waited for any more."""
    s = Simulation(document([{"id": "d", "type": "delay", "with": {"for": "1h"}}, effect("z")])).drive()

    assert s.journal.skip(s.row("d").id, output=output)
    s.drive()

    assert s.row("d").status == status
    assert s.made == ["z"]
    assert s.journal.due(BEGIN + timedelta(days=1)) == 0


@pytest.mark.parametrize(("on_wake", "status"), [("done", "completed"), ("failed", "paused")])
def test_a_wait_ends_by_itself_as_it_said(on_wake: str, status: str) -> None:
    """With an empty output, or with Timeout; not a moment before."""
    s = Simulation(document([ask("q")])).drive()
    row = s.row("q")
    row.wake_at, row.on_wake = BEGIN + timedelta(seconds=10), on_wake

    assert s.journal.due(BEGIN + timedelta(seconds=9)) == 0
    assert s.journal.due(BEGIN + timedelta(seconds=10)) == 1
    s.drive()

    assert s.status == status
    assert (row.output, (row.error or {}).get("code")) == ({"done": ({}, None), "failed": (None, "Timeout")}[on_wake])


def test_an_answer_that_comes_before_the_park_is_not_lost() -> None:
    """A driven strand that was woken refuses to park (law 4)."""
    s = Simulation(document([split("p", {"a": [ask("q")], "b": [ask("r")]}), effect("z")])).drive()
    s.answer("p/a/q")
    s.claim()
    flow = s.flows[0]
    strand = s.journal.strands[flow.strand.id]
    s.journal.wake(strand.record.id)

    s.drive()
    s.answer("p/b/r")
    s.drive()

    assert s.made == ["z"]
    assert s.status == "completed"


def test_readings_of_what_is_not_there_say_so() -> None:
    """MISSING, never an error; an unknown kind of reading is a mistake of ours."""
    s = Simulation(document([each("l", [1], [ask("q")])])).drive()
    asks = [
        Read("step", "none"),
        Read("newest", "l/body[", "none"),
        Read("variable", name="none"),
        Read("state", "none", "error"),
        Read("item", "l", number=1),
    ]

    assert s.journal.read(1, asks) == [MISSING] * 5
    with pytest.raises(ValueError, match="odd"):
        s.journal.read(1, [Read("odd")])


def test_nobody_dies_by_himself_in_memory() -> None:
    """Burying takes an executor's strands only."""
    s = Simulation(document([flaky("e")]))
    s.claim(worker="a")

    assert s.journal.bury_the_dead() == 0
    s.journal.bury("b")
    assert [strand.status for strand in s.journal.strands.values()] == ["driven"]
    s.journal.bury("a")
    assert [strand.status for strand in s.journal.strands.values()] == ["queued"]


def test_runs_do_not_see_each_other() -> None:
    """Variables, paths and cancels belong to one run."""
    s = Simulation(document([ask("q")]))
    other = Simulation(document([ask("q"), effect("z")]))
    s.journal.start(other.journal.runs[1].program, type(other.journal.runs[1].facts)(2, 1, "Other", 1, {}, {}, {}))
    s.drive()

    s.journal.cancel(1)
    s.drive()

    assert [run.status for run in s.journal.runs.values()] == ["cancelled", "pending_approval"]

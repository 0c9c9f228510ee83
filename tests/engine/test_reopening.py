"""What opens again of a run that has failed: as little as possible, as far as what failed first (rules 18 and 28)."""

from __future__ import annotations

from typing import Any

from runs_app.engine.reopening import Broken, EndedStrand, Planner, address_of


def row(number: int, path: str, *, strand: int = 1, parent: int = 0, address: str = "", **more: Any) -> Broken:
    """A failed step run; its failure began at `address`, or in it."""
    fields: dict[str, Any] = {"block": "main", "iteration": 0, "position": number, "status": "failed", "policy": None, "verdict": None, **more}
    return Broken(id=number, strand=strand, parent=parent, path=path, address=address or path, **fields)


def strand(number: int, *, parent: int = 0, status: str = "failed", is_lane: bool = False, iteration: int = 0) -> EndedStrand:
    """A strand as it was left."""
    return EndedStrand(number, parent, status, is_lane, iteration)


def test_containers_on_the_way_are_running_and_what_failed_first_holds() -> None:
    """A failure that was caught beside it is left alone; so is one that was passed over."""
    deep = "t/catch-1/box/then/bad"
    rows = [
        row(1, "t", address=deep),
        row(2, "t/body/first", parent=1),
        row(3, "t/catch-1/box", parent=1, address=deep),
        row(4, deep, parent=3),
        row(5, "passed", verdict="passed"),
    ]
    found = Planner(rows, [strand(1)], unwound=False).run(deep)

    assert (found.held, found.running, found.forks) == ({1: 4}, {1, 3}, {})


def test_a_container_that_failed_by_itself_holds_itself() -> None:
    """Its settings could not be evaluated: nothing inside is to blame."""
    assert Planner([row(1, "each")], [strand(1)], unwound=False).run("each").held == {1: 1}


def test_the_playbooks_own_finally_counts_only_where_nothing_else_failed() -> None:
    """It fails a run only if the playbook wants so."""
    tidy = row(9, "finally/tidy", block="finally")

    assert Planner([row(1, "bad"), tidy], [strand(1)], unwound=False).run("bad").held == {1: 1}
    assert Planner([tidy], [strand(1)], unwound=False).run("finally/tidy").held == {1: 9}


def test_of_a_fork_the_failed_strands_open_and_no_other() -> None:
    """Its main line waits; a strand that was cancelled because the fork was decided stays so."""
    rows = [
        row(1, "all", policy="all", verdict="failed", address="all/a/x"),
        row(2, "all/a/x", strand=2, parent=1),
        row(3, "all/b/y", strand=3, parent=1),
    ]
    strands = [strand(1), strand(2, parent=1), strand(3, parent=1), strand(4, parent=1, status="finished")]
    found = Planner(rows, strands, unwound=False).run("all/a/x")

    assert (found.held, found.parked, found.forks) == ({2: 2, 3: 3}, {1}, {1: 2})


def test_of_lanes_the_present_item_opens_and_the_rest_of_the_items_is_gone_through() -> None:
    """Items that an earlier turn of the lane had set aside stay as they are."""
    rows = [
        row(1, "each", policy="all", address="each/body[3]/x"),
        row(2, "each/body[0]/x", strand=2, parent=1, iteration=0),
        row(3, "each/body[3]/x", strand=2, parent=1, iteration=3),
    ]
    strands = [strand(1), strand(2, parent=1, is_lane=True, iteration=3), strand(3, parent=1, is_lane=True, iteration=2, status="finished")]
    found = Planner(rows, strands, unwound=False).run("each/body[3]/x")

    assert (found.held, found.next_items) == ({2: 3}, {1: 4})


def test_a_fork_that_failed_although_its_strands_did_not_holds_itself() -> None:
    """Its output did not fit; or it had been decided before the run's time was up."""
    finished = [strand(1), strand(2, parent=1, status="finished")]
    decided = [strand(1), strand(2, parent=1, status="cancelled")]

    assert Planner([row(1, "all", policy="all")], finished, unwound=False).run("all").held == {1: 1}
    won = row(1, "race", policy="first_done", verdict="won", status="cancelled")
    assert Planner([won], decided, unwound=True).run("settings/timeout").held == {1: 1}


def test_what_was_cancelled_because_time_was_up_goes_on_too() -> None:
    """Where it was cut short; a strand that was stopped between two steps just goes on."""
    rows = [
        row(1, "all", policy="all", status="cancelled"),
        row(2, "all/a/box", strand=2, parent=1, status="cancelled"),
        row(3, "all/a/box/then/wait", strand=2, parent=2, status="cancelled"),
    ]
    strands = [strand(1), strand(2, parent=1, status="cancelled"), strand(3, parent=1, status="cancelled")]
    found = Planner(rows, strands, unwound=True).run("settings/timeout")

    assert (found.held, found.running, found.queued, found.forks) == ({2: 3}, {2}, {3}, {1: 2})


def test_one_item_opens_for_a_strand_of_its_own() -> None:
    """What holds it is what failed in it."""
    box = row(1, "each/body[1]/box", strand=7, parent=5, address="each/body[1]/box/then/x")
    found = Planner([row(2, "each/body[1]/box/then/x", strand=7, parent=1)], [], unwound=False).item(box, 7)

    assert (found.held, found.running) == ({7: 2}, {1})


def test_an_error_without_an_address_began_nowhere() -> None:
    """As stored: an object, or nothing."""
    assert [address_of(error) for error in ({"address": "a/b"}, {}, None, {"address": None})] == ["a/b", "", "", ""]

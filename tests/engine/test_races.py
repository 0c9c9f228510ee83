"""Races: who wins, what becomes of the others, and what is told when all have lost (law 13)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, effect, ends, guarded, scope, split, throw


def race(branches: dict[str, list[Json]], mode: str = "first_success") -> Json:
    """A race named r."""
    return split("r", branches, type="race", mode=mode)


@pytest.mark.parametrize("mode", ["first_success", "first_done"])
def test_the_first_branch_that_gets_there_wins_and_the_others_are_cancelled(mode: str, forget: bool) -> None:
    """Their waits end at once; what they would do next is not done."""
    s = Simulation(
        document([race({"a": [ask("q"), effect("x")], "b": [ask("p"), effect("y")]}, mode), effect("z", "{{ steps.r.output.winner }}")])
    ).drive(forget=forget)

    s.answer("r/b/p")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["r/b/y", "z"]
    assert s.output("z")["value"] == "b"
    assert s.row("r/a/q").status == "cancelled"


def test_the_winner_is_the_branch_that_ended_first_not_the_first_by_name(forget: bool) -> None:
    """Another whose step had just been answered when the race was decided has lost all the same."""
    s = Simulation(document([race({"a": [ask("q"), effect("x")], "b": [ask("p")]})])).drive(forget=forget)
    s.answer("r/b/p")
    s.claim()
    s.answer("r/a/q")
    s.drive(forget=forget)

    assert s.row("r/a/q").status == "succeeded"
    assert s.output("r") == {"winner": "b"}


def test_an_empty_branch_wins_at_once(forget: bool) -> None:
    """There is nothing that it would have to do."""
    s = Simulation(document([race({"a": [ask("q")], "b": []})])).drive(forget=forget)

    assert s.status == "completed"
    assert s.output("r") == {"winner": "b"}


OUTRIGHT = {"settings": {"on_failure": "fail"}}


@pytest.mark.parametrize(("mode", "status"), [("first_success", "completed"), ("first_done", "failed")])
def test_a_branch_that_fails_first_decides_only_a_race_for_the_first_done(mode: str, status: str, forget: bool) -> None:
    """Else the others may still win."""
    s = Simulation(document([race({"a": [ask("p"), throw("x")], "b": [ask("q"), effect("y")]}, mode)], **OUTRIGHT)).drive(forget=forget)
    s.answer("r/a/p")
    s.drive(forget=forget)
    if mode == "first_success":
        s.answer("r/b/q")
        s.drive(forget=forget)

    assert s.status == status
    assert (s.run.error or {}).get("code") == {"completed": None, "failed": "RaceFailed"}[status]
    assert s.row("r/b/q").status == {"completed": "succeeded", "failed": "cancelled"}[status]


def test_a_race_that_all_lost_fails_with_the_first_failure_as_its_reason(forget: bool) -> None:
    """RaceFailed can be caught by that code; the branches' own code is in the details."""
    lost = race({"a": [throw("x", "First")], "b": [throw("y", "Second")]})

    s = Simulation(document([guarded("t", [lost], {"First": [effect("no")], "RaceFailed": [effect("c", "{{ error.details.code }}")]})])).drive(
        forget=forget
    )

    assert s.status == "completed"
    assert s.made == ["t/catch-2/c"]
    assert s.output("t/catch-2/c")["value"] in ("First", "Second")


def test_a_lost_branch_is_held_while_others_may_win_and_nobody_catches_it(forget: bool) -> None:
    """A person may repair it; once another wins it is let go."""
    s = Simulation(document([race({"a": [throw("x")], "b": [ask("q")]})])).drive(forget=forget)
    assert [row.path for row in s.held()] == ["r/a/x"]
    assert s.status == "paused"

    s.answer("r/b/q")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.output("r") == {"winner": "b"}


def test_a_return_inside_a_race_ends_the_playbook(forget: bool) -> None:
    """The others are cancelled (rule 12)."""
    s = Simulation(document([race({"a": [ask("q")], "b": [ends("e", 3)]}), effect("never")])).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result["outputs"] == {"result": 3}
    assert s.made == []


@pytest.mark.parametrize("around", [scope, lambda name, steps: guarded(name, [effect("first")], tidy=steps)])
def test_a_race_inside_protected_steps_ends_its_losers_at_once(around: Any, forget: bool) -> None:
    """Protection is against whoever cancels from outside of it; the race is inside, and so are its branches."""
    s = Simulation(document([around("kept", [race({"a": [ask("q"), effect("x")], "b": [effect("y")]})]), effect("z")])).drive(forget=forget)

    assert s.status == "completed"
    assert s.made[-1] == "z"
    assert next(row for row in s.journal.rows.values() if row.step == "q").status == "cancelled"


def test_what_a_loser_protects_itself_ends_first(forget: bool) -> None:
    """A protected step in a losing branch is waited for, whatever is around the race."""
    losing = scope("own", [ask("q"), effect("x")])
    s = Simulation(document([scope("kept", [race({"a": [losing, effect("never")], "b": [effect("y")]})])])).drive(forget=forget)
    assert s.status == "pending_approval"

    s.answer("kept/body/r/a/own/body/q")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["kept/body/r/b/y", "kept/body/r/a/own/body/x"]


def test_a_return_in_a_parallel_inside_protected_steps_ends_the_other_branches_at_once(forget: bool) -> None:
    """The playbook ends, and does not wait for the answer (rule 12)."""
    s = Simulation(document([scope("kept", [split("p", {"a": [ask("q")], "b": [ends("home", {"n": 1})]})]), effect("never")])).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result["outputs"] == {"n": 1}
    assert s.made == []


def test_a_cancel_of_the_run_spares_a_race_that_is_protected(forget: bool) -> None:
    """It ends by itself, then the run is cancelled; the loser does not wait for the cancel."""
    s = Simulation(document([scope("kept", [race({"a": [ask("q")], "b": [ask("p"), effect("y")]})]), effect("never")])).drive(forget=forget)
    s.journal.cancel(s.run_id)
    s.drive(forget=forget)
    assert s.status == "pending_approval"

    s.answer("kept/body/r/b/p")
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.made == ["kept/body/r/b/y"]

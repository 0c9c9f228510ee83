"""A scope that waits for its locks: it begins when it has them, is cancelled while it waits, and fails in a way that can be caught."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language.check import check
from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import effect

HELD = {"code": "LockHeld", "message": "The lock is held by run 9.", "hint": "", "address": "s"}


def locked(*locks: Json, **more: Any) -> dict[str, Any]:
    """A scope around one effect."""
    return {"id": "s", "type": "scope", "locks": list(locks), "steps": [effect("inside")], **more}


def test_it_begins_when_it_has_its_locks(forget: bool) -> None:
    """And not again when it goes on after a wait inside it."""
    inside = {"id": "w", "type": "delay", "with": {"for": "1h"}}
    steps = [locked("ledger-{{ inputs.who }}", {"path": "/a"}, steps=[effect("first"), inside, effect("last")])]
    s = Simulation(document(steps, inputs=[{"name": "who"}]), inputs={"who": "ann"}).drive(forget=forget)
    row = s.row("s")
    assert s.made == [] and row.wait["cause"] == "lock"
    assert (row.wait["name"], list(row.wait["note"]["names"]), row.wait["note"]["on_lock"]) == ("ledger-ann, /a", ["ledger-ann"], "wait")

    s.journal.resolve(row.id, "done", output={})
    assert s.drive(forget=forget).made == ["s/body/first"]
    assert s.later(3600, forget=forget).made == ["s/body/first", "s/body/last"]
    assert s.status == "completed" and s.events("s").count("step_waiting") == 1


def test_without_locks_it_does_not_wait(forget: bool) -> None:
    """Neither with an empty list."""
    assert Simulation(document([locked()])).drive(forget=forget).made == ["s/body/inside"]
    assert Simulation(document([locked("{{ inputs.all }}")], inputs=[{"name": "all"}]), inputs={"all": "x"}).drive(forget=forget).made == []
    assert Simulation(document([locked(locks="${{ inputs.all }}")], inputs=[{"name": "all", "type": "array"}]), inputs={"all": []}).drive(
        forget=forget
    ).made == ["s/body/inside"]


def test_to_be_refused_can_be_caught(forget: bool) -> None:
    """It has failed then, and a person may let it ask again."""
    caught = {"id": "t", "type": "try", "steps": [locked("x")], "catch": [{"code": "LockHeld", "steps": [effect("caught")]}]}
    s = Simulation(document([caught])).drive(forget=forget)
    s.journal.resolve(s.waiting()[0].id, "failed", error=HELD)
    assert s.drive(forget=forget).made == ["t/catch-1/caught"]

    s = Simulation(document([locked("x")])).drive(forget=forget)
    s.journal.resolve(s.row("s").id, "failed", error=HELD)
    s.drive(forget=forget)
    assert s.row("s").error["code"] == "LockHeld" and s.held()

    s.journal.retry(s.row("s").id)
    s.drive(forget=forget)
    s.journal.resolve(s.row("s").id, "done", output={})
    assert s.drive(forget=forget).made == ["s/body/inside"]


def test_a_cancel_ends_the_wait(forget: bool) -> None:
    """It is not protected before it begins."""
    s = Simulation(document([locked("x")])).drive(forget=forget)
    s.journal.cancel(1)
    s.drive(forget=forget)
    assert (s.status, s.made, s.row("s").status) == ("cancelled", [], "cancelled")


@pytest.mark.parametrize("given", [7.5, None, {"path": "/a/.."}, "", ["a"]])
def test_what_is_no_lock_fails_in_words(given: Json, forget: bool) -> None:
    """Or, where it is written plainly, is found by the check."""
    s = Simulation(document([locked("${{ inputs.x }}")], inputs=[{"name": "x", "type": "any"}]), inputs={"x": given}).drive(forget=forget)
    if given == 7.5:
        assert s.row("s").wait["name"] == "7.5"
    else:
        assert s.row("s").error["code"] == "InputInvalid"
        found = check(document([locked(given)]), REGISTRY)
        assert [problem.address for problem in found if problem.level == "error"] == ["steps/s/locks/0"]

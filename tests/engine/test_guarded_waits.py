"""A guarded wait: what it ends with goes through the step's own guards, as if the step had done it itself (rules 9, 15, 16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Json, StepContext, StepType, Wait
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import effect, guarded

GONE = {"code": "Gone", "message": "It is gone.", "hint": ""}


class Promise(StepType["Promise.Config"]):
    """Waits for somebody, under its own guards."""

    name = "promise"
    label = "Promise"
    summary = "Waits."
    icon = "x"
    family = "people"

    @dataclass(frozen=True, slots=True)
    class Config:
        note: Json = setting("json", label="Note")

    def run(self, context: StepContext[Any]) -> Wait:
        """Wait."""
        return Wait(cause="event", name="somebody", guarded=True)


REGISTRY.register(Promise())


def promise(**more: Json) -> Json:
    """One such step."""
    return {"id": "p", "type": "promise", "with": {}, **more}


def ends(s: Simulation, error: Json = None, output: Json = None, *, forget: bool) -> Simulation:
    """End the wait and drive on."""
    assert s.journal.resolve(s.row("p").id, "failed" if error else "done", output=output, error=error)
    return s.drive(forget=forget)


def test_a_good_end_is_the_output(forget: bool) -> None:
    """And the next step reads it."""
    s = Simulation(document([promise(), effect("after", "{{ steps.p.output.n }}")])).drive(forget=forget)

    ends(s, output={"n": 5}, forget=forget)

    assert s.status == "completed"
    assert s.output("after")["value"] == 5
    assert s.events("p") == ["step_started", "step_waiting", "step_succeeded"]


@pytest.mark.parametrize(
    ("written", "status", "shown"),
    [
        ("continue", "completed", "failed"),
        ("ignore", "completed", "succeeded"),
        ("stop", "paused", "failed"),
        ({"Gone": "continue"}, "completed", "failed"),
    ],
)
def test_on_error_decides_what_a_bad_end_means(written: Json, status: str, shown: str, forget: bool) -> None:
    """As for a failure of the step itself (rule 16)."""
    s = Simulation(document([promise(on_error=written), effect("after")])).drive(forget=forget)

    ends(s, GONE, forget=forget)

    assert s.status == status
    assert s.row("p").status == shown
    assert s.made == (["after"] if status == "completed" else [])


def test_a_retry_policy_waits_again(forget: bool) -> None:
    """Two waits, then the failure stands and is caught."""
    policy = {"max_attempts": 2, "on": ["Gone"], "initial": "1s", "jitter": "0s"}
    s = Simulation(document([guarded("t", [promise(retry=policy)], {"Gone": [effect("caught")]})])).drive(forget=forget)
    row = next(row for row in s.journal.rows.values() if row.step == "p")
    for attempt in (1, 2):
        assert (row.status, row.attempt) == ("waiting", attempt)
        s.journal.resolve(row.id, "failed", error=GONE)
        s.drive(forget=forget).later(1, forget=forget)
        row = next(row for row in s.journal.rows.values() if row.step == "p")

    assert s.status == "completed"
    assert s.made == ["t/catch-1/caught"]
    assert (row.status, row.attempt, row.interrupted) == ("failed", 2, 0)


def test_a_cancel_between_the_end_and_its_reading_wins(forget: bool) -> None:
    """The step is cancelled, whatever its wait ended with."""
    s = Simulation(document([promise(), effect("after")])).drive(forget=forget)
    s.journal.resolve(s.row("p").id, "done", output={})
    s.journal.cancel(s.run_id)

    s.drive(forget=forget)

    assert (s.status, s.row("p").status, s.made) == ("cancelled", "cancelled", [])


def test_an_end_that_arrives_in_a_pause_is_kept(forget: bool) -> None:
    """It is read when the run is resumed (F-4)."""
    s = Simulation(document([promise(), effect("after")])).drive(forget=forget)
    s.journal.pause(s.run_id)
    ends(s, output={"n": 1}, forget=forget)
    assert (s.status, s.made) == ("paused", [])

    s.journal.resume(s.run_id)

    assert s.drive(forget=forget).status == "completed"
    assert s.output("p") == {"n": 1}


def test_one_that_fails_is_held_and_can_be_begun_again(forget: bool) -> None:
    """By a person; it waits anew."""
    s = Simulation(document([promise()])).drive(forget=forget)
    ends(s, GONE, forget=forget)
    assert s.journal.retry(s.row("p").id)

    s.drive(forget=forget)
    assert s.row("p").status == "waiting"

    assert ends(s, output={}, forget=forget).status == "completed"

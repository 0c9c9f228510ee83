"""The machine on PostgreSQL, with the real driver: the laws at the doors of the product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, RunEvent
from runs_app.starting import start
from tests.machine import drive

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]


def document(steps: list[Any], **more: Any) -> dict[str, Any]:
    """A whole document around some steps."""
    return {"handrail": 1, "name": "Test", "description": "For a test.", "owner": "Tests", "steps": steps, **more}


def var(step_id: str, name: str, value: Any) -> dict[str, Any]:
    """A step that sets a value."""
    return {"id": step_id, "type": "var", "with": {"name": name, "value": value}}


def test_a_run_goes_through_its_steps_and_ends(published: Published, alice: User) -> None:
    """Status, outputs, variables and events are as told."""
    inner = [var("double", "last", "${{ item * 2 }}")]
    steps = [
        {"id": "each", "type": "for_each", "in": "${{ inputs.numbers }}", "concurrency": 3, "steps": inner},
        {
            "id": "c",
            "type": "condition",
            "if": "${{ steps.each.output.completed == 5 }}",
            "then": [{"id": "r", "type": "return", "with": {"outputs": {"all": "${{ steps.each.output.results }}"}}}],
        },
    ]
    version = published(document(steps, inputs=[{"name": "numbers", "type": "array"}]))

    run = drive(start(version, inputs={"numbers": [1, 2, 3, 4, 5]}, by=alice).run)

    assert run.status == "completed", run.error
    assert run.outputs == {"all": [2, 4, 6, 8, 10]}
    numbers = list(RunEvent.objects.filter(run=run).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, run.event_count + 1))


def test_a_failure_holds_the_run_until_a_person_skips(published: Published, alice: User) -> None:
    """Paused with the error; skip goes on with the next (S0-pause-on-exhaustion, S0-skip-failed)."""
    steps = [{"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}, var("after", "x", "{{ steps.t.output | 1 }}")]
    run = drive(start(published(document(steps)), inputs={}, by=alice).run)
    assert (run.status, run.pause_reason) == ("paused", "error")

    run.step_runs.get(path="t").skip(alice, "not needed")
    drive(run)

    assert run.status == "completed"
    assert run.step_runs.get(path="t").status == "skipped"


def test_pause_resume_and_cancel(published: Published, alice: User) -> None:
    """A paused run begins nothing; a cancelled one unwinds."""
    run = start(published(document([{"id": "d", "type": "delay", "with": {"for": "1h"}}])), inputs={}, by=alice).run
    drive(run)
    assert run.status == "waiting"

    run.pause(alice)
    assert run.status == "paused"
    run.resume(alice)
    run.cancel(alice)
    drive(run)

    assert run.status == "cancelled"
    assert run.step_runs.get(path="d").status == "cancelled"
    assert Run.objects.get(pk=run.pk).events.last() is not None


def test_a_variable_may_be_empty(published: Published, alice: User) -> None:
    """Null is a value like any other: it is read as null, not as a fault."""
    loop = {"id": "pages", "type": "loop", "until": "${{ vars.cursor == null }}", "steps": [var("next", "cursor", None)]}
    version = published(document([var("begin", "cursor", "start"), loop, var("end", "after", '{{ vars.cursor | "none left" }}')]))

    run = drive(start(version, inputs={}, by=alice).run)

    assert (run.status, run.variables.get(name="after").value) == ("completed", "none left")

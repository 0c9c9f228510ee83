"""Variables that are changed while a run goes on (DOORS.md C, F-1)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Done, StepContext
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, RunVariable
from runs_app.repair.variables import set_variables
from runs_app.starting import start
from tests.engine.kinds import Effect
from tests.machine import drive

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
pytestmark = pytest.mark.django_db(transaction=True)


def var(step_id: str, name: str, value: Any) -> dict[str, Any]:
    """A step that sets a value."""
    return {"id": step_id, "type": "var", "with": {"name": name, "value": value}}


def ask(step_id: str, show: str) -> dict[str, Any]:
    """A step that asks bob and shows something."""
    return {"id": step_id, "type": "approval", "with": {"title": "Pay?", "approvers": {"user": "bob"}, "show": [show]}}


def document(steps: list[Any]) -> dict[str, Any]:
    """A whole document."""
    return {"handrail": 1, "name": "Change", "description": "Changes.", "owner": "Tests", "steps": steps}


@pytest.fixture
def asked(published: Published, alice: User) -> Run:
    """Bob is asked about an amount in one branch and about something else in another."""
    branches = [{"name": "one", "steps": [ask("amount", "vars.amount")]}, {"name": "two", "steps": [ask("place", "vars.place")]}]
    steps = [
        var("a", "amount", 10),
        var("b", "place", "Rome"),
        {"id": "p", "type": "parallel", "branches": branches},
        var("c", "paid", "{{ vars.amount }}"),
    ]
    return drive(start(published(document(steps)), inputs={}, by=alice).run)


def approval(run: Run, step: str) -> Approval:
    """The approval of a step."""
    return Approval.objects.get(run=run, step_run__step=step)


@pytest.mark.spec("F-1")
def test_whoever_was_shown_the_old_value_is_asked_again(asked: Run, api: Api, alice: User, bob: User) -> None:
    """The new value with a new hash in a new round; who was shown something else is left in peace."""
    before, place = approval(asked, "amount"), approval(asked, "place")

    answer = api(alice).patch(f"/api/v1/runs/{asked.pk}/", {"vars": {"amount": 99}}, format="json")
    assert (answer.status_code, answer.json()["vars"]["amount"]) == (200, 99)
    drive(asked)

    after = approval(asked, "amount")
    assert (after.pk, after.round) == (before.pk, before.round + 1)
    assert after.shown != before.shown
    assert approval(asked, "place").payload_hash == place.payload_hash
    assert approval(asked, "place").round == place.round
    stale = {"decision": "approve", "payload_hash": before.payload_hash}
    assert api(bob).post(f"/api/v1/approvals/{after.pk}/decide/", stale, format="json").status_code == 409
    for each in (after, place):
        fresh = {"decision": "approve", "payload_hash": each.payload_hash}
        assert api(bob).post(f"/api/v1/approvals/{each.pk}/decide/", fresh, format="json").status_code == 200
    assert drive(asked).status == "completed"
    assert asked.step_runs.get(path="c").output == 99
    assert asked.events.filter(type="variables_changed", by=alice.pk).count() == 1


def test_null_clears_and_others_stay(asked: Run, api: Api, alice: User) -> None:
    """A variable may be one that the playbook never set."""
    api(alice).patch(f"/api/v1/runs/{asked.pk}/", {"vars": {"place": None, "more": {"a": [1]}}}, format="json")

    assert dict(RunVariable.objects.filter(run=asked).values_list("name", "value")) == {"amount": 10, "more": {"a": [1]}}


def test_it_is_asked_of_those_who_operate_and_of_runs_that_go_on(asked: Run, api: Api, alice: User, bob: User, eve: User) -> None:
    """404, 403, 409; nothing changes."""
    address, body = f"/api/v1/runs/{asked.pk}/", {"vars": {"amount": 1}}
    assert api(eve).patch(address, body, format="json").status_code == 404
    assert api(bob).patch(address, body, format="json").status_code == 403
    asked.cancel(alice)
    drive(asked)

    assert api(alice).patch(address, body, format="json").status_code == 409
    assert RunVariable.objects.get(run=asked, name="amount").value == 10


@pytest.mark.parametrize("body", [{}, {"vars": 5}, {"vars": {"": 1}}, {"vars": {"x" * 201: 1}}, {"vars": {"x": "\x00"}}, {"vars": {"step": 1}}])
def test_what_is_no_variable_is_refused(body: Any, asked: Run, api: Api, alice: User) -> None:
    """And none of the others is set."""
    answer = api(alice).patch(f"/api/v1/runs/{asked.pk}/", body, format="json")

    assert answer.status_code in (400, 422)
    assert RunVariable.objects.filter(run=asked).count() == 2


def test_a_strand_that_is_at_work_reads_the_new_value_next(published: Published, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its driver remembers variables, but not over the time in which a step acts."""

    class Meddled(Effect):
        def run(self, context: StepContext[Any]) -> Done:
            """Somebody changes the variable while the step acts."""
            changer = threading.Thread(target=_change, args=(context.run_id,))
            changer.start()
            changer.join()
            return Done({})

    def _change(run: int) -> None:
        set_variables(Run.objects.get(pk=run), {"x": "changed"}, by=alice)
        connection.close()

    monkeypatch.setattr(step_types, "_types", {**step_types._types, "effect": Meddled()})
    steps = [var("a", "x", "old"), var("b", "y", "{{ vars.x }}"), {"id": "e", "type": "effect", "with": {"value": 1}}, var("c", "z", "{{ vars.x }}")]

    run = drive(start(published(document(steps)), inputs={}, by=alice).run)

    assert run.status == "completed"
    assert [run.step_runs.get(path=path).output for path in "bc"] == ["old", "changed"]

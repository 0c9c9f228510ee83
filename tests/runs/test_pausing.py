"""Pausing really pauses: here, in the runs below, and for answers that come meanwhile (S2-pause, S0-pause)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.starting import start
from runs_app.worker.database_journal import DatabaseJournal
from tests.machine import drive
from tests.runs.stumbling import Stumbling, document, say, stumbling
from tests.runs.test_reopening import call

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
WAIT: dict[str, Any] = {"id": "wait", "type": "delay", "with": {"for": "1d"}}


def deed(api: Api, by: User, run: Run, name: str, status: int = 200) -> Any:
    """Ask for it through the API."""
    answer = api(by).post(f"/api/v1/runs/{run.pk}/{name}/", {}, format="json")
    assert answer.status_code == status, answer.json()
    return answer.json()


def states() -> dict[str, str]:
    """Name of the playbook -> status of its run."""
    return {run.playbook.name: run.status for run in Run.objects.all()}


@pytest.mark.spec("S2-pause")
def test_an_answer_that_comes_during_a_pause_is_kept(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """Nothing goes on until somebody resumes; then the answer is there."""
    run = drive(start(published(document([WAIT, say("after")])), inputs={}, by=alice).run)
    assert deed(api, alice, run, "pause")["status"] == "paused"
    assert deed(api, alice, run, "pause", 409)

    run.step_runs.get(path="wait").wake(alice)
    assert drive(run).status == "paused"
    assert stumbling.tried == []

    deed(api, alice, run, "resume")
    assert drive(run).status == "completed"
    assert stumbling.tried == ["after"]


@pytest.mark.spec("S2-pause")
def test_a_step_in_hand_ends_and_the_run_says_that_it_is_pausing(published: Published, alice: User, api: Api) -> None:
    """`stopping` is "pause" until the worker has written what the step did."""
    run = start(published(document([say("one"), say("two")])), inputs={}, by=alice).run
    journal = DatabaseJournal(executor=_executor())
    (claimed,) = journal.claim(1)

    shape = deed(api, alice, run, "pause")
    assert (shape["status"], shape["stopping"]) == ("running", "pause")
    journal.hand_back(claimed.strand, fresh=True)

    shape = api(alice).get(f"/api/v1/runs/{run.pk}/").json()
    assert (shape["status"], shape["stopping"], shape["pause_reason"]) == ("paused", None, "person")


def _executor() -> int:
    from runs_app.models import Executor

    return Executor.objects.create(name="test", pid=1, alive=True).pk


@pytest.mark.spec("S2-pause", "rule-29")
def test_a_pause_goes_down_to_the_children_and_so_does_the_resume(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """Two levels; a child that was paused by itself before stays paused; a detached one goes on."""
    published(document([WAIT, say("b")], name="Bottom"))
    published(document([WAIT], name="Alone"))
    branches = [{"name": "a", "steps": [call("c", "Bottom")]}, {"name": "b", "steps": [call("d", "Alone")]}]
    published(document([{"id": "p", "type": "parallel", "branches": branches}], name="Middle"))
    free = {"id": "free", "type": "playbook", "with": {"playbook": "Free", "detach": True}}
    published(document([WAIT], name="Free"))
    top = drive(start(published(document([free, call("c", "Middle")], name="Top")), inputs={}, by=alice).run)
    for each in Run.objects.order_by("pk"):
        drive(each)
    Run.objects.get(playbook__name="Alone").pause(alice)

    deed(api, alice, top, "pause")
    assert states() == {"Top": "paused", "Middle": "paused", "Bottom": "paused", "Alone": "paused", "Free": "waiting"}
    deed(api, alice, top, "resume")

    assert states() == {"Top": "waiting", "Middle": "waiting", "Bottom": "waiting", "Alone": "paused", "Free": "waiting"}


@pytest.mark.spec("S0-cancel")
@pytest.mark.parametrize("first", ["pause", "nothing"])
def test_a_cancel_ends_the_run_and_nothing_more_happens(first: str, published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """From paused and from waiting; a second cancel is 409."""
    run = drive(start(published(document([WAIT, say("after")])), inputs={}, by=alice).run)
    if first == "pause":
        deed(api, alice, run, "pause")

    deed(api, alice, run, "cancel")

    assert drive(run).status == "cancelled"
    assert stumbling.tried == []
    deed(api, alice, run, "cancel", 409)
    deed(api, alice, run, "resume", 409)

"""Runs that failed open again, up to where they failed and through every run above and below them (rules 18 and 28)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app import deadlines
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]


def begun(version: PlaybookVersion, by: User, **more: Any) -> Run:
    """Start and drive as far as it goes."""
    return drive(start(version, inputs={}, by=by, **more).run)


def retried(api: Api, by: User, run: Run, status: int = 200, path: str = "retry", **body: Any) -> Run:
    """Ask for it through the API and drive on."""
    answer = api(by).post(f"/api/v1/runs/{run.pk}/{path}/", body, format="json")
    assert answer.status_code == status, answer.json()
    return drive(run) if status == 200 else run


NESTS: dict[str, Callable[[list[dict[str, Any]]], dict[str, Any]]] = {
    "condition": lambda inner: {"id": "box", "type": "condition", "if": "${{ true }}", "then": inner, "else": []},
    "loop": lambda inner: {"id": "box", "type": "for_each", "in": [1, 2], "steps": inner},
    "lanes": lambda inner: {"id": "box", "type": "for_each", "in": [1, 2, 3], "concurrency": 2, "steps": inner},
    "parallel": lambda inner: {"id": "box", "type": "parallel", "branches": [{"name": "a", "steps": inner}, {"name": "b", "steps": [say("beside")]}]},
    "race": lambda inner: {"id": "box", "type": "race", "mode": "first_success", "branches": [{"name": "a", "steps": inner}]},
    "try": lambda inner: {"id": "box", "type": "try", "steps": inner, "catch": [{"code": "Other", "steps": []}], "finally": [say("tidy")]},
    "scope": lambda inner: {"id": "box", "type": "scope", "steps": inner},
}


@pytest.mark.spec("rule-18", "rule-28", "S4-FR-2.2", "S4-lifecycle")
@pytest.mark.parametrize("nest", NESTS)
def test_a_run_that_failed_goes_on_where_it_failed(nest: str, published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """In any container: what had succeeded is not repeated, and the run completes."""
    stumbling.failing = {"bad"}
    run = begun(published(document([say("before"), NESTS[nest]([say("good"), say("bad")]), say("after")], **OUTRIGHT)), alice)
    assert run.status == "failed"
    stumbling.failing, tried = set(), list(stumbling.tried)

    run = retried(api, alice, run)

    assert run.status == "completed", run.error
    repeated = stumbling.tried[len(tried) :]
    assert "before" not in repeated
    assert repeated[0] == "bad"
    assert repeated[-1] == "after"
    assert sum(message == "good" for message in stumbling.tried) == run.step_runs.filter(step="good").count()
    assert sum(message == "bad" for message in repeated) == run.step_runs.filter(step="bad").count()
    assert run.error is None
    assert run.events.filter(type="run_reopened", by=alice.pk).exists()


@pytest.mark.spec("rule-28")
def test_every_failed_branch_is_tried_again_and_no_other(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """Two of three failed; containers inside a branch open as far as they have to."""
    inner = {"id": "deep", "type": "condition", "if": "${{ true }}", "then": [say("b1"), say("b2")], "else": []}
    branches = [{"name": "a", "steps": [say("a1")]}, {"name": "b", "steps": [inner]}, {"name": "c", "steps": [say("c1"), say("c2")]}]
    stumbling.failing = {"a1", "b2"}
    run = begun(published(document([{"id": "all", "type": "parallel", "branches": branches}], **OUTRIGHT)), alice)
    stumbling.failing = set()
    stumbling.tried.clear()

    run = retried(api, alice, run)

    assert run.status == "completed"
    assert sorted(stumbling.tried) == ["a1", "b2"]


@pytest.mark.spec("rule-18")
def test_what_fails_again_fails_the_run_again_and_it_can_be_retried_again(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """As often as somebody likes, until it is archived; then it is 409."""
    stumbling.failing = {"bad"}
    run = begun(published(document([say("bad")], **OUTRIGHT)), alice)

    for _ in range(3):
        run = retried(api, alice, run)
        assert run.status == "failed"
    run.archive(alice)

    retried(api, alice, run, 409)
    assert stumbling.tried == ["bad"] * 4


@pytest.mark.spec("S4-lifecycle", "S4-FR-2.3")
def test_a_run_that_completed_or_was_cancelled_does_not_go_on(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """409, by retry and by resume; so is a run in which nothing has failed."""
    version = published(document([say("one")]))
    completed, cancelled = begun(version, alice), start(version, inputs={}, by=alice).run
    cancelled.cancel(alice)
    drive(cancelled)
    waiting = begun(published(document([{"id": "d", "type": "delay", "with": {"for": "1d"}}], name="Waits")), alice)

    for run in (completed, cancelled, waiting):
        retried(api, alice, run, 409)
        retried(api, alice, run, 409, path="resume")


@pytest.mark.spec("S0-retry-failed", "S0-pause-on-exhaustion")
def test_a_paused_run_is_retried_as_a_whole(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """It pauses where it fails, with the error; all that holds it begins again in one deed."""
    branches = [{"name": name, "steps": [say(f"{name}1"), say(f"{name}2")]} for name in "abc"]
    stumbling.failing = {"a2", "b2"}
    run = begun(published(document([{"id": "all", "type": "parallel", "branches": branches}, say("after")])), alice)
    shape = api(alice).get(f"/api/v1/runs/{run.pk}/").json()
    assert (shape["status"], shape["pause_reason"], shape["held"]) == ("paused", "error", True)
    stumbling.failing = set()
    stumbling.tried.clear()

    run = retried(api, alice, run)

    assert run.status == "completed"
    assert sorted(stumbling.tried) == ["a2", "after", "b2"]


@pytest.mark.spec("S0-skip-failed")
def test_a_failed_run_goes_on_without_its_failed_step(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """Skip, or an output of one's own, opens it as well."""
    stumbling.failing = {"bad"}
    version = published(document([say("bad"), say("after", "{{ steps.bad.output.message | 'nothing' }}".replace("'", '"'))], **OUTRIGHT))
    skipped, given = begun(version, alice), begun(version, alice)

    skipped = retried(api, alice, skipped, path="steps/bad/skip", reason="Not needed")
    given = retried(api, alice, given, path="resume", override={"path": "bad", "output": {"message": "by hand"}})

    assert (skipped.status, given.status) == ("completed", "completed")
    assert stumbling.tried[-2:] == ["nothing", "by hand"]


@pytest.mark.spec("rule-31", "S3-run-timeout")
def test_a_run_whose_time_was_up_goes_on_with_time_anew(
    published: Published, alice: User, api: Api, stumbling: Stumbling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was cancelled then is begun again; `finally` is not run twice."""
    steps = [say("before"), {"id": "wait", "type": "delay", "with": {"for": "1h"}}, say("after")]
    limits: dict[str, Any] = {"settings": {"timeout": "30m"}, "finally": [say("tidy")]}
    version = published(document(steps, **limits))
    run = begun(version, alice)
    moved = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(clock, "now", lambda: moved)
    deadlines.end_overdue()
    run = drive(run)
    assert (run.status, run.code) == ("failed", "Timeout")

    run = retried(api, alice, run)

    assert run.status == "waiting"
    assert stumbling.tried == ["before", "tidy"]
    assert run.deadline_at is not None
    assert run.deadline_at > clock.now()


def call(step_id: str, playbook: str, **more: Any) -> dict[str, Any]:
    """A step that runs another playbook."""
    return {"id": step_id, "type": "playbook", "with": {"playbook": playbook}, **more}


def family(published: Published, **more: Any) -> PlaybookVersion:
    """Top calls Middle, which calls Bottom, which does two things."""
    published(document([say("first"), say("bad")], name="Bottom"))
    published(document([say("m1"), call("c", "Bottom"), say("m2")], name="Middle"))
    return published(document([say("t1"), call("c", "Middle"), say("t2")], name="Top", **more))


@pytest.mark.spec("rule-28", "rule-18")
@pytest.mark.parametrize("outright", [False, True])
@pytest.mark.parametrize("from_below", [False, True])
def test_a_chain_of_runs_opens_from_either_end(
    outright: bool, from_below: bool, published: Published, alice: User, api: Api, stumbling: Stumbling
) -> None:
    """The runs that failed go on, none is started anew, nothing that succeeded is repeated; whoever waited waits again."""
    stumbling.failing = {"bad"}
    top = begun(family(published, **(OUTRIGHT if outright else {})), alice)
    for _ in range(3):
        top = drive(top)
    bottom = Run.objects.get(playbook__name="Bottom")
    assert (top.status, bottom.status) == ("failed" if outright else "paused", "failed")
    stumbling.failing = set()
    stumbling.tried.clear()

    retried(api, alice, bottom if from_below else top)
    for each in Run.objects.order_by("-pk"):
        drive(each)

    assert stumbling.tried == ["bad", "m2", "t2"]
    assert {run.status for run in Run.objects.all()} == {"completed"}
    assert Run.objects.count() == 3


@pytest.mark.spec("S4-FR-2.2")
def test_a_run_is_not_resumed_as_one_of_another_playbook(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """A run goes on with its own version: else 409 with a code of its own, which one it is, and how to go on; naming the right one is fine."""
    stumbling.failing = {"bad"}
    run, other = begun(published(document([say("bad")])), alice), published(document([say("x")], name="Other"))

    def resume(**named: int) -> Any:
        return api(alice).post(f"/api/v1/runs/{run.pk}/resume/", named, format="json")

    for named, address in (({"playbook": other.playbook_id}, "playbook"), ({"playbook": run.playbook_id, "version": 2}, "version")):
        answer = resume(**named)
        said = answer.json()
        assert (answer.status_code, said["code"], said["address"]) == (409, "PlaybookIncompatible", address)
        assert said["hint"] and said["details"] == {"playbook": run.playbook_id, "version": 1}
    run.refresh_from_db()
    assert run.status == "paused"
    stumbling.failing = set()
    assert resume(playbook=run.playbook_id, version=1).status_code == 200

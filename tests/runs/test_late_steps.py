"""Deadlines and time-outs of steps on the real machine, with what is inside of them and with child runs (rule 31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app import deadlines
from runs_app.entry import children
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive, tick
from tests.runs.stumbling import Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
WAIT: dict[str, Any] = {"id": "wait", "type": "delay", "with": {"for": "30d"}}
BOXES: dict[str, dict[str, Any]] = {
    "leaf": WAIT,
    "condition": {"id": "box", "type": "condition", "if": "${{ true }}", "then": [WAIT, say("never")], "else": []},
    "lanes": {"id": "box", "type": "for_each", "in": [1, 2, 3], "concurrency": 2, "steps": [WAIT, say("never")]},
    "parallel": {"id": "box", "type": "parallel", "branches": [{"name": "a", "steps": [WAIT, say("never")]}, {"name": "b", "steps": []}]},
}


class Time:
    """Product time, moved by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def later(self, **span: float) -> None:
        """Move it, and let the clock process do its work."""
        self.at += timedelta(**span)
        tick()
        deadlines.end_late_steps()


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """It stands still unless it is moved."""
    return Time(monkeypatch)


def begun(version: PlaybookVersion, by: User) -> Run:
    """Start and drive as far as it goes."""
    return drive(start(version, inputs={}, by=by).run)


@pytest.mark.spec("S1-P05-sla_deadline")
@pytest.mark.parametrize("box", BOXES)
def test_seven_days_and_a_second(box: str, published: Published, alice: User, api: Api, stumbling: Stumbling, time: Time) -> None:
    """One notification, once; the step has failed with its code and times, and the run goes on where the author says so."""
    late = {**BOXES[box], "deadline": {"after": "7d", "then": "continue", "steps": [say("tell", "{{ error.code }}")]}}
    run = begun(published(document([late, say("after")])), alice)
    shape = api(alice).get(f"/api/v1/runs/{run.pk}/steps/{late['id']}/").json()
    assert shape["deadline_at"] is not None
    time.later(days=6)
    assert drive(run).status == "waiting"

    time.later(days=1, seconds=1)
    drive(run)
    time.later(days=7)

    assert drive(run).status == "completed"
    assert stumbling.tried == ["DeadlineExceeded", "after"]
    error = api(alice).get(f"/api/v1/runs/{run.pk}/steps/{late['id']}/").json()["error"]
    assert error["code"] == "DeadlineExceeded"
    assert error["details"]["deadline_ms"] == 7 * 86_400_000
    assert error["details"]["elapsed_ms"] >= 7 * 86_400_000
    assert run.events.filter(type="deadline_exceeded").count() == 1


def parent(published: Published, child: list[dict[str, Any]], **guards: Any) -> PlaybookVersion:
    """A playbook that waits for another one."""
    published(document(child, name="Child"))
    return published(document([{"id": "c", "type": "playbook", "with": {"playbook": "Child"}, **guards}], name="Parent"))


@pytest.mark.spec("S3-step-timeout", "rule-31", "rule-29")
@pytest.mark.parametrize(("guards", "code"), [({"timeout": "1h"}, "Timeout"), ({"deadline": "1h"}, "DeadlineExceeded")])
def test_a_run_that_is_waited_for_too_long_fails_the_step_and_is_cancelled(
    guards: dict[str, Any], code: str, published: Published, alice: User, time: Time
) -> None:
    """The parent is paused with the code, the child is stopped."""
    run = begun(parent(published, [WAIT], **guards), alice)
    child = drive(Run.objects.get(playbook__name="Child"))

    time.later(minutes=61)
    run = drive(run)
    children.look_after()

    assert run.status == "paused"
    assert run.step_runs.get(path="c").error["code"] == code  # type: ignore[index]
    assert drive(child).status == "cancelled"


@pytest.mark.spec("rule-31")
@pytest.mark.parametrize("guards", [{"timeout": "1h"}, {"deadline": "1h"}])
def test_while_the_child_waits_for_people_time_stands_still(guards: dict[str, Any], published: Published, alice: User, bob: User, time: Time) -> None:
    """Five hours until somebody answers are not counted; what comes after is."""
    ask = {"id": "sign", "type": "approval", "with": {"title": "Go on?", "approvers": {"user": "bob"}}}
    run = begun(parent(published, [ask, WAIT], **guards), alice)
    child = drive(Run.objects.get(playbook__name="Child"))
    assert child.status == "pending_approval"
    time.later(hours=5)
    assert drive(run).status == "waiting"

    child.step_runs.get(path="sign").resolve("done", output={"decision": "approve"}, by=bob)
    drive(child)
    time.later(minutes=59)
    assert drive(run).status == "waiting"
    time.later(minutes=2)

    assert drive(run).status == "paused"

"""How long a whole run may take (S3-run-timeout, rule 31)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.deadlines import end_overdue
from runs_app.entry import children
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive, tick
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]


class Time:
    """Product time, moved by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begin = self.at = clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def later(self, seconds: float) -> datetime:
        """Move it."""
        self.at += timedelta(seconds=seconds)
        return self.at


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """It stands still unless it is moved."""
    return Time(monkeypatch)


def delay(step_id: str, span: str, **more: Any) -> dict[str, Any]:
    """A step that waits."""
    return {"id": step_id, "type": "delay", "with": {"for": span}, **more}


def go_on(run: Run) -> Run:
    """What the clock and the workers do at the present moment."""
    tick()
    end_overdue()
    return drive(run)


@pytest.mark.spec("S3-run-timeout", "rule-31")
def test_a_run_that_takes_too_long_fails(published: Published, alice: User, time: Time) -> None:
    """Two steps of 200 s in 300 s: stopped in the second one, `finally` included; nothing else begins."""
    steps = [delay("one", "200s"), delay("two", "200s"), var("never", "x", 1)]
    tidy = {"finally": [var("tidy", "said", "{{ run.status }}")]}
    run = drive(start(published(document(steps, settings={"timeout": "5m"}, **tidy)), inputs={}, by=alice).run)

    time.later(200)
    assert go_on(run).status == "waiting"
    time.later(99)
    assert go_on(run).status == "waiting"
    time.later(1)
    go_on(run)

    error: Any = run.error
    assert (run.status, run.code, error["code"]) == ("failed", "Timeout", "Timeout")
    assert "5m" in run.message
    assert run.step_runs.get(path="two").status == "cancelled"
    assert run.step_runs.get(path="finally/tidy").output == "failed"
    assert not run.step_runs.filter(path="never").exists()
    assert list(run.events.order_by("number").values_list("type", flat=True))[-1] == "run_failed"
    assert end_overdue() == 0


def test_time_that_people_take_does_not_count(published: Published, alice: User, bob: User, time: Time) -> None:
    """Nor does a pause (rule 31)."""
    ask = {"id": "ask", "type": "approval", "with": {"title": "Go on?", "approvers": {"user": "bob"}}}
    run = drive(start(published(document([ask, delay("d", "50s")], settings={"timeout": "1m"})), inputs={}, by=alice).run)
    assert run.status == "pending_approval"
    time.later(3600)
    go_on(run)
    run.step_runs.get(path="ask").resolve("done", output={"decision": "approve"}, by=bob)
    assert go_on(run).status == "waiting"

    time.later(30)
    run.pause(alice)
    time.later(3600)
    assert go_on(run).status == "paused"
    run.resume(alice)
    assert go_on(run).status == "completed"
    assert run.deadline_at == time.begin + timedelta(seconds=60 + 7200)


def test_time_goes_on_while_another_branch_is_at_work(published: Published, alice: User, time: Time) -> None:
    """Once the answer is there, what is left of the time counts again."""
    ask = {"id": "ask", "type": "approval", "with": {"title": "Go on?", "approvers": {"user": "bob"}}}
    run = drive(start(published(document([ask, delay("d", "10m")], settings={"timeout": "1m"})), inputs={}, by=alice).run)
    time.later(100)
    run.step_runs.get(path="ask").resolve("done", output={})
    go_on(run)

    time.later(59)
    assert go_on(run).status == "waiting"
    time.later(1)
    assert go_on(run).code == "Timeout"


@pytest.mark.parametrize(
    ("settings", "waits", "seconds"), [({}, True, 300.0), ({}, False, None), ({"timeout": "2h"}, True, 7200.0), ({"timeout": 1500}, False, 1.5)]
)
def test_how_long_a_run_may_take(settings: dict[str, Any], waits: bool, seconds: float | None, published: Published, alice: User) -> None:
    """Five minutes with a waiting caller, for ever without, or what the playbook says (rule 31)."""
    run = start(published(document([var("v", "x", 1)], settings=settings)), inputs={}, by=alice, waiting_caller=waits).run

    assert (run.timeout_after.total_seconds() if run.timeout_after else None) == seconds
    assert (run.deadline_at is None) == (seconds is None)


def test_a_protected_step_ends_first(published: Published, alice: User, time: Time) -> None:
    """As with a cancel."""
    steps = [delay("d", "90s", cancellable=False), var("never", "x", 1)]
    run = drive(start(published(document(steps, settings={"timeout": "1m"})), inputs={}, by=alice).run)
    time.later(60)
    assert go_on(run).status == "waiting"
    assert run.stopping == "cancel"

    time.later(30)

    assert go_on(run).code == "Timeout"
    assert run.step_runs.get(path="d").status == "succeeded"
    assert not run.step_runs.filter(path="never").exists()


def test_the_runs_that_it_waits_for_are_stopped_with_it(published: Published, alice: User, time: Time) -> None:
    """And a child's own time-out fails the step of its parent with the same code."""
    slow = published({**document([delay("d", "1h")]), "name": "Slow"})
    steps = [{"id": "c", "type": "playbook", "with": {"playbook": "Slow"}}]
    run = drive(start(published(document(steps, settings={"timeout": "1m"})), inputs={}, by=alice).run)
    child = Run.objects.get(trigger="child")
    time.later(60)

    assert go_on(run).code == "Timeout"
    assert drive(child).status == "cancelled"

    quick = published({**document([delay("d", "1h")], settings={"timeout": "10s"}), "name": "Quick"})
    assert quick.playbook_id != slow.playbook_id
    steps[0]["with"] = {"playbook": "Quick"}
    other = drive(start(published(document(steps)), inputs={}, by=alice).run)
    time.later(10)
    end_overdue()
    drive(Run.objects.filter(trigger="child").latest("pk"))
    children.look_after()

    error: Any = drive(other).step_runs.get(path="c").error
    assert error["code"] == "Timeout"

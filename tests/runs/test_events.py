"""Waiting for what happens outside, before or after the wait is reached (S2-wait-event, DOORS.md C)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User, Visibility
from runs_app import signals
from runs_app.models import Run, Signal
from runs_app.starting import start
from tests.machine import drive, tick
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]


def wait(step_id: str = "w", name: str = "paid", **more: Any) -> dict[str, Any]:
    """A step that waits for an event."""
    guards: dict[str, Any] = {key: more.pop(key) for key in ("on_error", "output_schema") if key in more}
    return {"id": step_id, "type": "wait_for_event", "with": {"name": name, **more}, **guards}


@pytest.fixture
def begin(published: Published, alice: User) -> Callable[..., Run]:
    """`begin(steps, **fields of the playbook)`: alice's run, driven as far as it goes."""

    def begun(steps: list[Any], **fields: Any) -> Run:
        return drive(start(published(document(steps), **fields), inputs={}, by=alice).run)

    return begun


def later(monkeypatch: pytest.MonkeyPatch, **span: float) -> None:
    """Move product time for the rest of the test."""
    at = clock.now() + timedelta(**span)
    monkeypatch.setattr(clock, "now", lambda: at)


@pytest.mark.spec("S2-wait-event")
def test_an_event_ends_the_wait_with_its_payload(begin: Callable[..., Run], api: Api, alice: User) -> None:
    """The run says what it waits for; the payload is the output."""
    run = begin([wait(), var("v", "n", "{{ steps.w.output.amount }}")])
    assert run.status == "waiting"
    (told,) = api(alice).get(f"/api/v1/runs/{run.pk}/").json()["waiting_for"]
    assert (told["cause"], told["name"]) == ("event", "paid")

    answer = api(alice).post("/api/v1/events/paid/", {"payload": {"amount": 12}}, format="json")

    assert (answer.status_code, answer.json()) == (202, {"delivered": 1})
    assert drive(run).status == "completed"
    assert run.step_runs.get(path="v").output == 12


@pytest.mark.spec("S2-wait-event")
@pytest.mark.parametrize("address", ["/api/v1/events/paid/", "/api/v1/runs/{run}/signals/paid/"])
def test_what_comes_before_the_wait_is_not_lost(address: str, begin: Callable[..., Run], api: Api, alice: User) -> None:
    """It is kept and taken when the step is reached."""
    run = begin([{"id": "d", "type": "delay", "with": {"for": "1h"}}, wait()])
    answer = api(alice).post(address.format(run=run.pk), {"payload": {"early": True}}, format="json")
    assert (answer.status_code, answer.json()) == (202, {"delivered": 0})

    run.step_runs.get(path="d").wake(alice)

    assert drive(run).status == "completed"
    assert run.step_runs.get(path="w").output == {"early": True}


def test_after_seven_days_it_is_gone(begin: Callable[..., Run], api: Api, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the second."""
    run = begin([{"id": "d", "type": "delay", "with": {"for": "30d"}}, wait()])
    api(alice).post(f"/api/v1/runs/{run.pk}/signals/paid/", {}, format="json")
    later(monkeypatch, days=6, hours=23)
    assert signals.forget_old() == 0
    later(monkeypatch, hours=1, seconds=1)
    run.step_runs.get(path="d").wake(alice)

    assert drive(run).status == "waiting"
    assert signals.forget_old() == 1


def test_a_run_takes_an_event_once_and_each_run_takes_it(begin: Callable[..., Run], alice: User) -> None:
    """Two waits in a row need two; two runs share one."""
    one, two = (begin([wait("a"), wait("b")]) for _ in range(2))
    assert alice.account is not None

    assert signals.send_to_all(alice.account, "paid", 1, by=alice) == 2
    assert [drive(run).status for run in (one, two)] == ["waiting", "waiting"]
    assert signals.send_to_all(alice.account, "paid", 2, by=alice) == 2

    for run in (one, two):
        assert drive(run).status == "completed"
        assert [run.step_runs.get(path=path).output for path in "ab"] == [1, 2]


def test_a_key_chooses_whose_event_it_is(begin: Callable[..., Run], alice: User) -> None:
    """With a key also one from before the run; without one any since its start."""
    assert alice.account is not None
    signals.send_to_all(alice.account, "paid", "old", key="inv-1", by=alice)

    assert begin([wait(key="inv-1")]).status == "completed"
    keyless, other = begin([wait()]), begin([wait(key="inv-2")])
    assert (keyless.status, other.status) == ("waiting", "waiting")

    assert signals.send_to_all(alice.account, "paid", "new", key="inv-1", by=alice) == 1
    assert (drive(keyless).status, drive(other).status) == ("completed", "waiting")
    assert signals.send_to_run(other, "refund", None, by=alice) is False
    assert signals.send_to_run(other, "paid", "mine", by=alice) is True
    assert drive(other).step_runs.get(path="w").output == "mine"


def test_silence_is_a_timeout_that_the_step_may_survive(begin: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Code Timeout, through the step's own on_error."""
    held, passed = begin([wait(timeout="2h")]), begin([wait(timeout="2h", on_error="continue")])
    later(monkeypatch, hours=2)
    assert tick() == 2

    assert (drive(held).status, drive(passed).status) == ("paused", "completed")
    error: Any = held.step_runs.get(path="w").error
    assert error["code"] == "Timeout"


def test_a_run_that_is_over_takes_no_signal(begin: Callable[..., Run], api: Api, alice: User) -> None:
    """409, and nothing is kept."""
    run = begin([var("v", "x", 1)])

    answer = api(alice).post(f"/api/v1/runs/{run.pk}/signals/paid/", {}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert not Signal.objects.exists()


def test_only_who_may_operate_a_run_wakes_it(begin: Callable[..., Run], api: Api, carol: User, dave: User, eve: User, bob: User) -> None:
    """Out of sight 404, a viewer 403; an event of somebody reaches only the runs that they may operate."""
    run, private = begin([wait()]), begin([wait()], visibility=Visibility.PRIVATE)

    assert api(eve).post(f"/api/v1/runs/{run.pk}/signals/paid/", {}, format="json").status_code == 404
    for viewer in (dave, bob):
        assert api(viewer).post(f"/api/v1/runs/{run.pk}/signals/paid/", {}, format="json").status_code == 403
        assert api(viewer).post("/api/v1/events/paid/", {}, format="json").status_code == 403
    assert api(None).post("/api/v1/events/paid/", {}, format="json").status_code in (401, 403)
    assert api(eve).post("/api/v1/events/paid/", {}, format="json").json() == {"delivered": 0}
    assert api(carol).post("/api/v1/events/paid/", {}, format="json").json() == {"delivered": 1}
    assert (drive(run).status, drive(private).status) == ("completed", "waiting")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x" * 101, {}),
        ("paid", {"payload": {"nul": "a\x00"}}),
        ("paid", {"key": "k" * 201}),
        ("%20", {}),
    ],
)
def test_what_cannot_be_kept_is_refused(name: str, body: dict[str, Any], begin: Callable[..., Run], api: Api, alice: User) -> None:
    """422 with what is wrong; nothing goes on."""
    run = begin([wait()])

    answer = api(alice).post(f"/api/v1/runs/{run.pk}/signals/{name}/", body, format="json")

    assert answer.status_code in (400, 422)
    assert not Signal.objects.exists()
    assert drive(run).status == "waiting"


def test_an_event_that_comes_while_the_wait_begins_is_never_lost(published: Published, alice: User) -> None:
    """Eight times at the same moment, from another connection."""
    version = published(document([wait()]))
    assert alice.account is not None
    account = alice.account

    def send(run: Run) -> None:
        try:
            signals.send_to_all(account, "paid", run.pk, by=alice)
        finally:
            connection.close()

    for _ in range(8):
        run = start(version, inputs={}, by=alice).run
        sender = threading.Thread(target=send, args=(run,))
        sender.start()
        drive(run)
        sender.join()
        assert drive(run).status == "completed"

"""When a run begins: at its time, when there is room under its limit, the most urgent first; and with its result in the answer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.api import starting
from runs_app.entry import admission, entering
from runs_app.models import Run, Strand
from tests.machine import drive
from tests.runs.outside.test_locks import DAY, Api, Published, begin, of, seen
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Later = Callable[[float], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """`later(3600)`: an hour on from the present."""
    start, passed = clock.now(), [0.0]

    def pass_on(seconds: float) -> None:
        passed[0] += seconds
        monkeypatch.setattr(clock, "now", lambda: start + timedelta(seconds=passed[0]))

    return pass_on


def quick(published: Published, **more: Any) -> PlaybookVersion:
    """One step."""
    return published(document([var("v", "x", 1)], outputs=[{"name": "x"}], **more))


def test_a_run_is_queued_until_its_start(published: Published, alice: User, api: Api, later: Later) -> None:
    """With the reason and the moment; then it begins by itself, and its time counts from there."""
    client, version = api(alice), quick(published, settings={"timeout": "1h"})
    at = (clock.now() + timedelta(hours=2)).isoformat()
    run = of(begin(client, version, start_at=at, priority=3))
    assert drive(run).status == "queued"
    shown = seen(client, run.pk)
    (why,) = shown["waiting_for"]
    assert (why["cause"], why["until"][:16], shown["priority"]) == ("start", at[:16], 3)
    assert why["sentence"].startswith("Waits for its start")

    later(3601)
    admission.begin_due()
    assert drive(run).status == "queued"
    later(3600)
    admission.begin_due()
    assert drive(run).status == "completed"
    assert run.deadline_at is not None and run.deadline_at > clock.now()


def test_a_start_in_the_past_is_no_wait(published: Published, alice: User, api: Api) -> None:
    """It begins at once."""
    run = of(begin(api(alice), quick(published), start_at="2020-01-01T00:00:00Z"))
    assert drive(run).status == "completed"


def test_a_start_can_be_put_off_and_brought_forward(published: Published, alice: User, bob: User, dave: User, api: Api) -> None:
    """While the run waits for it; by those who may steer it, and with an event."""
    client = api(alice)
    run = of(begin(client, quick(published), start_at=(clock.now() + timedelta(hours=2)).isoformat()))
    address, soon = f"/api/v1/runs/{run.pk}/reschedule/", {"start_at": clock.now().isoformat()}
    assert api(dave).post(address, soon, format="json").status_code == 403
    assert client.post(address, {"start_at": "soon"}, format="json").status_code == 422
    assert client.post(address, soon, format="json").status_code == 200

    admission.begin_due()
    assert drive(run).status == "completed"
    assert client.post(address, soon, format="json").status_code == 409
    assert run.events.filter(type="run_rescheduled").count() == 1


def test_of_one_key_so_many_go_on_at_once(published: Published, alice: User, api: Api) -> None:
    """Further runs wait in line with the cause `limit` and their place, the most urgent first; runs with another key do not."""
    client, version = api(alice), published(document([DAY]))
    limit = {"key": "imports", "max": 2}
    runs = [of(begin(client, version, concurrency=limit)) for _ in range(3)]
    urgent = of(begin(client, version, concurrency=limit, priority=10))
    for run in (*runs, urgent):
        drive(run)
    assert [run.status for run in runs] == ["waiting", "waiting", "queued"]
    (why,) = seen(client, runs[2].pk)["waiting_for"]
    assert (why["cause"], why["name"], why["place"]) == ("limit", "imports", 2)
    assert "Waits for the limit of imports" in why["sentence"]
    assert drive(of(begin(client, version, concurrency={"key": "other", "max": 1}))).status == "waiting"

    runs[0].cancel(alice)
    drive(runs[0])
    entering.look_after()
    assert drive(urgent).status == "waiting"
    assert drive(runs[2]).status == "queued"


def test_a_playbook_can_limit_its_own_runs(published: Published, alice: User, api: Api) -> None:
    """All of them, or those with the same key made of their inputs."""
    client = api(alice)
    each = published(document([DAY], settings={"concurrency": {"max": 1, "key": "{{ inputs.customer }}"}}, inputs=[{"name": "customer"}]))
    assert drive(of(begin(client, each, inputs={"customer": "a"}))).status == "waiting"
    assert drive(of(begin(client, each, inputs={"customer": "b"}))).status == "waiting"
    assert drive(of(begin(client, each, inputs={"customer": "a"}))).status == "queued"

    whole = published({**document([DAY], settings={"concurrency": {"max": 1}}), "name": "Whole"})
    assert drive(of(begin(client, whole))).status == "waiting"
    assert drive(of(begin(client, whole))).status == "queued"


def test_workers_take_the_most_urgent_first(published: Published, alice: User, api: Api) -> None:
    """Of what is queued."""
    client, version = api(alice), quick(published)
    runs = [begin(client, version, priority=priority)["id"] for priority in (0, 5, -5)]
    queued = Strand.objects.filter(status="queued").order_by("urgency", "id").values_list("run", flat=True)
    assert list(queued) == [runs[1], runs[0], runs[2]]


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ({"priority": 1000}, "priority"),
        ({"priority": "high"}, "priority"),
        ({"start_at": "tomorrow"}, "start_at"),
        ({"concurrency": {"key": "x"}}, "concurrency/max"),
        ({"concurrency": {"key": "x", "max": 0}}, "concurrency/max"),
        ({"concurrency": 3}, "concurrency"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(more: dict[str, Any], address: str, published: Published, alice: User, api: Api) -> None:
    """422, and no run is made."""
    answer = begin(api(alice), quick(published), status=422, **more)
    assert {problem["address"] for problem in answer["problems"]} == {address}
    assert not Run.objects.exists()


@pytest.mark.spec("S0-sync-mode")
def test_a_waiting_caller_gets_the_result_or_the_present_state(published: Published, alice: User, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outputs when it is over; past the limit the run's id and its status, while it goes on for whoever asks later."""
    client: APIClient = api(alice)

    def drive_meanwhile(run: Run, seconds: float) -> None:
        drive(run)
        assert seconds == 300
        run.refresh_from_db()

    monkeypatch.setattr(starting, "wait_until_over", drive_meanwhile)
    assert begin(client, quick(published), wait=True)["outputs"] == {"x": 1}
    waits = begin(client, published(document([DAY, var("v", "x", 1)])), wait=True)
    assert (waits["status"], waits["outputs"]) == ("waiting", None)

    run = of(waits)
    run.step_runs.get(path="day").wake(alice)
    assert drive(run).status == "completed"


@pytest.mark.spec("S0-sync-mode")
def test_the_wait_ends_at_its_limit(published: Published, alice: User, api: Api) -> None:
    """Nobody drives: the answer comes with the status of that moment, and the run is there for later."""
    shown = begin(api(alice), quick(published), wait=0.05)
    assert (shown["status"], shown["outputs"]) == ("queued", None)
    assert drive(of(shown)).outputs == {"x": 1}

"""Playbooks that start by the clock: when, how often, and what happens when the run before is not over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import AuditEntry, PlaybookVersion, User
from runs_app.entry import scheduling
from runs_app.models import Occasion, Run, Schedule

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]
Published = Callable[..., PlaybookVersion]

WEEKDAYS_AT_8 = "0 8 * * 1-5"
DOCUMENT: dict[str, Any] = {
    "handrail": 1,
    "name": "Nightly",
    "description": "x",
    "owner": "x",
    "inputs": [{"name": "limit", "type": "number", "required": True}],
    "steps": [{"id": "note", "type": "log", "with": {"message": "x"}}],
}


class Watch:
    """Product time, set by hand."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)  # a Friday

    def now(self) -> datetime:
        """What `clock.now` says."""
        return self.at


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Friday, six in the morning, until it is moved."""
    made = Watch()
    monkeypatch.setattr(clock, "now", made.now)
    yield made


@pytest.fixture
def version(published: Published, watch: Watch) -> PlaybookVersion:
    """A playbook that needs one input."""
    return published(DOCUMENT)


def made(client: APIClient, published: PlaybookVersion, /, **more: Any) -> dict[str, Any]:
    """A schedule of it, through the API."""
    body = {"playbook": published.playbook_id, "cron": WEEKDAYS_AT_8, "timezone": "UTC", "inputs": {"limit": 5}, **more}
    answer = client.post("/api/v1/schedules/", body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.spec("S0-background-modes")
def test_a_time_that_has_come_starts_one_run(api: Api, alice: User, version: PlaybookVersion, watch: Watch) -> None:
    """Whoever asks how often: one run for one time, with the inputs and labels of the schedule, and it says where it comes from."""
    schedule = made(api(alice), version, labels={"from": "clock"})
    assert (schedule["next_at"], schedule["overlap"], schedule["version"]) == ("2026-11-20T08:00:00Z", "skip", None)

    assert scheduling.start_due() == 0
    watch.at += timedelta(hours=2)
    assert [scheduling.start_due() for _ in range(3)] == [1, 0, 0]

    (run,) = api(alice).get("/api/v1/runs/").json()["results"]
    assert (run["trigger"], run["inputs"], run["labels"], run["started_by"]) == ("schedule", {"limit": 5}, {"from": "clock"}, "alice")
    assert api(alice).get(f"/api/v1/schedules/{schedule['id']}/").json()["next_at"] == "2026-11-23T08:00:00Z"


def test_after_a_downtime_the_newest_time_is_made_up_for_once(api: Api, alice: User, version: PlaybookVersion, watch: Watch) -> None:
    """Ten days without a clock: one run, for the newest time, which says since when times were missed."""
    made(api(alice), version)
    watch.at += timedelta(days=10, hours=5)

    assert [scheduling.start_due() for _ in range(2)] == [1, 0]

    occasion = Occasion.objects.get()
    assert occasion.at == datetime(2026, 11, 30, 8, tzinfo=UTC) and "2026-11-20 08:00" in occasion.note
    assert Schedule.objects.get().next_at == datetime(2026, 12, 1, 8, tzinfo=UTC)


def test_a_crash_between_run_and_record_starts_no_second_one(api: Api, alice: User, version: PlaybookVersion, watch: Watch) -> None:
    """The run's key names schedule and time: doing the time again finds the run that is there."""
    made(api(alice), version)
    schedule, due = Schedule.objects.get(), datetime(2026, 11, 20, 8, tzinfo=UTC)
    watch.at = due
    scheduling.start_due()
    Occasion.objects.all().delete()
    Schedule.objects.update(next_at=due)

    assert scheduling.start_due() == 1
    assert (Run.objects.count(), Occasion.objects.get().schedule_id) == (1, schedule.pk)


@pytest.mark.parametrize(
    ("overlap", "runs", "cancelling", "outcomes"),
    [
        ("allow", 2, 0, ["started", "started"]),
        ("skip", 1, 0, ["started", "skipped"]),
        ("buffer_one", 1, 0, ["started", "buffered"]),
        ("cancel_previous", 2, 1, ["started", "started"]),
    ],
)
def test_what_happens_while_the_run_before_goes_on(
    overlap: str, runs: int, cancelling: int, outcomes: list[str], api: Api, alice: User, version: PlaybookVersion, watch: Watch
) -> None:
    """As its author has chosen."""
    made(api(alice), version, cron="0 * * * *", overlap=overlap)
    for _ in range(2):
        watch.at += timedelta(hours=1)
        scheduling.start_due()

    assert Run.objects.count() == runs
    assert Run.objects.filter(stopping="cancel").count() + Run.objects.filter(status="cancelled").count() == cancelling
    assert list(Occasion.objects.order_by("at").values_list("outcome", flat=True)) == outcomes


def test_a_time_that_waits_starts_when_the_run_is_over_and_only_one_waits(api: Api, alice: User, version: PlaybookVersion, watch: Watch) -> None:
    """Three times come while one run goes on: one of them waits and starts at its end, the others are left out."""
    made(api(alice), version, cron="0 * * * *", overlap="buffer_one")
    for _ in range(4):
        watch.at += timedelta(hours=1)
        scheduling.start_due()
    Run.objects.update(status="completed", finished_at=watch.at)

    assert scheduling.start_due() == 1
    assert list(Occasion.objects.order_by("at").values_list("outcome", flat=True)) == ["started", "started", "skipped", "skipped"]
    assert Run.objects.count() == 2


def test_what_cannot_start_says_why_and_the_next_time_comes(api: Api, alice: User, version: PlaybookVersion, watch: Watch) -> None:
    """Deprecated, archived, or its owner has lost the right: nothing starts, the schedule goes on, the reason stands with the time."""
    made(api(alice), version, cron="0 * * * *", overlap="allow", version=1)
    version.deprecate()
    watch.at += timedelta(hours=1)
    scheduling.start_due()
    version.revive()
    alice.memberships.update(role="viewer")
    watch.at += timedelta(hours=1)
    scheduling.start_due()

    first, second = Occasion.objects.order_by("at")
    assert (first.outcome, second.outcome) == ("refused", "refused")
    assert "deprecated" in first.note and "Alice Archer may not start" in second.note
    assert not Run.objects.exists() and Schedule.objects.get().next_at == watch.at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({"cron": "every day"}, "cron"),
        ({"cron": "0 8 30 2 *"}, "cron"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"overlap": "maybe"}, "overlap"),
        ({"inputs": {}}, "inputs/limit"),
        ({"inputs": [1]}, "inputs"),
        ({"version": 9}, "version"),
        ({"crom": "x"}, "crom"),
    ],
)
def test_faults_are_named_and_nothing_is_kept(given: dict[str, Any], address: str, api: Api, alice: User, version: PlaybookVersion) -> None:
    """422 with the place."""
    body = {"playbook": version.playbook_id, "cron": WEEKDAYS_AT_8, "inputs": {"limit": 5}, **given}

    answer = api(alice).post("/api/v1/schedules/", body)

    assert answer.status_code == 422 and address in {problem["address"] for problem in answer.json()["problems"]}, answer.content
    assert not Schedule.objects.exists()


def test_it_is_changed_switched_off_and_removed(api: Api, alice: User, carol: User, version: PlaybookVersion, watch: Watch) -> None:
    """Off means no next time; who changes it last lends it their rights; every deed is in the audit log."""
    address = f"/api/v1/schedules/{made(api(alice), version)['id']}/"

    assert api(carol).patch(address, {"enabled": False}).json()["next_at"] is None
    watch.at += timedelta(days=3)
    assert scheduling.start_due() == 0
    answer = api(carol).patch(address, {"enabled": True, "timezone": "Europe/Berlin"}).json()
    assert (answer["next_at"], answer["owner"], answer["cron"]) == ("2026-11-23T07:00:00Z", "carol", WEEKDAYS_AT_8)
    assert api(carol).delete(address).status_code == 204
    assert api(alice).get(address).status_code == 404
    found = AuditEntry.objects.filter(action__startswith="schedule.").order_by("pk").values_list("action", "actor__username")
    assert list(found) == [("schedule.made", "alice"), ("schedule.changed", "carol"), ("schedule.changed", "carol"), ("schedule.removed", "carol")]


def test_sight_and_deeds(api: Api, alice: User, bob: User, dave: User, eve: User, version: PlaybookVersion) -> None:
    """Who sees the playbook sees its schedules, without inputs unless they could start it; who may start it may change them."""
    schedule = made(api(alice), version)
    address = f"/api/v1/schedules/{schedule['id']}/"

    assert api(dave).get(address).json()["inputs"] is None
    assert [api(who).patch(address, {"enabled": False}).status_code for who in (bob, dave, eve)] == [403, 403, 404]
    assert [api(who).get("/api/v1/schedules/").json()["count"] for who in (alice, dave, eve)] == [1, 1, 0]
    body = {"playbook": version.playbook_id, "cron": WEEKDAYS_AT_8, "inputs": {"limit": 1}}
    assert [api(who).post("/api/v1/schedules/", body).status_code for who in (dave, eve)] == [403, 404]

"""What only some may say when they start a run, and which time zones there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User, Visibility
from runs_app.models import Run
from tests.runs.factories import steps_document

Api = Callable[[User | None], APIClient]
RUNS = "/api/v1/runs/"


def start(api: Api, user: User, version: PlaybookVersion, **more: Any) -> Any:
    """A start over the API."""
    return api(user).post(RUNS, {"playbook": version.playbook_id, **more})


@pytest.mark.parametrize("more", [{"autonomous": True}, {"config": {"bank_url": "https://elsewhere.example"}}])
@pytest.mark.parametrize(("name", "status"), [("carol", 403), ("alice", 201), ("admin", 201)])
def test_asking_nobody_and_other_config_are_for_those_who_build(
    api: Api, people: dict[str, User], three_steps: PlaybookVersion, more: dict[str, Any], name: str, status: int
) -> None:
    """An operator starts what was built, with its approvals and its addresses."""
    assert start(api, people[name], three_steps, **more).status_code == status
    assert Run.objects.count() == (status == 201)


@pytest.mark.parametrize("more", [{"autonomous": False}, {"config": {}}, {}])
def test_saying_nothing_special_needs_no_special_right(api: Api, carol: User, three_steps: PlaybookVersion, more: dict[str, Any]) -> None:
    """False and empty change nothing."""
    assert start(api, carol, three_steps, **more).status_code == 201


def test_out_of_sight_stays_out_of_sight(api: Api, carol: User, published: Callable[..., PlaybookVersion]) -> None:
    """404 comes before 403."""
    private = published(steps_document(1), visibility=Visibility.PRIVATE)

    assert start(api, carol, private, autonomous=True).status_code == 404


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "../../etc/passwd", "x" * 64])
def test_a_time_zone_that_does_not_exist_is_refused(api: Api, alice: User, three_steps: PlaybookVersion, zone: str) -> None:
    """422 at its place, and no run."""
    answer = start(api, alice, three_steps, timezone=zone)

    assert (answer.status_code, answer.json()["problems"][0]["address"]) == (422, "timezone")
    assert not Run.objects.exists()


def test_a_time_zone_that_exists_is_taken(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """By its name."""
    assert start(api, alice, three_steps, timezone="Asia/Tokyo").json()["timezone"] == "Asia/Tokyo"


def test_a_document_names_a_time_zone_that_exists(api: Api, alice: User, published: Callable[..., PlaybookVersion]) -> None:
    """Refused when it is checked, and again when an old version of it is started."""
    document = {**steps_document(1), "settings": {"timezone": "Mars/Base"}}

    checked = api(alice).post("/api/v1/playbooks/validate/", {"document": document}).json()
    started = start(api, alice, published(document))

    assert [each["address"] for each in checked["problems"] if each["level"] == "error"] == ["settings/timezone"]
    assert started.status_code == 422

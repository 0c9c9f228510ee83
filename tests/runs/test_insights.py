"""What the runs of a playbook tell: frequency, success, duration, exact to the unit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from tests.runs.factories import steps_document

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
Published = Callable[..., PlaybookVersion]


def ended(version: PlaybookVersion, owner: User, count: int, status: str, seconds: float, days_ago: float = 1, **more: Any) -> None:
    """Runs that began so many days ago and took so long."""
    began = clock.now() - timedelta(days=days_ago)
    Run.objects.bulk_create(
        Run(
            account=version.playbook.account, owner=owner, visibility="account", playbook=version.playbook, version=version, status=status,
            created_at=began, started_at=began, finished_at=began + timedelta(seconds=seconds), **more,
        )
        for _ in range(count)
    )  # fmt: skip


@pytest.fixture
def hundred(published: Published, alice: User) -> PlaybookVersion:
    """80 that went well, half in 10 and half in 20 seconds, and 20 that failed; and one from long ago, and one in the sandbox."""
    version = published({**steps_document(2), "name": "Hundred"})
    ended(version, alice, 40, "completed", 10)
    ended(version, alice, 40, "completed", 20)
    ended(version, alice, 14, "failed", 500, code="ServerError")
    ended(version, alice, 6, "failed", 500, code="Timeout")
    ended(version, alice, 1, "completed", 9000, days_ago=35)
    ended(version, alice, 1, "failed", 9000, mode="sandbox")
    return version


@pytest.mark.spec("S0-analytics")
def test_the_figures_are_exact(hundred: PlaybookVersion, api: Api, alice: User) -> None:
    """100 runs, 80 %, 15 seconds on average; what is older, or only pretended, does not count."""
    told = api(alice).get(f"/api/v1/playbooks/{hundred.playbook_id}/insights/").json()

    assert {**told, "since": ""} == {
        "since": "",
        "runs": 100,
        "ended": 100,
        "completed": 80,
        "failed": 20,
        "cancelled": 0,
        "success_rate": 0.8,
        "average_seconds": 15.0,
        "usual_seconds": 15.0,
        "slowest_of_twenty_seconds": 20.0,
        "most_failures": ["ServerError", 14],
    }
    assert api(alice).get(f"/api/v1/playbooks/{hundred.playbook_id}/insights/?days=60").json()["runs"] == 101
    assert api(alice).get(f"/api/v1/playbooks/{hundred.playbook_id}/insights/?days=x").status_code == 422


@pytest.mark.spec("S0-analytics")
def test_the_pages_say_the_same(hundred: PlaybookVersion, web: Web, alice: User) -> None:
    """The playbook's page with its charts, and as a table; the list, with a word on who needs work."""
    page = web(alice).get(f"/playbooks/{hundred.playbook_id}/").content.decode()
    rows = web(alice).get("/playbooks/").content.decode()

    for words in ("80\u202f%", "80 of 100", "mostly ServerError, 14", "15 s", 'class="chart"', "Show as table"):
        assert words in page, words
    assert "15 s" in rows and "80\u202f% of 100 succeeded" in rows


@pytest.mark.spec("S0-analytics")
@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Hundred", "Quick", "Rare", "Young"]),
        ("-name", ["Young", "Rare", "Quick", "Hundred"]),
        ("runs", ["Young", "Rare", "Quick", "Hundred"]),
        ("-runs", ["Hundred", "Quick", "Rare", "Young"]),
        ("succeeded", ["Hundred", "Quick", "Rare", "Young"]),
        ("-succeeded", ["Quick", "Hundred", "Rare", "Young"]),
        ("takes", ["Quick", "Hundred", "Rare", "Young"]),
        ("-takes", ["Rare", "Hundred", "Quick", "Young"]),
        ("nonsense", ["Hundred", "Quick", "Rare", "Young"]),
    ],
)
def test_the_list_is_sorted_by_each(sort: str, order: list[str], hundred: PlaybookVersion, published: Published, web: Web, alice: User) -> None:
    """Those without a figure come last; the head says which way."""
    quick, rare = published({**steps_document(1), "name": "Quick"}), published({**steps_document(1), "name": "Rare"})
    published({**steps_document(1), "name": "Young"})
    ended(quick, alice, 12, "completed", 1)
    ended(rare, alice, 2, "completed", 60)

    page = web(alice).get(f"/playbooks/?sort={sort}").content.decode()

    table = page[page.index("<tbody>") :]
    expected = order if sort != "runs" else ["Rare", "Quick", "Hundred", "Young"]
    assert sorted(order, key=lambda name: table.index(f">{name}<")) == expected
    assert ('aria-sort="descending"' in page) == (sort.startswith("-"))


def test_sight_holds(hundred: PlaybookVersion, api: Api, eve: User, dave: User) -> None:
    """Another account is told nothing; a viewer is told figures, which are no values."""
    address = f"/api/v1/playbooks/{hundred.playbook_id}/insights/"

    assert [api(who).get(address).status_code for who in (eve, dave)] == [404, 200]


def test_a_playbook_without_runs_shows_no_charts(published: Published, web: Web, alice: User) -> None:
    """Nor a rate of nothing."""
    version = published(steps_document(1))

    assert 'class="chart"' not in web(alice).get(f"/playbooks/{version.playbook_id}/").content.decode()

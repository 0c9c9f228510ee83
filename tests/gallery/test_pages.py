"""The gallery's pages: found by words and by what they show, looked at, taken and run once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from config.demo.services.book import addresses
from playbooks_app.gallery.reading import drawn, entries
from playbooks_app.models import AuditEntry, Playbook, User
from playbooks_app.pages.diagram import picture_of
from runs_app.models import Run

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]


@pytest.fixture
def connected(settings: Any) -> None:
    """The demo's services are known; nothing calls them here."""
    settings.SERVICES = addresses(9001)


def test_it_is_searched_by_words_and_by_what_is_shown(web: Web, alice: User) -> None:
    """Every word must stand somewhere; a capability leaves those that show it; nothing found says so and leads back."""
    client = web(alice)

    assert client.get("/gallery/").content.count(b'gallery-card"') == len(entries())
    found = client.get("/gallery/?q=Provider+twice").content.decode()
    assert "Charge with a second" in found and "Sort new leads" not in found
    approving = client.get("/gallery/?shows=approval").content.decode()
    assert "Release with a sign-off" in approving and "Sort new leads" not in approving
    assert "speaks of “zebra”" in client.get("/gallery/?q=zebra&shows=approval").content.decode()


@pytest.mark.parametrize("slug", [each.slug for each in entries()])
def test_each_has_a_page_with_its_drawing(slug: str, web: Web, alice: User) -> None:
    """Problem, walk-through and every step by name."""
    (ready,) = (each for each in entries() if each.slug == slug)

    page = web(alice).get(f"/gallery/{slug}/").content.decode()

    assert all(words in page for words in (ready.name, "The problem", "How it works", "Step by step"))
    assert 0.5 <= picture_of(drawn(ready)).fit <= 0.9
    assert page.count('class="card"') == len(drawn(ready).by_id)


def test_what_is_not_connected_is_named(web: Web, alice: User, connected: None, settings: Any) -> None:
    """Outside the demo the page says what to connect, and a start is refused before anything is made."""
    assert "Run it once</button>" in web(alice).get("/gallery/payment-failover/").content.decode()
    settings.SERVICES = {"ledger": "https://books.example.com"}

    page = web(alice).get("/gallery/payment-failover/").content.decode()
    answer = web(alice).post("/gallery/payment-failover/run/")

    assert "What to connect" in page and "config.services.payments_first" in page and "Run it once</button>" not in page
    assert answer.status_code == 409 and not Playbook.objects.exists()


def test_one_press_runs_it_and_a_second_makes_no_second_copy(web: Web, alice: User, connected: None) -> None:
    """The copy stands as it is and is used again; its run says where it comes from."""
    first, second = (web(alice).post("/gallery/payment-failover/run/", {"sample": "0"}) for _ in range(2))

    playbook = Playbook.objects.get()
    assert [each.headers["Location"] for each in (first, second)] == [f"/runs/{run.pk}/" for run in Run.objects.order_by("pk")]
    assert {(run.playbook_id, run.trigger) for run in Run.objects.all()} == {(playbook.pk, "gallery")}
    assert playbook.newest and playbook.newest.document["labels"] == {"gallery": "payment-failover"}


def test_what_it_runs_comes_with_it(web: Web, alice: User, published: Callable[..., Any]) -> None:
    """A part is published too; where its name is taken it gets another one, and the copy calls it by that."""
    published(
        {"handrail": 1, "name": "Post one journal entry", "description": "x", "owner": "x", "steps": [{"type": "log", "with": {"message": "x"}}]}
    )

    answer = web(alice).post("/gallery/month-end-journal/use/")

    copy = Playbook.objects.get(name="Post the journal of a month")
    part = Playbook.objects.get(name="Post one journal entry (2)")
    assert copy.newest and part.newest
    assert copy.newest.document["steps"][0]["steps"][0]["with"]["playbook"] == part.name
    assert answer.headers["Location"] == f"/playbooks/{copy.pk}/start/"
    assert web(alice).get(f"/playbooks/{copy.pk}/start/").status_code == 200


def test_a_draft_leads_to_the_builder(web: Web, alice: User) -> None:
    """Nothing is published, and the audit log says who took it."""
    answer = web(alice).post("/gallery/lead-triage/use/", {"as": "draft"})

    playbook = Playbook.objects.get()
    assert playbook.newest is None and answer.headers["Location"] == f"/playbooks/{playbook.pk}/edit/"
    assert AuditEntry.objects.filter(action="playbook.taken", actor=alice, thing_id=str(playbook.pk)).exists()


def test_who_may_not_draw_may_look(web: Web, dave: User, carol: User, alice: User, connected: None) -> None:
    """A viewer sees the page without buttons; an operator runs a copy that is there, but takes none."""
    assert "Use this" not in web(dave).get("/gallery/lead-triage/").content.decode()
    assert [web(who).post(f"/gallery/lead-triage/{deed}/").status_code for who in (dave, carol) for deed in ("use", "run")] == [403] * 4
    web(alice).post("/gallery/lead-triage/use/")

    assert web(carol).post("/gallery/lead-triage/run/").status_code == 302
    assert web(dave).post("/gallery/lead-triage/run/").status_code == 403
    assert web(alice).get("/gallery/nothing-here/").status_code == 404


def test_an_empty_account_is_led_there(web: Web, eve: User) -> None:
    """From home and from the list of playbooks."""
    for address in ("/", "/playbooks/"):
        assert "Choose a ready playbook" in web(eve).get(address).content.decode()
    assert "Start with a playbook that works" in web(eve).get("/gallery/").content.decode()

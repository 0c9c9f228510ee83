"""The gallery's pages: found by words and by what they show, looked at, taken and run once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from approvals_app.models import Approval
from config.demo.services.book import addresses
from playbooks_app.gallery.reading import drawn, entries
from playbooks_app.models import AuditEntry, Playbook, User
from playbooks_app.pages.diagram import picture_of
from runs_app.models import Run
from tests.machine import drive

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
    """Outside the demo the page says what to connect, and offers the sandbox until then."""
    assert "Run it once</button>" in web(alice).get("/gallery/payment-failover/").content.decode()
    settings.SERVICES = {"ledger": "https://books.example.com"}

    page = web(alice).get("/gallery/payment-failover/").content.decode()

    assert "What to connect" in page and "config.services.payments_first" in page
    assert "Run it once</button>" not in page and "Try it in the sandbox</button>" in page


def test_one_press_runs_it_and_a_second_makes_no_second_copy(web: Web, alice: User, connected: None) -> None:
    """The copy stands as it is and is used again; its run says where it comes from, and both starts are on record."""
    first, second = (web(alice).post("/gallery/payment-failover/run/", {"sample": "0"}) for _ in range(2))

    playbook = Playbook.objects.get()
    assert [each.headers["Location"] for each in (first, second)] == [f"/runs/{run.pk}/" for run in Run.objects.order_by("pk")]
    assert {(run.playbook_id, run.trigger) for run in Run.objects.all()} == {(playbook.pk, "gallery")}
    assert playbook.newest and playbook.newest.document["labels"] == {"gallery": "payment-failover"}
    assert AuditEntry.objects.filter(action="run.started", actor=alice).count() == 2


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
    assert "Make it mine" not in web(dave).get("/gallery/lead-triage/").content.decode()
    assert [web(who).post(f"/gallery/lead-triage/{deed}/").status_code for who in (dave, carol) for deed in ("use", "run")] == [403] * 4
    web(alice).post("/gallery/lead-triage/use/")

    assert web(carol).post("/gallery/lead-triage/run/").status_code == 302
    assert web(dave).post("/gallery/lead-triage/run/").status_code == 403
    assert web(alice).get("/gallery/nothing-here/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_each_runs_to_its_end_in_an_account_that_has_connected_nothing(web: Web, eve: User) -> None:
    """One press runs it in the sandbox, where its own sample answers stand in for the services; the questions on the way are asked of who pressed."""
    ended = {}
    for ready in entries():
        web(eve).post(f"/gallery/{ready.slug}/run/", {"sample": "0"})
        run = drive(Run.objects.latest("pk"))
        if ready.asks:
            assert run.status == "pending_approval", (ready.slug, run.status, run.error)
            Approval.objects.get(run=run).decide("approve", by=eve, channel="inbox")
            run = drive(run)
        assert run.mode == "sandbox"
        ended[ready.slug] = run.status

    assert ended == {ready.slug: "completed" for ready in entries()}
    assert Run.objects.get(playbook__name="Sort new leads").outputs == {"points": 103, "route": "hot"}


def test_builders_are_led_there(web: Web, eve: User, dave: User) -> None:
    """From the side bar, home, the list of playbooks and the form for a new one; who only looks on has no such place."""
    for address in ("/", "/playbooks/", "/playbooks/new/"):
        assert web(eve).get(address).content.decode().count('href="/gallery/"') >= 2, address
    assert 'href="/gallery/"' not in web(dave).get("/").content.decode()
    assert "Start with a playbook that works" in web(eve).get("/gallery/").content.decode()

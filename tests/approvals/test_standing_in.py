"""Handing over, and standing in for somebody who is away: the vote counts for the one who was asked, and both names are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals_app.models import Absence, Approval
from playbooks_app import clock
from playbooks_app.errors import WrongState
from playbooks_app.models import User
from runs_app.models import OutboxMail

Ask = Callable[..., Approval]
Lead = Callable[[str], User]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def away(person: User, deputy: User, **span: Any) -> Absence:
    assert person.account is not None
    return Absence.objects.create(account=person.account, person=person, deputy=deputy, **{"since": clock.now() - timedelta(hours=1), **span})


def test_the_deputy_is_asked_as_well_and_decides_on_behalf(ask: Ask, bob: User, alice: User, resolved: list[dict[str, Any]]) -> None:
    """Both have it in the inbox, both get a mail; the record has both names."""
    away(bob, alice)
    approval = ask()
    assert list(Approval.objects.open_for(alice)) == list(Approval.objects.open_for(bob)) == [approval]
    assert "You stand in for Bob Banks." in OutboxMail.objects.get(to="alice@acme.example").text

    made = approval.decide("approve", by=alice)

    assert (made.person, made.on_behalf_of, made.by_name) == (alice, bob, "Alice Archer for Bob Banks")
    assert (resolved[0]["output"]["by"], resolved[0]["output"]["on_behalf_of"]) == ("alice", "bob")


def test_of_the_two_only_the_first_counts(ask: Ask, bob: User, alice: User, lead: Lead) -> None:
    """One seat, one vote: after the deputy's, bob is not asked any more."""
    lead("dana")
    away(bob, alice)
    approval = ask(rules=[{"need": 2}])
    approval.decide("approve", by=alice)

    with pytest.raises(WrongState):
        approval.decide("approve", by=bob)

    assert approval.decisions.count() == 1


def test_who_stands_in_for_who_stands_in_is_found(ask: Ask, bob: User, alice: User, admin: User) -> None:
    """Bob is away, alice for bob is away too: the next one is asked; a ring of absences ends."""
    away(bob, alice)
    ring = away(alice, admin)
    first = ask()
    assert list(Approval.objects.open_for(admin)) == [first]

    ring.delete()
    away(alice, bob)
    second = ask()
    assert list(second.asked.values_list("person__username", flat=True)) == ["bob"]


@pytest.mark.parametrize("span", [{"since": timedelta(hours=1)}, {"until": timedelta(minutes=-1)}, {"ended_at": timedelta(0)}])
def test_only_who_is_away_at_present_is_stood_in_for(ask: Ask, bob: User, alice: User, span: dict[str, timedelta]) -> None:
    """Not yet, no more, taken back."""
    away(bob, alice, **{name: clock.now() + each for name, each in span.items()})

    assert list(ask().asked.values_list("person__username", flat=True)) == ["bob"]


def test_what_was_handed_over_can_be_handed_back(ask: Ask, bob: User, alice: User) -> None:
    """And is then decided by bob as himself."""
    approval = ask()
    approval.delegate(alice, by=bob)
    approval.delegate(bob, by=alice)

    made = approval.decide("approve", by=bob)

    assert (made.person, made.on_behalf_of) == (bob, None)


def test_nobody_gets_a_second_vote_by_a_hand_over(ask: Ask, web: Web, bob: User, lead: Lead) -> None:
    """Neither who decides here already, nor who has."""
    dana, priya = lead("dana"), lead("priya")
    approval = ask(rules=[{"need": 3}])
    approval.decide("approve", by=dana)

    for name in ("dana", "priya"):
        assert web(bob).post(f"/approvals/{approval.pk}/delegate/", {"to": name}).status_code == 422, name

    assert approval.asked.get(person=priya).ended_at is None


def test_a_handed_over_vote_counts_for_the_seat(ask: Ask, bob: User, alice: User, lead: Lead) -> None:
    """Two of two: alice for bob, and dana."""
    dana = lead("dana")
    approval = ask(rules=[{"need": 2}])
    approval.delegate(alice, by=bob)

    approval.decide("approve", by=alice)
    approval.decide("approve", by=dana)

    assert Approval.objects.get().status == "approved"


def test_saying_that_one_is_away_and_taking_it_back(web: Web, bob: User, alice: User) -> None:
    """A page of one's own; days in one's own zone, the last one included."""
    browser = web(bob)
    browser.post("/approvals/away/", {"deputy": alice.pk, "since": "2026-11-23", "until": "2026-11-27", "note": "Holiday"})
    absence = Absence.objects.get()
    assert (absence.person, absence.deputy, absence.made_by) == (bob, alice, bob)
    assert absence.until is not None and absence.until - absence.since == timedelta(days=5)

    browser.post("/approvals/away/", {"end": absence.pk})

    assert Absence.objects.get().ended_at is not None


def test_faults_are_told_and_a_viewer_cannot_stand_in(web: Web, bob: User, dave: User, alice: User) -> None:
    """422 with every fault."""
    browser = web(bob)

    for form in (
        {"deputy": dave.pk, "since": "2026-11-23"},
        {"deputy": alice.pk, "since": "soon"},
        {"deputy": alice.pk, "since": "2026-11-23", "until": "2026-11-01"},
    ):
        assert browser.post("/approvals/away/", form).status_code == 422, form

    assert not Absence.objects.exists()

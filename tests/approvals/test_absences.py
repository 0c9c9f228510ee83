"""Who is away, set by oneself or by an admin, and seen by everybody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from approvals_app.models import Absence, Approval
from playbooks_app.models import Account, AuditEntry, User

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def test_an_admin_says_that_somebody_is_away(ask: Ask, web: Web, admin: User, alice: User, bob: User) -> None:
    """The deputy is asked from then on; it is in the audit log and on the person's own page; the admin takes it back."""
    address = f"/approvals/away/?person={bob.pk}"

    assert web(admin).post(address, {"deputy": alice.pk, "since": "2020-01-01", "until": ""}).status_code == 302
    assert Approval.objects.open_for(alice).filter(pk=ask(starter=admin).pk).exists()
    assert "set by" in web(bob).get("/approvals/away/").content.decode()
    assert AuditEntry.objects.filter(action="absence.set", actor=admin).count() == 1

    web(admin).post(address, {"end": Absence.objects.get().pk})
    assert not Approval.objects.open_for(alice).filter(pk=ask(starter=admin).pk).exists()
    assert AuditEntry.objects.filter(action="absence.ended").count() == 1


def test_nobody_else_may(web: Web, alice: User, bob: User, eve: User) -> None:
    """A builder may not, an admin of another account does not even see the person, and what makes no sense is not there."""
    assert web(alice).post(f"/approvals/away/?person={bob.pk}", {"deputy": alice.pk, "since": "2020-01-01"}).status_code == 403
    assert [web(eve).get(f"/approvals/away/?person={who}").status_code for who in (bob.pk, "x", "9" * 20)] == [404, 404, 404]
    assert not Absence.objects.exists()


def test_the_people_page_shows_the_chain(web: Web, acme: Account, admin: User, alice: User, bob: User, carol: User) -> None:
    """Who is away, until when, and who stands in in the end; a ring is said to be one. Only admins get the way to change it."""
    for person, deputy in ((bob, alice), (alice, carol)):
        Absence.objects.create(account=acme, person=person, deputy=deputy)
    page = web(admin).get("/settings/people/").content.decode()

    assert f"Away until further notice: {alice.display_name}, away too, then {carol.display_name} stands in" in page
    assert f"/approvals/away/?person={bob.pk}" in page
    assert f"/approvals/away/?person={bob.pk}" not in web(carol).get("/settings/people/").content.decode()

    Absence.objects.create(account=acme, person=carol, deputy=bob)
    assert web(admin).get("/settings/people/").content.decode().count("nobody stands in, the deputies are away too") == 3


def test_a_row_says_why_it_waits(ask: Ask, web: Web, bob: User, alice: User) -> None:
    """For who asked: whose turn it is, until when, and what comes then; after a hand-over it is the other's turn."""
    approval = ask(escalate={"after": "2d", "to": {"user": "carol"}, "mode": "share"})
    rows = web(alice).get("/approvals/?view=asked&list=1").content.decode()
    assert "Waits for Bob Banks until" in rows and "then Carol" in rows

    approval.claim(bob)
    approval.delegate(alice, by=bob)
    assert f"Waits for {alice.display_name}" in web(bob).get(f"/approvals/{approval.pk}/").content.decode()

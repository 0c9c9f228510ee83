"""Decisions that wait for somebody who leaves the account are asked of somebody else."""

from __future__ import annotations

from approvals_app.models import Approval
from playbooks_app.models import User
from playbooks_app.people import membership
from tests.approvals.conftest import Ask


def test_the_decision_goes_to_somebody_who_may_take_it(ask: Ask, admin: User, bob: User, alice: User) -> None:
    """Bob leaves; his heir alice may not decide with four eyes on her own run, so an owner is asked."""
    own, four_eyes = ask(starter=admin), ask(starter=alice, four_eyes=True)

    membership.change(bob.memberships.get(), by=admin, active=False, heir="alice")

    assert Approval.objects.open_for(bob).count() == 0
    assert list(Approval.objects.open_for(alice)) == [own]
    assert list(Approval.objects.open_for(admin)) == [four_eyes]
    made = four_eyes.decide("approve", by=User.objects.get(pk=admin.pk))
    assert made.on_behalf_of == bob and Approval.objects.get(pk=four_eyes.pk).status == "approved"


def test_where_nobody_may_the_record_says_who_has_left(ask: Ask, admin: User, bob: User) -> None:
    """The only other person who could decide has started the run: it waits, and says why."""
    approval = ask(starter=admin, four_eyes=True)

    membership.change(bob.memberships.get(), by=admin, active=False, heir="admin")

    assert approval.asked.get(person=bob).why == "group finance-leads; has left the account"
    assert Approval.objects.get(pk=approval.pk).status == "open"

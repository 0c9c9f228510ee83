"""Decisions that wait for somebody who stops working in the account.

The rule: each goes to the heir if that person may take it over; else to the first owner or admin of the account, by name, who may. Whoever is
asked already, has voted, or is barred by four eyes may not. Where nobody may, the others who are asked decide, and the approval says who has left.
"""

from __future__ import annotations

from collections.abc import Iterable

from approvals_app.models import Approval, Asked
from approvals_app.permissions import may_take_over
from playbooks_app.models import Membership, Role, User


def ask_others(member: Membership, heir: User, by: User) -> None:
    """Called before the place is switched off, so that the seat can still be handed over."""
    open_seats = Asked.objects.filter(person=member.user_id, ended_at=None, barred="", approval__account=member.account_id, approval__closed_at=None)
    for number in list(open_seats.order_by("approval").values_list("approval", flat=True).distinct()):
        with Approval.objects.get(pk=number).changing() as approval:
            if approval.is_open and approval.asking_of(member.user) is not None:
                _hand_over(approval, member.user, _candidates(member, heir), by)


def _hand_over(approval: Approval, person: User, candidates: Iterable[User], by: User) -> None:
    successor = next((each for each in candidates if may_take_over(each, approval)), None)
    if successor is not None:
        approval.delegate(successor, by=by, of=person)
    else:
        for row in approval.asked.filter(person=person, round=approval.round, ended_at=None):
            row.why = f"{row.why}; has left the account"[:200]
            row.save(update_fields=["why"])


def _candidates(member: Membership, heir: User) -> list[User]:
    leads = Membership.objects.filter(account=member.account_id, active=True, role__in=(Role.OWNER, Role.ADMIN)).exclude(pk=member.pk)
    others = User.objects.filter(pk__in=leads.values("user"), is_active=True).exclude(pk=heir.pk).order_by("first_name", "username")
    return [heir, *others]

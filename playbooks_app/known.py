"""The names that a document of an account may mention: people, groups and departments."""

from __future__ import annotations

from playbooks_app.language.check import Known
from playbooks_app.models.account import Account
from playbooks_app.models.member import Department, Group, User


def names_known_to(account: Account) -> Known:
    """Three queries. Playbooks are looked up when the step that names them starts, and are not known here."""
    return Known(
        groups=frozenset(Group.objects.filter(account=account).values_list("slug", flat=True)),
        users=frozenset(User.objects.filter(memberships__account=account, memberships__active=True).values_list("username", flat=True)),
        secrets=frozenset(),  # the product keeps none, so every mention is unknown
        departments=frozenset(Department.objects.filter(account=account).values_list("slug", flat=True)),
    )

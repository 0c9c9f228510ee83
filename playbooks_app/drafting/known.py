"""The names that a document of an account may mention: people, groups, departments, secrets and connections."""

from __future__ import annotations

from playbooks_app.language.check import Known
from playbooks_app.models.account import Account
from playbooks_app.models.member import Department, Group, User
from playbooks_app.models.secret import Connection, Secret


def names_known_to(account: Account) -> Known:
    """Five queries. Playbooks are looked up when the step that names them starts, and are not known here."""
    people = list(User.objects.filter(memberships__account=account, memberships__active=True).values_list("username", "email", "pk"))
    return Known(
        groups=frozenset(Group.objects.filter(account=account).values_list("slug", flat=True)),
        users=frozenset(username for username, _, _ in people),
        other_names=frozenset(name for _, email, pk in people for name in (email.lower(), str(pk))),
        secrets=frozenset(Secret.objects.filter(account=account).values_list("name", flat=True)),
        connections=frozenset(Connection.objects.filter(account=account).values_list("name", flat=True)),
        departments=frozenset(Department.objects.filter(account=account).values_list("slug", flat=True)),
    )

"""Who may do what. Sight is a queryset (`visible_to`); these functions decide deeds on what is in sight (law 9).

viewer    sees
approver  sees, and decides when asked
operator  sees, starts and repairs runs
builder   as the operator, and draws and publishes
admin, owner   everything in the account
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from playbooks_app.errors import NotAllowed
from playbooks_app.models import Account, Playbook, Role, Shared, User

Person = User | AnonymousUser

LEADS = frozenset({Role.OWNER, Role.ADMIN})
BUILDS = LEADS | {Role.BUILDER}
OPERATES = BUILDS | {Role.OPERATOR}


def require(allowed: bool, deed: str = "") -> None:
    """Raises NotAllowed unless `allowed`; `deed` completes "You may look, but not …"."""
    if not allowed:
        raise NotAllowed(f"You may look, but not {deed or 'do this'}.")


def has_role(user: Person, account_id: int, roles: frozenset[Role]) -> bool:
    """Whether `user` works in this account in one of these roles."""
    membership = user.membership if isinstance(user, User) and user.is_active else None
    return membership is not None and membership.account_id == account_id and membership.role in roles


def in_sight(user: Person, thing: Shared) -> bool:
    """The rule of `sees`, for a thing that is already in memory; costs a query only where a group decides."""
    if not isinstance(user, User) or not user.is_active or user.membership is None or thing.account_id != user.membership.account_id:
        return False
    membership = user.membership
    if membership.role in LEADS or thing.owner_id == user.pk or thing.visibility == "account":
        return True
    if thing.visibility == "department":
        return thing.department_id is not None and thing.department_id == membership.department_id
    return thing.visibility == "group" and thing.group_id is not None and user.account_groups.filter(pk=thing.group_id).exists()


def may_view(user: Person, thing: Shared) -> bool:
    """See that it is there, and its progress."""
    return in_sight(user, thing)


def may_create(user: Person) -> bool:
    """Draw a playbook of one's own."""
    return isinstance(user, User) and user.account is not None and user.account.playbooks_enabled and has_role(user, user.account.pk, BUILDS)


def may_edit(user: Person, playbook: Playbook) -> bool:
    """Change the draft, the name and the description; archive it."""
    return has_role(user, playbook.account_id, BUILDS) and in_sight(user, playbook)


def may_publish(user: Person, playbook: Playbook) -> bool:
    """Make the draft a version that runs; deprecate a version."""
    return may_edit(user, playbook)


def may_start(user: Person, playbook: Playbook) -> bool:
    """Start a run of it."""
    return has_role(user, playbook.account_id, OPERATES) and playbook.account.playbooks_enabled and in_sight(user, playbook)


def may_start_autonomous(user: Person, playbook: Playbook) -> bool:
    """Start a run that asks nobody: its approvals are given by themselves. Only who could have drawn it without them."""
    return may_start(user, playbook) and may_edit(user, playbook)


def may_configure_start(user: Person, playbook: Playbook) -> bool:
    """Start a run with other config than the account's: that can replace the addresses which its steps call."""
    return may_start(user, playbook) and has_role(user, playbook.account_id, BUILDS)


def may_share(user: Person, thing: Shared) -> bool:
    """Decide who sees it: its owner, if that person may build, and the account's owners and admins."""
    if has_role(user, thing.account_id, LEADS):
        return True
    return thing.owner_id is not None and thing.owner_id == user.pk and has_role(user, thing.account_id, BUILDS)


def may_keep_secrets(user: Person, account: Account) -> bool:
    """Add, replace and delete secrets and connections, and see which there are; nobody reads their values."""
    return has_role(user, account.pk, BUILDS)


def may_manage_account(user: Person, account: Account) -> bool:
    """Change people, roles, departments and groups."""
    return has_role(user, account.pk, LEADS)

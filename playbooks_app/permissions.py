"""Who may do what. Sight is a queryset (`visible_to`); these functions decide deeds on what is in sight (law 9).

What a person may do with a thing is a level (rights/levels.py), which comes from the role where the visibility shows it, and from grants:

viewer    view
approver  view, with values; decides when asked
operator  operate: starts and repairs runs
builder   edit: draws and publishes; manage for what is one's own
admin, owner   manage, everything in the account
"""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser

from playbooks_app.errors import NotAllowed
from playbooks_app.models import Account, Level, Playbook, Role, Shared, User
from playbooks_app.rights.levels import standing_of

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
    """The rule of `visible_to`, for a thing that is already in memory."""
    return level_of(user, thing) >= Level.VIEW


def level_of(user: Person, thing: Shared) -> int:
    """What this person may do with it, as a Level; 0 is out of sight."""
    return standing_of(user, thing).level


def may_create(user: Person) -> bool:
    """Draw a playbook of one's own."""
    return isinstance(user, User) and user.account is not None and user.account.playbooks_enabled and has_role(user, user.account.pk, BUILDS)


def may_edit(user: Person, playbook: Playbook) -> bool:
    """Change the draft, the name, the description and the tags; archive it."""
    return level_of(user, playbook) >= Level.EDIT


def may_publish(user: Person, playbook: Playbook) -> bool:
    """Make the draft a version that runs; deprecate a version."""
    return may_edit(user, playbook)


def may_start(user: Person, playbook: Playbook) -> bool:
    """Start a run of it."""
    return level_of(user, playbook) >= Level.RUN and playbook.account.playbooks_enabled


def may_start_autonomous(user: Person, playbook: Playbook) -> bool:
    """Start a run that asks nobody: its approvals are given by themselves. Only who could have drawn it without them."""
    return may_start(user, playbook) and may_edit(user, playbook)


def may_configure_start(user: Person, playbook: Playbook) -> bool:
    """Start a run with other config than the account's: that can replace the addresses which its steps call."""
    return may_start(user, playbook) and may_edit(user, playbook)


def may_share(user: Person, thing: Shared) -> bool:
    """Decide who sees it, and hand it over: its owner if that is a builder, who was given that right, and the account's owners and admins."""
    return level_of(user, thing) >= Level.MANAGE


def may_view_values_of(user: Person, thing: Shared) -> bool:
    """Read what its steps handle, and give that right to others."""
    return standing_of(user, thing).values


def may_keep_secrets(user: Person, account: Account) -> bool:
    """Add, replace and delete secrets and connections, and see which there are; nobody reads their values."""
    return has_role(user, account.pk, BUILDS)


def may_manage_account(user: Person, account: Account) -> bool:
    """Change people, roles, departments and groups."""
    return has_role(user, account.pk, LEADS)

"""What somebody may do with a thing, and why: the one place where visibility, role, ownership and grants come together.

Where the visibility shows a thing, the role decides what a person may do with it; a grant gives what it says to whom it names, whatever their role.
The highest counts. `visible_to` says the same of whole lists; tests hold both against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from playbooks_app.models import Level, Membership, Role, Shared, User, Visibility
from playbooks_app.models.grant import Grant
from playbooks_app.models.sharing import Viewer

BY_ROLE: Mapping[str, Level] = {
    Role.OWNER: Level.MANAGE,
    Role.ADMIN: Level.MANAGE,
    Role.BUILDER: Level.EDIT,
    Role.OPERATOR: Level.OPERATE,
    Role.APPROVER: Level.VIEW,
    Role.VIEWER: Level.VIEW,
}
READS_VALUES = frozenset(set(BY_ROLE) - {Role.VIEWER})
NONE = 0  # out of sight


@dataclass(frozen=True, slots=True)
class Reason:
    """One way by which somebody may do something: `role`, `owner`, one of Visibility, or a grant."""

    level: int
    values: bool
    kind: str
    grant: Grant | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody may do, all reasons taken together; level 0 is out of sight."""

    level: int
    values: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a person stands in an account: what decides about sight."""

    user: int
    role: str
    department: int | None
    groups: frozenset[int]


def standing_of(user: Viewer, thing: Shared) -> Standing:
    """Of a person, with a thing that is in memory. Costs at most one query for groups and one for grants, for all things of a request."""
    membership = user.membership if isinstance(user, User) and user.is_active else None
    if not isinstance(user, User) or membership is None or membership.account_id != thing.account_id:
        return Standing(NONE, False, ())
    if membership.role in (Role.OWNER, Role.ADMIN):
        return standing(Place(user.pk, membership.role, None, frozenset()), thing, ())
    groups = user.group_ids if thing.visibility == Visibility.GROUP else frozenset()
    return standing(Place(user.pk, membership.role, membership.department_id, groups), thing, thing.grants_to(user))


def place_of(member: Membership, groups: Iterable[int]) -> Place:
    """For a whole account at once, see sharing.preview."""
    return Place(member.user_id, member.role, member.department_id, frozenset(groups))


def standing(place: Place, thing: Shared, grants: Iterable[Grant]) -> Standing:
    """The rule; `grants` are those for this person."""
    reasons = tuple(_reasons(place, thing, grants))
    return Standing(max((each.level for each in reasons), default=NONE), any(each.values for each in reasons), reasons)


def is_for(grant: Grant, place: Place) -> bool:
    """Whether a grant names this person."""
    kind, number = grant.principal
    return {"user": place.user == number, "group": number in place.groups, "department": place.department == number}[kind]


def _reasons(place: Place, thing: Shared, grants: Iterable[Grant]) -> Iterable[Reason]:
    usual, reads = BY_ROLE.get(place.role, Level.VIEW), place.role in READS_VALUES
    if usual == Level.MANAGE:
        yield Reason(usual, True, "role")
        return
    if thing.owner_id == place.user:
        yield Reason(Level.MANAGE if usual == Level.EDIT else usual, True, "owner")
    if _is_shown(place, thing):
        yield Reason(usual, reads, thing.visibility)
    for grant in grants:
        yield Reason(grant.level, grant.values, "grant", grant)


def _is_shown(place: Place, thing: Shared) -> bool:
    """The rule of `sees`, for somebody who does not lead the account."""
    match thing.visibility:
        case Visibility.ACCOUNT:
            return True
        case Visibility.DEPARTMENT:
            return thing.department_id is not None and thing.department_id == place.department
        case Visibility.GROUP:
            return thing.group_id is not None and thing.group_id in place.groups
    return False

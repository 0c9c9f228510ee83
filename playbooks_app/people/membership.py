"""Changing people's places in an account."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from playbooks_app import audit, limits
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Calendar, Department, Group, Membership, Role, User
from playbooks_app.models.sharing import Viewer
from playbooks_app.people import leaving

THERE = "Choose one that is there, or make it first."
WORKING = "Name somebody who works in the account, by username."


def members_visible_to(user: Viewer) -> QuerySet[Membership]:
    """People of the same account, by name; nobody without a place of their own sees anybody."""
    place = getattr(user, "membership", None)
    found = Membership.objects.filter(account=place.account_id) if place is not None else Membership.objects.none()
    return (
        found.select_related("user", "department", "account", "manager", "calendar")
        .prefetch_related("user__account_groups")
        .order_by("user__first_name", "user__username")
    )


def change(member: Membership, *, by: User, **changes: Any) -> None:
    """`changes`: role, department (slug or None), groups (slugs), manager (username or None), calendar (name or None), active, heir (username).

    The heir takes over from whom `active` false sends away. All or nothing. Raises Refused with every fault, NotAllowed where an admin touches an
    owner, WrongState where the last owner would go.
    """
    faults: list[Problem] = []
    department = department_called(member.account, changes.get("department"), faults)
    groups = groups_called(member.account, changes.get("groups", []), faults)
    manager = _manager(member, changes.get("manager"), faults)
    calendar = _calendar(member.account, changes.get("calendar"), faults)
    if "role" in changes and changes["role"] not in Role.values:
        faults.append(Problem("role", "NotOneOf", f"Choose one of {', '.join(Role.values)}."))
    if faults:
        raise Refused(faults)
    with transaction.atomic():
        _require_right_over_owners(member, by, changes)
        old = placed(member)
        _switch(member, by, changes)
        member.role, member.active = changes.get("role", member.role), changes.get("active", member.active)
        member.department = department if "department" in changes else member.department
        member.manager = manager if "manager" in changes else member.manager
        member.calendar = calendar if "calendar" in changes else member.calendar
        member.save(update_fields=["role", "active", "department", "manager", "calendar"])
        if "groups" in changes:
            others = member.user.account_groups.exclude(account=member.account)
            member.user.account_groups.set([*others, *groups])
        audit.note(by, "member.changed", member.user, old=old, new=placed(member))


def placed(member: Membership) -> dict[str, Any]:
    """A person's place, for records: `{role, department, groups, active}`."""
    groups = sorted(Group.objects.filter(account=member.account_id, members=member.user_id).values_list("slug", flat=True))
    department = member.department.slug if member.department else None
    return {"role": str(member.role), "department": department, "groups": groups, "active": member.active}


def department_called(account: Account, slug: str | None, faults: list[Problem]) -> Department | None:
    """The department, None for none; a name that nobody has is a fault."""
    found = Department.objects.filter(account=account, slug=slug.replace("\0", "")).first() if slug else None
    if slug and found is None:
        faults.append(Problem("department", "Unknown", f"There is no department “{slug[:60]}”.", THERE))
    return found


def groups_called(account: Account, slugs: Sequence[str], faults: list[Problem]) -> list[Group]:
    """The groups; names that none has are faults."""
    found = list(Group.objects.filter(account=account, slug__in=[slug.replace("\0", "") for slug in slugs]))
    missing = set(slugs) - {group.slug for group in found}
    faults.extend(Problem("groups", "Unknown", f"There is no group “{slug[:60]}”.", THERE) for slug in sorted(missing))
    return found


def people_called(account: Account, usernames: Sequence[str], faults: list[Problem], address: str) -> list[User]:
    """People who work in the account; names that nobody there has are faults."""
    working = User.objects.filter(memberships__account=account, memberships__active=True).distinct()
    found = list(working.filter(username__in=[name.replace("\0", "") for name in usernames]))
    missing = set(usernames) - {each.username for each in found}
    faults.extend(Problem(address, "Unknown", f"Nobody called “{name[:60]}” works here.", WORKING) for name in sorted(missing))
    return found


def _manager(member: Membership, name: str | None, faults: list[Problem]) -> User | None:
    working = User.objects.filter(memberships__account=member.account, memberships__active=True)
    called = name.replace("\0", "") if name else ""
    found = working.filter(Q(username__iexact=called) | Q(email__iexact=called)).first() if called else None
    if name and found is None:
        faults.append(Problem("manager", "Unknown", f"There is nobody called “{name[:60]}” in this account.", WORKING))
    elif found is not None and found.pk == member.user_id:
        faults.append(Problem("manager", "WrongValue", "Nobody is their own manager.", "Name somebody else, or nobody."))
    return found


def _calendar(account: Account, name: str | None, faults: list[Problem]) -> Calendar | None:
    found = Calendar.objects.filter(account=account, name=name.replace("\0", "")).first() if name else None
    if name and found is None:
        faults.append(Problem("calendar", "Unknown", f"There is no calendar “{name[:60]}”.", THERE))
    return found


def _switch(member: Membership, by: User, changes: dict[str, Any]) -> None:
    """Hand over before somebody goes; let in who comes back."""
    active = changes.get("active", member.active)
    if member.active and not active:
        leaving.leave(member, leaving.heir_of(member, changes.get("heir"), by), by=by)
    elif active and not member.active:
        limits.require_place(member.account)
        leaving.come_back(member)


def _require_right_over_owners(member: Membership, by: User, changes: dict[str, Any]) -> None:
    """Owners are made and unmade by owners only, and one stays. Reads the place again, under the account's lock."""
    Account.objects.select_for_update(no_key=True).get(pk=member.account_id)  # two owners may not leave at the same moment
    member.refresh_from_db(fields=["role", "active", "department"])
    becomes_owner, was_owner = changes.get("role") == Role.OWNER, member.role == Role.OWNER
    if (was_owner or becomes_owner) and not _is_owner(by, member.account_id):
        raise NotAllowed("Only an owner changes owners.")
    leaves = was_owner and (changes.get("role", Role.OWNER) != Role.OWNER or changes.get("active") is False)
    if leaves and is_last_owner(member.pk):
        raise WrongState("This is the last owner of the account.", hint="Make somebody else an owner first.")


def is_last_owner(pk: int) -> bool:
    """Whether this place is an owner's, and no other owner could sign in. Locks the account: ask in the transaction that changes the place."""
    place = Membership.objects.get(pk=pk)
    Account.objects.select_for_update(no_key=True).get(pk=place.account_id)
    owners = Membership.objects.filter(account=place.account_id, role=Role.OWNER, active=True)
    return owners.filter(pk=pk).exists() and not owners.filter(user__is_active=True).exclude(pk=pk).exists()


def _is_owner(person: User, account_id: int) -> bool:
    """At this moment, whatever the request has read before: two owners may be unmaking each other."""
    return Membership.objects.filter(user=person, account=account_id, role=Role.OWNER, active=True).exists()

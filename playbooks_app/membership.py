"""Changing people's places in an account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from playbooks_app import audit
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Calendar, Department, Group, Membership, Role, User
from playbooks_app.models.sharing import Viewer


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
    """`changes`: role, department (slug or None), groups (slugs), manager (username or None), calendar (name or None), active. All or nothing.

    Raises Refused with every fault, NotAllowed where an admin touches an owner, WrongState where the account would lose its last owner.
    """
    faults: list[Problem] = []
    department = _department(member.account, changes.get("department"), faults)
    groups = _groups(member.account, changes.get("groups", []), faults)
    manager = _manager(member, changes.get("manager"), faults)
    calendar = _calendar(member.account, changes.get("calendar"), faults)
    if "role" in changes and changes["role"] not in Role.values:
        faults.append(Problem("role", "NotOneOf", f"Choose one of {', '.join(Role.values)}."))
    if faults:
        raise Refused(faults)
    with transaction.atomic():
        _require_right_over_owners(member, by, changes)
        old = placed(member)
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


def _require_right_over_owners(member: Membership, by: User, changes: dict[str, Any]) -> None:
    """Owners are made and unmade by owners only, and one stays."""
    Account.objects.select_for_update(no_key=True).get(pk=member.account_id)  # two owners may not leave at the same moment
    becomes_owner, was_owner = changes.get("role") == Role.OWNER, member.role == Role.OWNER
    if (was_owner or becomes_owner) and by.role != Role.OWNER:
        raise NotAllowed("Only an owner changes owners.")
    leaves = was_owner and (changes.get("role", Role.OWNER) != Role.OWNER or changes.get("active") is False)
    if leaves and not Membership.objects.filter(account=member.account_id, role=Role.OWNER, active=True).exclude(pk=member.pk).exists():
        raise WrongState("This is the last owner of the account.", hint="Make somebody else an owner first.")


def _department(account: Account, slug: str | None, faults: list[Problem]) -> Department | None:
    found = Department.objects.filter(account=account, slug=slug).first() if slug else None
    if slug and found is None:
        faults.append(Problem("department", "Unknown", f"There is no department “{slug}”."))
    return found


def _manager(member: Membership, name: str | None, faults: list[Problem]) -> User | None:
    working = User.objects.filter(memberships__account=member.account, memberships__active=True)
    found = working.filter(Q(username__iexact=name) | Q(email__iexact=name)).first() if name else None
    if name and found is None:
        faults.append(Problem("manager", "Unknown", f"There is nobody called “{name}” in this account."))
    elif found is not None and found.pk == member.user_id:
        faults.append(Problem("manager", "WrongValue", "Nobody is their own manager."))
    return found


def _calendar(account: Account, name: str | None, faults: list[Problem]) -> Calendar | None:
    found = Calendar.objects.filter(account=account, name=name).first() if name else None
    if name and found is None:
        faults.append(Problem("calendar", "Unknown", f"There is no calendar “{name}”."))
    return found


def _groups(account: Account, slugs: list[str], faults: list[Problem]) -> list[Group]:
    found = list(Group.objects.filter(account=account, slug__in=slugs))
    missing = set(slugs) - {group.slug for group in found}
    faults.extend(Problem("groups", "Unknown", f"There is no group “{slug}”.") for slug in sorted(missing))
    return found

"""Departments and groups of an account: made, changed and deleted by those who lead it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.text import slugify

from playbooks_app import audit
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Department, Group, Playbook, PlaybookGrant, User
from playbooks_app.people import membership

LONGEST_NAME = 120


def save_department(account: Account, *, by: User, department: Department | None = None, **changes: Any) -> Department:
    """`changes`: name, slug (of a new one), head (username or None), deputies (usernames). Raises Refused with every fault."""
    faults: list[Problem] = []
    head = membership.people_called(account, [changes["head"]], faults, "head") if changes.get("head") else []
    deputies = membership.people_called(account, changes.get("deputies", []), faults, "deputies")
    names = _names(account, Department, department, changes, faults)
    if faults:
        raise Refused(faults)
    with transaction.atomic():
        old = _department_record(department) if department else None
        kept = department or Department(account=account)
        kept.name, kept.slug = names
        kept.head = (head[0] if head else None) if "head" in changes else kept.head
        kept.save()
        if "deputies" in changes:
            kept.deputies.set(deputies)
        audit.note(by, "department.changed" if department else "department.made", kept, old=old, new=_department_record(kept))
    return kept


def save_group(account: Account, *, by: User, group: Group | None = None, **changes: Any) -> Group:
    """`changes`: name, slug (of a new one), members (usernames). Raises Refused with every fault."""
    faults: list[Problem] = []
    members = membership.people_called(account, changes.get("members", []), faults, "members")
    names = _names(account, Group, group, changes, faults)
    if faults:
        raise Refused(faults)
    with transaction.atomic():
        old = _group_record(group) if group else None
        kept = group or Group(account=account)
        kept.name, kept.slug = names
        kept.save()
        if "members" in changes:
            kept.members.set(members)
        audit.note(by, "group.changed" if group else "group.made", kept, old=old, new=_group_record(kept))
    return kept


def delete(thing: Department | Group, *, by: User) -> None:
    """Raises WrongState while something is shared with it: nobody would see that any more."""
    kind = "department" if isinstance(thing, Department) else "group"
    shared = Playbook.objects.filter(**{kind: thing}).values_list("name", flat=True).first()
    granted = PlaybookGrant.objects.filter(**{kind: thing}).values_list("playbook__name", flat=True).first()
    if shared or granted:
        raise WrongState(f"“{shared or granted}” is shared with {thing}.", hint="Share it otherwise first.")
    with transaction.atomic():
        audit.note(by, f"{kind}.deleted", thing, old={"name": thing.name, "slug": thing.slug})
        thing.delete()


def _names(account: Account, kind: Any, present: Any, changes: dict[str, Any], faults: list[Problem]) -> tuple[str, str]:
    """Name and slug. The slug is what documents say, so it stays when the name changes."""
    name = " ".join(str(changes.get("name", present.name if present else "")).replace("\0", "").split())
    slug = present.slug if present else slugify(changes.get("slug") or name)[:60]
    if not name or len(name) > LONGEST_NAME:
        faults.append(Problem("name", "Missing" if not name else "TooLong", f"A name has 1 to {LONGEST_NAME} characters."))
    elif not slug:
        faults.append(Problem("slug", "WrongValue", "Use at least one letter from a to z or a digit."))
    elif present is None and kind.objects.filter(account=account, slug=slug).exists():
        faults.append(Problem("slug", "Twice", f"There is a {kind._meta.verbose_name} “{slug}” already.", "Choose another short name."))
    return name, slug


def _department_record(department: Department) -> dict[str, Any]:
    deputies = sorted(department.deputies.values_list("username", flat=True))
    return {"name": department.name, "head": department.head.username if department.head else None, "deputies": deputies}


def _group_record(group: Group) -> dict[str, Any]:
    return {"name": group.name, "members": sorted(group.members.values_list("username", flat=True))}

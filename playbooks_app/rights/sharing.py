"""Giving rights on a thing to people, groups and departments, and saying beforehand who will see what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from playbooks_app import audit
from playbooks_app.errors import NotAllowed, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Department, Group, Level, Membership, Role, Shared, User
from playbooks_app.models.grant import PRINCIPALS, Grant
from playbooks_app.permissions import may_view_values_of
from playbooks_app.rights.levels import NONE, Place, Reason, Standing, is_for, place_of, standing

MOST_GRANTS = 100  # on one thing: beyond that a group says it better
LEVELS = {level.label: level for level in Level}
DEEDS = {Level.VIEW: "may look", Level.RUN: "may start", Level.OPERATE: "may start and repair", Level.EDIT: "may change", Level.MANAGE: "may share"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A right as somebody asks for it: `kind` is user, group or department, `name` a username or slug, `level` a word."""

    kind: str
    name: str
    level: str = "view"
    values: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """One person in the preview: what they may, why, and how that differs from what they may at present."""

    person: User
    department: str
    deed: str
    values: bool
    because: str
    changed: str = ""  # "", new, more, less, gone


def wishes_to_grants(thing: Shared, wishes: Sequence[Wish], kind: type[Grant]) -> list[Grant]:
    """The rights as rows that are not stored yet. Raises Refused with every fault, each with the place of its wish."""
    faults, grants = [], []
    for index, wish in enumerate(wishes):
        found = _principal(thing.account_id, wish)
        if wish.level not in LEVELS:
            faults.append(Problem(f"grants/{index}/level", "NotOneOf", f"Choose one of {', '.join(LEVELS)}."))
        if found is None:
            faults.append(Problem(f"grants/{index}/to", "Unknown", f"There is no {wish.kind} “{wish.name[:60]}” in this account.", "Name another."))
        elif wish.level in LEVELS:
            grants.append(kind(**{kind.thing: thing, wish.kind: found, "level": LEVELS[wish.level], "values": wish.values}))
    twice = {each.principal for each in grants if [other.principal for other in grants].count(each.principal) > 1}
    faults += [Problem("grants", "Twice", f"{each.to_name} is listed twice.", "Keep one of them.") for each in grants if each.principal in twice][:1]
    if len(wishes) > MOST_GRANTS:
        faults.append(Problem("grants", "TooMany", f"At most {MOST_GRANTS} rights on one thing.", "Make a group of the people."))
    if faults:
        raise Refused(faults)
    return grants


def set_grants(thing: Any, grants: Sequence[Grant], *, by: User) -> None:
    """Replace the rights on a thing by these. Raises NotAllowed where `by` would show values without reading them."""
    with transaction.atomic():
        present = {each.principal: each for each in thing.grants.select_related("user", "group", "department").select_for_update(of=("self",))}
        wanted = {each.principal: each for each in grants}
        for principal, grant in wanted.items():
            give(grant, instead_of=present.get(principal), by=by)
        for principal, grant in present.items():
            if principal not in wanted:
                take_back(grant, by=by)


def give(grant: Grant, *, instead_of: Grant | None = None, by: User) -> Grant:
    """Store one right, or change the present one. Raises NotAllowed where `by` would show values without reading them."""
    thing = getattr(grant, grant.thing)
    if instead_of is not None and (instead_of.level, instead_of.values) == (grant.level, grant.values):
        return instead_of
    if grant.values and not (instead_of and instead_of.values) and not may_view_values_of(by, thing):
        raise NotAllowed("You may not show values that you may not read yourself.")
    old = instead_of.as_record() if instead_of else None
    kept = instead_of or grant
    kept.level, kept.values, kept.made_by = grant.level, grant.values, by
    kept.save()
    audit.note(by, f"{grant.thing}.granted", thing, old=old, new=kept.as_record())
    return kept


def take_back(grant: Grant, *, by: User) -> None:
    """Delete one right."""
    audit.note(by, f"{grant.thing}.revoked", getattr(grant, grant.thing), old=grant.as_record())
    grant.delete()


def preview(thing: Shared, grants: Iterable[Grant], *, before: Mapping[int, Standing] | None = None) -> list[Seen]:
    """Who sees what under these rights: everybody of the account who sees anything, or has seen it `before`, by name. Three queries."""
    found = []
    after = standings(thing, grants)
    for member, told in after.values():
        old = before.get(member.user_id) if before is not None else told
        if told.level or (old and old.level):
            found.append(_seen(thing, member, told, old or Standing(NONE, False, ())))
    return found


def standings(thing: Shared, grants: Iterable[Grant]) -> dict[int, tuple[Membership, Standing]]:
    """Where everybody who works in the account stands with it, by user id, in order of name. Two queries."""
    of_account = Membership.objects.filter(account=thing.account_id, active=True, user__is_active=True)
    members = of_account.select_related("user", "department").order_by("user__first_name", "user__username")
    groups = groups_by_person(thing.account_id)
    listed = list(grants)
    found = {}
    for member in members:
        place = place_of(member, groups.get(member.user_id, ()))
        found[member.user_id] = (member, standing(place, thing, [each for each in listed if is_for(each, place)]))
    return found


def groups_by_person(account_id: int) -> dict[int, list[int]]:
    """The groups of an account that each person is in."""
    found: dict[int, list[int]] = {}
    for person, group in Group.members.through.objects.filter(group__account=account_id).values_list("user_id", "group_id"):
        found.setdefault(person, []).append(group)
    return found


def principals(account: Account) -> list[tuple[str, list[tuple[str, str]]]]:
    """Whom one can give a right: `(heading, [(kind:slug, name)])`. Three queries."""
    members = Membership.objects.filter(account=account, active=True).exclude(role__in=(Role.OWNER, Role.ADMIN)).select_related("user")
    people = [(f"user:{each.user.username}", each.user.display_name) for each in members.order_by("user__first_name", "user__username")]
    groups = [(f"group:{each.slug}", each.name) for each in Group.objects.filter(account=account).order_by("name")]
    departments = [(f"department:{each.slug}", each.name) for each in Department.objects.filter(account=account).order_by("name")]
    return [(name, found) for name, found in (("People", people), ("Groups", groups), ("Departments", departments)) if found]


def _seen(thing: Shared, member: Membership, told: Standing, old: Standing) -> Seen:
    best = sorted(told.reasons, key=lambda each: (-each.level, not each.values))[:1]
    because = "; ".join(_words(each, thing, member) for each in best)
    if told.values and best and not best[0].values:
        because += "; sees values: " + next(_words(each, thing, member) for each in told.reasons if each.values)
    deed = DEEDS[Level(told.level)] if told.level else "sees nothing"
    return Seen(member.user, str(member.department or ""), deed, told.values, because, _change(told, old))


def _change(new: Standing, old: Standing) -> str:
    if (new.level, new.values) == (old.level, old.values):
        return ""
    if not old.level:
        return "new"
    if not new.level:
        return "gone"
    return "more" if new.level >= old.level and new.values >= old.values else "less" if new.level <= old.level else "more"


def _words(reason: Reason, thing: Shared, member: Membership) -> str:
    role = Role(member.role).label.lower()
    match reason.kind:
        case "role":
            return f"{role} of the account"
        case "owner":
            return "owner"
        case "account":
            return f"everyone in the account, as {role}"
        case "department":
            return f"department {thing.department}, as {role}"
        case "group":
            return f"group {thing.group}, as {role}"
    assert reason.grant is not None
    return "named here" if reason.grant.user_id else f"{reason.grant.principal[0]} {reason.grant.to_name}"


def _principal(account_id: int, wish: Wish) -> User | Group | Department | None:
    if wish.kind not in PRINCIPALS or "\0" in wish.name:
        return None
    if wish.kind == "user":
        working = User.objects.filter(memberships__account=account_id, memberships__active=True, is_active=True)
        return working.filter(username__iexact=wish.name).first()
    model: Any = {"group": Group, "department": Department}[wish.kind]
    found: Group | Department | None = model.objects.filter(account=account_id, slug=wish.name).first()
    return found


__all__ = ["MOST_GRANTS", "Place", "Seen", "Wish", "give", "preview", "principals", "set_grants", "standings", "take_back", "wishes_to_grants"]

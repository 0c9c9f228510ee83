"""Whom an author means: `user`, `group`, `department`, `role`, `manager_of` or what an expression gave, as people of the account.

An author may name anybody who works in the account, in person or by a group; of a department, viewers are not meant. The manager of somebody is who
stands beside their name in People, else the head of their department; `requester` is whoever started the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from playbooks_app.language.people_check import REQUESTER
from playbooks_app.models import Department, Group, Membership, Role, User

KINDS = ("user", "group", "department", "role", "manager_of", "expression")
MANAGER_OF = "manager of "  # in the text that an expression gives


@dataclass(frozen=True, slots=True)
class Chosen:
    """One person, and by which part of the rule. `through` is one of KINDS."""

    person: User
    why: str
    through: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Selector:
    """One selector, written out."""

    kind: str
    name: str
    weight: float = 1.0

    def __str__(self) -> str:
        return self.name if self.kind == "user" else f"{self.kind.replace('_', ' ')} {self.name}"


def chosen(selectors: Any, account_id: int, requester: User | None = None) -> list[Chosen]:
    """Everybody meant by a selector or a list of them, each once, by the first selector that names them. Unknown names mean nobody."""
    found: dict[int, Chosen] = {}
    for selector in written_out(selectors):
        for person in _members(selector, account_id, requester):
            found.setdefault(person.pk, Chosen(person, _why(selector), selector.kind, selector.weight))
    return list(found.values())


def named(selectors: Any) -> str:
    """The selectors in words: `group finance-leads, bob`."""
    return ", ".join(str(each) for each in written_out(selectors))


def written_out(selectors: Any, kind: str = "user", weight: float = 1.0) -> Iterator[Selector]:
    """`"bob"`, `{user: bob}`, `{group: [a, b], weight: 2}`, `{expression: <any of these>}` and lists of them, flattened."""
    if isinstance(selectors, Mapping):
        weight = _weight(selectors.get("weight"), weight)
        for each in KINDS:
            if each in selectors:
                yield from written_out(selectors[each], "user" if each == "expression" else each, weight)
    elif isinstance(selectors, list | tuple):
        for each in selectors:
            yield from written_out(each, kind, weight)
    elif isinstance(selectors, str) and selectors.lower().startswith(MANAGER_OF):
        yield Selector("manager_of", selectors[len(MANAGER_OF) :].strip(), weight)
    elif selectors not in (None, ""):
        yield Selector(kind, str(selectors), weight)


def _weight(written: Any, usual: float) -> float:
    is_number = isinstance(written, int | float) and not isinstance(written, bool)
    return float(written) if is_number and 0 < written <= 1000 else usual


def working_in(account_id: int) -> QuerySet[User]:
    """Who works in the account at present."""
    return User.objects.filter(is_active=True, memberships__account=account_id, memberships__active=True)


def find(name: str, account_id: int) -> User | None:
    """A person of the account by username, e-mail or id."""
    return working_in(account_id).filter(_user(name, account_id)).first()


def managers_of(person: User, account_id: int) -> list[int]:
    """Ids: the manager in this account, else the head of the department unless that is the person; none where there is neither."""
    member = person.memberships.filter(account=account_id).select_related("department").first()
    if member is None:
        return []
    head = member.department.head_id if member.department is not None else None
    found = member.manager_id or (head if head != person.pk else None)
    return [found] if found is not None else []


def _members(selector: Selector, account_id: int, requester: User | None) -> Iterable[User]:
    if selector.kind == "manager_of":
        meant = requester if selector.name.lower() in REQUESTER else find(selector.name, account_id)
        return working_in(account_id).filter(pk__in=managers_of(meant, account_id) if meant is not None else []).distinct()
    return working_in(account_id).filter(_MEANT[selector.kind](selector.name, account_id)).distinct().order_by("pk")


def _user(name: str, account_id: int) -> Q:
    condition = Q(username__iexact=name) | Q(email__iexact=name)
    return condition | Q(pk=int(name)) if name.isascii() and name.isdigit() and len(name) < 16 else condition


def _group(name: str, account_id: int) -> Q:
    groups = Group.objects.filter(Q(slug=name) | Q(name=name), account=account_id)
    return Q(account_groups__in=groups.values("pk"))


def _department(name: str, account_id: int) -> Q:
    departments = Department.objects.filter(Q(slug=name) | Q(name=name), account=account_id)
    there = Membership.objects.filter(account=account_id, active=True, department__in=departments.values("pk"))
    return Q(pk__in=there.exclude(role=Role.VIEWER).values("user"))


def _role(name: str, account_id: int) -> Q:
    return Q(pk__in=Membership.objects.filter(account=account_id, active=True, role=name.lower()).values("user"))


_MEANT: dict[str, Callable[[str, int], Q]] = {"user": _user, "group": _group, "department": _department, "role": _role}


def _why(selector: Selector) -> str:
    return "named in the playbook" if selector.kind == "user" else str(selector)

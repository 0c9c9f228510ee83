"""What the dialog that shares something shows and takes: a visibility, lines of rights, and who will see what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.http import QueryDict

from playbooks_app.drafting import drawing
from playbooks_app.errors import Refused
from playbooks_app.models import Department, Group, Shared, User, Visibility
from playbooks_app.models.grant import Grant
from playbooks_app.permissions import may_view_values_of
from playbooks_app.rights import sharing
from playbooks_app.wording import count

EMPTY_ROWS = 2  # to add rights in, without scripts


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to share, and how many people it means."""

    visibility: str
    label: str
    icon: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: `to` is `kind:slug`, "" where one can be added."""

    number: int
    to: str
    name: str
    level: str
    values: bool


def wishes_in(form: QueryDict) -> list[sharing.Wish]:
    """The lines of the form: `to_<n>`, `level_<n>`, `values_<n>`; those without anybody, and those set to "none", are left out."""
    found = []
    for number in range(sharing.MOST_GRANTS + EMPTY_ROWS + 1):
        kind, _, name = form.get(f"to_{number}", "").partition(":")
        level = form.get(f"level_{number}", "view")
        if name and level != "none":
            found.append(sharing.Wish(kind, name, level, f"values_{number}" in form))
    return found


def form_of(posted: QueryDict | None, user: User, thing: Shared, kind: type[Grant], *, inherit: bool = True) -> dict[str, Any]:
    """What the dialog shows: what is chosen, whom one can choose, and who will see what. The choice is put into `thing`, in memory only."""
    present = thing.all_grants()
    before = {pk: told for pk, (_, told) in sharing.standings(thing, present).items()}
    inherited = [each for each in present if not isinstance(each, kind)]
    own = [each for each in present if isinstance(each, kind)]
    chosen, rows, problems = chosen_in(posted, thing), _rows_of(own), []
    if posted is not None:
        rows = [Row(number, f"{each.kind}:{each.name}", each.name, each.level, each.values) for number, each in enumerate(wishes_in(posted))]
        try:
            own = sharing.wishes_to_grants(thing, wishes_in(posted), kind)
            drawing.set_sight(thing, **chosen)
        except Refused as refused:
            problems = refused.problems
    rows += [Row(len(rows) + extra, "", "", "view", False) for extra in range(EMPTY_ROWS)]
    seen = sharing.preview(thing, [*(inherited if inherit else []), *own], before=before)
    return {"chosen": chosen, "rows": rows, "people": sharing.principals(thing.account), "levels": sharing.DEEDS, "seen": seen,
            "shows_values": may_view_values_of(user, thing), "problems": problems, "inherited": inherited, **choices_of(thing)}  # fmt: skip


def _rows_of(grants: list[Grant]) -> list[Row]:
    return [Row(number, f"{g.principal[0]}:{g.to_slug}", g.to_name, g.get_level_display(), g.values) for number, g in enumerate(grants)]


def chosen_in(posted: QueryDict | None, thing: Shared) -> dict[str, str]:
    """The visibility with its department or group: of the form, else the present one."""
    if posted is not None:
        return {key: posted.get(key, "").replace("\0", "") for key in ("visibility", "department", "group")}
    return {
        "visibility": thing.visibility,
        "department": thing.department.slug if thing.department else "",
        "group": thing.group.slug if thing.group else "",
    }


def choices_of(thing: Shared) -> dict[str, object]:
    """Three queries: departments and groups with their people, and the account's."""
    active = Q(memberships__active=True)
    departments = list(Department.objects.filter(account=thing.account).annotate(people=Count("memberships", filter=active)).order_by("name"))
    groups = list(Group.objects.filter(account=thing.account).annotate(people=Count("members")).order_by("name"))
    people = thing.account.memberships.filter(active=True).count()
    mine = thing.department or (thing.owner.membership.department if thing.owner and thing.owner.membership else None)
    in_mine = next((each.people for each in departments if mine and each.pk == mine.pk), 0)
    choices = [
        Choice(Visibility.PRIVATE, "Only the owner", "lock", "nobody else"),
        Choice(Visibility.DEPARTMENT, "Department", "building", f"{mine}, {count(in_mine, 'person', 'people')}" if mine else "choose one"),
        Choice(Visibility.GROUP, "Group", "people", "choose one" if groups else "there is none yet"),
        Choice(Visibility.ACCOUNT, "Everyone", "globe", f"at {thing.account}, {count(people, 'person', 'people')}"),
    ]
    return {"choices": choices, "departments": departments, "groups": groups, "mine": mine.slug if mine else ""}

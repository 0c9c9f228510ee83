"""The list of playbooks: search, filters with their counts, and what the machine says about runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import CharField, Count, F, Func, Q
from django.http import HttpRequest, HttpResponse, QueryDict

from playbooks_app.models import Playbook, User
from playbooks_app.pages.finding import render_part, require_plan, viewer
from playbooks_app.pages.panels import RunFigures, figures_of, hints_of, sorted_by
from playbooks_app.permissions import may_create, may_edit, may_start

PER_PAGE = 50
MOST_TAGS = 100  # in the menu
COLUMNS = (
    ("name", "Name", False),
    ("", "Who can see it", False),
    ("", "Last 16 runs", False),
    ("runs", "Runs, 30 days", True),
    ("succeeded", "Succeed", True),
    ("takes", "Takes on average", True),
)


@dataclass(frozen=True, slots=True)
class Pick:
    """A filter with its count."""

    key: str
    label: str
    count: int
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column. `sort` is what a press asks for; "" = it cannot be sorted by."""

    label: str
    sort: str
    direction: str  # for aria-sort
    numeric: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A playbook with what its row offers."""

    playbook: Playbook
    figures: RunFigures
    may_start: bool
    may_edit: bool


@login_required
def playbook_list(request: HttpRequest) -> HttpResponse:
    """`/playbooks/?q=&show=mine|department|drafts|archived&page=`; the list alone for htmx."""
    require_plan(request)
    user, text, tag = viewer(request), _asked(request, "q"), _asked(request, "tag")
    everything, filters = Playbook.objects.visible_to(user), _filters(user)
    tags = tags_of(everything)
    everything = everything.filter(tags__contains=[tag]) if tag else everything
    picks = _picks(request.GET, filters, everything)
    chosen = next(pick for pick in picks if pick.current)
    sort = _asked(request, "sort")
    page = Paginator(sorted_by(user, _found(everything.filter(filters[chosen.key][1]), text), sort), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": list(_rows(user, page)), "left": page.paginator.count - page.end_index(), "query": text, "show": chosen.key}
    context |= {"picks": picks, "total": picks[0].count, "may_create": may_create(user), "tag": tag, "tags": tags}
    context |= {"heads": _heads(sort), "hints": [] if request.htmx else hints_of(request)}  # type: ignore[attr-defined]
    return render_part(request, "playbooks_app/playbooks.html", "playbooks_app/_playbooks.html", context)


def _heads(sort: str) -> list[Head]:
    """The columns; a press turns the sorted one round, and begins with the largest where that is what people look for."""
    found = []
    for key, label, numeric in COLUMNS:
        by_it = sort.removeprefix("-") == key or (key == "name" and sort.removeprefix("-") not in {each for each, _, _ in COLUMNS if each})
        down = sort.startswith("-")
        direction = ("descending" if down else "ascending") if by_it and key else "none"
        other = key if direction == "descending" else f"-{key}" if direction == "ascending" or numeric else key
        found.append(Head(label, other if key else "", direction, numeric))
    return found


def tags_of(playbooks: Any) -> list[str]:
    """Every tag of those that are not archived, in order; at most MOST_TAGS."""
    tags = playbooks.current().annotate(word=Func(F("tags"), function="unnest", output_field=CharField()))
    return list(tags.order_by("word").values_list("word", flat=True).distinct()[:MOST_TAGS])


def _asked(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:200]


def _found(playbooks: Any, text: str) -> Any:
    found = playbooks.matching(text) if text else playbooks
    return found.with_people().with_newest().defer("draft")


def _filters(user: User) -> dict[str, tuple[str, Q]]:
    """Key in the address -> (label, condition)."""
    current = Q(archived_at=None)
    found = {"": ("All", current), "mine": ("Mine", current & Q(owner=user))}
    department = user.membership.department if user.membership else None
    if department is not None:
        found["department"] = (department.name, current & Q(department=department))
    return {**found, "drafts": ("Never published", current & Q(versions=None)), "archived": ("Archived", Q(archived_at__isnull=False))}


def _picks(asked: QueryDict, filters: dict[str, tuple[str, Q]], everything: Any) -> list[Pick]:
    """All counts in one query; the empty ones are left out, except the first and the chosen one."""
    show = asked.get("show", "") if asked.get("show", "") in filters else ""
    counts = everything.aggregate(**{f"n_{key}": Count("pk", filter=condition, distinct=True) for key, (_, condition) in filters.items()})
    found = []
    for key, (label, _) in filters.items():
        count, current = counts[f"n_{key}"], key == show
        if count or current or not key:
            found.append(Pick(key, label, count, _address(asked, key), current))
    return found


def _address(asked: QueryDict, key: str) -> str:
    kept = asked.copy()
    kept.pop("page", None)
    kept["show"] = key
    if not key:
        kept.pop("show")
    return f"?{kept.urlencode()}"


def _rows(user: User, page: Page[Playbook]) -> Iterator[Row]:
    """Rights on each; grants and groups are read once for all of them."""
    figures = figures_of(user, [playbook.pk for playbook in page])
    for playbook in page:
        alive = playbook.archived_at is None
        starts = alive and getattr(playbook, "newest_number", None) is not None and may_start(user, playbook)
        yield Row(playbook, figures.get(playbook.pk, RunFigures()), starts, alive and may_edit(user, playbook))

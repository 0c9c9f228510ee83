"""The list of runs: what needs a person first, the rest newest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from playbooks_app import audit, clock
from playbooks_app.models import Playbook, User
from playbooks_app.pages.finding import viewer
from playbooks_app.spreadsheets import as_csv
from runs_app.api.filters import chosen
from runs_app.models import Run
from runs_app.permissions import may_operate, may_view_values, values_read_by
from runs_app.reading.found import hit_in
from runs_app.reading.hiding import hide_from
from runs_app.reading.searching import Search
from runs_app.reading.standing import standings_of
from runs_app.statuses import RunStatus

PAGE_SIZE = 50
MOST_EXPORTED = 10_000
HEADER = ("number", "playbook", "version", "status", "started by", "trigger", "made", "started", "finished", "code", "message")
MOST_CHOICES = 20  # in a menu
NEEDING = (RunStatus.PAUSED, RunStatus.PENDING_APPROVAL)
STATES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {  # key -> (mark, words, statuses)
    "stopped": ("failed", "Stopped", (RunStatus.PAUSED, RunStatus.FAILED)),
    "person": ("person", "Waiting for a person", (RunStatus.PENDING_APPROVAL,)),
    "waiting": ("time", "Waiting", (RunStatus.WAITING,)),
    "running": ("running", "Running", (RunStatus.RUNNING, RunStatus.QUEUED)),
    "succeeded": ("succeeded", "Succeeded", (RunStatus.COMPLETED,)),
    "cancelled": ("cancelled", "Cancelled", (RunStatus.CANCELLED,)),
}
ASKED = ("q", "playbook", "by", "period", "state", "needs", "parent", "mode")
MODES = {"trial": "Trials: sandbox and plans", "all": "Everything"}  # besides the live ones, which are shown by default
PERIODS = {"today": ("Today", 0), "week": ("Last 7 days", 7), "month": ("Last 30 days", 30)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string asks for; every part of it is a link on the page."""

    words: Mapping[str, str]  # q, playbook, by, period, state, needs; only those that are set

    def get(self, name: str) -> str:
        """What is chosen; "" when nothing is."""
        return self.words.get(name, "")

    def but(self, **changes: str) -> str:
        """The query string with these changes, back on the first page."""
        pairs = {**self.words, **changes}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of a filter."""

    words: str
    address: str
    chosen: bool
    state: str = ""
    count: int = 0


def asked_of(request: HttpRequest) -> Asked:
    """From the address; what is not known is left out."""
    found = {name: request.GET.get(name, "").replace("\0", "").strip()[:200] for name in ASKED}
    known = {"period": PERIODS, "state": STATES, "needs": {"person": 0}, "mode": MODES}
    return Asked({name: value for name, value in found.items() if value and (name not in known or value in known[name])})


@login_required
@never_cache
def run_list(request: HttpRequest) -> HttpResponseBase:
    """`/runs/`."""
    asked = asked_of(request)
    search = Search()
    runs = narrowed(request, asked, search)
    if request.GET.get("as") == "csv":
        return export(_in_state(runs, asked), viewer(request))
    counts = dict(runs.order_by().values_list("status").annotate(Count("id")))
    template = "runs_app/_runs.html" if request.htmx else "runs_app/runs.html"  # type: ignore[attr-defined]
    return render(request, template, {**_page(request, runs, asked, counts), **_filters(request, asked, counts), "search": search})


def narrowed(request: HttpRequest, asked: Asked, search: Search | None = None) -> QuerySet[Run]:
    """The runs in sight that fit everything but the state; `search` is told how far a value was looked for."""
    runs = cast("QuerySet[Run]", Run.objects.visible_to(viewer(request)).filter(archived_at=None))
    if asked.get("period"):
        runs = runs.filter(created_at__gte=_since(asked.get("period")))
    words = {"started_by": asked.get("by"), **{name: asked.get(name) for name in ("playbook", "q", "parent", "mode")}}
    return chosen(runs, {name: value for name, value in words.items() if value}, values_read_by(viewer(request)), search)


def ordered(runs: QuerySet[Run], counts: Mapping[str, int], start: int, size: int) -> list[Run]:
    """One page: runs that need a person, then the others, each newest first. Two slices, so that no list is sorted as a whole."""
    needing = sum(counts.get(status, 0) for status in NEEDING)
    rows = runs.select_related("playbook", "version", "owner", "account").order_by("-id")
    first = list(rows.filter(status__in=NEEDING)[start : start + size]) if start < needing else []
    left = size - len(first)
    return [*first, *rows.exclude(status__in=NEEDING)[max(0, start - needing) : max(0, start - needing) + left]] if left else first


def export(runs: QuerySet[Run], by: User) -> StreamingHttpResponse:
    """What the filter shows, as CSV; times in the viewer's zone."""
    audit.note(by, "runs.exported", by.account, new={"as": "csv"})
    return as_csv("runs", HEADER, _rows(runs, by))


def _page(request: HttpRequest, runs: QuerySet[Run], asked: Asked, counts: Mapping[str, int]) -> dict[str, Any]:
    user = viewer(request)
    wanted = STATES[asked.get("state")][2] if asked.get("state") else NEEDING if asked.get("needs") else tuple(RunStatus.values)
    total = sum(counts.get(status, 0) for status in wanted)
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(pages, max(1, int(number))) if (number := request.GET.get("page", "1")).isdecimal() and len(number) < 8 else 1
    rows = ordered(_in_state(runs, asked), {status: counts.get(status, 0) for status in wanted}, (page - 1) * PAGE_SIZE, PAGE_SIZE)
    hide_from(user, rows)
    standings = standings_of(rows)
    hits = {run.pk: hit_in(run, asked.get("q")) for run in rows if asked.get("q") and may_view_values(user, run)}
    return {
        "standings": standings,
        "hits": hits,
        "operates": {run.pk: may_operate(user, run) for run in rows},
        "total": total,
        "page": page,
        "pages": pages,
        "first": (page - 1) * PAGE_SIZE + 1,
        "last": min(total, page * PAGE_SIZE),
        "newer": asked.but(page=str(page - 1)) if page > 1 else "",
        "older": asked.but(page=str(page + 1)) if page < pages else "",
    }


def _filters(request: HttpRequest, asked: Asked, counts: Mapping[str, int]) -> dict[str, Any]:
    user = viewer(request)
    states = [
        Choice(words, asked.but(state=key, needs=""), asked.get("state") == key, mark, number)
        for key, (mark, words, statuses) in STATES.items()
        if (number := sum(counts.get(status, 0) for status in statuses)) or asked.get("state") == key
    ]
    playbooks = Playbook.objects.visible_to(user).current().order_by("name").values_list("pk", "name")[:MOST_CHOICES]
    starters = User.objects.filter(memberships__account=user.account, memberships__active=True).order_by("username")[:MOST_CHOICES]
    return {
        "asked": asked,
        "everything": sum(counts.values()),
        "states": states,
        "needing": sum(counts.get(status, 0) for status in NEEDING),
        "playbooks": [Choice(name, asked.but(playbook=str(pk)), asked.get("playbook") == str(pk)) for pk, name in playbooks],
        "starters": [Choice(each.display_name, asked.but(by=each.username), asked.get("by") == each.username) for each in starters],
        "periods": [Choice(words, asked.but(period=key), asked.get("period") == key) for key, (words, _) in PERIODS.items()],
        "asked_needs": asked.but(needs="person", state=""),
        "asked_without_needs": asked.but(needs=""),
        "asked_any_state": asked.but(state="", needs=""),
        "asked_any_playbook": asked.but(playbook=""),
        "asked_any_period": asked.but(period=""),
        "asked_any_starter": asked.but(by=""),
        "modes": [Choice(words, asked.but(mode=key), asked.get("mode") == key) for key, words in MODES.items()],
        "asked_live": asked.but(mode=""),
    }


def _in_state(runs: QuerySet[Run], asked: Asked) -> QuerySet[Run]:
    if asked.get("state"):
        return runs.filter(status__in=STATES[asked.get("state")][2])
    return runs.filter(status__in=NEEDING) if asked.get("needs") else runs


def _since(period: str) -> datetime:
    """The start of the day in the viewer's zone, so many days ago."""
    today = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=PERIODS[period][1])


def _rows(runs: QuerySet[Run], by: User) -> Iterator[tuple[object, ...]]:
    for run in runs.select_related("playbook", "version", "owner").order_by("-id")[:MOST_EXPORTED].iterator(chunk_size=500):
        hide_from(by, [run])
        owner = run.owner.display_name if run.owner else ""
        moments = (run.created_at, run.started_at, run.finished_at)
        yield run.pk, run.playbook.name, run.version.number, run.status, owner, run.trigger, *moments, run.code, run.message

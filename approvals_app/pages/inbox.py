"""The inbox: what waits for the viewer's decision, soonest first; list and decision side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet, Window
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from approvals_app import reading, sentences, talking
from approvals_app.models import Approval, Asked, Comment, Decision
from approvals_app.pages import decision as decision_page
from approvals_app.pages.narrowing import Narrowing
from approvals_app.pages.request import SignedIn
from approvals_app.pages.several import decide_each
from playbooks_app import clock
from playbooks_app.models import User
from playbooks_app.pages import badges

PAGE = 50
MOST_PAGES = 100_000
WEEK = timedelta(days=7)
VIEWS = (("mine", "For me"), ("groups", "With colleagues"), ("delegated", "Handed over"), ("asked", "Asked by me"), ("done", "Done"))
COUNTED = ("mine", "groups", "delegated", "asked")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    approval: Approval
    needs: str
    late: bool
    changed: bool
    seen: bool
    stands_in_for: User | None
    waits: str = ""
    talk: str = ""  # "asked": somebody waits for an answer; "answered": the viewer has got one


@dataclass(frozen=True, slots=True)
class Lately:
    """What somebody has answered in the last days."""

    count: int
    last: Decision


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading."""

    title: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Slice:
    """Page `number` (from 1) of so many lines."""

    ids: list[int]
    number: int
    total: int

    @property
    def start(self) -> int:
        """Place of its first line, from 1."""
        return (self.number - 1) * PAGE + 1

    @property
    def end(self) -> int:
        """Place of its last line."""
        return self.start + len(self.ids) - 1

    @property
    def before(self) -> int:
        """The page before; 0 when there is none."""
        return self.number - 1

    @property
    def after(self) -> int:
        """The page after; 0 when there is none."""
        return self.number + 1 if self.end < self.total else 0


def slice_of(approvals: QuerySet[Approval], asked: str) -> Slice:
    """The page that was asked for, and how many lines there are, in one query: counting first would go through all of them twice."""
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) < MOST_PAGES and len(asked) < 7 else 1
    counted = approvals.annotate(total=Window(Count("*"))).values_list("pk", "total")
    found = list(counted[(number - 1) * PAGE : number * PAGE])
    if not found and number > 1:
        return slice_of(approvals, "1")
    return Slice([pk for pk, _ in found], number, found[0][1] if found else 0)


@login_required
@require_GET
def inbox(request: SignedIn) -> HttpResponse:
    """`/approvals/?view=&q=&run=&came=&due=&sort=&id=&page=`; `&list` the list alone, `&nothing` what stands beside an empty one."""
    if "nothing" in request.GET:
        return render(request, "approvals_app/_nothing_open.html", {"lately": lately(request.user)})
    context = list_context(request.user, request.GET)
    if "list" in request.GET:
        return render(request, "approvals_app/_inbox_list.html", context)
    selected = _selected(request, context["rows"])
    if selected is not None:
        decision_page.note_seen(selected, request.user)
        context = {**context, **reading.read(selected, request.user), "heirs": decision_page.heirs(selected, request.user)}
        context["questions"] = reading.fields(selected, None)
    return render(request, "approvals_app/inbox.html", context)


@login_required
@require_POST
def decide_several(request: SignedIn) -> HttpResponse:
    """The same answer to several equal questions, with one comment and a result for each."""
    results = decide_each(request)
    done = sum(result.done for result in results)
    if done == len(results) and results:
        messages.success(request, f"{results[0].words}: {done} of {len(results)}")
        return redirect("inbox")
    return render(request, "approvals_app/several.html", {"results": results, "done": done}, status=200 if done else 409)


def list_context(viewer: User, asked: QueryDict) -> dict[str, Any]:
    """What the list shows, with the counts of all views."""
    view = asked.get("view", "") if asked.get("view") in dict(VIEWS) else "mine"
    narrowing = Narrowing.of(asked)
    found = slice_of(narrowing.applied(of_view(view, viewer), viewer), asked.get("page", ""))
    known = {} if narrowing.hides else {view: found.total}
    counts = {name: known[name] if name in known else of_view(name, viewer).order_by().count() for name in COUNTED}
    badges.remember("inbox", viewer, counts["mine"])
    rows = rows_of(in_order(found.ids), viewer)
    return {
        "view": view,
        "narrowing": narrowing,
        "views": [(name, label, counts.get(name)) for name, label in VIEWS if name != "delegated" or counts[name] or view == name],
        "rows": rows,
        "sections": sections(rows) if view != "done" and not narrowing.sort else [Section("", rows)],
        "page": found,
        "total": found.total,
        "lately": lately(viewer) if not rows else None,
    }


def lately(viewer: User) -> Lately | None:
    """What the viewer has answered in the last seven days; None for who has answered nothing."""
    made = Decision.objects.filter(person=viewer, at__gte=clock.now() - WEEK)
    last = made.select_related("approval").order_by("-pk").first()
    return Lately(made.count(), last) if last is not None else None


def in_order(ids: list[int]) -> list[Approval]:
    """These approvals with all that their rows need; sorting thousands is cheap as long as only ids are sorted."""
    found = Approval.objects.with_place().in_bulk(ids)
    return [found[pk] for pk in ids]


def of_view(view: str, viewer: User) -> QuerySet[Approval]:
    """The approvals of one view, in its order."""
    approvals = Approval.objects.all()
    if view == "groups":
        return approvals.with_colleagues(viewer).soonest_first()
    if view == "delegated":
        return approvals.handed_over_by(viewer).soonest_first()
    if view == "asked":
        return approvals.open().started_by(viewer).soonest_first()
    if view == "done":
        own = Q(pk__in=Approval.objects.asked_of(viewer).values("pk")) | Q(requester=viewer)
        return approvals.closed().visible_to(viewer).filter(own).order_by("-pk")
    return approvals.open_for(viewer).soonest_first()


def rows_of(approvals: Iterable[Approval], viewer: User) -> list[Row]:
    """The lines; two queries for all of them."""
    found = list(approvals)
    asked: dict[int, list[Asked]] = {}
    for row in Asked.objects.filter(person=viewer, approval__in=[each.pk for each in found]).select_related("stands_in_for").order_by("round"):
        asked.setdefault(row.approval_id, []).append(row)
    now, talks = clock.now(), talks_of(found, viewer)
    lines = [replace(_row(each, asked.get(each.pk, []), now), talk=talks.get(each.pk, "")) for each in found]
    return [replace(row, waits=sentences.waits(row.approval, viewer)) if row.approval.is_open else row for row in lines]


def talks_of(approvals: list[Approval], viewer: User) -> dict[int, str]:
    """How the questions before deciding stand, by id of the approval: see `Row.talk`."""
    threads: dict[int, list[Comment]] = {}
    for each in Comment.objects.filter(approval__in=[each.pk for each in approvals if each.is_open]).order_by("pk"):
        threads.setdefault(each.approval_id, []).append(each)
    found = {}
    for pk, said in threads.items():
        if talking.unanswered(said):
            found[pk] = "asked"
        elif any(each.asks and each.person_id == viewer.pk for each in said):
            found[pk] = "answered"
    return found


def sections(rows: list[Row]) -> list[Section]:
    """Overdue, due today, later, no limit."""
    today = timezone.localtime(clock.now()).date()
    found: dict[str, list[Row]] = {}
    for row in rows:
        due = row.approval.due_at
        if due is None:
            title = "No deadline"
        elif row.late:
            title = "Overdue"
        else:
            title = "Due today" if timezone.localtime(due).date() == today else "Later"
        found.setdefault(title, []).append(row)
    return [Section(title, each) for title, each in found.items()]


def _row(approval: Approval, asked: list[Asked], now: datetime) -> Row:
    present = next((row for row in asked if row.round == approval.round), None)
    looked_before = any(row.seen_at for row in asked if row.round < approval.round)
    seen = present is not None and present.seen_at is not None
    late = approval.due_at is not None and approval.due_at < now
    return Row(approval, sentences.needs_short(approval), late, looked_before and not seen, seen, present.stands_in_for if present else None)


def _selected(request: SignedIn, rows: list[Row]) -> Approval | None:
    """The approval in the address, else the first of the list."""
    wanted = request.GET.get("id", "")
    if wanted.isdigit():
        return Approval.objects.visible_to(request.user).with_place().filter(pk=int(wanted[:15])).first()
    return rows[0].approval if rows else None

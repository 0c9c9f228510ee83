"""The gallery: ready playbooks to look at, and to take into one's own account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from playbooks_app.errors import OutOfSight
from playbooks_app.gallery import copying
from playbooks_app.gallery.reading import CAPABILITIES, Entry, drawn, entries, entry
from playbooks_app.language.tree import every_step
from playbooks_app.models import Playbook, User
from playbooks_app.pages.diagram import Sketch, picture_of, sketch_of
from playbooks_app.pages.finding import render_part, require_plan, viewer
from playbooks_app.permissions import may_create, may_start, require


@dataclass(frozen=True, slots=True)
class Card:
    """One ready playbook in the list."""

    entry: Entry
    sketch: Sketch
    steps: int


@dataclass(frozen=True, slots=True)
class Pick:
    """A capability as a filter, with what it would leave."""

    label: str
    address: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Need:
    """A service that it calls: its name in `config.services`, what it must be able to do, and where it is; "" = not connected."""

    name: str
    words: str
    address: str


@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    """`/gallery/?q=&shows=`: all of them, by words and by what they show."""
    require_plan(request)
    query, shows = request.GET.get("q", "").replace("\0", "").strip()[:200], request.GET.get("shows", "")
    found = [each for each in entries() if each.contains(query)]
    context = {
        "query": query,
        "shows": shows if shows in CAPABILITIES else "",
        "picks": _picks(found, query, shows),
        "cards": [_card(each) for each in found if shows not in CAPABILITIES or shows in each.shows],
        "total": len(entries()),
        "none_yet": not Playbook.objects.visible_to(request.user).current().exists(),
    }
    return render_part(request, "playbooks_app/gallery.html", "playbooks_app/_gallery.html", context)


@login_required
def gallery_entry(request: HttpRequest, slug: str) -> HttpResponse:
    """`/gallery/<slug>/`: problem, how it works, walk-through, drawing, sample inputs, and the two buttons."""
    require_plan(request)
    return render(request, "playbooks_app/gallery_entry.html", _shown(entry_at(slug), viewer(request)))


def _shown(found: Entry, user: User) -> dict[str, Any]:
    """All that the page of one shows."""
    copy = copying.unchanged_copy(found, user)
    needs = needs_of(found, user)
    return {
        "entry": found,
        "picture": picture_of(drawn(found)),
        "steps": _count(found),
        "samples": list(enumerate(found.samples)),
        "needs": needs,
        "missing": [each for each in needs if not each.address],
        "copy": copy,
        "may_take": may_create(user),
        "may_run": may_start(user, copy) if copy is not None else may_create(user),
    }


@require_POST
@login_required
def gallery_use(request: HttpRequest, slug: str) -> HttpResponse:
    """`/gallery/<slug>/use/`: a copy in the viewer's account: published, and on to its start page; or a draft, and on to the builder."""
    require_plan(request)
    require(may_create(request.user), "draw playbooks")
    as_draft = request.POST.get("as") == "draft"
    playbook = copying.take(entry_at(slug), by=viewer(request), publish=not as_draft)
    messages.success(request, f"“{playbook}” is yours. Change what you like.")
    return redirect("playbook_edit" if as_draft else "playbook_start", playbook.pk)


def entry_at(slug: str) -> Entry:
    """Raises OutOfSight."""
    found = entry(slug)
    if found is None:
        raise OutOfSight("There is no such playbook in the gallery.")
    return found


def needs_of(found: Entry, user: User) -> list[Need]:
    """What it calls, and whether this account has said where that is."""
    services: dict[str, Any] = user.account.whole_config.get("services", {}) if user.account else {}
    return [Need(name, words, str(services.get(name, ""))) for name, words in found.needs.items()]


def cards_to_run() -> list[Card]:
    """Ready playbooks that run from beginning to end by themselves: they ask nobody. The shortest come first."""
    return sorted((_card(each) for each in entries() if not each.asks), key=lambda card: card.steps)


def _card(found: Entry) -> Card:
    return Card(found, sketch_of(drawn(found)), _count(found))


def _count(found: Entry) -> int:
    return sum(1 for _ in every_step(drawn(found).steps))


def _picks(found: Sequence[Entry], query: str, shows: str) -> list[Pick]:
    """Every capability that is left by the words, with its number; the chosen one leads back."""
    picks = []
    for key, label in CAPABILITIES.items():
        count = sum(1 for each in found if key in each.shows)
        if count or key == shows:
            asked = {name: value for name, value in (("q", query), ("shows", "" if key == shows else key)) if value}
            picks.append(Pick(label, f"{reverse('gallery')}{'?' + urlencode(asked) if asked else ''}", count, key == shows))
    return picks

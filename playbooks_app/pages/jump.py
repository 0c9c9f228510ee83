"""Search or jump to: places, playbooks, and what the apps above register."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from playbooks_app.models import Playbook, User
from playbooks_app.pages.finding import render_part, viewer

MOST = 8  # hits of one kind


@dataclass(frozen=True, slots=True)
class Hit:
    """Somewhere to go."""

    title: str
    kind: str  # "playbook", "run", …
    address: str
    icon: str


Source = Callable[[User, str], Iterable[Hit]]  # (who asks, what was typed; never empty) -> at most MOST hits
_sources: list[Source] = []


def register(source: Source) -> None:
    """Let one more kind of thing be found."""
    _sources.append(source)


def playbooks(user: User, text: str) -> Iterable[Hit]:
    """Playbooks whose name contains the text."""
    found = Playbook.objects.visible_to(user).current().filter(name__icontains=text).order_by("name").values_list("pk", "name")[:MOST]
    return [Hit(name, "playbook", reverse("playbook", args=[pk]), "playbook") for pk, name in found]


register(playbooks)


@login_required
def jump(request: HttpRequest) -> HttpResponse:
    """`/jump/?q=`: the page, or its hits alone for the dialog."""
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    hits = [hit for source in _sources for hit in source(viewer(request), text)] if text else []
    return render_part(request, "playbooks_app/jump.html", "playbooks_app/_jump_hits.html", {"query": text, "hits": hits})

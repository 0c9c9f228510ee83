"""Who edits a playbook right now, told to everybody who has it open. What is told is that there is news; each page looks for itself (law 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from playbooks_app import clock
from playbooks_app.drafting.draft_news import ring
from playbooks_app.models import Editor, Playbook, User

HERE_FOR = timedelta(seconds=45)  # three missed signs of life of a page, which come every 15 s
KEPT_FOR = timedelta(hours=1)  # then the rows of pages that were never closed properly go
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody else who has the builder open, in one page or several."""

    username: str
    name: str

    @property
    def initials(self) -> str:
        """At most two letters."""
        words = self.name.split() or [self.username]
        return "".join(word[0] for word in (words[0], *words[1:][-1:])).upper()


def arrive(playbook: Playbook, user: User, tab: str) -> None:
    """This page is open (still). The others hear of it when it is new."""
    now = clock.now()
    with transaction.atomic():
        _, is_new = Editor.objects.update_or_create(playbook=playbook, tab=tab, defaults={"user": user, "seen_at": now})
        if is_new:
            Editor.objects.filter(seen_at__lt=now - KEPT_FOR).delete()
            ring(playbook.pk)


def leave(playbook: Playbook, user: User, tab: str) -> None:
    """This page is being closed."""
    with transaction.atomic():
        gone, _ = Editor.objects.filter(playbook=playbook, user=user, tab=tab).delete()
        if gone:
            ring(playbook.pk)


def others(playbook: Playbook, user: User) -> list[Present]:
    """Who else has it open, each once, in order of arrival."""
    here = Editor.objects.filter(playbook=playbook, seen_at__gte=clock.now() - HERE_FOR).exclude(user=user).select_related("user").order_by("pk")
    found = {each.user_id: Present(each.user.username, each.user.display_name) for each in here}
    return list(found.values())[:MOST_SHOWN]


def state(playbook: Playbook, user: User) -> dict[str, Any]:
    """What a page asks for: the others, and which draft there is."""
    by = playbook.draft_saved_by
    saved = {"revision": playbook.draft_revision, "saved_at": playbook.draft_saved_at, "saved_by": by.display_name if by else None}
    return {"others": others(playbook, user), **saved}

"""Questions in one mail instead of many, for whoever wants it so.

A digest lists everything that waits for the person, with a link for each. What cannot wait for it comes by itself: what must be answered before the
next digest, what was handed over, and what was escalated. Nothing is lost when the clock stands still: the next digest has it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from approvals_app import facts, links, mail_choices, sentences
from approvals_app.choices import buttons
from approvals_app.models import Approval
from playbooks_app import clock, wording
from playbooks_app.models import User
from runs_app.models import MailChoice, OutboxMail
from runs_app.news import outbox

log = structlog.get_logger()
AT_ONCE = 100  # digests in one round of the clock
MOST_LISTED = 30  # questions in a digest; the inbox has all
MOST_FACTS = 6  # of each


def send_due(limit: int = AT_ONCE) -> int:
    """Send every digest whose moment has come; how many moments there were. May be done by several clocks at once."""
    due = list(MailChoice.objects.filter(digest_at__lte=clock.now()).order_by("digest_at").values_list("pk", flat=True)[:limit])
    for pk in due:
        try:
            with transaction.atomic():
                locked = MailChoice.objects.select_for_update(of=("self",), skip_locked=True).select_related("person")
                choice = locked.filter(pk=pk, digest_at__lte=clock.now()).first()
                if choice is not None:
                    _send(choice)
        except Exception:
            log.exception("digest_failed", choice=pk)
    return len(due)


def _send(choice: MailChoice) -> None:
    """One mail with all that waits, unless nothing has been asked or reminded since the digest before."""
    person, slot = choice.person, choice.digest_at
    assert slot is not None
    waiting = list(Approval.objects.open_for(person).with_place().soonest_first())
    if person.is_active and person.email and _has_news(person, slot, waiting):
        with timezone.override(mail_choices.zone_of(person)):
            _post(person, waiting, slot)
    mail_choices.choose(choice)


def _has_news(person: User, slot: datetime, waiting: list[Approval]) -> bool:
    """Something that waits was asked, asked again or reminded since the mail before."""
    before = _last_written(person)
    for approval in waiting:
        row = approval.asking_of(person)
        if row is not None and (before is None or max(row.at, row.reminded_at or row.at) > before):
            return True
    return False


def _last_written(person: User) -> datetime | None:
    """When the newest digest was written."""
    return (
        OutboxMail.objects.filter(to=person.email, reference__startswith=f"digest-{person.pk}-")
        .order_by("-pk")
        .values_list("created_at", flat=True)
        .first()
    )


def _post(person: User, waiting: list[Approval], slot: datetime) -> None:
    listed = [_item(approval, person) for approval in waiting[:MOST_LISTED]]
    late = sum(item["late"] for item in listed)
    title = f"{wording.count(len(waiting), 'question waits', 'questions wait')} for you"
    context = {
        "title": title,
        "account": waiting[0].account,
        "person": person,
        "items": listed,
        "late": late,
        "left": len(waiting) - len(listed),
        "inbox_address": links.absolute(reverse("inbox")),
        "choice_address": links.absolute(reverse("mail_choice")),
    }
    outbox.post(
        to=person.email,
        subject=f"{title}{f', {late} overdue' if late else ''}",
        text=render_to_string("approvals_app/mail_digest.txt", context),
        html=render_to_string("approvals_app/mail_digest.html", context),
        reference=f"digest-{person.pk}-{slot.isoformat()}",
    )


def _item(approval: Approval, person: User) -> dict[str, Any]:
    link = links.make(approval, person)
    found = facts.facts(approval.shown, approval.shown_order)
    return {
        "approval": approval,
        "address": link.address,
        "code": link.code,
        "late": approval.due_at is not None and approval.due_at < clock.now(),
        "asks": sentences.asks(approval),
        "silence": sentences.silence(approval, after_due=True) if approval.policy.get("silence") else "",
        "facts": [fact for fact in found if not fact.is_table and not fact.is_long][:MOST_FACTS],
        "buttons": buttons(approval)[::-1],
    }

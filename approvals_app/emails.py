"""The mails about approvals. Each is written to the outbox in the transaction of its cause."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from approvals_app import facts, fingerprint, links, questions, sentences
from approvals_app.choices import buttons
from playbooks_app import wording
from playbooks_app.models import Account, User
from runs_app import egress
from runs_app.news import outbox

if TYPE_CHECKING:
    from approvals_app.models import Approval, Asked, Decision

SUBJECT_LENGTH = 60
MOST_ROWS = 20  # of a table in a mail; the page has all
LEADS = {
    "asked": "",
    "changed": "Changed: ",
    "again": "Again: ",
    "reminder": "Reminder: ",
    "escalated": "No answer so far: ",
    "handed": "Handed to you: ",
}


def send_question(approval: Approval, asked: Asked, *, kind: str = "asked") -> None:
    """Ask one person. `kind`: asked, changed, again, reminder, escalated, handed. Later mails thread under the first."""
    if not asked.person.email:
        return
    first = question_reference(approval, asked.person, 1)
    reference = question_reference(approval, asked.person, approval.round) + (f"-{kind}-{asked.reminders}" if kind != "asked" else "")
    sent = links.make(approval, asked.person)
    with timezone.override(zone_of(asked.person, approval)):
        context = {**_context(approval, asked, kind), "link": sent.link, "address": sent.address, "code": sent.code, "replies": bool(sent.reply_to)}
        outbox.post(
            to=asked.person.email,
            subject=subject(approval, kind),
            text=render_to_string("approvals_app/mail_question.txt", context),
            html=render_to_string("approvals_app/mail_question.html", context),
            reference=reference,
            run=approval.run,
            headers={**_thread(reference, first), **({"Reply-To": sent.reply_to} if sent.reply_to else {})},
        )


def send_outcome(approval: Approval, made: Decision) -> None:
    """Tell who started the run what came out, once; not when that person decided it."""
    requester = approval.requester
    if requester is None or not requester.is_active or not requester.email or requester == made.person:
        return
    with timezone.override(zone_of(requester, approval)):
        context = {**_shown(approval), "person": requester, "made": made, "chose": sentences.chose(approval, approval.decision)}
        outbox.post(
            to=requester.email,
            subject=fitted(f"{_past(approval)}: ", approval.title),
            text=render_to_string("approvals_app/mail_outcome.txt", context),
            html=render_to_string("approvals_app/mail_outcome.html", context),
            reference=f"approval-{approval.pk}-{approval.round}-outcome",
            run=approval.run,
        )


def question_reference(approval: Approval, person: User, round: int) -> str:
    """The outbox's name of the first mail to a person in a round."""
    return f"approval-{approval.pk}-{round}-{person.pk}"


def subject(approval: Approval, kind: str) -> str:
    """Deed, deadline, object, in 60 characters."""
    deed = "Fill in" if approval.is_form else "Decide" if approval.choice_values != ["approve", "reject"] else "Approve"
    by = f" by {wording.when(approval.due_at)}" if approval.due_at else ""
    return fitted(f"{LEADS[kind]}{deed}{by}: ", approval.title)


def fitted(lead: str, title: str) -> str:
    """Lead and title in at most SUBJECT_LENGTH characters, on one line."""
    text = " ".join(f"{lead}{title}".split())
    return text if len(text) <= SUBJECT_LENGTH else f"{text[: SUBJECT_LENGTH - 1].rstrip()}…"


def zone_of(person: User, approval: Approval) -> zoneinfo.ZoneInfo:
    """The person's zone, else the account's."""
    return zone_called(person, approval.account)


def zone_called(person: User, account: Account | None) -> zoneinfo.ZoneInfo:
    """The person's zone, else the account's, else UTC."""
    try:
        return zoneinfo.ZoneInfo(person.timezone or (account.timezone if account else "UTC"))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _thread(reference: str, first: str) -> dict[str, str]:
    return {} if reference == first else {"In-Reply-To": egress.message_id(first), "References": egress.message_id(first)}


def _context(approval: Approval, asked: Asked, kind: str) -> Mapping[str, Any]:
    return {
        **_shown(approval),
        "person": asked.person,
        "asked": asked,
        "kind": kind,
        "asks": sentences.asks(approval),
        "needs": sentences.needs(approval),
        "silence": sentences.silence(approval, after_due=True),
        "choices": approval.choices,
        "opening": {1: "The button opens", 2: "Both open"}.get(len(approval.choices), "All of these open"),
        "reply_words": " or ".join(each["value"] for each in approval.choices),
        "questions": [each.title for each in questions.declared(approval.form)],
        "buttons": buttons(approval)[::-1],  # approving first: a mail is read from the top
        "zone": sentences.city(timezone.get_current_timezone_name()),
    }


def _shown(approval: Approval) -> dict[str, Any]:
    earlier = approval.showings.filter(round=approval.round - 1).first()
    found = facts.facts(approval.shown, approval.shown_order, earlier.shown if earlier else None)
    return {
        "approval": approval,
        "account": approval.account,
        "facts": found,
        "changes": facts.changes(found),
        "earlier": earlier,
        "fingerprint": fingerprint.short(approval.payload_hash),
        "inbox_address": links.absolute(reverse("inbox")),
        "page_address": links.absolute(reverse("approval", args=[approval.pk])),
        "run_address": links.absolute(f"/runs/{approval.run_id}/"),
        "most_rows": MOST_ROWS,
    }


def _past(approval: Approval) -> str:
    return {"approved": "Approved", "rejected": "Rejected", "expired": "Not answered"}.get(approval.outcome, approval.label_of(approval.decision))

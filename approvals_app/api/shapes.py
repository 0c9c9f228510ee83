"""The shape of an approval on the wire (DOORS.md, C). Times are UTC, ISO 8601."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from approvals_app.hidden import HIDDEN_TITLE
from approvals_app.models import Approval, Asked, Decision
from playbooks_app.models import User
from runs_app.models import OutboxMail


def shapes(approvals: Iterable[Approval], viewer: User) -> list[dict[str, Any]]:
    """Several, as `viewer` may read them; four queries for all of them together."""
    found = list(approvals)
    ids = [each.pk for each in found]
    readable = set(Approval.objects.readable_by(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    asked = _grouped(Asked.objects.filter(approval__in=ids).select_related("person", "stands_in_for").order_by("pk"))
    decisions = _grouped(Decision.objects.filter(approval__in=ids).select_related("person", "on_behalf_of").order_by("pk"))
    mails = _mails(found)
    whole = [_shape(each, asked.get(each.pk, []), decisions.get(each.pk, []), mails.get(each.pk, [])) for each in found]
    return [each if each["id"] in readable else _without_data(each) for each in whole]


def shape(approval: Approval, viewer: User) -> dict[str, Any]:
    """One, with its comments."""
    comments = approval.comments.select_related("person")
    said = [{"by": each.person.username, "at": each.at, "text": each.text, "asks": each.asks} for each in comments]
    whole = shapes([approval], viewer)[0]
    return {**whole, "comments": said if whole["shown"] is not None else [{**each, "text": ""} for each in said]}


def decision_shape(made: Decision) -> dict[str, Any]:
    """One vote. `counts` is false for votes of an earlier round: the data has changed since, or the step was tried again."""
    return {
        "decision": made.decision,
        "by": made.person.username if made.person else None,
        "on_behalf_of": made.on_behalf_of.username if made.on_behalf_of else None,
        "at": made.at,
        "comment": made.comment,
        "channel": made.channel,
        "values": made.values,
        "payload_hash": made.payload_hash,
        "round": made.round,
    }


def _shape(approval: Approval, asked: list[Asked], decisions: list[Decision], mails: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": approval.pk,
        "run": approval.run_id,
        "path": approval.step_run.path,
        "kind": approval.kind,
        "title": approval.title,
        "summary": approval.summary,
        "status": approval.status,
        "decision": approval.decision or None,
        "round": approval.round,
        "choices": approval.choices,
        "form": approval.form,
        "shown": approval.shown,
        "payload_hash": approval.payload_hash,
        "asked": [_asked_shape(row) for row in asked if row.round == approval.round and not row.barred],
        "due_at": approval.due_at,
        "created_at": approval.created_at,
        "closed_at": approval.closed_at,
        "claimed_by": approval.claimed_by.username if approval.claimed_by else None,
        "delivery": mails,
        "decisions": [decision_shape(made) for made in decisions],
    }


def _without_data(whole: dict[str, Any]) -> dict[str, Any]:
    """For who follows the run without reading its values: who is asked and how it stands, not what it is about."""
    decisions = [{**made, "values": None, "comment": ""} for made in whole["decisions"]]
    delivery = [{**mail, "subject": "", "error": ""} for mail in whole["delivery"]]
    return {**whole, "title": HIDDEN_TITLE, "summary": "", "shown": None, "form": [], "decisions": decisions, "delivery": delivery}


def _asked_shape(row: Asked) -> dict[str, Any]:
    found = {"user": row.person.username, "at": row.at, "why": row.why}
    return {**found, "on_behalf_of": row.stands_in_for.username} if row.stands_in_for else found


def _grouped(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row.approval_id, []).append(row)
    return found


def _mails(approvals: list[Approval]) -> dict[int, list[dict[str, Any]]]:
    """What became of the mails, by approval; found by the run and the outbox's reference `approval-<id>-…`."""
    runs = {each.run_id for each in approvals}
    known = {each.pk for each in approvals}
    found: dict[int, list[dict[str, Any]]] = {}
    mails = OutboxMail.objects.filter(run__in=runs, reference__startswith="approval-").order_by("pk")
    for mail in mails.only("to", "subject", "reference", "sent_at", "tries", "last_error", "created_at"):
        pk = int(mail.reference.split("-")[1])
        if pk in known:
            row = {"to": mail.to, "subject": mail.subject, "created_at": mail.created_at, "sent_at": mail.sent_at, "tries": mail.tries}
            found.setdefault(pk, []).append({**row, "error": mail.last_error})
    return found

"""Webhooks out: made under rules, told of what their owners see, signed, tried again with growing waits, and switched off after long failure.

Runs never wait for a receiver: the database notes the event with the event (migration `webhooks`), the clock process does the rest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from playbooks_app import audit, clock
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Playbook, User
from runs_app import egress
from runs_app.models import Webhook, WebhookDelivery

KINDS = {
    "run.started": "A run has begun",
    "run.paused": "A run is paused, by a person or by an error",
    "run.completed": "A run has ended well",
    "run.failed": "A run has failed",
    "run.cancelled": "A run was cancelled",
    "approval.asked": "Somebody is asked",
    "approval.decided": "It is decided",
    "approval.expired": "Nobody decided in time",
    "approval.escalated": "Others are asked as well",
}  # the event `run_completed` of a run is told as run.completed
GROUPS = ("*", "run.*", "approval.*")
TEST = "webhook.test"
MOST = 100  # of an account
OVERLAP = timedelta(hours=24)  # how long a replaced secret signs beside the new one, unless somebody says otherwise


def make(account: Account, *, by: User, url: str, events: Sequence[str], description: str = "", playbooks: Sequence[int] = ()) -> tuple[Webhook, str]:
    """(webhook, secret). Raises Refused with every fault."""
    faults = [*_faults_of_url(url), *_faults_of_events(events), *_faults_of_playbooks(playbooks, by)]
    if Webhook.objects.filter(account=account).count() >= MOST:
        faults.append(Problem("", "TooMany", f"An account has at most {MOST} webhooks.", "Delete one that is used no more."))
    if faults:
        raise Refused(faults)
    made = Webhook(account=account, owner=by, url=url.strip(), events=list(events), description=description, playbooks=list(playbooks))
    secret = made.renew_secret()
    with transaction.atomic():
        made.save(force_insert=True)
        audit.note(by, "webhook.created", made, new={"url": made.url, "events": made.events})
    return made, secret


def change(webhook: Webhook, *, by: User, **changes: Any) -> None:
    """`changes`: url, events, description, playbooks, enabled. Raises Refused with every fault."""
    faults = _faults_of_url(changes["url"]) if "url" in changes else []
    faults += _faults_of_events(changes["events"]) if "events" in changes else []
    faults += _faults_of_playbooks(changes["playbooks"], by) if "playbooks" in changes else []
    if faults:
        raise Refused(faults)
    old = {key: getattr(webhook, key) for key in changes}
    for key, value in changes.items():
        setattr(webhook, key, value)
    if changes.get("enabled"):
        webhook.failing_since, webhook.disabled_why = None, ""
    with transaction.atomic():
        webhook.save()
        audit.note(by, "webhook.changed", webhook, old=old, new=changes)


def renew_secret(webhook: Webhook, *, by: User, keep_old_for: timedelta = OVERLAP) -> str:
    """The new secret; deliveries are signed with both for a while."""
    secret = webhook.renew_secret(keep_old_for)
    with transaction.atomic():
        webhook.save(update_fields=["sealed", "old_sealed", "old_until"])
        audit.note(by, "webhook.rotated", webhook, new={"old_until": webhook.old_until})
    return secret


def delete(webhook: Webhook, *, by: User) -> None:
    """With its deliveries."""
    with transaction.atomic():
        audit.note(by, "webhook.deleted", webhook, old={"url": webhook.url, "events": webhook.events})
        webhook.delete()


def send_test(webhook: Webhook, *, by: User) -> WebhookDelivery:
    """Something to hear, whatever it is subscribed to."""
    now = clock.now()
    payload = {"id": f"test-{webhook.pk}-{now.timestamp():.3f}", "type": TEST, "at": now.isoformat(), "sent_by": by.username}
    return WebhookDelivery.objects.create(webhook=webhook, event=payload["id"], kind=TEST, payload=payload)


def deliver_again(delivery: WebhookDelivery, *, by: User) -> WebhookDelivery:
    """Once more, under the same `webhook-id`, as a delivery of its own."""
    with transaction.atomic():
        audit.note(by, "webhook.redelivered", delivery.webhook, new={"event": delivery.event})
        return WebhookDelivery.objects.create(webhook=delivery.webhook, event=delivery.event, kind=delivery.kind, payload=delivery.payload)


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """The newest first."""
    return WebhookDelivery.objects.filter(webhook=webhook).order_by("-pk")


def signed(event: str, payload: Any, secrets: Iterable[str]) -> tuple[bytes, list[tuple[str, str]]]:
    """Body and headers of a delivery (DOORS.md, C): one signature for each secret, of `id.timestamp.body`. The moment is that of this try."""
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    moment = str(int(clock.now().timestamp()))
    what = f"{event}.{moment}.".encode() + body
    marks = [base64.b64encode(hmac.new(secret.encode(), what, hashlib.sha256).digest()).decode() for secret in secrets]
    signature = " ".join(f"v1,{mark}" for mark in marks)
    named = [("webhook-id", event), ("webhook-timestamp", moment), ("webhook-signature", signature)]
    return body, [("Content-Type", "application/json"), *named]


def _faults_of_url(url: Any) -> list[Problem]:
    if not isinstance(url, str) or "{{" in url or len(url) > 1000 or not url.strip().lower().startswith(("https://", "http://")):
        return [Problem("url", "WrongValue", "An address begins with https:// or http://.", "https://hooks.example.com/handrail")]
    fault = egress.fault_of_written(url, egress.present_rules())
    return [Problem("url", "EgressBlocked", fault, "Use a public address, or ask your administrator to allow this one.")] if fault else []


def _faults_of_events(events: Any) -> list[Problem]:
    known = (*KINDS, *GROUPS)
    if not isinstance(events, list | tuple) or not events:
        return [Problem("events", "Required", "Choose at least one event.", f"There are {', '.join(known)}.")]
    return [
        Problem(f"events/{number}", "NotOneOf", f"There is no event “{str(each)[:40]}”.", f"There are {', '.join(known)}.")
        for number, each in enumerate(events)
        if each not in known
    ]


def _faults_of_playbooks(playbooks: Sequence[Any], by: User) -> list[Problem]:
    seen = set(Playbook.objects.visible_to(by).filter(pk__in=[each for each in playbooks if isinstance(each, int)]).values_list("pk", flat=True))
    return [
        Problem(f"playbooks/{number}", "Unknown", f"There is no playbook {each}, or it is not shared with you.", "GET playbooks/ lists them.")
        for number, each in enumerate(playbooks)
        if each not in seen
    ]

"""The clock's part of webhooks: news become deliveries, deliveries become calls on threads of their own, and what came of them is kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from playbooks_app import clock
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import User
from playbooks_app.secrecy import sealing
from runs_app import egress
from runs_app.api.shapes import event_shape
from runs_app.engine.records import LIVE
from runs_app.models import Run, RunEvent, Webhook, WebhookDelivery, WebhookNews
from runs_app.news import outbox, webhooks

WAITS = tuple(timedelta(seconds=each) for each in (5, 30, 120, 600, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600))  # between tries
TRY_SECONDS = 15.0
HELD = timedelta(seconds=60)  # longer than a try: whoever took a delivery and died has it tried again after this
AT_ONCE, AT_ONCE_OF_ONE = 8, 2  # calls in the air: of this process, and of one webhook, so that a slow receiver holds up itself only
SWITCH_OFF_AFTER = timedelta(days=3)  # of nothing but failures
KEPT_FOR = timedelta(days=30)
MOST_NEWS = 500

_TAKE = """
UPDATE runs_app_webhookdelivery SET due_at = %s WHERE id IN (
  SELECT d.id FROM (SELECT id, due_at, row_number() OVER (PARTITION BY webhook_id ORDER BY due_at, id) AS place
    FROM runs_app_webhookdelivery WHERE status = 'pending' AND due_at <= %s) first
  JOIN runs_app_webhookdelivery d ON d.id = first.id AND first.place <= %s AND d.status = 'pending' AND d.due_at <= %s
  ORDER BY first.due_at LIMIT %s FOR UPDATE OF d SKIP LOCKED) RETURNING id
"""


def look_after() -> None:
    """A duty of the clock: never blocks for long, whatever the receivers do."""
    spread_news()
    free = AT_ONCE - _in_the_air()
    for number in take_due(free) if free > 0 else ():
        _flying.add(_pool().submit(_try_on_thread, number))


def spread_news() -> int:
    """Make a delivery for each webhook that wants to hear of what has happened; how many."""
    with transaction.atomic():
        news = list(WebhookNews.objects.select_for_update(skip_locked=True).order_by("pk")[:MOST_NEWS])
        found = [each for one in news for each in _deliveries(one.run_id, one.number)] if news else []
        WebhookDelivery.objects.bulk_create(found)
        WebhookNews.objects.filter(pk__in=[one.pk for one in news]).delete()
    return len(found)


def take_due(limit: int) -> list[int]:
    """The numbers of deliveries to be tried now; nobody else takes them meanwhile."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [now + HELD, now, AT_ONCE_OF_ONE, now, limit])
        return [row[0] for row in cursor.fetchall()]


def try_once(number: int) -> None:
    """Send one delivery and keep what came of it. Takes as long as the receiver does, at most fifteen seconds."""
    delivery = WebhookDelivery.objects.select_related("webhook__owner").filter(pk=number, status="pending").first()
    if delivery is None:
        return
    if not delivery.webhook.enabled and delivery.kind != webhooks.TEST:
        _end(delivery, "failed", None, "The webhook is switched off.", 0)
        return
    began = time.monotonic()
    try:
        body, headers = webhooks.signed(delivery.event, delivery.payload, delivery.webhook.signs_with)
        answer = egress.call(
            "POST", delivery.webhook.url, headers=headers, content=body, timeout_seconds=TRY_SECONDS, limit_bytes=1_000_000, max_redirects=0
        )
    except (StepFailed, sealing.Unreadable) as failure:
        _failed(delivery, failure, _since(began))
    else:
        _end(delivery, "delivered", answer.status, (answer.text() or "")[:500], _since(began))


def forget_old() -> int:
    """Deliveries that have ended 30 days ago and earlier; how many."""
    return WebhookDelivery.objects.filter(created_at__lte=clock.now() - KEPT_FOR).exclude(status="pending").delete()[0]


def _deliveries(run_id: int, number: int) -> list[WebhookDelivery]:
    run = Run.objects.select_related("playbook", "version", "owner").filter(pk=run_id).first()
    event = RunEvent.objects.filter(run=run_id, number=number).first()
    if run is None or event is None or run.mode != LIVE:  # in the sandbox nothing leaves the house
        return []
    kind = event.type.replace("_", ".", 1)
    wanting = Webhook.objects.filter(account=run.account_id, enabled=True).select_related("owner")
    hearing = [each for each in wanting if each.wants(kind, run.playbook_id) and _sees(each.owner, run)]
    payload = _payload(run, event, kind) if hearing else {}
    return [WebhookDelivery(webhook=each, event=payload["id"], kind=kind, payload=payload) for each in hearing]


def _sees(owner: User, run: Run) -> bool:
    return bool(owner.is_active and Run.objects.visible_to(owner).filter(pk=run.pk).exists())


def _payload(run: Run, event: RunEvent, kind: str) -> dict[str, Any]:
    """What happened, to what, and where to read more; no value of the run: who may read them asks for them."""
    return {
        "id": f"run-{run.pk}-{event.number}",
        "type": kind,
        "at": event.at.isoformat(),
        "run": {
            "id": run.pk,
            "status": run.status,
            "code": run.code or None,
            "playbook": {"id": run.playbook_id, "name": run.playbook.name},
            "version": run.version.number,
            "started_by": run.owner.username if run.owner else None,
            "labels": run.labels,
            "url": f"{settings.BASE_URL}/runs/{run.pk}/",
        },
        "event": {key: value for key, value in event_shape(event, {}, values=False).items() if key in ("number", "path", "data")},
    }


def _failed(delivery: WebhookDelivery, failure: StepFailed | sealing.Unreadable, ms: int) -> None:
    details = getattr(failure, "details", None)
    status = details.get("status") if isinstance(details, dict) else None
    if status == 410 or delivery.tries >= len(WAITS):
        _end(delivery, "failed", status, str(failure), ms)
    else:
        wait = WAITS[delivery.tries]
        _note(delivery, due_at=clock.now() + wait, last_status=status, last_said=str(failure)[:500], last_ms=ms)
    _note_trouble(delivery.webhook, "It answered 410: gone." if status == 410 else "")


def _end(delivery: WebhookDelivery, how: str, status: int | None, said: str, ms: int) -> None:
    _note(delivery, status=how, last_status=status, last_said=said[:500].replace("\0", ""), last_ms=ms, ended_at=clock.now())
    if how == "delivered":
        Webhook.objects.filter(pk=delivery.webhook_id).update(failing_since=None, delivered_at=clock.now())


def _note(delivery: WebhookDelivery, **fields: Any) -> None:
    WebhookDelivery.objects.filter(pk=delivery.pk).update(tries=F("tries") + 1, **fields)


def _note_trouble(webhook: Webhook, gone: str) -> None:
    """Nothing but failures for three days: switched off, and its owner is told."""
    now = clock.now()
    Webhook.objects.filter(pk=webhook.pk, failing_since=None).update(failing_since=now)
    long = webhook.failing_since is not None and webhook.failing_since <= now - SWITCH_OFF_AFTER
    why = gone or (f"Nothing could be delivered since {webhook.failing_since:%d %b %H:%M} UTC." if long else "")
    with transaction.atomic():
        if why and Webhook.objects.filter(pk=webhook.pk, enabled=True).update(enabled=False, disabled_why=why):
            where = f"{settings.BASE_URL}/settings/webhooks/{webhook.pk}/"
            text = f"Handrail stopped telling {webhook.url}: {why}\n\nMend the receiver, then switch it on again:\n{where}\n"
            reference = f"webhook-{webhook.pk}-off-{now.timestamp():.0f}"
            outbox.post(to=webhook.owner.email, subject=f"A webhook was switched off: {webhook.url}", text=text, reference=reference)


def _try_on_thread(number: int) -> None:
    try:
        try_once(number)
    finally:
        connection.close()


_flying: set[Any] = set()


def _in_the_air() -> int:
    for each in [each for each in _flying if each.done()]:
        _flying.discard(each)
    return len(_flying)


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook")


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)

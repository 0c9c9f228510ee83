"""Telling other systems what happened: who wants to hear what, and every delivery with what came of it."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models import Account, Role, User
from playbooks_app.permissions import LEADS
from playbooks_app.secrecy import sealing

PURPOSE = "webhook secret"


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Webhooks."""

    def visible_to(self, user: Any) -> Self:
        """One's own; for owners and admins all of the account."""
        place = user.membership if isinstance(user, User) and user.is_active else None
        if place is None:
            return self.none()
        own = self.filter(account=place.account_id)
        return own if Role(place.role) in LEADS else own.filter(owner=user)


class Webhook(models.Model):
    """One subscription. It tells of runs that its owner sees, and of nothing else."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhooks")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(max_length=1000)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField(default=list)  # run.completed, approval.*, *
    playbooks = models.JSONField(default=list, blank=True)  # numbers; none: of every playbook
    sealed = models.TextField()
    old_sealed = models.TextField(blank=True)  # the secret before, which signs as well until `old_until`
    old_until = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    disabled_why = models.CharField(max_length=300, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["account"], name="webhook_enabled", condition=Q(enabled=True))]

    def __str__(self) -> str:
        return self.url

    def renew_secret(self, keep_old_for: timedelta = timedelta(0)) -> str:
        """A new secret, shown this once; the old one signs beside it for that long. Not saved."""
        made = f"whsec_{secrets.token_urlsafe(32)}"
        overlaps = bool(self.sealed) and keep_old_for > timedelta(0)
        self.old_sealed, self.old_until = (self.sealed, clock.now() + keep_old_for) if overlaps else ("", None)
        self.sealed = sealing.seal(made, PURPOSE)
        return made

    @property
    def signs_with(self) -> list[str]:
        """The secrets that sign at present, the newest first. Raises sealing.Unreadable."""
        old = [self.old_sealed] if self.old_sealed and self.old_until and self.old_until > clock.now() else []
        return [sealing.unseal(each, PURPOSE) for each in (self.sealed, *old)]

    def wants(self, kind: str, playbook: int) -> bool:
        """Whether it is about this kind of event of this playbook."""
        if self.playbooks and playbook not in self.playbooks:
            return False
        return any(each in ("*", kind, f"{kind.partition('.')[0]}.*") for each in self.events)


class WebhookNews(models.Model):
    """An event of a run that somebody may want to hear of; written by the database with the event itself (migration `webhooks`)."""

    run_id = models.BigIntegerField()
    number = models.IntegerField()

    class Meta:
        verbose_name_plural = "webhook news"

    def __str__(self) -> str:
        return f"{self.run_id}:{self.number}"


class WebhookDelivery(models.Model):
    """One event for one webhook: delivered, to be tried again at `due_at`, or given up."""

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=80)  # `webhook-id`, the same on every try
    kind = models.CharField(max_length=40)
    payload = models.JSONField()
    status = models.CharField(max_length=10, default="pending", choices=[("pending", "Waits"), ("delivered", "Delivered"), ("failed", "Given up")])
    tries = models.IntegerField(default=0)
    due_at = models.DateTimeField(default=clock.now)
    last_status = models.IntegerField(null=True, blank=True)  # of HTTP
    last_said = models.CharField(max_length=500, blank=True)
    last_ms = models.IntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        ordering = ["-pk"]
        indexes = [models.Index(fields=["due_at"], name="delivery_due", condition=Q(status="pending"))]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook_id}"

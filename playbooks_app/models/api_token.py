"""Keys of programs: who they act for, what they may do, and until when. Only a digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models.member import User

PREFIX = "hr_"
SHOWN = 9  # first characters, by which people know a token again
USE_NOTED_EVERY = timedelta(minutes=1)  # `last_used_at` is to the minute: a busy program costs one write a minute


class Scope(models.TextChoices):
    """What a token may be used for; never more than its person may do."""

    READ = "read", "Read: playbooks, runs, approvals, settings"
    RUN = "run", "Run: start runs, steer and repair them, tell them events"
    DECIDE = "decide", "Decide: answer approvals"
    AUTHOR = "author", "Author: draw and publish playbooks, schedules and triggers"
    WORK = "work", "Work: take and answer tasks of queues"
    ADMIN = "admin", "Admin: people, secrets, connections, webhooks, tokens, limits"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Tokens."""

    def usable(self) -> Self:
        """Neither revoked nor expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now()), revoked_at=None)


class ApiToken(models.Model):
    """One key of a program."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)  # what it is for
    digest = models.CharField(max_length=64, unique=True)  # SHA-256; the key has 190 random bits, so that nothing slower is needed
    shown = models.CharField(max_length=SHOWN)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = "API token"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.shown}…)"

    @property
    def account_id(self) -> int | None:
        """Of its person; for the audit log."""
        return self.user.account.pk if self.user.account else None

    @property
    def state(self) -> str:
        """active, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= clock.now() else "active"

    def allows(self, scope: str) -> bool:
        """Whether it may be used for that."""
        return scope in self.scopes

    def used(self, now: datetime) -> None:
        """Note it, at most once a minute."""
        if self.last_used_at is None or self.last_used_at <= now - USE_NOTED_EVERY:
            unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
            ApiToken.objects.filter(unnoted, pk=self.pk).update(last_used_at=now)

    @classmethod
    def make(cls, user: User, **fields: Any) -> tuple[ApiToken, str]:
        """The stored token, and its key, which nobody can read again."""
        key = f"{PREFIX}{secrets.token_urlsafe(24)}"
        return cls.objects.create(user=user, digest=digest_of(key), shown=key[:SHOWN], **fields), key


def digest_of(key: str) -> str:
    """As it is stored."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()

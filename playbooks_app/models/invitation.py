"""Somebody is asked by mail to work in an account."""

from __future__ import annotations

import hashlib
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from playbooks_app import clock
from playbooks_app.models.account import Account
from playbooks_app.models.member import Department, Group, Role, User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations."""

    def open(self) -> Self:
        """Neither accepted nor withdrawn; it may have expired."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(models.Model):
    """A place that waits for a person. Of the link only a digest is kept; sending it again makes another link."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role.choices, default=Role.VIEWER)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    groups: models.ManyToManyField[Group, Any] = models.ManyToManyField(Group, blank=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token in the link
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(default=clock.now)
    times_sent = models.PositiveIntegerField(default=0)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                "account", Lower("email"), name="one_open_invitation", condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_expired(self) -> bool:
        """Whether its link leads nowhere any more."""
        return self.expires_at <= clock.now()


def digest_of(token: str) -> str:
    """What is kept of a link: a token has 256 random bits, so that nothing slower is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

"""The links in mails: what they are bound to, and every time one was opened."""

from __future__ import annotations

from django.db import models

from approvals_app import links
from approvals_app.models.approval import Approval
from playbooks_app import clock
from playbooks_app.models import User


class DecisionLinkQuerySet(models.QuerySet["DecisionLink"]):
    """Links."""

    def with_token(self, token: str) -> DecisionLink | None:
        """The link that a mail carries, with all that its page needs."""
        found = self.select_related("person", "approval__step_run", "approval__run__playbook", "approval__account", "approval__requester")
        return found.filter(token_hash=links.hashed(token)).first()


class DecisionLink(models.Model):
    """Bound to one person, one approval, one round (the attempt and the data of that round) and the hash of what the mail showed.

    The token has 256 bits and is in the mail only; here is its SHA-256.
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="links")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    round = models.PositiveIntegerField()
    payload_hash = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64, unique=True)
    reply_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)  # of the token in the address that answers go to (128 bits)
    code_hash = models.CharField(max_length=64, blank=True)  # of the code that the account wants typed
    code_tries = models.PositiveSmallIntegerField(default=0)  # wrong ones
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)  # "not me"

    objects = DecisionLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.person} for {self.approval_id}"

    @property
    def is_live(self) -> bool:
        """Whether it may still decide, as far as the link itself goes."""
        return self.used_at is None and self.revoked_at is None and clock.now() < self.expires_at


class LinkOpen(models.Model):
    """Somebody, or a mail scanner, looked. Harmless, and kept."""

    link = models.ForeignKey(DecisionLink, on_delete=models.PROTECT, related_name="opens")
    at = models.DateTimeField(default=clock.now)
    method = models.CharField(max_length=8)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=300, blank=True)
    signed_in = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.method} at {self.at:%Y-%m-%d %H:%M}"

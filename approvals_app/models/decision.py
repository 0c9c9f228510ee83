"""What a person chose. Kept for ever, word for word."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from approvals_app.models.approval import Approval
from playbooks_app import clock
from playbooks_app.models import User


class Decision(models.Model):
    """One vote. Never changed or deleted: a trigger in the database refuses both (migration 0002).

    `person` is None for an automatic one (silence, autonomous run); `on_behalf_of` is who was asked first when somebody stands in.
    """

    class Channel(models.TextChoices):
        """Where it was made."""

        INBOX = "inbox", "in the inbox"
        MAIL = "mail", "by mail"
        REPLY = "reply", "by answering the mail"
        API = "api", "by the API"
        AUTOMATIC = "automatic", "automatically"

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    round = models.PositiveIntegerField(default=1)
    person = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions")
    on_behalf_of = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    decision = models.CharField(max_length=100)
    comment = models.TextField(blank=True)
    values = models.JSONField(default=dict, blank=True)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.GenericIPAddressField(null=True, blank=True)
    payload_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["approval", "round", "person"], name="one_vote_per_round", condition=Q(person__isnull=False))]
        indexes = [models.Index(fields=["approval", "round"], name="decisions_of_approval")]

    def __str__(self) -> str:
        return f"{self.decision} by {self.person or 'nobody'}"

    @property
    def by_name(self) -> str:
        """Who, in words: "Joana Sá for Bob Tanaka"."""
        if self.person is None:
            return "Handrail"
        return f"{self.person.display_name} for {self.on_behalf_of.display_name}" if self.on_behalf_of else self.person.display_name

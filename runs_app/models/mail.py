"""Mail that is to leave the house: written in the transaction that causes it, sent by the clock, retried until it is out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from runs_app.models.run import Run


class OutboxMail(models.Model):
    """One mail to one person."""

    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="mails")
    to = models.EmailField()
    subject = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField(blank=True)
    headers = models.JSONField(default=dict, blank=True)  # Message-ID, In-Reply-To …
    reference = models.CharField(max_length=200, unique=True)  # what it is about; a second one with the same reference is not made
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.IntegerField(default=0)
    last_error = models.TextField(blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)  # refused for good, see last_error; cleared by a person, it is tried again

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="outbox_due", condition=Q(sent_at__isnull=True, given_up_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.subject} to {self.to}"

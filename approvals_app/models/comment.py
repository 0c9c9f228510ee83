"""What people say to each other while they decide."""

from __future__ import annotations

from django.db import models

from approvals_app.models.approval import Approval
from playbooks_app import clock
from playbooks_app.models import User


class Comment(models.Model):
    """One thing said. Never changed or deleted (a trigger sees to it). `asks`: the author wants an answer before deciding."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="comments")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    asks = models.BooleanField(default=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text[:60]

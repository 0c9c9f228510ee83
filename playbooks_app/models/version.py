"""A published version: a document that never changes again."""

from __future__ import annotations

from django.db import models

from playbooks_app import clock
from playbooks_app.models.member import User
from playbooks_app.models.playbook import Playbook


class PlaybookVersion(models.Model):
    """Number n of a playbook; runs are bound to it for ever."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … in a playbook
    document = models.JSONField()  # normalised: every step has its id
    note = models.TextField(blank=True)
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deprecated_at = models.DateTimeField(null=True, blank=True)  # blocks new runs only

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="one_version_per_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.playbook} version {self.number}"

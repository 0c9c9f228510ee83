"""The files that were shown, byte for byte."""

from __future__ import annotations

from django.db import models

from approvals_app.models.approval import Approval
from playbooks_app import clock


class ShownFile(models.Model):
    """One file of one approval, whatever the round. Never changed or deleted (a trigger sees to it)."""

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="files", db_index=False)
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=120)
    content = models.BinaryField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["approval", "sha256"], name="one_file_per_content")]

    def __str__(self) -> str:
        return self.name

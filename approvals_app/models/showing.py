"""What was shown, round by round: a decision can be held against exactly what its author saw."""

from __future__ import annotations

from django.db import models

from approvals_app.models.approval import Approval
from playbooks_app import clock


class Showing(models.Model):
    """One round of an approval. A round ends when the data changes or the step is tried again; its votes then count no more.

    Never changed or deleted (a trigger sees to it).
    """

    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="showings", db_index=False)
    round = models.PositiveIntegerField()  # 1, 2, 3 …
    why = models.CharField(max_length=20, default="asked")  # asked, changed, again
    title = models.TextField()
    summary = models.TextField(blank=True)
    shown = models.JSONField(default=dict)  # {label: value}
    payload_hash = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["approval", "round"], name="one_showing_per_round")]

    def __str__(self) -> str:
        return f"{self.approval_id} round {self.round}"

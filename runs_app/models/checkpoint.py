"""What a long job wants to remember of itself: a cursor, totals, numbers of another system (S1-P22)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app.models.run import Run


class Checkpoint(models.Model):
    """One milestone of a run. Saved by a step (`path`, once however often the step is tried) or from outside (`by`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="checkpoints", db_index=False)
    name = models.CharField(max_length=200)
    data: models.JSONField[Json, Json] = models.JSONField(null=True)
    path = models.TextField(blank=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "path"], name="one_checkpoint_per_step", condition=~Q(path=""))]
        indexes = [models.Index(fields=["run", "-id"], name="checkpoint_newest")]

    def __str__(self) -> str:
        return self.name

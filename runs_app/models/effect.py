"""The effect ledger: everything that a run changed outside, or is about to, or in the sandbox would have."""

from __future__ import annotations

from django.db import models

from playbooks_app import clock
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app.models.run import Run
from runs_app.models.step_run import StepRun


class Effect(models.Model):
    """One attempt of one step run to change something outside. Written before the call, and closed with what came of it (runs_app/engine/effects.py).

    `outcome`: "" (under way) done refused unknown, or intended: it was never sent. `body` is masked.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="effects", db_index=False, db_constraint=False)
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="effects", db_index=False, db_constraint=False)
    path = models.TextField(db_collation="C")
    attempt = models.IntegerField(default=1)
    key = models.TextField()
    method = models.CharField(max_length=40)
    target = models.TextField(blank=True)
    body: models.JSONField[Json, Json] = models.JSONField(null=True, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    begun_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)  # who found the outcome out

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step_run", "attempt"], name="one_effect_per_attempt")]
        indexes = [models.Index(fields=["run", "id"], name="effect_of_run")]

    def __str__(self) -> str:
        return f"{self.method} {self.target}"

"""Something that happened outside, told to one run or to all runs of an account that wait for it."""

from __future__ import annotations

from django.db import models

from playbooks_app import clock
from playbooks_app.language.step_type import Json
from playbooks_app.models import Account, User
from runs_app.models.run import Run
from runs_app.models.step_run import StepRun


class Signal(models.Model):
    """Kept for those who have not come to wait for it yet. `run` is set where it is meant for that run alone."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="signals", db_index=False)
    name = models.CharField(max_length=100)
    key = models.CharField(max_length=200, blank=True)
    payload: models.JSONField[Json, Json] = models.JSONField(null=True)
    sender = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["account", "name", "at"], name="signal_by_name"), models.Index(fields=["at"], name="signal_by_age")]

    def __str__(self) -> str:
        return self.name


class TakenSignal(models.Model):
    """A run has gone on with a signal; it takes none twice."""

    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="taken")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False)
    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "signal"], name="one_taking_per_run")]

    def __str__(self) -> str:
        return f"{self.signal_id} by {self.run_id}"

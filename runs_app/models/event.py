"""Everything that happened in a run, in order and without a gap."""

from __future__ import annotations

from django.db import models

from runs_app.models.run import Run


class RunEvent(models.Model):
    """Event `number` (1, 2, 3 …) of a run, written in the transaction of the change it tells.

    Types: run_started run_pausing run_paused run_resumed run_cancelling run_timed_out run_completed run_failed run_cancelled
    run_reopened run_abandoned run_damaged run_archived outputs_warned;
    step_started step_waiting step_attempt_failed step_again step_interrupted step_retried step_succeeded step_failed step_ignored step_skipped
    step_cancelled step_held step_overridden override_given deadline_exceeded items_retried items_mended;
    auto_approved (a question that an autonomous run did not ask; by whoever started it);
    outcome_told (beside the deed of whoever found an unknown outcome out);
    decision_passed_over (beside a skip, an output given or an edited retry where people decide); variable_set; approvals_app adds approval_….
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events", db_index=False, db_constraint=False)
    number = models.IntegerField()
    type = models.CharField(max_length=40)
    path = models.TextField(default="", blank=True)
    attempt = models.IntegerField(default=0)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True, blank=True)  # id of the person who did it
    data = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_event_per_number")]

    def __str__(self) -> str:
        return f"{self.number} {self.type} {self.path}"

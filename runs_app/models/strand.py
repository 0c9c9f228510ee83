"""The unit of driving: the main line of a run, one branch, one lane of a concurrent loop (law 2)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from runs_app.models.executor import Executor
from runs_app.models.run import Run
from runs_app.statuses import StrandStatus


class Strand(models.Model):
    """Claimed by a worker with a token; every claim and every taking away raises the token."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="strands")
    parent_id = models.BigIntegerField(default=0)  # step run that forked it; 0 = main line
    path = models.TextField(default="", blank=True, db_collation="C")  # of that step run
    step = models.CharField(max_length=100, default="", blank=True)  # its id in the document
    block = models.CharField(max_length=100, default="", blank=True)
    iteration = models.IntegerField(default=0)
    is_lane = models.BooleanField(default=False)
    status = models.CharField(max_length=10, choices=StrandStatus.choices, default=StrandStatus.QUEUED)
    held = models.BooleanField(default=False)  # parked at a failed step until a person acts
    held_step = models.BigIntegerField(default=0)  # id of that step run
    urgency = models.SmallIntegerField(default=0)  # minus its run's priority: the smallest is claimed first
    token = models.IntegerField(default=0)
    executor = models.ForeignKey(
        Executor, null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False, db_index=False, related_name="strands"
    )
    wake_requested = models.BooleanField(default=False)
    cancel = models.IntegerField(default=-1)  # it unwinds, wherever no more layers of protection than this are around; -1 = it does not
    cancel_to = models.BigIntegerField(default=0)  # the step run at which the unwinding ends, because its deadline is over; 0 = nowhere
    mends = models.BooleanField(default=False)  # goes through one item of a loop again that was set aside; the loop does not wait for it
    in_line = models.BooleanField(default=False)  # … as soon as another of its kind has ended
    shielded = models.IntegerField(default=0)  # layers of protection around its fork: `finally` blocks and protected steps

    class Meta:
        indexes = [
            models.Index(fields=["parent_id"], name="strand_mending", condition=Q(mends=True)),
            models.Index(fields=["urgency", "id"], name="strand_queued", condition=Q(status="queued")),  # claim
            models.Index(fields=["executor"], name="strand_driven", condition=Q(status="driven")),  # orphans of a dead executor
            models.Index(fields=["run"], name="strand_active", condition=Q(status__in=["queued", "driven"])),  # is the run still running?
        ]

    def __str__(self) -> str:
        return f"{self.run_id}:{self.path or 'main'}"

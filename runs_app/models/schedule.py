"""Runs that start by the clock."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models import Account, Playbook, PlaybookVersion, User
from playbooks_app.models.sharing import Viewer
from runs_app.models.run import Run


class Overlap(models.TextChoices):
    """What happens when a time comes while the run of an earlier one still goes on."""

    ALLOW = "allow", "Start another one beside it"
    SKIP = "skip", "Leave this time out"
    BUFFER_ONE = "buffer_one", "Start when it has ended, once"
    CANCEL_PREVIOUS = "cancel_previous", "Cancel it and start"


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    """Schedules."""

    def visible_to(self, user: Viewer) -> Self:
        """Those of playbooks in sight."""
        return self.filter(playbook__in=Playbook.objects.visible_to(user).values("pk"))

    def coming(self) -> Self:
        """Those that are on, the next one first."""
        return self.filter(enabled=True, next_at__isnull=False).order_by("next_at")

    def due(self) -> Self:
        """Whose time has come."""
        return self.filter(enabled=True, next_at__lte=clock.now())


class Schedule(models.Model):
    """When a playbook starts by itself. Runs belong to `owner`, who made it or changed it last: they may do what that person may.

    `next_at` (UTC) is the next time, None while it is off. `buffered_at` is a time that waits for the end of the run before it.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="schedules")
    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="schedules")
    version = models.ForeignKey(PlaybookVersion, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # None = the newest at each time
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="schedules")
    cron = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64)
    enabled = models.BooleanField(default=True)
    overlap = models.CharField(max_length=16, choices=Overlap.choices, default=Overlap.SKIP)
    inputs = models.JSONField(default=dict, blank=True)
    labels = models.JSONField(default=dict, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    buffered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], name="schedule_due", condition=Q(enabled=True)),
            models.Index(fields=["id"], name="schedule_buffered", condition=Q(buffered_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.playbook} at {self.cron}"


class Outcome(models.TextChoices):
    """What came of a time."""

    STARTED = "started", "Started"
    SKIPPED = "skipped", "Left out"
    BUFFERED = "buffered", "Waits"
    REFUSED = "refused", "Not started"


class Occasion(models.Model):
    """One time of a schedule and what came of it. One row for each time: nothing starts twice."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="occasions")
    at = models.DateTimeField()  # the time that the schedule names, UTC
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    note = models.TextField(blank=True)  # why it was left out or not started, or what was missed before it
    run = models.OneToOneField(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="occasion")
    done_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["schedule", "at"], name="one_occasion_per_time")]
        indexes = [models.Index(fields=["schedule", "-at"], name="occasion_newest")]

    def __str__(self) -> str:
        return f"{self.schedule_id} at {self.at:%Y-%m-%d %H:%M} ({self.outcome})"

"""What a person is told besides mail, whom a run is told to, and how a person wants to be told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models import Playbook, User
from runs_app.models.run import Run


class Notification(models.Model):
    """One thing that one person is told in the product. `reference` names its cause: the first counts, a second is not made."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications", db_index=False)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)  # run_ended, handoff
    title = models.CharField(max_length=250)
    text = models.TextField(blank=True)
    address = models.CharField(max_length=300, blank=True)  # a path of the product
    reference = models.CharField(max_length=200)
    at = models.DateTimeField(default=clock.now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "reference"], name="told_once")]
        indexes = [
            models.Index(fields=["person", "-id"], name="notification_list"),
            models.Index(fields=["person"], name="notification_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.title


class Follower(models.Model):
    """Somebody who is told when a run ends, or every run of a playbook. Sight is asked anew each time."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="followers")
    playbook = models.ForeignKey(Playbook, null=True, blank=True, on_delete=models.CASCADE, related_name="followers")
    since = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(run__isnull=True) ^ Q(playbook__isnull=True), name="follows_one_thing"),
            models.UniqueConstraint(fields=["person", "run"], name="follows_run_once"),
            models.UniqueConstraint(fields=["person", "playbook"], name="follows_playbook_once"),
        ]

    def __str__(self) -> str:
        return f"{self.person} follows {self.run_id or self.playbook_id}"


class MailChoice(models.Model):
    """How a person wants mail; without a row: questions at once, and a mail for each run that ends."""

    class Questions(models.TextChoices):
        """When questions arrive. What cannot wait for the next digest comes by itself."""

        AT_ONCE = "at_once", "A mail for each, at once"
        HOURLY = "hourly", "Together, every hour"
        DAILY = "daily", "Together, once a day"

    person = models.OneToOneField(User, on_delete=models.CASCADE, related_name="mail_choice")
    questions = models.CharField(max_length=10, choices=Questions.choices, default=Questions.AT_ONCE)
    daily_at = models.PositiveSmallIntegerField(default=8)  # hour of the day in the person's zone
    run_ends = models.BooleanField(default=True)
    digest_at = models.DateTimeField(null=True, blank=True)  # when the next digest is due; None: nothing is collected

    class Meta:
        indexes = [models.Index(fields=["digest_at"], name="digest_due", condition=Q(digest_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.person}: {self.questions}"

"""Runs in the admin: read-mostly. What happened is not edited; what may be done is done through the product, with its events.

django-q2's own models are not shown: a row of its schedule table can name any function of any module.
"""

from __future__ import annotations

from typing import cast

from django.contrib import admin
from django.http import HttpRequest
from django_q.models import Failure, OrmQ, Success
from django_q.models import Schedule as QueueSchedule

from playbooks_app import audit, clock
from playbooks_app.admin_base import ReadOnly, confirmed
from playbooks_app.models import User
from runs_app import admin_outside  # noqa: F401  # registers its pages
from runs_app.models import (
    Checkpoint,
    Entry,
    Executor,
    Follower,
    LoopItem,
    MailChoice,
    Notification,
    Occasion,
    OutboxMail,
    Run,
    RunEvent,
    RunVariable,
    Schedule,
    Signal,
    StepRun,
    Strand,
    TakenSignal,
)

for model in (Failure, OrmQ, QueueSchedule, Success):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Who sees a run may be corrected; nothing else."""

    editable = ("visibility", "department", "group")
    list_display = ("id", "playbook", "status", "pause_reason", "owner", "account", "created_at", "finished_at")
    list_filter = ("status", "mode", "trigger", "visibility")
    search_fields = ("=id", "playbook__name", "owner__username")
    list_select_related = ("playbook", "owner", "account")
    raw_id_fields = ("department", "group")
    actions = ("archive",)

    @confirmed(
        "Archive", "These runs leave all lists. They stay readable, and are never resumed or retried again. Runs that are not over are left alone."
    )
    def archive(self, request: HttpRequest, run: Run) -> None:
        """As the product does it, with its entry in the audit log."""
        run.archive(by=cast(User, request.user))


@admin.register(StepRun)
class StepRunAdmin(ReadOnly):
    """One step at one place."""

    list_display = ("path", "run", "type", "status", "attempt", "started_at", "finished_at")
    list_filter = ("status", "type")
    search_fields = ("=run__id", "path")
    list_select_related = ("run",)


@admin.register(Strand)
class StrandAdmin(ReadOnly):
    """The unit of driving."""

    list_display = ("id", "run", "path", "block", "status", "held", "token", "executor")
    list_filter = ("status", "held", "is_lane")
    search_fields = ("=run__id",)
    list_select_related = ("run", "executor")


@admin.register(RunEvent)
class RunEventAdmin(ReadOnly):
    """What happened, in order."""

    list_display = ("run", "number", "type", "path", "attempt", "at")
    list_filter = ("type",)
    search_fields = ("=run__id", "path")
    list_select_related = ("run",)


@admin.register(RunVariable)
class RunVariableAdmin(ReadOnly):
    """Present values of variables."""

    list_display = ("run", "name")
    search_fields = ("=run__id", "name")
    list_select_related = ("run",)


@admin.register(LoopItem)
class LoopItemAdmin(ReadOnly):
    """Values of loops."""

    list_display = ("step_run", "number")
    search_fields = ("=step_run__run__id",)
    list_select_related = ("step_run",)


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnly):
    """What long jobs remember of themselves."""

    list_display = ("name", "run", "path", "by", "at")
    search_fields = ("=run__id", "name")
    list_select_related = ("run", "by")


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Locks and limits: who is inside, who waits."""

    list_display = ("__str__", "run", "path", "since", "asked_at", "expires_at", "lost")
    list_filter = ("lost",)
    search_fields = ("=run__id",)
    list_select_related = ("run",)


@admin.register(Executor)
class ExecutorAdmin(ReadOnly):
    """Worker processes."""

    list_display = ("name", "pid", "alive", "started_at", "seen_at")
    list_filter = ("alive",)


@admin.register(OutboxMail)
class OutboxMailAdmin(ReadOnly):
    """Mail on its way out; one that was given up may be sent again."""

    hidden = ("text", "html")  # may hold links that decide or let somebody in
    list_display = ("subject", "to", "due_at", "sent_at", "tries", "given_up_at")
    list_filter = (("sent_at", admin.EmptyFieldListFilter), ("given_up_at", admin.EmptyFieldListFilter))
    actions = ("requeue",)

    @confirmed("Send again", "Mails that have not gone out are tried again at once; those that have are left alone.")
    def requeue(self, request: HttpRequest, mail: OutboxMail) -> None:
        """Due at once, whatever has become of it."""
        if OutboxMail.objects.filter(pk=mail.pk, sent_at=None).update(given_up_at=None, due_at=clock.now(), tries=0, last_error=""):
            audit.note(request.user, "mail.sent_again", mail, request=request)

    search_fields = ("to", "subject", "reference")


@admin.register(Signal)
class SignalAdmin(ReadOnly):
    """What happened outside, kept for seven days."""

    list_display = ("name", "key", "run", "account", "sender", "at")
    search_fields = ("name", "key", "=run__id")
    list_select_related = ("run", "account", "sender")


@admin.register(TakenSignal)
class TakenSignalAdmin(ReadOnly):
    """Which run has gone on with which signal."""

    list_display = ("signal", "run", "step_run")
    search_fields = ("=run__id", "signal__name")
    list_select_related = ("signal", "run", "step_run")


@admin.register(Notification)
class NotificationAdmin(ReadOnly):
    """What people were told."""

    list_display = ("title", "person", "kind", "at", "read_at")
    list_filter = ("kind",)
    list_select_related = ("person",)
    search_fields = ("title", "person__username", "=run__id")


@admin.register(Follower)
class FollowerAdmin(ReadOnly):
    """Who is told when something ends."""

    list_display = ("person", "run", "playbook", "since")
    search_fields = ("person__username", "=run__id", "playbook__name")
    list_select_related = ("person", "run", "playbook")


@admin.register(MailChoice)
class MailChoiceAdmin(ReadOnly):
    """Which mails people want."""

    editable = ("questions", "daily_at", "run_ends")
    list_display = ("person", "questions", "run_ends", "digest_at")
    list_filter = ("questions", "run_ends")
    search_fields = ("person__username", "person__email")
    list_select_related = ("person",)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly):
    """Switched off here in an emergency; everything else is changed on the playbook's page, with its checks."""

    editable = ("enabled",)
    list_display = ("id", "playbook", "cron", "timezone", "enabled", "overlap", "next_at", "owner", "account")
    list_filter = ("enabled", "overlap")
    search_fields = ("playbook__name", "owner__username")
    list_select_related = ("playbook", "owner", "account")


@admin.register(Occasion)
class OccasionAdmin(ReadOnly):
    """What came of each time."""

    list_display = ("at", "schedule", "outcome", "run", "note")
    list_filter = ("outcome",)
    list_select_related = ("schedule__playbook", "run")

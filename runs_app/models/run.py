"""One execution of a version of a playbook."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import F, Q

from playbooks_app import audit, clock
from playbooks_app.errors import WrongState
from playbooks_app.models import Playbook, PlaybookGrant, PlaybookVersion, Shared, User
from playbooks_app.models.grant import ONE_PRINCIPAL, Grant, granted_to, names
from playbooks_app.models.sharing import SharedQuerySet, Viewer
from runs_app.engine.effects import UNKNOWN_OUTCOME
from runs_app.engine.records import LIVE
from runs_app.entry import children
from runs_app.statuses import RUN_OPEN, RunStatus
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal

COUNTED = Q(mode=LIVE) & ~Q(made_as="rerun")


class RunQuerySet(SharedQuerySet):
    """Runs."""

    def granted(self, user: Viewer, **wanted: Any) -> Q:
        """Those on which this person has a grant, of their own or of the playbook that they are shared with."""
        mine = names(user)
        of_playbook = PlaybookGrant.objects.filter(mine, **wanted).values("playbook")
        return Q(granted_by__in=of_playbook) | Q(pk__in=RunGrant.objects.filter(mine, **wanted).values("run"))

    def open(self) -> Self:
        """Not over yet."""
        return self.filter(status__in=RUN_OPEN)

    def counted(self) -> Self:
        """Those that lists, figures and forecasts are about: they act on the world, and are no second try of one step."""
        return self.filter(COUNTED)


class MadeAs(models.TextChoices):
    """How a run came about that was made from something else."""

    ITSELF = "", "A run of its own"
    TRY = "try", "A draft was tried"
    REPLAY = "replay", "Played again"
    FORK = "fork", "Forked"
    RERUN = "rerun", "One step again"


class Run(Shared):
    """A run. `owner` is who started it; sight is copied from the playbook at the start and may be narrowed.

    `event_count` numbers the run's events; `fence` rises whenever a strand is taken from its driver (law 6). Both change under the row's lock.
    """

    playbook = models.ForeignKey(Playbook, on_delete=models.PROTECT, related_name="runs", db_index=False)  # run_of_playbook serves
    granted_by = models.ForeignKey(Playbook, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False)  # whose grants hold
    version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="runs")
    status = models.CharField(max_length=16, choices=RunStatus.choices, default=RunStatus.QUEUED)
    pause_reason = models.CharField(max_length=10, blank=True)  # "", person, error
    stopping = models.CharField(max_length=10, blank=True)  # "", pause, cancel: asked for, steps in hand are ending
    held = models.BooleanField(default=False)  # a person paused it: no strand is claimed
    mode = models.CharField(max_length=10, default=LIVE)  # live, what_if, sandbox
    made_as = models.CharField(max_length=10, blank=True, choices=MadeAs.choices, default=MadeAs.ITSELF)
    original = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies")  # the run it was made from
    original_path = models.TextField(blank=True)  # of a fork or a rerun: the step run in it
    pinned = models.JSONField(null=True, blank=True)  # in the sandbox: outputs by path, or by id of a step
    autonomous = models.BooleanField(default=False)
    fails_outright = models.BooleanField(default=False)  # an unhandled failure ends it instead of pausing it (rule 18)
    inputs = models.JSONField(default=dict)  # never changes after the start
    config = models.JSONField(default=dict)  # account's config and the starter's, at the start
    outputs = models.JSONField(null=True, blank=True)
    code = models.CharField(max_length=80, blank=True)  # Success, or of the error, once it is over
    message = models.TextField(blank=True)
    error = models.JSONField(null=True, blank=True)  # {code, message, hint, address, details?}
    trigger = models.CharField(max_length=20, default="api")  # page, api, schedule, hook, child
    parent_step = models.BigIntegerField(null=True, blank=True)  # id of the step run that started it as a child
    labels = models.JSONField(default=dict, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    idempotency_key = models.CharField(max_length=200, null=True, blank=True)
    priority = models.SmallIntegerField(default=0)  # higher goes first, in lines and to workers
    start_at = models.DateTimeField(null=True, blank=True)  # not before
    gate = models.CharField(max_length=10, blank=True)  # why its main line is kept back: start, limit, lock; "" = it is not
    concurrency = models.JSONField(null=True, blank=True)  # {key, max} of the start
    timeout_after = models.DurationField(null=True, blank=True)  # how long it may take, people's time not counted
    deadline_at = models.DateTimeField(null=True, blank=True)  # when its time is up; moves on by the time that it waited for people
    people_since = models.DateTimeField(null=True, blank=True)  # since when it waits for people or is paused
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    end_told_at = models.DateTimeField(null=True, blank=True)  # when its people were told that it had ended
    archived_at = models.DateTimeField(null=True, blank=True)
    event_count = models.IntegerField(default=0)
    fence = models.IntegerField(default=0)
    overridden = models.BooleanField(default=False)  # people have said what some step is to get, or to give, once it is reached (Override)
    paused_with = models.BigIntegerField(null=True, blank=True)  # number of the run above whose pause paused it

    conceals = False  # in memory: its reader may not read values, see reading/hiding.py

    objects = RunQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["playbook", "mode", "idempotency_key"], name="one_run_per_key_and_mode"),
            models.CheckConstraint(
                condition=Q(status__in=["completed", "failed", "cancelled"], finished_at__isnull=False)
                | (~Q(status__in=["completed", "failed", "cancelled"]) & Q(finished_at__isnull=True)),
                name="run_over_has_end",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="run_list"),
            models.Index(fields=["playbook", "-id"], name="run_of_playbook"),
            models.Index(fields=["account", "status", "-id"], name="run_by_status"),
            models.Index(fields=["account", "-finished_at"], name="run_recent", condition=Q(finished_at__isnull=False)),  # what has just ended
            models.Index(fields=["parent_step"], name="run_children", condition=Q(parent_step__isnull=False)),
            models.Index(fields=["parent_step"], name="run_open_children", condition=Q(parent_step__isnull=False, finished_at__isnull=True)),
            models.Index(fields=["deadline_at"], name="run_deadline", condition=Q(deadline_at__isnull=False, finished_at__isnull=True)),
            models.Index(fields=["start_at"], name="run_starts", condition=Q(gate="start")),
            models.Index(
                fields=["finished_at"],
                name="run_end_untold",
                condition=Q(finished_at__isnull=False) & (Q(end_told_at__isnull=True) | Q(end_told_at__lt=F("finished_at"))),
            ),
            GinIndex(fields=["labels"], name="run_labels"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def grants_to(self, user: Viewer) -> list[Any]:
        """As in Shared."""
        of_playbook = granted_to(user, PlaybookGrant).get(self.granted_by_id, []) if self.granted_by_id else []
        return [*of_playbook, *granted_to(user, RunGrant).get(self.pk, [])]

    def all_grants(self) -> list[Any]:
        """As in Shared."""
        own = list(self.grants.select_related("user", "group", "department").order_by("pk"))
        return [*(self.granted_by.all_grants() if self.granted_by else []), *own]

    @property
    def is_over(self) -> bool:
        """Whether nothing of it can happen any more, short of a retry of a failed one."""
        return self.status not in RUN_OPEN

    # Each verb is one transaction under the run's lock, with its event (runs_app/sql/functions.sql); who may do it is asked before.

    def pause(self, by: User | None, reason: str = "") -> None:
        """Let steps in hand end and begin no other, here and in the runs waited for; answers that arrive meanwhile are kept. Raises WrongState."""
        with transaction.atomic():
            if not DatabaseJournal().pause(self.pk, by=_id(by), reason=reason):
                raise self._not_possible("paused")
            children.pause_below(DatabaseJournal(), self.pk, _id(by), reason)
            self._note(by, "run.paused", reason)
        self.refresh_from_db()

    def resume(self, by: User | None, reason: str = "") -> None:
        """Go on after a pause; after an error, try every failed step that holds the run again. Raises WrongState."""
        if self.entries.filter(lost=True).exists():
            raise WrongState(f"Run {self.pk} has lost its lock and waits for it.", hint="It goes on by itself when it has it again; or cancel it.")
        journal = DatabaseJournal()
        with transaction.atomic():
            if not journal.resume(self.pk, by=_id(by), reason=reason):
                held = self._held_for_sure()
                if not [step for step in held if journal.retry(step, by=_id(by))]:
                    raise self._not_possible("resumed")
            children.resume_below(journal, self.pk, _id(by), reason)
            self._note(by, "run.resumed", reason)
        self.refresh_from_db()

    def _held_for_sure(self) -> list[int]:
        """The failed step runs that hold it, without those of which nobody knows whether they happened: they are asked about one by one."""
        held = self.strands.filter(held=True, status="parked").values("held_step")
        return list(self.step_runs.filter(pk__in=held).exclude(error__code=UNKNOWN_OUTCOME).values_list("pk", flat=True))

    def cancel(self, by: User | None, reason: str = "") -> None:
        """Unwind every strand and the runs waited for; protected steps and `finally` end first, then it is `cancelled`. Raises WrongState."""
        journal = DatabaseJournal()
        with transaction.atomic():
            if not journal.cancel(self.pk, by=_id(by), reason=reason):
                raise self._not_possible("cancelled")
            self._note(by, "run.cancelled", reason)
        children.cancel_left_behind(journal, self.pk, _id(by))
        self.refresh_from_db()

    def archive(self, by: User | None, reason: str = "") -> None:
        """Put away a run that is over, or give up one that is paused by a failure: readable, never resumed or retried again. Raises WrongState."""
        journal, at = DatabaseJournal(), clock.now()
        with transaction.atomic():
            was_over = Run.objects.select_for_update(no_key=True).get(pk=self.pk).is_over
            if not journal.sql(statements.ARCHIVE, at, self.pk, _id(by), reason)[0][0]:
                raise self._not_possible("archived")
            self._note(by, "run.archived" if was_over else "run.given_up", reason)
        children.cancel_left_behind(journal, self.pk, _id(by))
        self.refresh_from_db()

    def _note(self, by: User | None, action: str, reason: str = "") -> None:
        """For the audit log; what the machine does is in the run's own record."""
        if by is not None:
            audit.note(by, action, self, new={"reason": reason} if reason else None)

    def _not_possible(self, deed: str) -> WrongState:
        self.refresh_from_db()
        state = "being stopped" if self.stopping else self.get_status_display().lower()
        return WrongState(f"Run {self.pk} is {state}; it cannot be {deed}.")


class RunGrant(Grant):
    """On one run, and the runs that it starts."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="grants")

    thing = "run"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_PRINCIPAL, name="run_grant_to_one"),
            models.UniqueConstraint(fields=["run", "user", "group", "department"], name="one_run_grant", nulls_distinct=False),
        ]


def _id(person: User | None) -> int | None:
    return person.pk if person is not None else None

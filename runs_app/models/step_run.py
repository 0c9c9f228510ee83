"""What happened at one place of the document in one run: the nested tree of a run's record."""

from __future__ import annotations

from django.db import models, transaction
from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform

from playbooks_app import audit
from playbooks_app.errors import WrongState
from playbooks_app.language.step_type import Json, Outcome
from playbooks_app.models import User
from runs_app.engine.records import LIVE
from runs_app.models.run import Run
from runs_app.models.strand import Strand
from runs_app.statuses import StepStatus
from runs_app.worker.database_journal import DatabaseJournal

OUTCOMES: dict[str | None, Outcome] = {
    None: "done",
    "done": "done",
    "failed": "failed",
    "again": "again",
}  # of a wait whose time has come, by `on_wake`


_STANDS = {
    StepStatus.RUNNING: "is running", StepStatus.WAITING: "is waiting", StepStatus.SUCCEEDED: "has succeeded", StepStatus.FAILED: "has failed",
    StepStatus.SKIPPED: "was skipped", StepStatus.CANCELLED: "was cancelled",
}  # fmt: skip


class StepRun(models.Model):
    """One step at one place: `path` such as `orders/body[12]/sign_off` is unique in its run.

    Nested: `parent_id` is the step run of the enclosing container (0 at the top), `block` and `iteration` say in which of its blocks, `position`
    where in the block. A running step is changed by its strand's driver only, a waiting one by `resolve` and cancel only, under the run's lock.
    """

    id = models.BigIntegerField(primary_key=True)  # taken in blocks from a sequence; says nothing about order
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="step_runs", db_index=False)
    strand = models.ForeignKey(
        Strand, on_delete=models.CASCADE, related_name="step_runs", db_index=False, db_constraint=False
    )  # checked by the engine
    parent_id = models.BigIntegerField(default=0)
    path = models.TextField(db_collation="C")
    block = models.CharField(max_length=100)
    iteration = models.IntegerField(default=0)
    position = models.IntegerField()
    step = models.CharField(max_length=100)  # id in the document
    type = models.CharField(max_length=40)
    status = models.CharField(max_length=10, choices=StepStatus.choices)
    attempt = models.IntegerField(default=1)
    interrupted = models.IntegerField(default=0)  # how often a driver died inside it
    resume_as = models.CharField(
        max_length=10, null=True, blank=True
    )  # again: a retry is due; fresh: written but not yet acted; joined; ended; recount
    input = models.JSONField(null=True, blank=True)  # settings as resolved, secrets masked
    output = models.JSONField(null=True, blank=True)
    error = models.JSONField(null=True, blank=True)
    state = models.JSONField(null=True, blank=True)  # what a container remembers
    pinned = models.JSONField(null=True, blank=True)  # {"input": …} set by a person for the next try; {"output": …, by, reason} given before it began
    returned = models.BooleanField(default=False)  # a `return` passed through it
    shielded = models.IntegerField(default=0)  # layers of protection around it, its own included; a cancel from outside of them waits for its end
    wake_at = models.DateTimeField(null=True, blank=True)
    on_wake = models.CharField(max_length=10, null=True, blank=True)  # done, failed, again
    wait = models.JSONField(null=True, blank=True)  # {cause, name, note}; stays after the wait is over
    open_children = models.IntegerField(default=0)  # strands of a fork that have not ended
    items = models.IntegerField(default=0)  # how many a concurrent loop has
    next_item = models.IntegerField(default=0)
    policy = models.CharField(max_length=15, null=True, blank=True)  # of a fork; a leaf that waits has none
    verdict = models.CharField(
        max_length=10, null=True, blank=True
    )  # of a fork: won returned failed cancelled; of a failed step: passed (on_error continue); of a step: cached
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)  # of the guard `deadline`; None once it is over

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "path"], name="one_step_run_per_path"),
            models.CheckConstraint(
                condition=Q(status__in=["running", "waiting"], finished_at__isnull=True)
                | (~Q(status__in=["running", "waiting"]) & Q(finished_at__isnull=False)),
                name="step_run_closed_has_end",
            ),
            models.UniqueConstraint(fields=["strand", "parent_id"], name="one_open_child", condition=Q(status__in=["running", "waiting"])),
        ]
        indexes = [
            models.Index(fields=["strand", "parent_id", "block", "iteration", "position"], name="step_run_newest"),
            models.Index(fields=["deadline_at"], name="step_run_late", condition=Q(status__in=["running", "waiting"], deadline_at__isnull=False)),
            models.Index(fields=["run"], name="step_run_recount", condition=Q(resume_as="recount")),
            models.Index(fields=["wake_at"], name="step_run_due", condition=Q(status="waiting", wake_at__isnull=False)),
            models.Index(fields=["run", "status"], name="step_run_attention", condition=Q(status__in=["running", "waiting", "failed"])),
            models.Index(
                KeyTextTransform("cache_key", "state"),
                "type",
                name="step_run_cached",
                condition=Q(status="succeeded", state__has_key="cache_key"),
            ),
            models.Index(fields=["parent_id", "iteration", "position"], name="step_run_children", condition=Q(parent_id__gt=0)),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def cause(self) -> str:
        """What a waiting step waits for (DOORS.md, B); "" otherwise."""
        return self.wait["cause"] if self.wait and self.status == StepStatus.WAITING else ""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this step run, different for any other (rule 32)."""
        return key_of(self.run_id, self.path, self.run.mode)

    # Each verb is one transaction under the run's lock, with its event; who may do it is asked before.

    def resolve(self, outcome: Outcome, *, output: Json = None, error: Json = None, by: User | None = None) -> bool:
        """End this wait: done, failed or again. False: somebody was first. The only way a wait ends (law 1)."""
        return DatabaseJournal().resolve(self.pk, outcome, output=output, error=error, by=by.pk if by else None)

    def retry(self, by: User | None, input: Json = None) -> None:
        """Begin this failed step again, with another input if one is given; the idempotency key stays. Raises WrongState."""
        with transaction.atomic():
            if not DatabaseJournal().retry(self.pk, by=by.pk if by else None, pinned=None if input is None else {"input": input}):
                raise self.not_possible("retried")
            self._note(by, "step.retried", with_input=input is not None)
        self.refresh_from_db()

    def skip(self, by: User | None, reason: str = "", output: Json = None) -> None:
        """Pass over this failed or waiting step; with an output, it counts as done with that. Raises WrongState."""
        with transaction.atomic():
            if not DatabaseJournal().skip(self.pk, by=by.pk if by else None, reason=reason, output=output):
                raise self.not_possible("skipped")
            self._note(by, "step.skipped" if output is None else "step.overridden", reason=reason)
        self.refresh_from_db()

    def wake(self, by: User | None) -> None:
        """End the wait for a time at once. Raises WrongState."""
        with transaction.atomic():
            if self.cause not in ("timer", "window", "limit") or not self.resolve(OUTCOMES[self.on_wake], output={}, by=by):
                raise self.not_possible("woken")
            self._note(by, "step.woken")
        self.refresh_from_db()

    def _note(self, by: User | None, action: str, **more: Json) -> None:
        """For the audit log, without values: those are in the run's record, for those who may read them."""
        if by is not None:
            audit.note(by, action, self.run, new={"path": self.path, **{key: value for key, value in more.items() if value}})

    def not_possible(self, deed: str) -> WrongState:
        """What to raise when a deed does not fit the present state."""
        self.refresh_from_db()
        return WrongState(f"The step {self.path} {_STANDS[StepStatus(self.status)]}; it cannot be {deed}.", address=self.path)


def key_of(run_id: int, path: str, mode: str = LIVE) -> str:
    """`run-<id>/<path>`; outside of `live` it is `<mode>-<id>/<path>`, so that a trial never uses up a key of the real thing."""
    return f"{'run' if mode == LIVE else mode}-{run_id}/{path}"


def item_prefix(loop: str, block: str, iteration: int) -> str:
    """What the paths inside one item of a loop begin with."""
    return f"{loop}/{block}[{iteration}]/"


class LoopItem(models.Model):
    """One value of a concurrent loop, so that resuming an item does not load all of them."""

    step_run = models.ForeignKey(StepRun, on_delete=models.CASCADE, related_name="loop_items", db_index=False, db_constraint=False)
    number = models.IntegerField()
    value: models.JSONField[Json, Json] = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step_run", "number"], name="one_value_per_item")]

    def __str__(self) -> str:
        return f"{self.step_run_id}[{self.number}]"


class RunVariable(models.Model):
    """The present value of one variable of a run (`vars.<name>`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="variables", db_index=False)
    name = models.CharField(max_length=200)
    value: models.JSONField[Json, Json] = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "name"], name="one_value_per_variable")]

    def __str__(self) -> str:
        return self.name

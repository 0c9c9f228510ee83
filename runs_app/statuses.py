"""The states of runs, strands and step runs and the moves between them, on one page.

Run: who moves it on
  queued            made; no worker has taken its main line yet, or it is not let in yet (`gate`: its start, a limit, a lock)
  running           a strand is queued or driven
  waiting           every open strand waits for a timer, an event, a worker, a limit
  pending_approval  as waiting, and an approval is open
  paused            held by a person, or by a failed step that nobody handles (`pause_reason`)
  completed failed cancelled   over

Strand: queued (a worker may claim it) -> driven (a worker holds it by token) -> parked (waits, or is held) | finished failed cancelled
Step run: running (a driver is inside) | waiting (somebody outside will resolve it) | succeeded failed skipped cancelled
"""

from __future__ import annotations

from django.db import models


class RunStatus(models.TextChoices):
    """States of a run."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    PENDING_APPROVAL = "pending_approval", "Waiting for approval"
    PAUSED = "paused", "Paused"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class StrandStatus(models.TextChoices):
    """States of a strand."""

    QUEUED = "queued", "Queued"
    DRIVEN = "driven", "Driven"
    PARKED = "parked", "Parked"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class StepStatus(models.TextChoices):
    """States of a step run."""

    RUNNING = "running", "Running"
    WAITING = "waiting", "Waiting"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"
    CANCELLED = "cancelled", "Cancelled"


# What may follow what. A test watches the database while runs go through everything, and compares; docs/state-charts.md is drawn from here.
_LIVE = (RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PENDING_APPROVAL, RunStatus.PAUSED)
_OVER = {RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED}

RUN_MOVES = {
    RunStatus.QUEUED: {RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.CANCELLED, RunStatus.FAILED},
    **{status: {each for each in _LIVE if each != status} | _OVER for status in _LIVE},
    RunStatus.PAUSED: {RunStatus.QUEUED, *(each for each in _LIVE if each != RunStatus.PAUSED), *_OVER},  # queued: it was paused before it was let in
    RunStatus.FAILED: {RunStatus.PAUSED},  # it opens again, until it is archived
}
STRAND_MOVES = {
    StrandStatus.QUEUED: {StrandStatus.DRIVEN, StrandStatus.PARKED, StrandStatus.CANCELLED},  # parked: the run is paused
    StrandStatus.DRIVEN: {StrandStatus.QUEUED, StrandStatus.PARKED, StrandStatus.FINISHED, StrandStatus.FAILED, StrandStatus.CANCELLED},
    StrandStatus.PARKED: {StrandStatus.QUEUED, StrandStatus.CANCELLED},  # cancelled: a person gave the paused run up
    StrandStatus.FAILED: {StrandStatus.PARKED},  # its run opens again
    StrandStatus.CANCELLED: {StrandStatus.PARKED, StrandStatus.QUEUED},  # … after its time was up
    StrandStatus.FINISHED: {StrandStatus.QUEUED},  # … a lane, for the items that are left
}
STEP_MOVES = {
    StepStatus.RUNNING: {StepStatus.WAITING, StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED},
    StepStatus.WAITING: {StepStatus.RUNNING, StepStatus.SUCCEEDED, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED},
    StepStatus.FAILED: {
        StepStatus.RUNNING,
        StepStatus.WAITING,
        StepStatus.SKIPPED,
        StepStatus.SUCCEEDED,
    },  # retry, retry of its run or branches, skip, override
    StepStatus.CANCELLED: {StepStatus.RUNNING, StepStatus.WAITING, StepStatus.FAILED},  # its run, whose time was up, opens again
}

RUN_OPEN = frozenset({RunStatus.QUEUED, *_LIVE})
RUN_OVER = frozenset(_OVER)
STRAND_OPEN = frozenset({StrandStatus.QUEUED, StrandStatus.DRIVEN, StrandStatus.PARKED})
STEP_OPEN = frozenset({StepStatus.RUNNING, StepStatus.WAITING})

"""States as people see them: a key for colour and shape (`data-state`) and words. The guide's table, on one page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from runs_app.models import Run
from runs_app.statuses import RunStatus, StepStatus

PEOPLE_CAUSES = frozenset({"approval", "person"})
GIVEN_UP = "Abandoned"  # code of a run that a person gave up
NEEDS_PERSON_CODES = frozenset({"NeedsPerson", "UnknownOutcome"})

# Most urgent first; a parent wears the most urgent state of its children.
URGENCY = ("unknown", "failed", "person", "running", "time", "paused", "pending", "cancelled", "skipped", "succeeded")
RANK = {key: place for place, key in enumerate(URGENCY)}

WORDS = {
    "unknown": "Outcome unknown",
    "failed": "Failed",
    "person": "Waiting for a person",
    "running": "Running",
    "time": "Waiting",
    "paused": "Paused",
    "pending": "Not started",
    "cancelled": "Cancelled",
    "skipped": "Skipped",
    "succeeded": "Succeeded",
}


class State(NamedTuple):
    """What a mark shows."""

    key: str  # one of URGENCY
    words: str


_RUN_STATES = {
    RunStatus.QUEUED: State("pending", "Queued"),
    RunStatus.RUNNING: State("running", "Running"),
    RunStatus.WAITING: State("time", "Waiting"),
    RunStatus.PENDING_APPROVAL: State("person", "Waiting for a person"),
    RunStatus.COMPLETED: State("succeeded", "Succeeded"),
    RunStatus.FAILED: State("failed", "Failed"),
    RunStatus.CANCELLED: State("cancelled", "Cancelled"),
}


def run_state(run: Run) -> State:
    """The state of a run; what is being stopped says so."""
    if run.stopping == "cancel":
        return State("running", "Cancelling")
    if run.stopping == "pause":
        return State("running", "Pausing")
    if run.status == RunStatus.PAUSED:
        return State("failed", "Failed, paused") if run.pause_reason == "error" else State("paused", "Paused")
    if run.status == RunStatus.FAILED and run.code == GIVEN_UP:
        return State("failed", "Given up")
    return _RUN_STATES[RunStatus(run.status)]


def step_state(status: str, wait: dict[str, Any] | None, code: str | None) -> str:
    """The key of a step run's own state, without its children. `code` is its error's."""
    if status == StepStatus.WAITING:
        cause = (wait or {}).get("cause")
        return "person" if cause in PEOPLE_CAUSES else "running" if cause == "child" else "time"
    if status == StepStatus.FAILED and code in NEEDS_PERSON_CODES:
        return "unknown"
    return str(status)


def most_urgent(keys: Any, default: str = "pending") -> str:
    """The state that a parent of these wears."""
    return min(keys, key=RANK.__getitem__, default=default)


def iso(moment: datetime | None) -> str | None:
    """A moment as JSON has it, in UTC: `2026-11-20T14:32:05.120000Z`."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None

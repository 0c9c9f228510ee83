"""A step's deadline: counted from when the step is reached, over all its tries and all that is inside it (guard `deadline`)."""

from __future__ import annotations

from datetime import datetime, timedelta

from playbooks_app.language.document import Step
from playbooks_app.language.durations import written
from playbooks_app.language.guards import DEADLINE
from playbooks_app.language.step_type import StepFailed
from runs_app.engine.records import StepRecord

CODE = "DeadlineExceeded"
TIMEOUT = "Timeout"
LEAST_SECONDS = 0.05  # a step that begins just before its deadline has at least so long

__all__ = ["CODE", "DEADLINE", "as_late", "deadline_of", "exceeded", "is_own", "seconds_for"]


def deadline_of(step: Step, reached: datetime) -> datetime | None:
    """When it is over for a step that is reached now."""
    return None if step.guards.deadline is None else reached + timedelta(seconds=step.guards.deadline.after)


def exceeded(step: Step, row: StepRecord, now: datetime) -> StepFailed:
    """The failure of a step that is not done in time."""
    assert step.guards.deadline is not None
    assert row.started_at is not None
    seconds, elapsed = step.guards.deadline.after, (now - row.started_at).total_seconds()
    failure = StepFailed(
        CODE,
        f"The step was not done within {written(seconds)}.",
        hint="Give it more time, or say in `deadline` or `on_error` what happens then.",
        details={"deadline_ms": round(seconds * 1000), "elapsed_ms": round(elapsed * 1000)},
    )
    failure.address = row.path
    return failure


def as_late(step: Step, row: StepRecord, failure: StepFailed, now: datetime) -> StepFailed:
    """A step that was stopped because its deadline had come says so, and not that one try took too long."""
    if failure.code == TIMEOUT and failure.address == row.path and row.deadline_at is not None and row.deadline_at <= now:
        return exceeded(step, row, now)
    return failure


def is_own(step: Step, row: StepRecord, failure: StepFailed) -> bool:
    """Whether it is this step's own deadline that is over."""
    return failure.code == CODE and failure.address == row.path and step.guards.deadline is not None


def seconds_for(row: StepRecord, timeout: float, now: datetime) -> float:
    """How long one try may take."""
    return timeout if row.deadline_at is None else max(LEAST_SECONDS, min(timeout, (row.deadline_at - now).total_seconds()))

"""What steps are answered in the sandbox, where nothing leaves the house.

1. An output that was pinned for the path, or for the step's id, is the answer.
2. A step that reaches outside (`StepType.effect`) is not run: the run that is played again has recorded what came of it; else its type gives a
   sample.
3. Any other step is run. If it would wait, for anything but people or a run that it has started, the answer is that of 2, at once. A decision that
   was recorded counts; else the approvals' app asks nobody but who started the sandbox run.
"""

from __future__ import annotations

from typing import Any

from playbooks_app.language.step_type import Done, Json, Return, StepContext, StepFailed, StepType, Wait
from runs_app.models import Run, StepRun
from runs_app.models.run import MadeAs
from runs_app.statuses import StepStatus

MISSING: Any = object()
STILL_WAITS = frozenset({"approval", "person", "child"})  # causes of waits that the sandbox does not pass over


def answer(kind: StepType[Any], context: StepContext[Any]) -> Done | Wait | Return:
    """What this step does in the sandbox. Raises StepFailed, as the step itself or the recorded one did."""
    run = Run.objects.only("pinned", "original", "made_as", "original_path").get(pk=context.run_id)
    pinned = _pinned(run, context.path)
    if pinned is not MISSING:
        return Done(pinned)
    if kind.effect:
        return _instead(run, kind, context)
    outcome = kind.run(context)
    return outcome if not isinstance(outcome, Wait) else _passed(run, kind, context, outcome)


def settings_of(context: StepContext[Any]) -> dict[str, Json]:
    """The resolved settings of a step as they stand in its record."""
    found = StepRun.objects.filter(pk=context.step_run_id).values_list("input", flat=True).first()
    return found if isinstance(found, dict) else {}


def _pinned(run: Run, path: str) -> Json:
    """By path, else by the id of the step, in whatever turn of a loop it is."""
    pinned = run.pinned or {}
    return pinned.get(path, pinned.get(path.rpartition("/")[2], MISSING))


def _passed(run: Run, kind: StepType[Any], context: StepContext[Any], wait: Wait) -> Done | Wait:
    if wait.cause == "child":
        return wait
    recorded = _recorded(run, context.path)
    if recorded is not None:
        return recorded
    if wait.cause in STILL_WAITS:
        return wait
    if wait.until is not None and wait.on_wake == "done":
        return Done({})
    return Done(kind.sample(settings_of(context)))


def _instead(run: Run, kind: StepType[Any], context: StepContext[Any]) -> Done:
    return _recorded(run, context.path) or Done(kind.sample(settings_of(context)))


def _recorded(run: Run, path: str) -> Done | None:
    """What the original did at this path; None if it has not got so far. Raises StepFailed as it did.

    A fork, or one step again, is answered with what went well only: the failure is what is looked into.
    """
    if run.original_id is None:
        return None
    step = StepRun.objects.filter(run=run.original_id, path=run.original_path if run.made_as == MadeAs.RERUN else path).first()
    if step is None or step.finished_at is None or (run.made_as != MadeAs.REPLAY and step.status != StepStatus.SUCCEEDED):
        return None
    if step.status == StepStatus.FAILED:
        error = step.error or {}
        raise StepFailed(error.get("code", "Failed"), error.get("message", ""), hint=error.get("hint", ""), details=error.get("details"))
    return Done(step.output) if step.status in (StepStatus.SUCCEEDED, StepStatus.SKIPPED) else None

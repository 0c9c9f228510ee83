"""Going on with something else than what the run would have used (S2-resume-override): another input or output for the step that holds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app.models import Run, StepRun


def resume(run: Run, by: User, override: Mapping[str, Any] | None, reason: str = "") -> None:
    """Resume, or with an override act on that one step: `input` tries it again with it, `output` takes it for done.

    Raises WrongState, Refused, OutOfSight.
    """
    if override is None:
        run.resume(by=by, reason=reason)
        return
    if ("input" in override) == ("output" in override):
        raise Refused([Problem("override", "invalid", "An override needs an input or an output, and not both.")])
    step = StepRun.objects.filter(run=run, path=override["path"]).first()
    if step is None:
        raise OutOfSight("The run has not reached a step at this path.", address="override/path")
    if "output" in override:
        step.skip(by=by, reason=reason, output=override["output"])
    else:
        step.retry(by=by, input=override["input"])

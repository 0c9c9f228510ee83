"""Repairing a step: again, again with another input, not at all, or with an output that a person gives (S2-resume-override).

Every door repairs through here, so that each asks the same rights. Acting in place of people who are asked to decide is an event of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from playbooks_app.errors import OutOfSight, Refused, WrongState
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.registry import step_types
from playbooks_app.language.settings import build, fields_of
from playbooks_app.language.step_type import Json, StepFailed
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.effects import DONE, REFUSED
from runs_app.models import Effect, Run, StepRun
from runs_app.permissions import may_edit_input, may_skip, require
from runs_app.reading.decisions import decisions_in

OUTCOME_TOLD = "outcome_told"  # beside the deed itself, too
PASSED_OVER = "decision_passed_over"  # the event beside the one of the deed itself


def resume(run: Run, by: User, override: Mapping[str, Any] | None, reason: str = "") -> None:
    """Resume, or with an override act on that one step: `input` tries it again with it, `output` takes it for done.

    Raises WrongState, Refused, OutOfSight, NotAllowed.
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
        give_output(run, step, by, override["output"], reason)
    else:
        retry(run, step, by, override["input"], reason, address="override/input")


def skip(run: Run, step: StepRun, by: User, reason: str = "") -> None:
    """Go on without it. Raises NotAllowed, WrongState."""
    require(may_skip(by, run, step), "pass over a decision that others are asked for")
    with transaction.atomic():
        step.skip(by=by, reason=reason)
        _record(run, step, by, "skipped", reason)


def give_output(run: Run, step: StepRun, by: User, output: Json, reason: str = "") -> None:
    """Take it for done with this output. Raises NotAllowed, WrongState."""
    require(may_skip(by, run, step), "decide in place of those who are asked")
    with transaction.atomic():
        step.skip(by=by, reason=reason, output=output)
        _record(run, step, by, "overridden", reason)


def retry(run: Run, step: StepRun, by: User, input: Json = None, reason: str = "", *, address: str = "input") -> None:
    """Once more; with an input, with that one instead of what the document says. Raises NotAllowed, WrongState, Refused."""
    if input is None:
        step.retry(by=by)
        return
    require(may_edit_input(by, run, step), "change what people are asked, or who is asked")
    check_input(step, input, address)
    with transaction.atomic():
        step.retry(by=by, input=input)
        _record(run, step, by, "retried with another input", reason)


def tell_outcome(run: Run, step: StepRun, by: User, happened: bool, output: Json = None) -> None:
    """What a person found out about a step that may not run twice and whose outcome nobody knew (rule 32). Raises WrongState, Refused.

    It happened: it counts as done, with `output`. It did not: it is done again, under the same key.
    """
    if (step.error or {}).get("code") != "UnknownOutcome":
        raise WrongState(f"The outcome of {step.path} is not in doubt.", address=step.path)
    with transaction.atomic():
        if happened:
            step.skip(by=by, reason="It happened.", output={} if output is None else output)
        else:
            step.retry(by=by)
        newest = Effect.objects.filter(step_run=step).order_by("-attempt").values("pk")[:1]
        Effect.objects.filter(pk__in=newest).update(outcome=DONE if happened else REFUSED, told_by=by)
        timeline.record(run, OUTCOME_TOLD, path=step.path, by=by, data={"happened": happened})


def check_input(step: StepRun, input: Json, address: str) -> None:
    """Whether the step's type can act on it. Raises Refused with the address of the setting."""
    if not isinstance(input, Mapping):
        raise Refused(
            [Problem(address, "WrongType", "The input of a step is an object with its settings.", "GET the step: its `input` is what it had.")]
        )
    if step.type not in step_types:
        return
    kind = step_types.get(step.type)
    if kind.is_container:
        raise Refused([Problem(address, "Unknown", "A step with steps inside has no input of its own.", "Give an input to a step inside it.")])
    known = [field.key for field in fields_of(kind.Config)]
    problems = [
        Problem(f"{address}/{key}", "UnknownSetting", f"There is no setting “{key[:60]}”.", did_you_mean(key, known))
        for key in input
        if key not in known
    ]
    try:
        build(kind.Config, input)
    except StepFailed as fault:
        field = fault.details["field"] if isinstance(fault.details, Mapping) else ""
        problems.append(Problem(f"{address}/{field}", fault.code, str(fault), fault.hint))
    if problems:
        raise Refused(problems)


def _record(run: Run, step: StepRun, by: User, deed: str, reason: str) -> None:
    if decisions_in(run, step).any:
        timeline.record(run, PASSED_OVER, path=step.path, by=by, data={"deed": deed, "reason": reason})

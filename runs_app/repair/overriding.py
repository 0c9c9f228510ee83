"""Repairing a run: again, again with another input, not at all, or with an output that a person gives (S2-resume-override).

Every door repairs through here, so that each asks the same rights. Acting in place of people who are asked to decide is an event of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.effects import DONE, REFUSED, UNKNOWN_OUTCOME
from runs_app.models import Effect, Run, StepRun
from runs_app.permissions import may_edit_input, may_skip, require
from runs_app.reading.decisions import decisions_in
from runs_app.reading.outline import loops, outline_of
from runs_app.repair import ahead, mending, reopening
from runs_app.repair.edited_input import check_input
from runs_app.statuses import RunStatus

OUTCOME_TOLD = "outcome_told"  # beside the deed itself, too
PASSED_OVER = "decision_passed_over"  # the event beside the one of the deed itself


def resume(run: Run, by: User, override: Mapping[str, Any] | None, reason: str = "") -> None:
    """Resume, or with an override act on that one step: `input` tries it again with it, `output` takes it for done.

    A run that has failed goes on where it failed. A step that has not begun gets the override once it is reached. Raises WrongState, Refused,
    OutOfSight, NotAllowed.
    """
    if override is None:
        if run.status == RunStatus.FAILED:
            reopening.retry(run, by, reason)
        else:
            run.resume(by=by, reason=reason)
        return
    if ("input" in override) == ("output" in override):
        raise Refused([Problem("override", "invalid", "An override needs an input or an output, and not both.")])
    step = StepRun.objects.filter(run=run, path=override["path"]).first()
    if step is None:
        ahead.override(run, by, override, reason)
    elif "output" in override:
        give_output(run, step, by, override["output"], reason)
    else:
        retry(run, step, by, override["input"], reason, address="override/input")


class PlaybookIncompatible(WrongState):
    """A run was to go on with what it did not begin with."""

    code = "PlaybookIncompatible"
    hint = "Resume it without naming one, or start a run of the other one."


def require_same_playbook(run: Run, playbook: int | None, version: int | None) -> None:
    """A run goes on with the version that it began with, and with no other. Raises PlaybookIncompatible."""
    if playbook is not None and playbook != run.playbook_id:
        message = f"Run {run.pk} is a run of playbook {run.playbook_id} (“{run.playbook.name}”), not of {playbook}."
        raise PlaybookIncompatible(message, address="playbook", details={"playbook": run.playbook_id, "version": run.version.number})
    if version is not None and version != run.version.number:
        message = f"Run {run.pk} began with version {run.version.number} of “{run.playbook.name}”, and goes on with no other."
        raise PlaybookIncompatible(message, address="version", details={"playbook": run.playbook_id, "version": run.version.number})


def skip(run: Run, step: StepRun, by: User, reason: str = "") -> None:
    """Go on without it. Raises NotAllowed, WrongState."""
    require(may_skip(by, run, step), "pass over a decision that others are asked for")
    with transaction.atomic():
        reopening.repairing(run, by, reason)
        step.skip(by=by, reason=reason)
        _record(run, step, by, "skipped", reason)


def give_output(run: Run, step: StepRun, by: User, output: Json, reason: str = "") -> None:
    """Take it for done with this output. Raises NotAllowed, WrongState."""
    require(may_skip(by, run, step), "decide in place of those who are asked")
    with transaction.atomic():
        reopening.repairing(run, by, reason)
        step.skip(by=by, reason=reason, output=output)
        _record(run, step, by, "overridden", reason)


def retry(run: Run, step: StepRun, by: User, input: Json = None, reason: str = "", *, address: str = "input") -> None:
    """Once more; with an input, with that one instead of what the document says. Raises NotAllowed, WrongState, Refused."""
    if input is not None:
        require(may_edit_input(by, run, step), "change what people are asked, or who is asked")
        check_input(step.type, input, address)
    with transaction.atomic():
        set_aside = mending.loop_that_set_aside(run, step)
        reopening.repairing(run, by, reason)
        if set_aside is not None:
            mending.mend(run, set_aside[0], [set_aside[1]], by, pinned=None if input is None else {"input": input}, reason=reason)
        elif input is not None:
            step.retry(by=by, input=input)
        elif not reopening.holding(run, [step.pk]).exists() or not reopening.again(step, by):
            raise step.not_possible("retried")
        if input is not None:
            _record(run, step, by, "retried with another input", reason)
    step.refresh_from_db()


def tell_outcome(run: Run, step: StepRun, by: User, happened: bool, output: Json = None) -> None:
    """What a person found out about a step that may not run twice and whose outcome nobody knew (rule 32). Raises WrongState, Refused.

    It happened: it counts as done, with `output`. It did not: it is done again, under the same key.
    """
    if (step.error or {}).get("code") != UNKNOWN_OUTCOME:
        raise WrongState(f"The outcome of {step.path} is not in doubt.", address=step.path)
    with transaction.atomic():
        reopening.repairing(run, by)
        if happened:
            step.skip(by=by, reason="It happened.", output={} if output is None else output)
        else:
            step.retry(by=by)
        newest = Effect.objects.filter(step_run=step).order_by("-attempt").values("pk")[:1]
        Effect.objects.filter(pk__in=newest).update(outcome=DONE if happened else REFUSED, told_by=by)
        timeline.record(run, OUTCOME_TOLD, path=step.path, by=by, data={"happened": happened})


def retry_run(run: Run, by: User, reason: str = "") -> None:
    """Every failed step that stops the run again, and nothing that succeeded. Raises WrongState."""
    reopening.retry(run, by, reason)


def retry_items(run: Run, loop: StepRun, by: User, reason: str = "") -> None:
    """All failed items of a loop again: those that stop it, and those that it has set aside. Raises WrongState, Refused."""
    if loop.type in step_types and not loops(outline_of(run.version).by_id.get(loop.step)):
        raise Refused([Problem("failed_items", "invalid", f"{loop.path} is no loop, so it has no items.", "Give the path of the loop.")])
    with transaction.atomic():
        reopening.repairing(run, by, reason)
        loop.refresh_from_db()
        if not mending.retry_items(run, loop, by, reason):
            raise mending.nothing_failed(loop)
    loop.refresh_from_db()


def _record(run: Run, step: StepRun, by: User, deed: str, reason: str) -> None:
    if decisions_in(run, step).any:
        timeline.record(run, PASSED_OVER, path=step.path, by=by, data={"deed": deed, "reason": reason})

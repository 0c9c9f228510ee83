"""What a person gives for a step that has not begun: another input, or an output in place of running it (S2-resume-override)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from playbooks_app import clock
from playbooks_app.errors import OutOfSight, WrongState
from playbooks_app.language.document import Step
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.place import split_block
from runs_app.models import Override, Run, StepRun
from runs_app.permissions import may_operate, may_skip, require
from runs_app.reading.outline import is_iterated, named, outline_of
from runs_app.repair import reopening
from runs_app.repair.edited_input import check_input
from runs_app.statuses import RunStatus

GIVEN = "override_given"  # the event; when the step is reached, `step_overridden` follows


def override(run: Run, by: User, given: Mapping[str, Any], reason: str = "") -> None:
    """Keep it for the step at `path`, and resume the run. Raises WrongState, Refused, OutOfSight, NotAllowed."""
    path = str(given["path"])
    what = "output" if "output" in given else "input"
    drawn = step_ahead(run, path)
    require(may_skip(by, run, StepRun(run=run, path=path, step=drawn.id, type=drawn.type)), "decide in place of those who are asked")
    if what == "input":
        check_input(drawn.type, given["input"], "override/input")
    with transaction.atomic():
        _require_still(run)
        Override.objects.update_or_create(
            run=run, path=path, defaults={"what": what, "value": given[what], "by": by, "reason": reason, "at": clock.now()}
        )
        Run.objects.filter(pk=run.pk).update(overridden=True)
        timeline.record(run, GIVEN, path=path, by=by, data={"of": what, "reason": reason})
        if run.status == RunStatus.FAILED:
            reopening.retry(run, by, reason)
        else:
            run.resume(by=by, reason=reason)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step that the run has not reached, for its page. `why_not`: why nothing can be given for it now; "" if it can."""

    name: str
    path: str
    takes_input: bool
    why_not: str
    given: Override | None


def shown(run: Run, path: str, user: User) -> Ahead | None:
    """None if the playbook has no step there, or this person may not decide what it gives."""
    if not path or not may_operate(user, run):
        return None
    try:
        drawn = step_ahead(run, path)
    except OutOfSight:
        return None
    if not may_skip(user, run, StepRun(run=run, path=path, step=drawn.id, type=drawn.type)):
        return None
    why_not = "" if _is_still(run) else "Pause the run to give it an output or another input beforehand." if not run.is_over else "The run is over."
    return Ahead(named(drawn), path, not drawn.kind.is_container, why_not, Override.objects.filter(run=run, path=path).select_related("by").first())


def step_ahead(run: Run, path: str) -> Step:
    """The step of the document at a path that the run has not reached. Raises OutOfSight."""
    parts, outline = path.split("/"), outline_of(run.version)
    steps: Iterable[Step] = outline.steps
    if len(parts) % 2 == 0:  # in the playbook's own catch or finally
        steps = {"catch": outline.catch, "finally": outline.finally_}.get(parts[0], ())
        parts = parts[1:]
    found = _named(steps, parts[0], path)
    for block, name in zip(parts[1::2], parts[2::2], strict=True):
        found = _named(_inside(found, block), name, path)
    return found


def _inside(step: Step, block: str) -> Iterable[Step]:
    try:
        name, number = split_block(block)
    except ValueError:
        return ()
    return step.blocks.get(name, ()) if is_iterated(step, name) == (number is not None) else ()


def _named(steps: Iterable[Step], name: str, path: str) -> Step:
    for step in steps:
        if step.id == name:
            return step
    raise OutOfSight("The playbook has no step at this path.", address="override/path", hint=f"See the paths of its steps; {path[:100]} is none.")


def _require_still(run: Run) -> None:
    """Nothing of it is in hand, so that the step cannot begin meanwhile. Locks the run. Raises WrongState."""
    Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    run.refresh_from_db()
    if not _is_still(run):
        raise WrongState(
            f"Run {run.pk} is {run.get_status_display().lower()}; a step that has not begun is overridden while the run is paused.",
            hint="Pause the run first.",
        )


def _is_still(run: Run) -> bool:
    return run.archived_at is None and run.status in (RunStatus.PAUSED, RunStatus.FAILED)

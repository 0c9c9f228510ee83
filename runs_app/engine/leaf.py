"""Performs a leaf: resolves its settings, writes before it acts, and notes how it ended."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from playbooks_app.language.document import Step
from playbooks_app.language.json_schema import schema_problems
from playbooks_app.language.settings import build
from playbooks_app.language.step_type import Done, Json, Return, StepContext, StepFailed, Wait
from runs_app.engine import caching, effects, ending
from runs_app.engine.policies import deadline
from runs_app.engine.policies.retry import OUTPUT_INVALID
from runs_app.engine.records import LIVE, MISSING, StepRecord
from runs_app.engine.scope import Scope
from runs_app.engine.signals import Cancelled, StrandParked

if TYPE_CHECKING:
    from runs_app.engine.interpreter import Interpreter

STEP_TIMEOUT_SECONDS = 60.0  # rule 31
INTERRUPTIONS_BEFORE_A_PERSON = 3  # law 6
ENDED = "ended"  # the step's guarded wait is over, its output or error is in the row


def perform_leaf(i: Interpreter, step: Step, row: StepRecord, scope: Scope) -> Generator[Any, Any, Json]:
    """Returns the output. Raises StepFailed, Returned, StrandParked (it waits), Cancelled."""
    if row.id not in i.note.opened:
        if row.resume_as == ENDED:
            return _ended(i, row)
        _found_running(i, step, row)
    if caching.may_be(i, step, row):
        found = yield from caching.take(i, step, row, scope)
        if found is not MISSING:
            return found
    context = yield from _context(i, step, row, scope)
    if row.deadline_at is not None and row.deadline_at <= i.now():
        raise deadline.exceeded(step, row, i.now())
    if step.kind.acts or i.facts.mode != LIVE:  # what a step may do in the sandbox is for the acting side to say
        outcome = yield from effects.act(i, step, row, context)
        i.known.variables.clear()  # a person may have changed them while the step was acting
    else:
        outcome = step.kind.run(context)
    if isinstance(outcome, Wait):
        _wait(i, step, row, context, outcome)
    if isinstance(outcome, Return):
        raise ending.ended_by(i.program.document, outcome)
    return _done(i, step, row, outcome)


def _ended(i: Interpreter, row: StepRecord) -> Json:
    """Its guarded wait is over. The mark stays until the step run is closed: a crash in between finds it again."""
    if i.is_cancelling and (row.id, deadline.DEADLINE) not in i.newest:  # else the steps of its deadline unwind first
        raise Cancelled
    if row.error is not None:
        raise ending.failure_of(row)  # never transient: who wants to wait again names the code in `retry.on`
    return storable(row.output)


def _found_running(i: Interpreter, step: Step, row: StepRecord) -> None:
    """It was begun before: a retry is due, it was written but not yet acted, or its driver died inside it."""
    if row.resume_as is None or i.is_cancelling:
        i.note.told.append((row.id, effects.INTENDED if row.resume_as == "fresh" else effects.UNKNOWN))
    if i.is_cancelling:
        raise Cancelled
    how, row.resume_as = row.resume_as, None
    i.change(row)
    if how == "fresh":
        return
    row.attempt += 1
    if how == "again":
        i.event("step_again", row)
        return
    row.interrupted += 1
    i.event("step_interrupted", row)
    if step.kind.acts and (step.guards.once or step.kind.after_interruption == "ask"):
        raise effects.unknown_outcome("The worker died while this step was acting.")
    if row.interrupted >= INTERRUPTIONS_BEFORE_A_PERSON:
        raise StepFailed(
            "NeedsPerson",
            f"The worker died {row.interrupted} times while this step was acting.",
            hint="Look at the step's input and at the worker's log, then retry or skip it.",
        )


def _context(i: Interpreter, step: Step, row: StepRecord, scope: Scope) -> Generator[Any, Any, StepContext[Any]]:
    """Resolve the settings; the resolved input is stored with the step run, and an automatic retry uses it again."""
    if row.pinned and "input" in row.pinned:
        row.input = row.pinned["input"]
    elif row.input is None:
        compiled = i.program.settings(step)
        yield from i.prepare(scope, compiled.references)
        row.input = i.render(compiled, scope, row)
        i.change(row)
    return context_of(i, step, row, build(step.kind.Config, row.input))


def context_of(i: Interpreter, step: Step, row: StepRecord, config: Any) -> StepContext[Any]:
    """What a step type may know of its place."""
    facts = i.facts
    return StepContext(
        config=config,
        now=i.now(),
        run_id=facts.id,
        path=row.path,
        attempt=row.attempt,
        idempotency_key=facts.key(row.path),
        timeout_seconds=deadline.seconds_for(row, step.guards.timeout or STEP_TIMEOUT_SECONDS, i.now()),
        timezone=facts.timezone,
        account_id=facts.account,
        step_run_id=row.id,
        mode=facts.mode,
        autonomous=facts.autonomous,
        starter_id=facts.starter,
        access=step.guards.access,
    )


def _wait(i: Interpreter, step: Step, row: StepRecord, context: StepContext[Any], wait: Wait) -> None:
    """Waiting and parking are one commit: nobody can slip between. A run that it started is waited for no longer than `timeout` says."""
    row.status, row.wake_at, row.on_wake = "waiting", wait.until, wait.on_wake
    if wait.cause == "child" and wait.guarded and wait.until is None and step.guards.timeout is not None:
        row.wake_at, row.on_wake = i.now() + timedelta(seconds=step.guards.timeout), "failed"
    row.wait = {"cause": wait.cause, "name": wait.name, "note": wait.note, **({"guarded": True} if wait.guarded else {})}
    i.change(row)
    i.event("step_waiting", row, {"cause": wait.cause, "name": wait.name, "until": wait.until.isoformat() if wait.until else None})
    i.note.opened_waits.append((row, context, wait))
    raise StrandParked


def _done(i: Interpreter, step: Step, row: StepRecord, outcome: Done) -> Json:
    for kind, data in outcome.told:
        i.event(kind, row, dict(data))
    if outcome.variables and step.kind.sets_variables:
        i.note.variables.update(outcome.variables)
        i.known.variables.update(outcome.variables)
        for name in outcome.variables:
            i.event("variable_set", row, {"name": name})
    return storable(outcome.output)


def require_schema(step: Step, output: Json) -> None:
    """An output must follow the step's `output_schema`. Raises StepFailed OutputInvalid, which is never tried again: the step has acted."""
    schema = step.guards.output_schema
    problems = [] if schema is None else schema_problems(schema, output, "output")
    if problems:
        raise StepFailed(
            OUTPUT_INVALID,
            f"The output does not follow its schema: {problems[0].address}: {problems[0].message}",
            hint="Mend `output_schema`, or give the step an output that follows it.",
            details={"problems": [problem.as_json() for problem in problems[:10]]},
        )


def storable(value: Json) -> Json:
    """An output that the database can keep: NUL and lone surrogates are replaced, numbers are finite.

    Raises StepFailed OutputInvalid for what is not JSON.
    """
    try:
        text = json.dumps(value, allow_nan=False)
        return _cleaned(json.loads(text)) if "\\u0000" in text or "\\ud" in text else value
    except (TypeError, ValueError, RecursionError) as reason:
        hint = "Return only texts, numbers, lists and objects."
        raise StepFailed("OutputInvalid", f"The step's output is not JSON: {reason}.", hint=hint) from None


def _cleaned(value: Json) -> Json:
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(each) for key, each in value.items()}
    return value

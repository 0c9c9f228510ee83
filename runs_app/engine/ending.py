"""How steps, strands and runs end: which way a failure goes, and what a run answers."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from playbooks_app.language import expression, template
from playbooks_app.language.document import Document, Step
from playbooks_app.language.step_type import Json, Return, StepFailed
from runs_app.engine.place import Frame
from runs_app.engine.policies import deadline
from runs_app.engine.policies.retry import Defer, after_failure
from runs_app.engine.program import NEEDS_PERSON, reaction
from runs_app.engine.records import NO_CANCEL, OPEN, Read, StepRecord
from runs_app.engine.scope import Scope
from runs_app.engine.signals import Cancelled, Returned, StrandHeld, StrandParked

if TYPE_CHECKING:
    from runs_app.engine.interpreter import Interpreter

COMPLETED = Return()
TIMEOUT = "Timeout"  # code of a run whose time was up
FAILURES = "failures"  # in the state of a step run: by entry of `on_error`, how often it failed so


def failed(i: Interpreter, step: Step, row: StepRecord, failure: StepFailed, scope: Scope) -> Generator[Any, Any, None]:
    """Try again, go on, travel outward, or hold the strand here (rules 16 and 35)."""
    failure.address = failure.address or row.path
    failure = deadline.as_late(step, row, failure, i.now())
    late = deadline.is_own(step, row, failure)
    if late:
        row.deadline_at = None
        yield from _deal_with_lateness(i, step, row, failure, scope)
    how = "stop" if failure.code in NEEDS_PERSON else reaction(step, failure.code)
    if not step.kind.is_container and failure.code not in NEEDS_PERSON:
        yield from _again_later(i, step, row, failure, scope, forced=how == "retry")
    error = failure.as_json()
    if late and step.guards.deadline is not None and step.guards.deadline.goes_on:
        how = "continue"
    if how == "ignore":
        row.verdict = "ignored"
        i.event("step_ignored", row, {"error": error})
        i.close(row, "succeeded")
        return
    if how == "continue":
        row.verdict = "passed"
        i.close(row, "failed", error=error)
        return
    i.close(row, "failed", error=error)
    if i.is_cancelling and not i.program.is_handled(step, failure.code):
        raise Cancelled
    if not i.facts_handle(step, failure.code):
        i.event("step_held", row, {"error": error})
        raise StrandHeld(row.id)
    raise failure


def too_late(i: Interpreter, step: Step, row: StepRecord, scope: Scope) -> Generator[Any, Any, None]:
    """What was inside a step has unwound because the step's deadline is over; the strand unwinds no further."""
    i.strand.cancel, i.strand.cancel_to = NO_CANCEL, 0
    i.note.uncancel.add(row.id)
    yield from failed(i, step, row, deadline.exceeded(step, row, i.now()), scope)


def be_in_time(i: Interpreter, step: Step, row: StepRecord) -> Generator[Any, Any, None]:
    """Raises Cancelled if the step's deadline was over while something protected in it ended."""
    if step.guards.deadline is not None and i.unheard:
        yield from i.commit()
    if row.id == i.strand.cancel_to:
        raise Cancelled


def closing(i: Interpreter, row: StepRecord, dealing: Generator[Any, Any, None]) -> Generator[Any, Any, None]:
    """Deal with a failure. The steps of a deadline, which do that, may return, or be cancelled: that closes the step run as well."""
    try:
        yield from dealing
    except Returned as returned:
        i.close(row, "succeeded", returned.value, returned=True)
        raise
    except Cancelled:
        if row.status in OPEN:
            i.close(row, "cancelled")
        raise


def _deal_with_lateness(i: Interpreter, step: Step, row: StepRecord, failure: StepFailed, scope: Scope) -> Generator[Any, Any, None]:
    """The steps of the deadline. The mark stays until the step run is closed: a crash finds it again. Their own failure is recorded only."""
    if not step.blocks.get(deadline.DEADLINE):
        return
    row.resume_as, row.error = "ended", failure.as_json()
    row.state = i.known.states[row.path] = {**(row.state or {}), "error": row.error}
    i.change(row)
    with suppress(StepFailed):
        yield from i.walk(step, row.id, [*scope.frames, Frame(step.id, row.path, deadline.DEADLINE, None)], extra=scope.extra)


def _again_later(i: Interpreter, step: Step, row: StepRecord, failure: StepFailed, scope: Scope, *, forced: bool) -> Generator[Any, Any, None]:
    """Wait for the next execution if the step's retry policy grants one."""
    policy, error = step.guards.retry, failure.as_json()
    if policy is not None and policy.condition is not None:
        inside = Scope(scope.known, scope.frames, scope.extra, scope.access, {"error": error})
        try:
            if not truth((yield from i.evaluate(policy.condition, inside, row))):
                return
        except StepFailed as mistake:  # the author's; the step's own failure stands, and whoever repairs it reads why
            failure.hint = f"{failure.hint} Its `retry.if` could not be asked: {mistake.message}".strip()
            return
    decision = after_failure(policy, _executions(step, row, failure.code, forced=forced), failure, i.jitter(), forced=forced)
    if not isinstance(decision, Defer):
        return
    until = i.due(i.now() + timedelta(seconds=decision.seconds))
    row.status, row.error, row.wake_at, row.on_wake, row.resume_as = "waiting", error, until, "again", None
    row.wait = {"cause": "timer", "name": "retry", "note": {"error": error}}
    i.change(row)
    i.event("step_attempt_failed", row, {"error": error, "again_at": until.isoformat()})
    raise StrandParked


def _executions(step: Step, row: StepRecord, code: str, *, forced: bool) -> int:
    """How many executions count: all of them, except that each code to which `on_error` says retry counts for itself (rule 16)."""
    if not forced:
        return row.attempt - row.interrupted
    entry = code if code in step.guards.on_error else "*"
    counted = dict((row.state or {}).get(FAILURES, {}))
    counted[entry] = counted.get(entry, 0) + 1
    row.state = {**(row.state or {}), FAILURES: counted}
    return int(counted[entry])


def error_of(failure: StepFailed) -> Json:
    """A failure as it is stored."""
    return failure.as_json()


def failure_of(row: StepRecord) -> StepFailed:
    """The failure that a stored step run ended with."""
    error: Mapping[str, Json] = row.error or {}
    found = StepFailed(error.get("code", "Failed"), error.get("message", ""), hint=error.get("hint", ""), details=error.get("details"))
    found.address = error.get("address", row.path)
    return found


def ended_by(document: Document, result: Return) -> Returned:
    """A `return` on its way out. Raises StepFailed ReturnOutputsMismatch if a declared output is missing (rule 13)."""
    outputs = result.outputs if isinstance(result.outputs, dict) else {} if result.outputs is None else {"result": result.outputs}
    missing = [each.name for each in document.outputs if each.required and each.name not in outputs]
    if missing:
        raise StepFailed(
            "ReturnOutputsMismatch",
            f"The declared outputs {', '.join(missing)} are not returned.",
            hint="Add them to `outputs` of the return step, or declare them with `required: false`.",
        )
    return Returned({"code": result.code, "message": result.message, "outputs": outputs})


def about_to_become(i: Interpreter, signal: BaseException | None) -> Generator[Any, Any, str]:
    """What the run will be after its `finally`."""
    if isinstance(signal, Cancelled):
        (why,) = yield from i.read([Read("stopped")])
        return "failed" if why == TIMEOUT else "cancelled"
    return "failed" if isinstance(signal, StepFailed) else "completed"


def variables(i: Interpreter, signal: BaseException | None) -> Generator[Any, Any, Mapping[str, Json]]:
    """Those that declared outputs are taken from."""
    if signal is not None or not i.program.document.outputs:
        return {}
    (found,) = yield from i.read([Read("variables")])
    return cast(Mapping[str, Json], found)


def result(i: Interpreter, signal: BaseException | None, variables: Mapping[str, Json]) -> Json:
    """What a run that has ended well answers: what it returned, else the declared outputs set as variables. A wrong type is noted (rule 13)."""
    declared = i.program.document.outputs
    found = signal.value if isinstance(signal, Returned) else None
    if found is None:
        outputs = {each.name: variables[each.name] for each in declared if each.name in variables}
        found = {"code": COMPLETED.code, "message": COMPLETED.message, "outputs": outputs}
    if mistyped := [each.name for each in declared if not _fits(found["outputs"].get(each.name), each.type)]:
        i.note.events.append(("outputs_warned", "", 0, {"names": mistyped}))
    return found


TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "date": (str,),
    "datetime": (str,),
    "file": (dict,),
}


def _fits(value: Json, type_name: str) -> bool:
    wanted = TYPES.get(type_name)
    return value is None or wanted is None or (isinstance(value, wanted) and (type_name == "boolean" or not isinstance(value, bool)))


def truth(value: Json) -> bool:
    """False are: false, null, 0, "" and []."""
    return expression.truth(value)


def compiled(text: Json) -> template.Compiled:
    """A template or expression, ready to render; kept, since conditions are few and evaluated often."""
    return _compiled(text) if isinstance(text, str) else template.compile(text)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> template.Compiled:
    return template.compile(text)

"""The effect ledger's part of performing a step: what it is about to change outside is written before it acts, how that came out with its end (F-4).

An outcome is `done`, `refused` (the other side said no, or was never reached: nothing has happened) or `unknown` (nobody here can tell). Outside of
`live` an effect is only `intended`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from playbooks_app.language.document import Step
from playbooks_app.language.step_type import Effect, StepContext, StepFailed
from runs_app.engine.records import LIVE, Act, StepRecord

if TYPE_CHECKING:
    from runs_app.engine.interpreter import Interpreter

UNDER_WAY, DONE, REFUSED, UNKNOWN, INTENDED = "", "done", "refused", "unknown", "intended"
SAID_NO = frozenset({"ClientError", "RateLimited", "EgressBlocked", "InputInvalid", "BreakerOpen", "TemplateError", "ExpressionError"})
UNKNOWN_OUTCOME = "UnknownOutcome"  # code of a step that a person has to find out about
BUSY = 503  # status: the other side has not begun


def act(i: Interpreter, step: Step, row: StepRecord, context: StepContext[Any]) -> Generator[Any, Any, Any]:
    """Let the step act, with its line in the ledger around it. Raises StepFailed; UnknownOutcome for a step that may not run twice."""
    is_declared = _declare(i, step, row, context)
    yield from i.commit()
    try:
        outcome = yield Act(step.kind, context, row)
    except StepFailed as failure:
        came_out = outcome_of(failure)
        if is_declared:
            i.note.told.append((row.id, came_out))
            if step.guards.once and came_out == UNKNOWN and i.facts.mode == LIVE:
                raise unknown_outcome(f"The answer was lost ({failure.code}): {failure.message}") from failure
        raise
    if is_declared:
        i.note.told.append((row.id, DONE))
    return outcome


def outcome_of(failure: StepFailed) -> str:
    """Whether anything may have happened outside before the step failed so."""
    details = failure.details if isinstance(failure.details, dict) else {}
    return REFUSED if failure.code in SAID_NO or not failure.sent or details.get("status") == BUSY else UNKNOWN


def unknown_outcome(why: str) -> StepFailed:
    """A step that may not run twice may have run: a person finds out (rule 32)."""
    return StepFailed(
        UNKNOWN_OUTCOME,
        f"{why} It may not run twice.",
        hint="Find out whether it happened. Then say that it happened, with its output if later steps need it, or let it be done again.",
    )


def _declare(i: Interpreter, step: Step, row: StepRecord, context: StepContext[Any]) -> bool:
    effect = _intended(step, context) if step.kind.effect else None
    if effect is None:
        return False
    i.note.effects.append((row, effect, context.idempotency_key, UNDER_WAY if i.facts.mode == LIVE else INTENDED))
    return True


def _intended(step: Step, context: StepContext[Any]) -> Effect | None:
    """What it says that it is about to do; a type that cannot say it is told by its name."""
    try:
        found: Effect | None = step.kind.intends(context)
    except Exception:
        return Effect(step.kind.name, "")
    return found

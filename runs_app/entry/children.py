"""Runs that other runs have started: how their end reaches the step that waits for it, and how they end with their parent.

Both are done where they are caused and looked for again by the clock: a crash in between loses nothing. A parent's lock is never asked for while a
child's is held, so that two of them never wait for each other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from playbooks_app.language.step_type import Json, Outcome
from runs_app.engine.records import Note
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal

CHILD = "child"  # trigger of such a run, and cause of the wait for it
MOST = 500  # runs cancelled in one round


def tell_parents_of(journal: DatabaseJournal, notes: Iterable[Note]) -> None:
    """End the waits for the runs that have ended with these notes, once they are written."""
    ended = [note.strand.run for note in notes if note.strand.parent == 0 and note.end not in (None, "parked", "held")]
    if children := [run for run in ended if journal.trigger_of(run) == CHILD]:
        tell_parents(journal, children)


def tell_parents(journal: DatabaseJournal, children: list[int] | None = None) -> int:
    """End the waits for these runs, or for any, that are over; returns how many."""
    told = 0
    found = journal.sql(statements.ANY_ENDED_CHILDREN) if children is None else journal.sql(statements.ENDED_CHILDREN, children)
    for step_run, child, status, code, message, outputs, error in found:
        outcome, output, cause = end_of(child, status, code, message, json.loads(outputs or "null"), json.loads(error or "null"))
        told += journal.resolve(step_run, outcome, output=output, error=cause)
    return told


def end_of(child: int, status: str, code: str, message: str, outputs: Json, error: Json) -> tuple[Outcome, Json, Json]:
    """What a run that is over says to the step that waited for it: (outcome, output, error)."""
    if status == "completed":
        return "done", {**(outputs or {}), "run": child}, None
    said = message if status == "failed" else "The run that this step started was cancelled."
    return "failed", None, {"code": code or "Failed", "message": said, "hint": f"See run {child}.", "details": {"run": child, "error": error}}


def cancel_left_behind(journal: DatabaseJournal, run: int | None = None, by: int | None = None) -> int:
    """Cancel the runs whose step, in this run or in any, was cancelled, skipped or overridden, or lost a race; and theirs. Returns how many."""
    cancelled = 0
    for child, parent in journal.sql(statements.LEFT_BEHIND, run, run, MOST):
        if journal.cancel(child, by=by, reason=f"The step of run {parent} that started it is over."):
            cancelled += 1 + cancel_left_behind(journal, child, by)
    return cancelled


def pause_below(journal: DatabaseJournal, run: int, by: int | None, reason: str) -> None:
    """Pause the runs that a run waits for, and those that they wait for. In the caller's transaction, from above to below."""
    for (child,) in journal.sql(statements.WAITED_FOR, run):
        if journal.pause(child, by=by, reason=reason):
            journal.sql(statements.PAUSED_WITH, run, child)
        pause_below(journal, child, by, reason)


def resume_below(journal: DatabaseJournal, run: int, by: int | None, reason: str) -> None:
    """Resume those of them that were paused with a run above; one that was paused by itself stays so. In the caller's transaction."""
    for (child,) in journal.sql(statements.WAITED_FOR, run):
        if journal.sql(statements.WAS_PAUSED_WITH, child) and journal.resume(child, by=by, reason=reason):
            journal.sql(statements.PAUSED_WITH, None, child)
            resume_below(journal, child, by, reason)


def look_after() -> int:
    """The clock's duty: what was not done at once."""
    journal = DatabaseJournal()
    return tell_parents(journal) + cancel_left_behind(journal)

"""The notes that nearly all commits of a run are, each written by one prepared statement instead of the function that can write them all.

Entering the first step of a run, and closing one step well and entering the next one. Each statement hangs on one UPDATE of the run's row that asks
for the fence: whoever takes a strand away, or tells it to unwind, raises the fence in the same row.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runs_app.engine.records import Note, StepRecord
from runs_app.worker import statements
from runs_app.worker.payload import dump, effect_row

Call = tuple[str, tuple[Any, ...]]


def usual(note: Note) -> Call | None:
    """The statement that writes this note and its values; None if it is not one of the usual. No row comes back where the fence was raised."""
    if not _is_plain(note):
        return None
    (opened,) = note.opened.values()
    if not _enters_plainly(opened):
        return None
    if not note.changed and len(note.events) == 1 and not note.told and note.strand.parent == 0 and note.strand.fresh:
        return _enter_first(note, opened)
    closed = next(iter(note.changed.values()), None)
    if closed is not None and len(note.changed) == 1 and len(note.events) == 2 and _closes_plainly(closed):
        return _close_and_enter(note, closed, opened)
    return None


def _is_plain(note: Note) -> bool:
    """One step is entered, and nothing is noted that only some steps do."""
    return len(note.opened) == 1 and not (
        note.end
        or note.take
        or note.forks
        or note.items
        or note.variables
        or note.opened_waits
        or note.uncancel
        or len(note.effects) > 1
        or len(note.told) > 1
    )


def _enters_plainly(opened: StepRecord) -> bool:
    return opened.status == "running" and opened.pinned is None and opened.deadline_at is None and opened.state is None and opened.error is None


def _closes_plainly(closed: StepRecord) -> bool:
    return closed.status == "succeeded" and not (
        closed.returned or closed.verdict or closed.state or closed.wait or closed.interrupted or closed.attempt != 1
    )


def _enter_first(note: Note, opened: StepRecord) -> Call:
    strand, at = note.strand, opened.started_at
    values = (at, strand.run, strand.fence, *_entered(opened), at, opened.path)
    return _with_ledger(note, statements.ENTER_FIRST, values, at)


def _close_and_enter(note: Note, closed: StepRecord, opened: StepRecord) -> Call:
    strand, at = note.strand, opened.started_at
    end = (strand.run, strand.fence, closed.status, dump(closed.output), closed.finished_at, closed.id)
    values = (*end, *_entered(opened), at, f"step_{closed.status}", closed.path, closed.attempt, opened.path)
    return _with_ledger(note, statements.CLOSE_AND_ENTER, values, at)


def _entered(row: StepRecord) -> tuple[Any, ...]:
    place = (row.id, row.strand, row.parent, row.path, row.block, row.iteration, row.position)
    return (*place, row.step, row.type, dump(row.input), row.shielded, row.started_at)


def _with_ledger(note: Note, statement: statements.Usual, values: tuple[Any, ...], at: datetime | None) -> Call:
    """What was done outside, and what is about to be, if the note says anything of it."""
    if not note.told and not note.effects:
        return statement.plain, values
    step_run, outcome = note.told[0] if note.told else (None, None)
    told = (outcome, at, step_run)
    if not note.effects:
        return statement.with_ledger, (*values, *told, *(None,) * 8, at)
    row = effect_row(*note.effects[0])
    sent = (row["step_run"], row["path"], row["attempt"], row["key"], row["method"], row["target"], dump(row["body"]), row["outcome"])
    return statement.with_ledger, (*values, *told, *sent, at)

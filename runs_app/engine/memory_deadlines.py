"""Deadlines on the memory twin: what `handrail_too_late` does on PostgreSQL."""

from __future__ import annotations

from runs_app.engine.memory import MemoryJournal
from runs_app.engine.policies.deadline import exceeded
from runs_app.engine.records import NO_CANCEL, OPEN, StepRecord


def end_late(journal: MemoryJournal) -> int:
    """Fail the steps whose deadline is over, with what is inside of them. Returns how many."""
    now = journal.now()
    inside = {row.parent for row in journal.rows.values()}
    late = [row for row in journal.rows.values() if row.status in OPEN and row.deadline_at is not None and row.deadline_at <= now]
    late = [row for row in late if not journal.runs[journal.run_of(row)].held and journal.runs[journal.run_of(row)].stopping != "cancel"]
    for row in late:
        if row.status == "waiting" or (row.id in inside and journal.strands[row.strand].record.cancel == NO_CANCEL):
            _end(journal, row)
    return len(late)


def _end(journal: MemoryJournal, row: StepRecord) -> None:
    run = journal.runs[journal.run_of(row)]
    error = exceeded(run.program.step(row.step), row, journal.now()).as_json()
    row.deadline_at = None
    run.events.append(("deadline_exceeded", row.path, row.attempt, {"error": error}))
    if row.status == "waiting" and row.policy is None:
        row.status, row.resume_as, row.error, row.output, row.wake_at, row.on_wake = "running", "ended", error, None, None, None
        journal.wake(row.strand)
        return
    journal.cancel_strands(journal.run_of(row), row.path + "/", row.shielded)
    if row.status == "waiting":
        row.verdict, row.error, row.next_item = "failed", error, row.items
    else:
        journal.unwind(row)
    journal.settle(journal.run_of(row))

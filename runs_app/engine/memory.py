"""The memory twin of the journal: the same transitions, each method one transaction. For thousands of simulations in seconds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from playbooks_app.language.step_type import Json, Outcome
from runs_app.engine.journal import Claimed
from runs_app.engine.memory_store import MemoryRun, MemoryStore, MemoryStrand, copied
from runs_app.engine.program import Program
from runs_app.engine.records import NO_CANCEL, OPEN, Answer, Note, RunFacts, StepRecord, StrandRecord

CLOSING = {"done": "succeeded", "failed": "failed"}


class MemoryJournal(MemoryStore):
    """Storage in dictionaries."""

    def start(self, program: Program, facts: RunFacts) -> int:
        """A new run with its main line queued; `facts.id` is its id."""
        self.runs[facts.id] = MemoryRun(facts, program)
        self._fork(StrandRecord(self.new_id(), facts.id, 0))
        return facts.id

    # -- driving ------------------------------------------------------------------------------------------------------------------------

    def claim(self, limit: int, executor: object = None) -> list[Claimed]:
        """Take queued strands."""
        found = []
        for strand in [s for s in self.strands.values() if s.status == "queued"][:limit]:
            record = strand.record
            record.token += 1
            record.fresh = record.token == 1
            strand.status, strand.executor, strand.wake_requested = "driven", executor, False
            run = self.runs[record.run]
            rows = [] if record.fresh else self._open_path(record)
            found.append(Claimed(replace(record, fence=run.fence, overridden=bool(run.overrides)), run.program, run.facts, rows))
        return found

    def _open_path(self, strand: StrandRecord) -> list[StepRecord]:
        """The open step runs of a strand and, for each block of each, its newest child."""
        mine = [row for row in self.rows.values() if row.strand == strand.id]
        parents = {strand.parent} | {row.id for row in mine if row.status in OPEN}
        newest: dict[tuple[int, str], StepRecord] = {}
        for row in mine:
            old = newest.get((row.parent, row.block))
            if row.parent in parents and (old is None or (row.iteration, row.position) >= (old.iteration, old.position)):
                newest[row.parent, row.block] = row
        self.most_rows_loaded = max(self.most_rows_loaded, len(newest))
        return [copied(row) for row in newest.values()]

    def commit(self, notes: Sequence[Note]) -> dict[int, Answer]:
        """Write what several strands noted."""
        assert len({note.strand.id for note in notes}) == len(notes), "a strand has one note in a commit"
        self.commits += 1
        held = [note for note in notes if self._is_held(note)]
        answers = {note.strand.id: Answer("stale") for note in notes if note not in held}
        for note in held:
            answers[note.strand.id] = self._write(note)
        for note in held:
            if note.take and answers[note.strand.id].item is None:
                answers[note.strand.id] = Answer("over")
                note.end = "finished"
        for note in held:
            if note.end in ("parked", "held"):
                self._park(note)
        for note in held:
            if note.end is not None and note.end not in ("parked", "held"):
                self._end(note)
        for note in held:
            if note.end is None and self.runs[note.strand.run].held:
                self._hand_back(note.strand.id)
                answers[note.strand.id] = Answer("handed_back")
        for run in {note.strand.run for note in held if note.end is not None or self.runs[note.strand.run].held}:
            self.settle(run)
        return answers

    def _is_held(self, note: Note) -> bool:
        strand = self.strands[note.strand.id]
        return strand.status == "driven" and strand.record.token == note.strand.token

    def _write(self, note: Note) -> Answer:
        run = self.runs[note.strand.run]
        if run.status == "queued":
            run.status = "running"
            run.events.append(("run_started", "", 0, None))
        for row in note.changed.values():
            assert self.rows[row.id].status == "running", "a step in hand was changed by somebody else"
            self.rows[row.id] = copied(row)
        for row in note.opened.values():
            assert all(other.path != row.path or self.run_of(other) != note.strand.run for other in self.rows.values()), "entered twice"
            self.rows[row.id] = copied(row)
        for step_run, values in note.items:
            self.items[step_run] = json.loads(json.dumps(values))
        run.variables.update(note.variables)
        for row, fork in note.forks:
            place = (row.id, row.path, row.step, fork.block, fork.iteration)
            self._fork(StrandRecord(self.new_id(), note.strand.run, 0, *place, fork.is_lane, row.shielded))
        run.events += note.events
        record = self.strands[note.strand.id].record
        if record.cancel_to in note.uncancel:
            record.cancel, record.cancel_to = NO_CANCEL, 0
        return Answer(cancel=record.cancel, item=self._take(note) if note.take else None, cancel_to=record.cancel_to)

    def _take(self, note: Note) -> int | None:
        fork = self.rows[note.strand.parent]
        if fork.next_item >= fork.items:
            return None
        number, fork.next_item = fork.next_item, fork.next_item + 1
        self.strands[note.strand.id].record.iteration = number
        return number

    def _fork(self, record: StrandRecord) -> None:
        strand = MemoryStrand(record)
        if self.runs[record.run].held:
            strand.status, strand.wake_requested = "parked", True
        self.strands[record.id] = strand

    def _park(self, note: Note) -> None:
        strand = self.strands[note.strand.id]
        strand.held, strand.held_step = note.end == "held", note.output or 0
        if strand.wake_requested and not self.runs[note.strand.run].held:
            strand.status, strand.wake_requested, strand.held = "queued", False, False
        else:
            strand.status = "parked"

    def _hand_back(self, strand_id: int) -> None:
        """The run is paused: what was written but not acted is not counted as interrupted."""
        strand = self.strands[strand_id]
        strand.status, strand.wake_requested = "parked", True
        strand.record.token += 1
        for row in self.rows.values():
            if row.strand == strand_id and row.status == "running" and row.resume_as is None and row.policy is None:
                row.resume_as = "fresh"

    # -- ends and joins -----------------------------------------------------------------------------------------------------------------

    def _end(self, note: Note) -> None:
        strand = self.strands[note.strand.id]
        strand.status = {"returned": "finished"}.get(str(note.end), str(note.end))
        if note.strand.parent:
            self._join(note)
        else:
            self._end_run(note)

    def _end_run(self, note: Note) -> None:
        run = self.runs[note.strand.run]
        run.status = {"finished": "completed", "returned": "completed"}.get(str(note.end), str(note.end))
        run.result, run.error = (None, note.output) if note.end == "failed" else (note.output, None)
        run.stopping, run.held = "", False
        run.events.append((f"run_{run.status}", "", 0, None))

    def _join(self, note: Note) -> None:
        """Count down in the fork's row; the last to end wakes the strand that forked, a decisive end cancels the others."""
        fork = self.rows[note.strand.parent]
        fork.open_children -= 1
        if note.end in ("failed", "returned"):
            fork.next_item = fork.items
        old, end = fork.verdict, str(note.end)
        new = verdict(fork.policy or "all", old, end)
        if new != old:
            fork.verdict = new
            if new in ("returned", "won"):
                fork.output = note.output
            elif new == "failed":
                fork.error = note.output
        if fork.open_children == 0:
            fork.status, fork.resume_as = "running", "joined"
            self.wake(fork.strand)
        elif new != old and (new in ("returned", "won") or (new == "failed" and fork.policy == "first_done")):
            self.cancel_strands(note.strand.run, fork.path + "/", fork.shielded)

    # -- what people and the clock do ---------------------------------------------------------------------------------------------------

    def resolve(self, step_run: int, outcome: Outcome, *, output: Json = None, error: Json = None, by: int | None = None) -> bool:
        """End a wait."""
        row = self.rows[step_run]
        if row.status != "waiting" or row.policy is not None:
            return False
        row.wake_at = row.on_wake = None
        if outcome == "again":
            row.status, row.resume_as = "running", "again"
        elif (row.wait or {}).get("guarded"):
            row.status, row.resume_as, row.output, row.error = "running", "ended", output, error
        else:
            row.status, row.output, row.error, row.finished_at = CLOSING[outcome], output, error, self.now()
            self._event(row, f"step_{row.status}")
        self.wake(row.strand)
        return True

    def retry(self, step_run: int, *, by: int | None = None, pinned: Json = None) -> bool:
        """Begin a failed step that holds its strand again."""
        row = self.rows[step_run]
        if not self._holds(row):
            return False
        if row.deadline_at is not None and row.finished_at is not None:
            row.deadline_at += self.now() - row.finished_at
        row.status, row.resume_as, row.finished_at, row.interrupted = "running", "again", None, 0
        row.pinned = pinned
        if pinned is None:
            row.input = None
        self.wake(row.strand)
        return True

    def skip(self, step_run: int, *, by: int | None = None, reason: str = "", output: Any = None) -> bool:
        """Pass over a failed step."""
        row = self.rows[step_run]
        if not self._holds(row) and (row.status != "waiting" or row.policy is not None):
            return False
        row.status, row.output, row.finished_at = ("skipped" if output is None else "succeeded"), output, self.now()
        row.wake_at = None
        self._event(row, f"step_{row.status}")
        self.wake(row.strand)
        return True

    def _holds(self, row: StepRecord) -> bool:
        strand = self.strands[row.strand]
        return row.status == "failed" and strand.held and strand.held_step == row.id

    def cancel(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Unwind every strand."""
        found = self.runs[run]
        if found.status in ("completed", "failed", "cancelled") or found.stopping == "cancel":
            return False
        found.stopping, found.held = "cancel", False
        found.events.append(("run_cancelling", "", 0, None))
        self.cancel_strands(run, "", 0)
        for strand in self.strands.values():
            if strand.record.run == run and strand.status == "parked" and strand.wake_requested:
                strand.status, strand.wake_requested = "queued", False
        self.settle(run)
        return True

    def pause(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Begin nothing more."""
        found = self.runs[run]
        if found.status in ("completed", "failed", "cancelled") or found.held or found.stopping:
            return False
        found.held, found.stopping = True, "pause"
        found.fence += 1
        for strand in self.strands.values():
            if strand.record.run == run and strand.status == "queued":
                strand.status, strand.wake_requested = "parked", True
        found.events.append(("run_pausing", "", 0, None))
        self.settle(run)
        return True

    def resume(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Go on after a pause."""
        found = self.runs[run]
        if not found.held:
            return False
        found.held, found.stopping = False, ""
        for strand in self.strands.values():
            if strand.record.run == run and strand.status == "parked" and strand.wake_requested:
                strand.status, strand.wake_requested, strand.held = "queued", False, False
        found.events.append(("run_resumed", "", 0, None))
        self.settle(run)
        return True

    def due(self, now: datetime, limit: int = 200) -> int:
        """End the waits whose time has come."""
        ready = [row for row in self.rows.values() if row.status == "waiting" and row.wake_at is not None and row.wake_at <= now][:limit]
        for row in ready:
            error = {"code": "Timeout", "message": "Nothing happened in time.", "hint": "", "address": row.path} if row.on_wake == "failed" else None
            self.resolve(row.id, row.on_wake or "done", output={} if row.on_wake == "done" else None, error=error)  # type: ignore[arg-type]
        return len(ready)

    def bury(self, executor: object) -> None:
        """The executor is dead: all it held is taken away."""
        for strand in self.strands.values():
            if strand.status == "driven" and strand.executor is executor:
                self._take_away(strand)

    def bury_the_dead(self) -> int:
        """Nobody dies by himself in memory."""
        return 0

    # -- parts --------------------------------------------------------------------------------------------------------------------------

    def _event(self, row: StepRecord, kind: str) -> None:
        self.runs[self.run_of(row)].events.append((kind, row.path, row.attempt, None))

    def wake(self, strand_id: int) -> None:
        """A parked strand is queued, a driven one looks again."""
        strand = self.strands[strand_id]
        if strand.status == "parked" and not self.runs[strand.record.run].held:
            strand.status, strand.held = "queued", False
        elif strand.status in ("parked", "driven"):
            strand.wake_requested = True
        self.settle(strand.record.run)

    def _take_away(self, strand: MemoryStrand) -> None:
        run = self.runs[strand.record.run]
        run.fence += 1
        strand.record.token += 1
        strand.executor = None
        if run.held:
            strand.status, strand.wake_requested = "parked", True
            self.settle(strand.record.run)
        else:
            strand.status = "queued"

    def cancel_strands(self, run: int, prefix: str, depth: int) -> None:
        """Strands below a path unwind; a protected step that a driver is inside of, or that waits, ends first."""
        for strand in self.strands.values():
            record = strand.record
            if record.run != run or strand.status not in ("queued", "driven", "parked") or record.shielded > depth:
                continue
            if record.cancel >= depth and not record.cancel_to:
                continue
            if not (record.path + "/").startswith(prefix):
                continue
            record.cancel, record.cancel_to = max(record.cancel, depth), 0
            self._unwind(strand, depth, "")

    def unwind(self, late: StepRecord) -> None:
        """A container whose deadline is over: its strand unwinds as far as to it."""
        strand = self.strands[late.strand]
        strand.record.cancel, strand.record.cancel_to = late.shielded, late.id
        self._unwind(strand, late.shielded, late.path + "/")

    def _unwind(self, strand: MemoryStrand, depth: int, prefix: str) -> None:
        mine = [row for row in self.rows.values() if row.strand == strand.record.id and row.status in OPEN and row.policy is None]
        for row in mine:
            if row.status == "waiting" and row.shielded <= depth and row.path.startswith(prefix):
                row.status, row.finished_at, row.wake_at = "cancelled", self.now(), None
                self._event(row, "step_cancelled")
        if not any(row.shielded > depth for row in mine):
            strand.held = False
            self._take_away(strand)

    def settle(self, run_id: int) -> None:
        """How a run's status follows from its strands (rule 36)."""
        run = self.runs[run_id]
        if run.status in ("completed", "failed", "cancelled"):
            return
        strands = [strand for strand in self.strands.values() if strand.record.run == run_id]
        driven = any(strand.status == "driven" for strand in strands)
        if driven or (not run.held and any(strand.status == "queued" for strand in strands)):
            if run.status != "queued" or driven:
                run.status = "running"
            return
        reason = "person" if run.held else "error" if any(strand.held for strand in strands) else ""
        if reason:
            if run.status != "paused":
                run.events.append(("run_paused", "", 0, {"reason": reason}))
            run.status, run.pause_reason = "paused", reason
            run.stopping = "" if run.stopping == "pause" else run.stopping
            return
        waiting = [row for row in self.rows.values() if row.status == "waiting" and self.run_of(row) == run_id]
        asked = any((row.wait or {}).get("cause") == "approval" for row in waiting)
        run.status, run.pause_reason = ("pending_approval" if asked else "waiting"), ""


def verdict(policy: str, old: str | None, end: str) -> str | None:
    """What a fork has come to after one more of its strands ended."""
    if old in ("returned", "won"):
        return old
    if end == "returned":
        return "returned"
    if end == "finished" and policy in ("first_success", "first_done"):
        return "won"
    if end == "failed" or old == "failed":
        return "failed"
    return "cancelled" if end == "cancelled" else old

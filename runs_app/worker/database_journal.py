"""The journal kept in PostgreSQL: the engine's port, spoken with the statements of statements.py."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import connection, transaction

from playbooks_app import clock
from playbooks_app.language.document import parse
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Json, Outcome, StepType
from runs_app.engine.journal import Claimed
from runs_app.engine.program import Program
from runs_app.engine.records import MISSING, Answer, Note, Read, RunFacts, StepRecord, StrandRecord
from runs_app.worker import statements
from runs_app.worker.facts import facts_of
from runs_app.worker.payload import dump, payload_of
from runs_app.worker.usual import usual

log = structlog.get_logger()

FACTS_KEPT = 512
PROGRAMS_KEPT = 256


class DatabaseJournal:
    """One per thread: it speaks on Django's connection of the thread that uses it.

    `keeps_plans`: for a process that lives long and does nothing else with its connection. Pages would be slower with the settings that go with it.
    """

    def __init__(self, executor: int = 0, *, keeps_plans: bool = False) -> None:
        self.executor = executor
        self.commits = 0
        self.touched: set[int] = set()  # runs with events that have not been told yet
        self._keeps_plans = keeps_plans
        self._ids: Iterator[int] = iter(())
        self._programs: OrderedDict[int, Program] = OrderedDict()
        self._facts: OrderedDict[int, tuple[RunFacts, int]] = OrderedDict()
        self._ready: object = None  # the connection that was made ready

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement and fetch what it returns; prepared where plans are kept, or when it was used often."""
        raw = self.make_ready()
        cursor = psycopg.Cursor(raw).execute(
            statement, values, prepare=self._keeps_plans or None
        )  # Django's own binds in the client: nothing is prepared
        return cursor.fetchall() if cursor.description else []

    def make_ready(self) -> psycopg.Connection[Any]:
        """The connection, for statements that are prepared; a new one after the old one was lost."""
        connection.ensure_connection()
        raw: psycopg.Connection[Any] = connection.connection
        if raw is not self._ready:
            raw.prepare_threshold = 5  # Django sets None, and then nothing is ever prepared
            if self._keeps_plans:
                raw.execute(statements.PLANS)
            self._ready = raw
        return raw

    def new_id(self) -> int:
        """Ids are taken from the database a thousand at a time."""
        for found in self._ids:
            return found
        base = self.sql(statements.BLOCK_OF_IDS)[0][0]
        self._ids = iter(range(base, base + 1000))
        return self.new_id()

    # -- claiming -----------------------------------------------------------------------------------------------------------------------

    def claim(self, limit: int, *, but: Sequence[int] = ()) -> list[Claimed]:
        """Take queued strands, with what is needed to go on. `but`: not those of these accounts."""
        if but:
            rows = self.sql(statements.CLAIM_BEHIND, list(but), limit, self.executor, self.executor)
        else:
            rows = self.sql(statements.CLAIM, limit, self.executor, self.executor)
        if not rows:
            return []
        strands = [StrandRecord(*row[: statements.CLAIMED_COLUMNS]) for row in rows]
        self._keep_facts(facts for row in rows if (facts := row[statements.CLAIMED_COLUMNS :])[0] is not None)
        self._load_facts({strand.run for strand in strands})
        try:
            return self._claimed(strands)
        except psycopg.OperationalError:
            raise
        except Exception:
            return [claimed for strand in strands for claimed in self._claimed_alone(strand)]

    def _claimed(self, strands: Sequence[StrandRecord]) -> list[Claimed]:
        rows = self._open_paths([strand for strand in strands if not strand.fresh])
        return [Claimed(s, self._program_of(s.run), self._facts[s.run][0], rows.get(s.id, ())) for s in strands]

    def _claimed_alone(self, strand: StrandRecord) -> list[Claimed]:
        """One whose state cannot be read ends its own run, and no other."""
        try:
            return self._claimed([strand])
        except psycopg.OperationalError:
            raise
        except Exception as reason:
            self.end_damaged(strand, reason)
            return []

    def _program_of(self, run: int) -> Program:
        version = self._facts[run][1]
        if version not in self._programs:
            self._programs[version] = Program(parse(json.loads(self.sql(statements.DOCUMENT, version)[0][0])))
            while len(self._programs) > PROGRAMS_KEPT:
                self._programs.popitem(last=False)
        return self._programs[version]

    def _load_facts(self, runs: set[int]) -> None:
        missing = [run for run in runs if run not in self._facts]
        self._keep_facts(self.sql(statements.FACTS, missing) if missing else ())
        while len(self._facts) > max(FACTS_KEPT, len(runs)):
            self._facts.popitem(last=False)

    def _keep_facts(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._facts[row[0]] = (self._as_recorded(facts_of(row), row[-1]), row[3])

    def _as_recorded(self, facts: RunFacts, original: int | None) -> RunFacts:
        """Of a replay: with the chance, the moments and the `run.…` of the run that is played again."""
        if original is None:
            return facts
        again = facts_of(self.sql(statements.FACTS, [original])[0])
        return replace(facts, seed=again.seed, root={**again.root, "mode": facts.mode}, moments=dict(self.sql(statements.MOMENTS, original)))

    def _open_paths(self, strands: Sequence[StrandRecord]) -> dict[int, list[StepRecord]]:
        """The open step runs of resumed strands and the newest child of each of their blocks."""
        if not strands:
            return {}
        runs = {strand.id: strand.run for strand in strands}
        asked = {(strand.id, strand.parent, strand.block or "main") for strand in strands}
        found = {row[0]: _record(row) for row in self.sql(statements.OPEN_STEPS, list(runs))}
        for record in list(found.values()):
            step = self._program_of(runs[record.strand]).step(record.step)
            asked |= {(record.strand, record.id, block) for block in step.blocks}
        for strand in strands:
            if strand.parent == 0:
                asked |= {(strand.id, 0, block) for block in _own_blocks(self._program_of(strand.run))}
        columns = list(zip(*sorted(asked), strict=True))
        for row in self.sql(statements.NEWEST, *map(list, columns)):
            found.setdefault(row[0], _record(row))
        rows: dict[int, list[StepRecord]] = {}
        for record in found.values():
            rows.setdefault(record.strand, []).append(record)
        return rows

    # -- committing ---------------------------------------------------------------------------------------------------------------------

    def commit(self, notes: Sequence[Note]) -> dict[int, Answer]:
        """Write what several strands noted; if that fails, each alone, so that one bad note fails alone."""
        self.commits += 1
        self.touched |= {note.strand.run for note in notes}
        if len(notes) == 1 and (call := usual(notes[0])) is not None and self.sql(call[0], *call[1]):
            return {notes[0].strand.id: Answer()}
        try:
            return self._advance(notes)
        except psycopg.OperationalError:
            raise
        except Exception as reason:
            if len(notes) == 1:
                return self._hold_one(notes[0], reason)
            return {strand: answer for note in notes for strand, answer in self.commit([note]).items()}

    def _advance(self, notes: Sequence[Note]) -> dict[int, Answer]:
        text = payload_of(notes)
        hooks = [(note, *each) for note in notes for each in note.opened_waits if _listens(note, each[0])]
        if not hooks:
            return self._answers(notes, self.sql(statements.ADVANCE, clock.now(), text))
        with transaction.atomic():
            rows = self.sql(statements.ADVANCE, clock.now(), text)
            stale = {row[0] for row in rows if row[1] == "stale"}
            for note, _record_of_wait, context, wait in hooks:
                if note.strand.id not in stale:
                    _kind(_record_of_wait).opened(context, wait)
        return self._answers(notes, rows)

    def _answers(self, notes: Sequence[Note], rows: Sequence[tuple[Any, ...]]) -> dict[int, Answer]:
        answers = {note.strand.id: Answer() for note in notes}
        strands = {note.strand.id: note.strand for note in notes}
        items = {row[0]: row[3] for row in rows if row[1] == "item"}
        for strand, state, cancel, _item, fence, cancel_to in rows:
            if state == "ok":
                strands[strand].fence = fence
                answers[strand] = Answer(cancel=cancel, item=items.get(strand), cancel_to=cancel_to)
            elif state != "item":
                answers[strand] = Answer(state, item=items.get(strand))
        return answers

    def _hold_one(self, note: Note, reason: Exception) -> dict[int, Answer]:
        log.error("note_could_not_be_written", strand=note.strand.id, run=note.strand.run, exc_info=reason)
        self.hold_broken(note.strand, reason)
        return {note.strand.id: Answer("stale")}

    def hold_broken(self, strand: StrandRecord, reason: Exception) -> None:
        """Park a strand whose driving met a fault of ours, with the step in hand failed, for a person to look at."""
        error = {
            "code": "InternalError",
            "message": f"What this step did could not be recorded: {type(reason).__name__}.",
            "hint": "Tell your administrator; the worker's log has the details. Then retry or skip the step.",
            "address": strand.path,
        }
        self.sql(statements.HOLD_BROKEN, clock.now(), strand.id, strand.token, dump(error))

    def end_damaged(self, strand: StrandRecord, reason: Exception) -> None:
        """What is stored of a strand, or its version's document, cannot be read: its run fails, with guidance (S4-NFR-2.4)."""
        log.error("stored_state_damaged", strand=strand.id, run=strand.run, exc_info=reason)
        error = {
            "code": "StateDamaged",
            "message": f"What is stored of this run cannot be read, so it cannot go on ({type(reason).__name__}).",
            "hint": "Tell your administrator: the worker's log names what is damaged. Restore the database from a backup, or start a run anew; "
            "the steps that are done are still shown. No other run is affected.",
            "address": strand.path,
        }
        self.sql(statements.DAMAGED, clock.now(), strand.id, strand.token, dump(error))

    def trigger_of(self, run: int) -> str:
        """What started a run of which strands were claimed not long ago; "" if it is forgotten."""
        found = self._facts.get(run)
        return str(found[0].root["trigger"]) if found else ""

    def hand_back(self, strand: StrandRecord, *, fresh: bool) -> None:
        """Queue a strand again that is not finished. `fresh`: the step that it has in hand was written, but not begun."""
        self.sql(statements.HAND_BACK, clock.now(), strand.id, strand.token, fresh)

    # -- reading ------------------------------------------------------------------------------------------------------------------------

    def read(self, run: int, asks: Sequence[Read]) -> list[Json]:
        """Stored values; steps and variables are fetched together."""
        paths = [ask.key for ask in asks if ask.kind == "step"]
        names = [ask.name for ask in asks if ask.kind == "variable"]
        steps = {row[0]: _shown(row[1:]) for row in self.sql(statements.READ_STEPS, run, paths)} if paths else {}
        variables = {row[0]: json.loads(row[1] or "null") for row in self.sql(statements.READ_VARIABLE, run, names)} if names else {}
        found: list[Json] = []
        for ask in asks:
            if ask.kind == "step":
                found.append(steps.get(ask.key, MISSING))
            elif ask.kind == "variable":
                found.append(variables.get(ask.name, MISSING))
            else:
                found.append(self._read_one(run, ask))
        return found

    def _read_one(self, run: int, ask: Read) -> Json:
        match ask.kind:
            case "stopped":
                return self.sql(statements.READ_STOPPED, run)[0][0]
            case "override":
                found = self.sql(statements.READ_OVERRIDE, run, ask.key)
                return {what: _load(value) for what, value, _by, _reason in found} | {"by": found[0][2], "reason": found[0][3]} if found else None
            case "variables":
                return {name: json.loads(value or "null") for name, value in self.sql(statements.READ_VARIABLES, run)}
            case "item":
                rows = self.sql(statements.READ_ITEM, ask.number, run, ask.key)
                return json.loads(rows[0][0] or "null") if rows else MISSING
            case "state":
                rows = self.sql(statements.READ_STATE, run, ask.key)
                return json.loads(rows[0][0] or "{}").get(ask.name, MISSING) if rows else MISSING
            case "newest":
                rows = self.sql(statements.READ_NEWEST, run, ask.name, ask.key)
                return _shown(rows[0]) if rows else MISSING
            case "audit":
                done = [(at.isoformat(), *rest) for at, *rest in self.sql(statements.READ_AUDIT, run)]
                return [{"at": at, "type": kind, "path": path, "by": by} for at, kind, path, by in reversed(done)]
            case "cached":
                since = clock.now() - timedelta(seconds=ask.number)
                rows = self.sql(statements.READ_CACHED, ask.key, ask.name, run, since)
                return {"run": rows[0][0], "output": _load(rows[0][1])} if rows else MISSING
            case "ended":
                return [(b, i, s, _load(output), _load(error)) for b, i, s, output, error in self.sql(statements.READ_ENDED, ask.number)]
        raise ValueError(ask.kind)

    # -- what people and the clock do ---------------------------------------------------------------------------------------------------

    def resolve(self, step_run: int, outcome: Outcome, *, output: Json = None, error: Json = None, by: int | None = None) -> bool:
        """End a wait; False if somebody was first."""
        return bool(self.sql(statements.RESOLVE, clock.now(), step_run, outcome, json.dumps(output), dump(error), by)[0][0])

    def retry(self, step_run: int, *, by: int | None = None, pinned: Json = None) -> bool:
        """Begin a failed step that holds its strand again."""
        return bool(self.sql(statements.RETRY, clock.now(), step_run, dump(pinned), by)[0][0])

    def skip(self, step_run: int, *, by: int | None = None, reason: str = "", output: Any = None) -> bool:
        """Pass over a failed or waiting step."""
        return bool(self.sql(statements.SKIP, clock.now(), step_run, dump(output), reason, by)[0][0])

    def cancel(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Unwind every strand."""
        return bool(self.sql(statements.CANCEL, clock.now(), run, reason, by)[0][0])

    def pause(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Begin nothing more."""
        return bool(self.sql(statements.PAUSE, clock.now(), run, reason, by)[0][0])

    def resume(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Go on after a pause."""
        return bool(self.sql(statements.RESUME, clock.now(), run, reason, by)[0][0])

    def at_hand(self, now: datetime) -> set[str]:
        """Which of the clock's duties may find something to do: due, bury, entries, starts. One statement."""
        found = self.sql(statements.AT_HAND, now, settings.LEASE_SECONDS, now)[0]
        return {name for name, is_there in zip(("due", "bury", "entries", "starts"), found, strict=True) if is_there}

    def due(self, now: datetime, limit: int = 200) -> int:
        """End the waits whose time has come."""
        return int(self.sql(statements.DUE, now, now, limit)[0][0])

    def bury_the_dead(self) -> int:
        """Take strands away from executors that are no more; safe in several processes at once."""
        self.sql(statements.BURY, settings.LEASE_SECONDS)
        return sum(self.sql(statements.TAKE_AWAY, clock.now(), run)[0][0] for (run,) in self.sql(statements.ORPHANED_RUNS))

    def wake_the_stranded(self) -> int:
        """The net under the laws: wake parked strands that wait for nothing. The count must stay 0."""
        stranded = self.sql(statements.STRANDED)
        for (strand,) in stranded:
            with transaction.atomic():
                self.sql("SELECT 1 FROM runs_app_run WHERE id = (SELECT run_id FROM runs_app_strand WHERE id = %s) FOR NO KEY UPDATE", strand)
                self.sql(statements.WAKE, clock.now(), strand)
        return len(stranded)


def _listens(note: Note, record: StepRecord) -> bool:
    return type(_kind(record)).opened is not StepType.opened


def _kind(record: StepRecord) -> StepType[Any]:
    return step_types.get(record.type)


def _own_blocks(program: Program) -> list[str]:
    return ["main", "finally", *(f"catch{number}" for number in range(len(program.document.catch)))]


def _load(text: str | None) -> Json:
    return None if text is None else json.loads(text)


def _shown(row: Sequence[Any]) -> Json:
    status, output, error = row
    return {"output": _load(output), "status": status, "error": _load(error)}


def _record(row: Sequence[Any]) -> StepRecord:
    """A row of STEP_COLUMNS."""
    parts = list(row)
    for position in (13, 14, 15, 16, 17, 22):  # input, output, error, state, pinned, wait
        parts[position] = _load(parts[position])
    return StepRecord(*parts)

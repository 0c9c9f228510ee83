"""What the memory twin holds, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from playbooks_app.language.step_type import Json
from runs_app.engine.program import Program
from runs_app.engine.records import MISSING, OPEN, Read, RunFacts, StepRecord, StrandRecord


@dataclass(slots=True)
class MemoryStrand:
    """A strand and what the database keeps beside it."""

    record: StrandRecord
    status: str = "queued"
    held: bool = False
    held_step: int = 0
    executor: object = None
    wake_requested: bool = False


@dataclass(slots=True)
class MemoryRun:
    """A run and what belongs to it."""

    facts: RunFacts
    program: Program
    status: str = "queued"
    pause_reason: str = ""
    held: bool = False
    stopping: str = ""
    fence: int = 0
    result: Json = None
    error: Json = None
    variables: dict[str, Json] = field(default_factory=dict)
    overrides: dict[str, Json] = field(default_factory=dict)
    events: list[tuple[str, str, int, Json]] = field(default_factory=list)


class MemoryStore:
    """Dictionaries in place of tables."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.runs: dict[int, MemoryRun] = {}
        self.strands: dict[int, MemoryStrand] = {}
        self.rows: dict[int, StepRecord] = {}
        self.items: dict[int, list[Json]] = {}
        self.commits = 0
        self.most_rows_loaded = 0
        self._last_id = 0

    def new_id(self) -> int:
        """Ids count up over everything."""
        self._last_id += 1
        return self._last_id

    def read(self, run: int, asks: Sequence[Read]) -> list[Json]:
        """Stored values."""
        return [self._read(run, ask) for ask in asks]

    def _read(self, run: int, ask: Read) -> Json:
        mine = [row for row in self.rows.values() if self.run_of(row) == run]
        match ask.kind:
            case "stopped":
                return ""
            case "override":
                return self.runs[run].overrides.get(ask.key)
            case "variables":
                return dict(self.runs[run].variables)
            case "variable":
                return self.runs[run].variables.get(ask.name, MISSING)
            case "step":
                return next((_shown(row) for row in mine if row.path == ask.key), MISSING)
            case "newest":
                inside = [row for row in mine if row.step == ask.name and row.path.startswith(ask.key) and row.status not in OPEN]
                return _shown(max(inside, key=lambda row: row.id)) if inside else MISSING
            case "item":
                loop = next(row for row in mine if row.path == ask.key)
                return self.items[loop.id][ask.number] if ask.number < len(self.items.get(loop.id, [])) else MISSING
            case "state":
                return next(((row.state or {}).get(ask.name, MISSING) for row in mine if row.path == ask.key), MISSING)
            case "audit":
                return []  # the memory does not know people
            case "cached":
                return self._cached(ask)
            case "ended":
                return _ended([row for row in mine if row.parent == ask.number])
        raise ValueError(ask.kind)

    def _cached(self, ask: Read) -> Json:
        """The newest that counts, of any run: the memory knows one playbook."""
        since = self.now() - timedelta(seconds=ask.number)
        for row in sorted(self.rows.values(), key=lambda row: -row.id):
            is_fit = (row.status, row.type, row.verdict, row.error) == ("succeeded", ask.name, None, None)
            if is_fit and (row.state or {}).get("cache_key") == ask.key and row.finished_at is not None and row.finished_at > since:
                return {"run": self.run_of(row), "output": row.output}
        return MISSING

    def run_of(self, row: StepRecord) -> int:
        """The run that a step run belongs to."""
        return self.strands[row.strand].record.run


def copied(row: StepRecord) -> StepRecord:
    """As it comes back from storage: nothing is shared with the one in hand."""
    return replace(row, **{name: json.loads(json.dumps(getattr(row, name))) for name in ("input", "output", "error", "state", "wait")})


def _shown(row: StepRecord) -> Json:
    return {"output": row.output, "status": row.status, "error": row.error}


def _ended(children: Sequence[StepRecord]) -> Json:
    newest: dict[tuple[str, int], StepRecord] = {}
    for row in children:
        newest[row.block, row.iteration] = row  # they were opened in order
    shown = [(row, "succeeded" if row.verdict == "passed" else row.status) for _, row in sorted(newest.items())]
    return [(row.block, row.iteration, status, row.output, row.error) for row, status in shown]

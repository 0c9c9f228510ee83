"""The port through which the engine is driven. Two implementations with the same promises: memory.py and runs_app/worker/database_journal.py.

Each method is one transaction. Every change of a run happens under that run's lock; claims lock strands only (law 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from playbooks_app.language.step_type import Json, Outcome
from runs_app.engine.program import Program
from runs_app.engine.records import Answer, Note, Read, RunFacts, StepRecord, StrandRecord


@dataclass(frozen=True, slots=True)
class Claimed:
    """A strand to drive, with the open path from which it goes on."""

    strand: StrandRecord
    program: Program
    facts: RunFacts
    rows: Sequence[StepRecord]


class Journal(Protocol):
    """What a driver and the people at the doors need of the storage."""

    def new_id(self) -> int:
        """An id for a step run."""

    def claim(self, limit: int) -> list[Claimed]:
        """Take up to `limit` queued strands; each claim raises the strand's token."""

    def commit(self, notes: Sequence[Note]) -> dict[int, Answer]:
        """Write the notes of several strands (at most one each) in one transaction; answers by strand id.

        A note whose token is no longer the strand's changes nothing and is answered `stale`.
        """

    def read(self, run: int, asks: Sequence[Read]) -> list[Json]:
        """Stored values, MISSING where there is none."""

    def resolve(self, step_run: int, outcome: Outcome, *, output: Json = None, error: Json = None, by: int | None = None) -> bool:
        """End a wait. False: it was over already. The only way a wait ends (law 1)."""

    def retry(self, step_run: int, *, by: int | None = None, pinned: Json = None) -> bool:
        """Begin a failed step that holds its strand again."""

    def skip(self, step_run: int, *, by: int | None = None, reason: str = "", output: Any = None) -> bool:
        """Pass over a failed or waiting step; with an output: as if it had succeeded with that."""

    def cancel(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Unwind every strand; False if the run is over or already unwinding."""

    def pause(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Let steps in hand end, begin no other."""

    def resume(self, run: int, *, by: int | None = None, reason: str = "") -> bool:
        """Go on after a pause."""

    def due(self, now: datetime, limit: int = 200) -> int:
        """End the waits whose time has come; how many there were."""

    def bury_the_dead(self) -> int:
        """Take strands away from executors that are no more; how many strands."""

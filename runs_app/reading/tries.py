"""The tries of a step, read off the run's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from runs_app.models import Run, RunEvent
from runs_app.reading.words import iso

BEGINS = frozenset({"step_started", "step_again", "step_interrupted", "step_retried"})
ENDS = frozenset({"step_attempt_failed", "step_succeeded", "step_failed", "step_ignored", "step_skipped", "step_cancelled", "step_overridden"})
WITHOUT_A_TRY = frozenset({"step_skipped", "step_overridden", "step_cancelled"})  # may end a step that was never begun


@dataclass(slots=True)
class Try:
    """One execution. `number` 1 = first; `error` is None when it went well or is still going on."""

    number: int
    started_at: datetime
    finished_at: datetime | None = None
    error: Any = None

    def as_json(self) -> dict[str, Any]:
        """The shape of DOORS.md, B."""
        return {"number": self.number, "started_at": iso(self.started_at), "finished_at": iso(self.finished_at), "error": self.error}

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


def tries_of(run: Run, paths: Collection[str]) -> dict[str, list[Try]]:
    """path -> tries in order. One query."""
    found: dict[str, dict[int, Try]] = defaultdict(dict)
    events = RunEvent.objects.filter(run=run, path__in=paths, type__in=BEGINS | ENDS).order_by("number")
    for path, kind, attempt, at, more in events.values_list("path", "type", "attempt", "at", "data"):
        tries, number = found[path], max(attempt, 1)
        if number not in tries and kind not in WITHOUT_A_TRY:
            tries[number] = Try(number, at)
        if kind in ENDS and number in tries:
            tries[number].finished_at = at
            tries[number].error = (more or {}).get("error", tries[number].error)
    return {path: [tries[number] for number in sorted(tries)] for path, tries in found.items()}

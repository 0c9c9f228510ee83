"""What a run holds and what it remembers: its locks, and its newest checkpoints."""

from __future__ import annotations

from dataclasses import dataclass

from runs_app.models import Checkpoint, Entry, Run
from runs_app.reading.details import Preview, preview_of
from runs_app.reading.lines import InLine, lines_of

MOST = 5  # checkpoints shown


@dataclass(frozen=True, slots=True)
class KeptLock:
    """A lock of this run; `line` where it waits for it."""

    entry: Entry
    line: InLine | None


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint and the beginning of what it holds."""

    checkpoint: Checkpoint
    preview: Preview


@dataclass(frozen=True, slots=True)
class Kept:
    """For the page of a run. checkpoint_count: all there are."""

    locks: list[KeptLock]
    checkpoints: list[KeptCheckpoint]
    checkpoint_count: int = 0


def kept_of(run: Run, *, values: bool) -> Kept:
    """Two or three queries; checkpoints only with `values`."""
    entries = [] if run.is_over else [entry for entry in Entry.objects.filter(run=run).order_by("since", "pk") if entry.words]
    lines = lines_of([run.pk]) if any(entry.since is None for entry in entries) else {}
    locks = [KeptLock(entry, lines.get((run.pk, entry.step_run)) if entry.since is None else None) for entry in entries]
    newest = list(Checkpoint.objects.filter(run=run).select_related("by").order_by("-id")[: MOST + 1]) if values else []
    count = len(newest) if len(newest) <= MOST else Checkpoint.objects.filter(run=run).count()
    return Kept(locks, [KeptCheckpoint(each, preview_of(each.data)) for each in newest[:MOST]], count)

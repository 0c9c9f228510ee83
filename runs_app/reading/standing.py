"""Where runs stand, one line each, for lists: state, sentence, progress, when it ends, and the one sensible deed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from playbooks_app import clock
from runs_app.models import Run, RunEvent
from runs_app.reading.details import skipped_by
from runs_app.reading.forecast import Eta, rough_etas
from runs_app.reading.look import Look
from runs_app.reading.picture import ends
from runs_app.reading.progress import Progress, progress_of
from runs_app.reading.readings import Reading, read_all
from runs_app.reading.veil import without_reason
from runs_app.reading.words import State, run_state
from runs_app.statuses import RunStatus


@dataclass(frozen=True, slots=True)
class Standing:
    """One run in a list."""

    run: Run
    reading: Reading
    state: State
    sentence: str
    progress: Progress
    eta: Eta | None
    ends: str  # "15:05–15:40"; "–" when nobody can say
    seconds: float  # so far, or in all
    deed: str  # "resume", "look" or ""
    look: str  # query string that shows what needs a hand


def standings_of(runs: Collection[Run]) -> list[Standing]:
    """Of runs with `playbook`, `version` and `owner` loaded, in their order. Eight queries for any number of runs."""
    now, readings = clock.now(), read_all(runs)
    progress, etas, by = progress_of(readings), rough_etas(runs, now), _held_by(runs)
    return [_standing(each, progress[each.run.pk], etas.get(each.run.pk), by.get(each.run.pk, ""), now) for each in readings]


def _standing(reading: Reading, progress: Progress, eta: Eta | None, by: str, now: datetime) -> Standing:
    run, by = reading.run, without_reason(by) if reading.run.conceals else by
    needing = next((waiting for waiting in reading.waits if waiting.needs_person and waiting.path), None)
    state = run_state(run)
    if state.key == "paused" and by:
        state = State("paused", f"Paused {by.partition(':')[0]}")
    is_persons = run.status == RunStatus.PAUSED and run.pause_reason == "person"
    return Standing(
        run=run,
        reading=reading,
        state=state,
        sentence=_sentence(reading, progress, by),
        progress=progress,
        eta=eta,
        ends=ends(run, eta, now) if eta else "" if run.is_over else "–" if run.status == RunStatus.PAUSED else "unknown",
        seconds=((run.finished_at or now) - (run.started_at or run.created_at)).total_seconds(),
        deed="resume" if is_persons else "look" if needing and needing.cause == "person" else "",
        look=Look(step=needing.path).query() if needing else "?",
    )


def _sentence(reading: Reading, progress: Progress, by: str) -> str:
    run = reading.run
    if run.is_over:
        return run.error["message"] if run.error else run.message if run.status != RunStatus.COMPLETED else progress.words
    if run.status == RunStatus.PAUSED and run.pause_reason == "person":
        return by.partition(": ")[2]
    more = len(reading.waits) - 1
    if reading.waits and (run.status != RunStatus.RUNNING or reading.waits[0].cause == "person"):
        return reading.waits[0].sentence + (f" And {more:,} more." if more else "")
    return progress.words


def _held_by(runs: Collection[Run]) -> dict[int, str]:
    """Run -> who paused it, and why: "by Carol Mensah: waiting for a scan". Two queries, none when nobody paused any."""
    paused = [run.pk for run in runs if run.status == RunStatus.PAUSED and run.pause_reason == "person"]
    if not paused:
        return {}
    last: dict[int, tuple[int, int | None, object]] = {}
    events = RunEvent.objects.filter(run__in=paused, type__in=("run_paused", "run_pausing"), by__isnull=False).order_by("number")
    for run, by, more in events.values_list("run", "by", "data"):
        last[run] = (run, by, more)
    return {int(run): said for run, said in skipped_by(last.values()).items()}

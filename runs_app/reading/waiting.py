"""Why a run is not done yet, and until when: one sentence for each step that waits or is held (F-2)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from playbooks_app import clock, wording
from runs_app.engine.effects import UNKNOWN_OUTCOME
from runs_app.models import Run
from runs_app.reading.attention import Attention, OpenStep
from runs_app.reading.lines import InLine, ordinal
from runs_app.reading.words import PEOPLE_CAUSES, iso
from runs_app.statuses import RunStatus, StepStatus

NEAR_SECONDS = 60.0  # closer than this the seconds are told instead of the clock time
MOST = 200  # reasons told of one run; the counts say how many there are
IN_DOUBT = " may have happened or not, and waits for somebody to find out"
CAUSES = ("timer", "window", "limit", "breaker", "pool", "worker", "approval", "event", "child", "lock", "start", "person")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One reason. `path` is "" for the run itself; `place` is the place in a line, from 1; `sentence` needs nothing beside it."""

    path: str
    cause: str
    name: str
    until: datetime | None
    place: int | None
    sentence: str

    def as_json(self) -> dict[str, Any]:
        """The shape of DOORS.md, B."""
        return {**asdict(self), "until": iso(self.until)}

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to act."""
        return self.cause in PEOPLE_CAUSES


def waits_of(
    run: Run, attention: Attention, names: Callable[[str], str], lines: Mapping[tuple[int, int], InLine] = MappingProxyType({})
) -> list[Waiting]:
    """Every reason why `run` is not done, those that need a person first; at most `MOST`.

    `names` gives the words for a step's id; `lines` its places in line, by run and step run.
    """
    if run.is_over:
        return []
    found = [
        waiting
        for step in attention.leaves()
        if (waiting := wait_of(step, held=step.id in attention.held, name=names(step.step), line=lines.get((run.pk, step.id))))
    ]
    found.sort(key=lambda each: (not each.needs_person, each.until.timestamp() if each.until else float("inf"), each.path))
    return [*_of_run(run, lines.get((run.pk, 0))), *found][:MOST]


def wait_of(step: OpenStep, *, held: bool, name: str, line: InLine | None = None) -> Waiting | None:
    """Why this step does not go on; None while it is at work."""
    if held and step.code == UNKNOWN_OUTCOME:
        return Waiting(step.path, "person", "", None, None, f"{quoted(name)}{IN_DOUBT}{_because(step.message)}")
    if held:
        tries = f" after {wording.count(step.attempt, 'try', 'tries')}" if step.attempt > 1 else ""
        said = f"{quoted(name)} failed{tries} and waits for somebody to retry or skip it{_because(step.message)}"
        return Waiting(step.path, "person", "", None, None, said)
    if step.status != StepStatus.WAITING or step.is_fork:
        return None
    wait = step.wait or {}
    cause = wait.get("cause") if wait.get("cause") in CAUSES else "timer"
    note = wait.get("note") if isinstance(wait.get("note"), Mapping) else {}
    place = note.get("place") if isinstance(note.get("place"), int) else None  # type: ignore[union-attr]
    waiting_name = str(wait.get("name") or "")
    until = step.wake_at or _noted(note)
    if line is not None:
        return Waiting(step.path, str(cause), waiting_name, until, line.place, f"{line.told(f'{quoted(name)} waits for the lock')}.")
    said = _SENTENCES[str(cause)](quoted(name), str(note.get("who") or waiting_name), step)  # type: ignore[union-attr]
    return Waiting(step.path, str(cause), waiting_name, until, place, f"{said}{_in_line(place)}{_until(step)}{_then(step, note)}.")


def quoted(name: str) -> str:
    """A step's name inside a sentence."""
    return f"“{name}”"


def _of_run(run: Run, line: InLine | None) -> list[Waiting]:
    if run.status == RunStatus.QUEUED and run.gate == "start":
        at = f" {wording.until(run.start_at)}" if run.start_at else ""
        return [Waiting("", "start", "", run.start_at, None, f"Waits for its start{at}.")]
    if run.status == RunStatus.QUEUED and run.gate and line is not None:
        cause = "lock" if run.gate == "lock" else "limit"
        return [
            Waiting("", cause, line.name, None, line.place, f"{line.told('Waits for the lock' if cause == 'lock' else 'Waits for the limit of')}.")
        ]
    if run.status == RunStatus.QUEUED:
        return [Waiting("", "worker", "", None, None, "Waits for a free worker.")]
    if run.held or (run.status == RunStatus.PAUSED and run.pause_reason == "person"):
        return [Waiting("", "person", "", None, None, "Paused by a person; it goes on when somebody resumes it.")]
    return []


def _approval(name: str, who: str, step: OpenStep) -> str:
    return f"{name} waits for {who or 'a person'} to {'fill in a form' if step.type == 'form' else 'approve'}"


def _timer(name: str, who: str, step: OpenStep) -> str:
    if step.on_wake == "again":
        return f"{name} is tried again"
    return f"{name} waits"


_SENTENCES: Mapping[str, Callable[[str, str, OpenStep], str]] = {
    "timer": _timer,
    "approval": _approval,
    "window": lambda name, who, step: f"{name} waits for {who or 'the send window'} to open",
    "limit": lambda name, who, step: f"{name} waits for the limit{_of(who)}",
    "breaker": lambda name, who, step: f"{name} waits until {who or 'the other side'} may be tried again",
    "pool": lambda name, who, step: f"{name} waits for a free place{_of(who)}",
    "worker": lambda name, who, step: f"{name} waits for a worker{_of(who)}",
    "event": lambda name, who, step: f"{name} waits for the event {who}".rstrip(),
    "child": lambda name, who, step: f"{name} waits for the run it started" + (f" ({who})" if who else ""),
    "lock": lambda name, who, step: f"{name} waits for the lock {who}".rstrip(),
    "start": lambda name, who, step: f"{name} waits for its start",
    "person": lambda name, who, step: f"{name} waits for {who or 'a person'}",
}


def _of(name: str) -> str:
    return f" of {name}" if name else ""


def _in_line(place: int | None) -> str:
    return f", {ordinal(place)} in line" if place else ""


def _until(step: OpenStep) -> str:
    if step.wake_at is None:
        return ""
    left = (step.wake_at - clock.now()).total_seconds()
    again = step.on_wake == "again"
    if left < NEAR_SECONDS:
        return f" {'in' if again else 'another'} {wording.duration(math.ceil(left))}" if left > 0 else ", any moment"
    return f" {'at' if again else 'until'} {wording.until(step.wake_at)}"


def _noted(note: Any) -> datetime | None:
    """The moment at which something happens though the wait does not end by itself (an approval escalates)."""
    try:
        return datetime.fromisoformat(str(note.get("until")))
    except ValueError:
        return None


def _then(step: OpenStep, note: Any) -> str:
    until = _noted(note) if step.wake_at is None else None
    if until is None:
        return ""
    after = f"; then {note['next']}" if note.get("next") else ""
    return f" until {wording.until(until)}{after}"


def _because(message: str | None) -> str:
    return f": {message.rstrip('.')}." if message else "."

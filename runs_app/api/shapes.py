"""The shapes of the wire for runs, step runs and events (DOORS.md, B), and nothing else.

They are made as plain dicts, since a tree may have ten thousand of them; `documents.py` describes them for the schema and a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from playbooks_app import clock
from runs_app.models import Effect, Run, RunEvent, StepRun
from runs_app.models.step_run import key_of
from runs_app.reading.attention import open_step
from runs_app.reading.forecast import Eta
from runs_app.reading.hiding import hide_in_step
from runs_app.reading.lines import lines_of
from runs_app.reading.readings import Reading
from runs_app.reading.sent import effect_shape
from runs_app.reading.tries import Try
from runs_app.reading.values import MOST_BYTES, is_large
from runs_app.reading.veil import plain_error
from runs_app.reading.waiting import wait_of
from runs_app.reading.words import iso

Shape = dict[str, Any]

# Keys of events' data that never hold a value of the run
PLAIN = {
    "again_at", "approval", "asked", "asks", "cause", "channel", "decision", "deed", "error", "from", "happened", "mode", "of", "on_behalf_of",
    "payload_hash", "people", "round", "to", "until",
}  # fmt: skip
VALUE_EVENTS = frozenset({"variable_set"})  # whose names are values too


def run_shape(reading: Reading, eta: Eta | None, *, values: bool) -> Shape:
    """A run; without `values` what its steps handle is left out (null)."""
    run = reading.run
    return {
        "id": run.pk,
        "playbook": run.playbook_id,
        "version": {"id": run.version_id, "number": run.version.number or None},
        "status": run.status,
        "code": run.code or None,
        "message": run.message or None,
        "pause_reason": run.pause_reason or None,
        "stopping": run.stopping or None,
        "mode": run.mode,
        "made_as": run.made_as or None,
        "original": run.original_id,
        "autonomous": run.autonomous,
        **_value_or_address(run, "inputs", values),
        "vars": dict(reading.variables) if values else None,
        **_value_or_address(run, "outputs", values),
        "error": error_shape(reading.error, values=values),
        "waiting_for": [waiting.as_json() for waiting in reading.waits],
        "eta": eta.as_json() if eta else None,
        "held": bool(reading.attention.held),
        "started_by": run.owner.username if run.owner else None,
        "parent": reading.parent[0] if reading.parent else None,
        "parent_path": reading.parent[1] if reading.parent else None,
        "session": None,
        "trigger": run.trigger,
        "priority": run.priority,
        "start_at": iso(run.start_at),
        "labels": run.labels,
        "timezone": run.timezone,
        "created_at": iso(run.created_at),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
        "archived_at": iso(run.archived_at),
        "counts": dict(reading.counts),
        "event_count": run.event_count,
        "duration_seconds": _seconds(run),
        "steps_executed": sum(reading.counts[status] for status in ("succeeded", "failed", "cancelled")),
        "timeout_after": run.timeout_after.total_seconds() if run.timeout_after else None,
        "deadline_at": iso(run.deadline_at) if run.finished_at is None else None,
    }


def step_shape(run: Run, step: StepRun, tries: list[Try], effects: list[Effect], *, held: bool, name: str, values: bool) -> Shape:
    """A step run, annotated by `with_values`; its children are put in by the caller."""
    line = lines_of([run.pk]).get((run.pk, step.pk)) if values and step.cause == "lock" else None
    step = step if values else hide_in_step(step)
    waiting = wait_of(open_step(step), held=held, name=name, line=line)
    return {
        "path": step.path,
        "id": step.step,
        "name": name,
        "type": step.type,
        "block": block_of(step),
        "parent": parent_path(step.path),
        "status": step.status,
        "held": held,
        "from_cache": step.verdict == "cached",
        "attempt": step.attempt,
        **_step_value(run, step, "input", values),
        **_step_value(run, step, "output", values),
        "error": error_shape(step.error, values=values),
        "started_at": iso(step.started_at),
        "finished_at": iso(step.finished_at),
        "wake_at": iso(step.wake_at) if step.finished_at is None else None,
        "deadline_at": iso(step.deadline_at) if step.finished_at is None else None,
        "waiting_for": [waiting.as_json()] if waiting else [],
        "idempotency_key": key_of(run.pk, step.path, run.mode),
        "attempts": [{**each.as_json(), "error": error_shape(each.error, values=values)} for each in tries],
        "effects": [effect_shape(each, values=values) for each in effects],
        "children": [],
    }


def event_shape(event: RunEvent, people: Mapping[int, str], *, values: bool) -> Shape:
    """An event; `people` are the usernames by id. Without `values` its data are what is known to be none: no inputs, no details, no variables."""
    return {
        "number": event.number,
        "type": event.type,
        "at": iso(event.at),
        "path": event.path or None,
        "by": people.get(event.by) if event.by else None,
        "data": event.data if values else _without_values(event),
    }


def error_shape(error: Any, *, values: bool) -> Any:
    """An error; its words and details may be what the other side sent or what a step was given, so they are values."""
    if values or not isinstance(error, Mapping):
        return error
    return plain_error(error)


def _without_values(event: RunEvent) -> Any:
    if event.type in VALUE_EVENTS or not isinstance(event.data, Mapping):
        return None
    kept = {key: value for key, value in event.data.items() if key in PLAIN}
    return {**kept, "error": error_shape(kept["error"], values=False)} if "error" in kept else kept


def block_of(step: StepRun) -> str | None:
    """`then`, `body[3]` …; None at the top."""
    parts = step.path.split("/")
    return parts[-2] if len(parts) > 1 else None


def parent_path(path: str) -> str | None:
    """The path of the enclosing container; None at the top and in the playbook's own catch and finally."""
    parts = path.split("/")
    return "/".join(parts[:-2]) or None


def _seconds(run: Run) -> float | None:
    """From its start to its end, or to this moment."""
    if run.started_at is None:
        return None
    return round(((run.finished_at or clock.now()) - run.started_at).total_seconds(), 3)


def _value_or_address(run: Run, name: str, values: bool) -> Shape:
    value = getattr(run, name) if values else None
    if not is_large(value):
        return {name: value}
    return {name: None, f"{name}_url": reverse(f"run-{name}", args=[run.pk])}


def _step_value(run: Run, step: StepRun, name: str, values: bool) -> Shape:
    if not values:
        return {name: None}
    if (getattr(step, f"{name}_bytes") or 0) <= MOST_BYTES:
        return {name: getattr(step, f"shown_{name}")}
    return {name: None, f"{name}_url": reverse("run-step-value", args=[run.pk, step.path, name])}

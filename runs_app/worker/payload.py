"""Notes as the JSON that `handrail_advance` takes; only the parts that are there, each row naming its strand."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from playbooks_app.language.step_type import Effect, Json
from runs_app.engine.records import Note, StepRecord
from runs_app.secrecy.ledger import masked


def dump(value: Json) -> str | None:
    """JSON text, None for None (SQL NULL)."""
    return None if value is None else json.dumps(value)


def payload_of(notes: Sequence[Note]) -> str:
    """All notes of one transaction."""
    parts: dict[str, list[dict[str, Any]]] = {
        "strands": [],
        "changed": [],
        "opened": [],
        "items": [],
        "variables": [],
        "forks": [],
        "takes": [],
        "told": [],
        "effects": [],
        "uncancels": [],
        "events": [],
        "parks": [],
        "ends": [],
    }
    for note in notes:
        _add(parts, note)
    return json.dumps({name: rows for name, rows in parts.items() if rows}, default=_plain)


def _add(parts: dict[str, list[dict[str, Any]]], note: Note) -> None:
    strand, run = note.strand.id, note.strand.run
    parts["strands"].append({"id": strand, "run": run, "token": note.strand.token})
    parts["changed"] += [_without_none(_changed(row)) for row in note.changed.values()]
    parts["opened"] += [_without_none(_opened(row, run)) for row in note.opened.values()]
    parts["items"] += [{"strand": strand, "step_run": step_run, "values": values} for step_run, values in note.items]
    parts["variables"] += [{"strand": strand, "run": run, "name": name, "value": value} for name, value in note.variables.items()]
    parts["forks"] += [
        {
            "strand": strand,
            "run": run,
            "parent": row.id,
            "path": row.path,
            "step": row.step,
            "block": fork.block,
            "iteration": fork.iteration,
            "is_lane": fork.is_lane,
            "shielded": row.shielded,
        }
        for row, fork in note.forks
    ]
    parts["events"] += [
        {"strand": strand, "run": run, "type": kind, "path": path, "attempt": attempt, "data": more} for kind, path, attempt, more in note.events
    ]
    parts["told"] += [{"strand": strand, "step_run": step_run, "outcome": outcome} for step_run, outcome in note.told]
    parts["effects"] += [{"strand": strand, "run": run, **effect_row(*each)} for each in note.effects]
    parts["uncancels"] += [{"strand": strand, "step": step_run} for step_run in sorted(note.uncancel)]
    if note.take:
        parts["takes"].append({"strand": strand, "fork": note.strand.parent})
    if note.end in ("parked", "held"):
        parts["parks"].append({"strand": strand, "held": note.end == "held", "step": note.output or 0})
    elif note.end is not None:
        parts["ends"].append({"strand": strand, "end": note.end, "output": note.output})


def _without_none(row: dict[str, Any]) -> dict[str, Any]:
    """What is not there is NULL over there; most columns of most rows are."""
    return {name: value for name, value in row.items() if value is not None}


def _changed(row: StepRecord) -> dict[str, Any]:
    return {
        "id": row.id,
        "strand": row.strand,
        "status": row.status,
        "attempt": row.attempt,
        "interrupted": row.interrupted,
        "resume_as": row.resume_as,
        "input": row.input,
        "output": row.output,
        "error": row.error,
        "state": row.state,
        "returned": row.returned,
        "wake_at": row.wake_at,
        "on_wake": row.on_wake,
        "wait": row.wait,
        "open_children": row.open_children,
        "items": row.items,
        "next_item": row.next_item,
        "policy": row.policy,
        "verdict": row.verdict,
        "finished_at": row.finished_at,
        "deadline_at": row.deadline_at,
    }


def _opened(row: StepRecord, run: int) -> dict[str, Any]:
    place = {"run": run, "parent": row.parent, "path": row.path, "block": row.block, "iteration": row.iteration, "position": row.position}
    return {
        **_changed(row),
        **place,
        "step": row.step,
        "type": row.type,
        "pinned": row.pinned,
        "shielded": row.shielded,
        "started_at": row.started_at,
    }


def effect_row(row: StepRecord, effect: Effect, key: str, outcome: str) -> dict[str, Any]:
    """A line of the ledger: step_run path attempt key method target body outcome."""
    said = {"method": effect.method[:40], "target": masked(effect.target), "body": masked(effect.body), "outcome": outcome}
    return {"step_run": row.id, "path": row.path, "attempt": row.attempt, "key": key, **said}


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")

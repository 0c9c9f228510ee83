"""A document with everything written out that holds although nobody wrote it: explicit over implicit (S4-P2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks_app.language import durations
from playbooks_app.language.catalogue import described_fields
from playbooks_app.language.document import normalise
from playbooks_app.language.guards import Retry
from playbooks_app.language.registry import AnyStepType, step_types
from playbooks_app.language.step_type import Block, Json

SETTINGS: Mapping[str, Json] = {"on_failure": "pause", "finally_errors": "record", "extra_inputs": "refuse", "on_lock": "wait"}


def with_defaults(document: Json) -> Json:
    """A copy in full: ids, usual values of settings, what happens on failure, how often it is tried. What is no proper document passes through."""
    full = normalise(document)
    if not isinstance(full, dict):
        return full
    settings = full.get("settings")
    found = {**full, "settings": {**SETTINGS, **settings} if isinstance(settings, dict) else dict(SETTINGS) if settings is None else settings}
    return {key: _steps(value) if key in ("steps", "finally") else _clauses(value) if key == "catch" else value for key, value in found.items()}


def _steps(steps: Json) -> Json:
    return [_step(step) if isinstance(step, dict) else step for step in steps] if isinstance(steps, list) else steps


def _clauses(clauses: Json) -> Json:
    if not isinstance(clauses, list):
        return clauses
    return [{**clause, "steps": _steps(clause["steps"])} if isinstance(clause, dict) and "steps" in clause else clause for clause in clauses]


def _step(step: dict[str, Any]) -> dict[str, Any]:
    if step.get("type") not in step_types:
        return step
    kind = step_types.get(str(step["type"]))
    found = _filled(step, kind)
    for block in kind.blocks:
        if block.key in found:
            found[block.key] = _steps(found[block.key]) if isinstance(block, Block) else _clauses(found[block.key])
    return found


def _filled(step: dict[str, Any], kind: AnyStepType) -> dict[str, Any]:
    usual = {field["key"]: field["default"] for field in described_fields(kind.Config) if field["default"] not in (None, "", [], {})}
    beside = {key: value for key, value in usual.items() if kind.settings_in == "step" or key in kind.beside}
    inside = {key: value for key, value in usual.items() if key not in beside}
    found = {**step, **{key: value for key, value in beside.items() if key not in step}}
    if inside and isinstance(step.get("with", {}), dict):
        found["with"] = {**step.get("with", {}), **{key: value for key, value in inside.items() if key not in step.get("with", {})}}
    return found | {key: value for key, value in _guards(kind).items() if key not in step}


def _guards(kind: AnyStepType) -> dict[str, Json]:
    usual = Retry()
    retry = {"max_attempts": usual.max_attempts, "initial": durations.written(usual.initial), "max": durations.written(usual.maximum)}
    retry |= {"multiplier": usual.multiplier, "jitter": durations.written(usual.jitter)}
    return {"on_error": "stop", **({"retry": retry} if kind.acts else {})}

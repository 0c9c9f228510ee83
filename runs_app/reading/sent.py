"""The effect ledger as it is shown: what left the house, and whether it certainly did."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from runs_app.engine.effects import DONE, INTENDED, REFUSED, UNDER_WAY, UNKNOWN
from runs_app.models import Effect, Run
from runs_app.reading.words import iso
from runs_app.statuses import StepStatus

MARKS = {DONE: "succeeded", REFUSED: "failed", UNKNOWN: "unknown", INTENDED: "skipped", UNDER_WAY: "running"}
WORDS = {DONE: "Sent", REFUSED: "Refused", UNKNOWN: "Outcome unknown", INTENDED: "Not sent", UNDER_WAY: "Under way"}


def effects_of(run: Run, paths: Collection[str]) -> dict[str, list[Effect]]:
    """path -> effects in order of attempts. One query."""
    found: dict[str, list[Effect]] = defaultdict(list)
    for effect in Effect.objects.filter(run=run, path__in=paths).select_related("step_run", "told_by").order_by("id"):
        found[effect.path].append(effect)
    return found


def outcome_of(effect: Effect) -> str:
    """As stored; one that is under way while its step is not will never be told: unknown. `effect.step_run` is read."""
    if effect.outcome == UNDER_WAY and effect.step_run.status != StepStatus.RUNNING:
        return UNKNOWN
    return effect.outcome


def effect_shape(effect: Effect, *, values: bool) -> dict[str, Any]:
    """On the wire (DOORS.md, B). Where it goes and what is in it are values; `outcome` is null while it is under way."""
    return {
        "path": effect.path,
        "attempt": effect.attempt,
        "key": effect.key,
        "method": effect.method,
        "target": effect.target if values else None,
        "body": effect.body if values else None,
        "outcome": outcome_of(effect) or None,
        "begun_at": iso(effect.begun_at),
        "ended_at": iso(effect.ended_at),
        "told_by": effect.told_by.username if effect.told_by else None,
    }


@dataclass(frozen=True, slots=True)
class Sent:
    """A line of the page: one attempt to change something outside. `body` is "" without the right to read values."""

    effect: Effect
    state: str
    words: str
    target: str
    body: str


def sent_of(run: Run, path: str, *, values: bool) -> list[Sent]:
    """The lines of one step run. One query."""
    return [_line(effect, values) for effect in effects_of(run, [path]).get(path, [])]


def _line(effect: Effect, values: bool) -> Sent:
    outcome = outcome_of(effect)
    body = json.dumps(effect.body, ensure_ascii=False, indent=2) if values and effect.body is not None else ""
    return Sent(effect, MARKS[outcome], WORDS[outcome], effect.target if values else "", body)

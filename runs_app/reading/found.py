"""Where in a run a searched value was found, for lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runs_app.models import Run

AROUND = 24  # characters shown before and after the hit
MOST_LOOKED_AT = 20_000  # values of one run


@dataclass(frozen=True, slots=True)
class Hit:
    """`where` in words, and the value around the hit."""

    where: str
    before: str
    hit: str
    after: str


def hit_in(run: Run, text: str) -> Hit | None:
    """The first place in inputs, then outputs; None if the run was found by something else, such as its number."""
    for words, value in (("in the start form", run.inputs), ("in the result", run.outputs)):
        for place, said in _values(value):
            at = said.lower().find(text.lower())
            if at >= 0:
                where = f"{words}, {place}" if place else words
                return Hit(where, said[max(0, at - AROUND) : at], said[at : at + len(text)], said[at + len(text) :][:AROUND])
    return None


def _values(value: Any) -> Iterator[tuple[str, str]]:
    """(place, text) of every plain value, breadth not depth limited by count."""
    waiting: list[tuple[str, Any]] = [("", value)]
    for _ in range(MOST_LOOKED_AT):
        if not waiting:
            return
        place, each = waiting.pop(0)
        if isinstance(each, dict):
            waiting += [(f"{place}.{key}" if place else str(key), inner) for key, inner in each.items()]
        elif isinstance(each, list):
            waiting += [(f"{place} {number + 1}" if place else f"item {number + 1}", inner) for number, inner in enumerate(each)]
        elif each is not None:
            yield place, str(each)

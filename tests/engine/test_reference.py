"""Random playbooks mean the same to the engine, straight and forgetful, as to a plain recursive reading of them. ENGINE_REFERENCES for more."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.reference import Meaning, Reference
from tests.engine.reference_plans import Drawer
from tests.engine.simulation import Simulation

DOCUMENTS = int(os.environ.get("ENGINE_REFERENCES", "360"))
PARTS = 6


def meaning(s: Simulation) -> Meaning:
    """How a run of the engine ended, in the reference's words."""
    values = {row.path: row.input["value"] for row in s.journal.rows.values() if row.type == "effect" and row.input}
    outputs = s.run.result["outputs"] if s.status == "completed" else None
    return Meaning(s.status, outputs, (s.run.error or {}).get("code"), [(path, values[path]) for path in s.made])


def sorted_by_path(found: Meaning) -> Meaning:
    """Branches may take turns in any order."""
    found.deliveries.sort(key=lambda each: each[0])
    return found


@pytest.mark.parametrize("part", range(PARTS))
def test_the_engine_and_the_plain_reading_agree(part: int, forget: bool) -> None:
    """Status, outputs, error, and each delivery with its value."""
    for seed in range(part, DOCUMENTS, PARTS):
        raw = Drawer(seed).document()

        found = sorted_by_path(meaning(Simulation(raw).drive(forget=forget)))

        assert found == sorted_by_path(Reference(raw).run()), f"seed {seed}"


def test_the_random_documents_reach_every_end_and_every_kind_of_step() -> None:
    """Else agreeing would mean little."""
    documents = [Drawer(seed).document() for seed in range(300)]
    meanings = [Reference(raw).run() for raw in documents]
    kinds = Counter(kind for raw in documents for kind in types_of(raw))

    ends = Counter(found.status for found in meanings)
    assert min(ends[status] for status in ("completed", "failed", "paused")) > 30
    assert (
        min(kinds[kind] for kind in ("effect", "var", "throw", "return", "condition", "router", "for_each", "loop", "parallel", "try", "scope")) > 30
    )
    assert sum(len(found.deliveries) for found in meanings) > 1000


def types_of(value: Json) -> list[str]:
    """Types of all steps in a document."""
    if isinstance(value, list):
        return [kind for each in value for kind in types_of(each)]
    if isinstance(value, dict):
        own = [str(value["type"])] if "id" in value and "type" in value else []
        return own + [kind for each in value.values() for kind in types_of(each)]
    return []

"""Random playbooks mean the same to the engine, straight and forgetful, as to a plain recursive reading of them. ENGINE_REFERENCES for more."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.nests import dying
from tests.engine.reference import Meaning, Reference
from tests.engine.reference_plans import CONTAINERS, LOSES, Drawer
from tests.engine.simulation import OVER, Simulation

DOCUMENTS = int(os.environ.get("ENGINE_REFERENCES", "360"))
PARTS = 6


def meaning(s: Simulation) -> Meaning:
    """How a run of the engine ended, in the reference's words."""
    values = {row.path: row.input["value"] for row in s.journal.rows.values() if row.type == "effect" and row.input}
    outputs = s.run.result["outputs"] if s.status == "completed" else None
    return Meaning(s.status, outputs, (s.run.error or {}).get("code"), [(path, values[path]) for path in s.made])


def places(found: Meaning) -> list[tuple[str, Json]]:
    """Where which value was delivered, in order of path: branches may take turns in any order."""
    return sorted(found.deliveries, key=lambda each: each[0])


def lived(s: Simulation, *, forget: bool = False, kills: random.Random | None = None) -> Simulation:
    """To the end, or to where a person is to look: what waits is answered, time goes on."""
    left = 2
    for _ in range(200):
        left = dying(s, kills, left) if kills is not None else left
        s.drive(forget=forget)
        answered = [row for row in s.waiting() if row.wake_at is None and not row.step.startswith(LOSES)]
        for row in answered:
            s.journal.resolve(row.id, "done", output={"answer": 1})
        timed = [row.wake_at for row in s.waiting() if row.wake_at is not None]
        if s.status in OVER or not (answered or timed):
            return s
        if timed and not answered:
            s.time = max(s.time, min(timed))
            s.journal.due(s.time)
    raise AssertionError((s.status, s.statuses()))


@pytest.mark.spec("rule-15", "S4-FR-4.2")
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("way", ["straight", "forgetful"])
def test_the_engine_and_the_plain_reading_agree(part: int, way: str) -> None:
    """Status, outputs, error, and each delivery with its value."""
    for seed in range(part, DOCUMENTS, PARTS):
        raw = Drawer(seed).document()

        found, expected = meaning(lived(Simulation(raw), forget=way == "forgetful")), Reference(raw).run()

        assert (found.status, found.outputs, found.code) == (expected.status, expected.outputs, expected.code), f"seed {seed}"
        assert places(found) == places(expected), f"seed {seed}"


@pytest.mark.spec("rule-15", "S0-crash-recovery")
@pytest.mark.parametrize("part", range(PARTS))
def test_workers_that_die_change_nothing_of_it(part: int) -> None:
    """The same end, and the same values at the same places; a delivery may be repeated."""
    for seed in range(part, DOCUMENTS, PARTS):
        raw = Drawer(seed).document()

        found, expected = meaning(lived(Simulation(raw), kills=random.Random(seed))), Reference(raw).run()

        assert (found.status, found.outputs, found.code) == (expected.status, expected.outputs, expected.code), f"seed {seed}"
        assert {repr(each) for each in places(found)} == {repr(each) for each in places(expected)}, f"seed {seed}"


def test_the_random_documents_reach_every_end_and_every_kind_of_step() -> None:
    """Else agreeing would mean little."""
    documents = [Drawer(seed).document() for seed in range(400)]
    meanings = [Reference(raw).run() for raw in documents]
    kinds = Counter(kind for raw in documents for kind in types_of(raw))

    ends = Counter(found.status for found in meanings)
    assert min(ends[status] for status in ("completed", "failed", "paused")) > 30
    leaves = ("effect", "var", "throw", "return", "ask", "sign", "delay", "wait_until")
    assert min(kinds[kind] for kind in (*leaves, *CONTAINERS, "for_each") if kind != "lanes") > 30
    assert sum(len(found.deliveries) for found in meanings) > 1000


def types_of(value: Json) -> list[str]:
    """Types of all steps in a document."""
    if isinstance(value, list):
        return [kind for each in value for kind in types_of(each)]
    if isinstance(value, dict):
        own = [str(value["type"])] if "id" in value and "type" in value else []
        return own + [kind for each in value.values() for kind in types_of(each)]
    return []

"""Conformance: each control step in a generated nest of every other, pairs and triples, against the plain reading (rule 15).

Straight, with all memory lost after each transaction, and with workers that die: the same end, the same outputs, and each effect at the same places.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import pytest

from tests.engine.nests import LEAVES, finished, nested, nests
from tests.engine.reference import Meaning, Reference
from tests.engine.simulation import Simulation


@dataclass(frozen=True)
class Way:
    """How a run is driven to its end."""

    name: str
    go: Callable[[Simulation, int], Simulation]

    def __str__(self) -> str:
        return self.name


WAYS = (
    Way("straight", lambda s, seed: finished(s)),
    Way("forgetful", lambda s, seed: finished(s, forget=True)),
    Way("kills", lambda s, seed: finished(s, kills=random.Random(seed))),
)


def places(found: Meaning) -> list[str]:
    """Where effects were delivered; how often is for the tests of kills."""
    return sorted({path for path, _ in found.deliveries})


def agree(kinds: tuple[str, ...], leaf: str, way: Way, seed: int) -> None:
    """The engine and the plain reading come to the same."""
    s = way.go(Simulation(nested(kinds, leaf)), seed)
    expected = Reference(nested(kinds, leaf, mended=True)).run()

    assert s.status == expected.status, (kinds, leaf, s.statuses())
    assert s.run.result["outputs"] == expected.outputs, (kinds, leaf)
    assert sorted(set(s.made)) == places(expected), (kinds, leaf)
    assert s.journal.runs[s.run_id].events[-1][0] == "run_completed"


@pytest.mark.spec("rule-15", "rule-12", "rule-28", "S4-FR-4.2")
@pytest.mark.parametrize("leaf", LEAVES)
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_pairs(way: Way, leaf: str) -> None:
    """Each in each, with each leaf."""
    for seed, kinds in enumerate(nests(2)):
        agree(kinds, leaf, way, seed)


@pytest.mark.spec("rule-15", "rule-12", "rule-28", "S4-FR-4.2")
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_triples(way: Way) -> None:
    """Each in each in each; leaves and ways take turns, so that a third of the triples is seen each way, each with another leaf."""
    leaves = cycle(LEAVES)
    for seed, kinds in enumerate(nests(3)):
        leaf = next(leaves)
        if seed % len(WAYS) == WAYS.index(way):
            agree(kinds, leaf, way, seed)

"""Thousands of random runs on the memory twin. ENGINE_SIMULATIONS=20000 for more."""

from __future__ import annotations

import os

import pytest

from tests.engine.chaos import Trouble, simulate

SIMULATIONS = int(os.environ.get("ENGINE_SIMULATIONS", "1000"))
PARTS = 8

TROUBLES = {
    "none": Trouble(),
    "crashes": Trouble(crash=0.05),
    "zombies": Trouble(crash=0.05, zombies=True),
    "cancels": Trouble(crash=0.05, cancel=True, zombies=True),
    "pauses": Trouble(crash=0.03, pause=True, zombies=True),
    "deadlines": Trouble(crash=0.03, zombies=True, late=True),
    "everything": Trouble(crash=0.03, cancel=True, pause=True, zombies=True, late=True),
}


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_run_ends_and_keeps_the_invariants(trouble: str, part: int) -> None:
    """No strand is stuck, one result per step, deliveries never exceed announced attempts, nothing happens after the end."""
    for seed in range(part, SIMULATIONS, PARTS):
        try:
            simulate(seed, TROUBLES[trouble])
        except BaseException as fault:
            raise AssertionError(f"seed {seed} under {trouble}: {fault!r}") from fault

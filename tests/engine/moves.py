"""Moves of a simulation that several tests make."""

from __future__ import annotations

from runs_app.engine.records import Note
from tests.engine.simulation import Simulation


def cancelled(s: Simulation, forget: bool) -> Simulation:
    """Cancel, and drive on."""
    assert s.journal.cancel(s.run_id)
    return s.drive(forget=forget)


def acting(s: Simulation) -> tuple[Simulation, Note]:
    """Drive the first strand until it has acted; what it notes then is not written yet."""
    s.claim()
    flow = s.flows[0]
    while True:
        note = s.advance(flow)
        if note is not None and s.made:
            return s, note
        if note is not None:
            s.commit([(flow, note)])

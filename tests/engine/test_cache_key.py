"""A step that was done before under the same key is not done again: what counts, for how long, and for whom."""

from __future__ import annotations

from typing import Any

from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import effect


def cached(name: str, key: str = "{{ inputs.key | 'k' }}", **more: Any) -> dict[str, Any]:
    """An effect with a key."""
    return {**effect(name), "cache_key": key, **more}


def test_the_second_takes_what_the_first_has_given(forget: bool) -> None:
    """It does not act, and says so; another key acts, and so does one that fails."""
    s = Simulation(document([cached("a"), cached("b"), cached("c", "other"), cached("d", "x" * 300), cached("e", "x" * 300)])).drive(forget=forget)

    assert s.made == ["a", "c", "d"]
    assert s.output("b") == s.output("a") and s.row("b").verdict == "cached"
    assert s.events("b") == ["step_started", "step_cached", "step_succeeded"]
    kept: Any = s.row("d").state
    assert len(kept["cache_key"]) == 64


def test_only_for_its_time(forget: bool) -> None:
    """A day, or as the settings say."""
    wait = {"id": "w", "type": "delay", "with": {"for": "2h"}}
    assert Simulation(document([cached("a"), wait, cached("b")])).drive(forget=forget).later(7200, forget=forget).made == ["a"]
    short = document([cached("a"), wait, cached("b")], settings={"cache_ttl": "1h"})
    assert Simulation(short).drive(forget=forget).later(7200, forget=forget).made == ["a", "b"]


def test_a_key_that_cannot_be_read_fails_the_step(forget: bool) -> None:
    """As any other template."""
    s = Simulation(document([cached("a", "{{ inputs.key }}")], inputs=[{"name": "key"}])).drive(forget=forget)
    assert s.row("a").error["code"] == "TemplateError"

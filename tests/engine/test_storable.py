"""What a step may give back: all that PostgreSQL's JSON can keep, and what it cannot is replaced or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playbooks_app.language.step_type import Done, StepFailed
from runs_app.engine.leaf import storable
from tests.engine.kinds import EFFECT, document
from tests.engine.simulation import Simulation
from tests.engine.steps import effect


def nested(depth: int, innermost: Any = 1) -> Any:
    """Lists inside each other."""
    for _ in range(depth):
        innermost = [innermost]
    return innermost


@pytest.mark.parametrize("value", [None, True, 0, -1.5, "", "ä😀", "a\\u0000b", [], {}, {"a": [1, {"b": None}]}, nested(100)])
def test_what_is_json_stays_as_it_is(value: Any) -> None:
    """Also a text that merely spells an escape, and characters beyond the sixteen-bit plane."""
    assert storable(value) == value


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\ud800", "?"),
        ("a\udfffb", "a?b"),
        (["\x00", 1, None], ["\ufffd", 1, None]),
        ({"k\x00": {"n": "\udc00"}}, {"k\ufffd": {"n": "?"}}),
        (("\x00",), ["\ufffd"]),
    ],
)
def test_characters_that_cannot_be_stored_are_replaced(value: Any, kept: Any) -> None:
    """NUL and halves of surrogate pairs, in names and values, at any depth; the result can be stored."""
    found = storable(value)

    assert found == kept
    assert "\x00" not in json.dumps(found, ensure_ascii=False)
    json.dumps(found, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), {"a": [-float("inf")]}, {1, 2}, b"bytes", object(), nested(100_000), nested(700, "\x00")], ids=range(8)
)
def test_what_is_not_json_is_a_failure_of_the_step(value: Any) -> None:
    """OutputInvalid with a way out, never an error of the engine."""
    try:
        kept = storable(value)
    except StepFailed as failed:
        assert failed.code == "OutputInvalid"
        assert failed.hint
    else:  # a deep one that this Python could still clean
        assert json.dumps(kept) == json.dumps(nested(700, "\ufffd"))


def test_a_step_whose_output_cannot_be_kept_is_held(forget: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has acted; a person decides what it gave."""
    monkeypatch.setattr(type(EFFECT), "run", lambda kind, context: Done({"answer": float("nan")}))

    s = Simulation(document([effect("e")])).drive(forget=forget)

    assert s.status == "paused"
    assert s.row("e").error["code"] == "OutputInvalid"
    assert s.made == ["e"]


def test_only_types_that_say_so_set_variables(forget: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plug-in cannot write into the run (S4-FR-5.3)."""
    monkeypatch.setattr(type(EFFECT), "run", lambda kind, context: Done(1, {"sneaked": True}))

    s = Simulation(document([effect("e")])).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.variables == {}

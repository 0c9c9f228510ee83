"""What a step type is unless it says otherwise."""

from __future__ import annotations

from typing import Any, cast

import pytest

from playbooks_app.language.settings import NoSettings
from playbooks_app.language.step_type import Here, StepContext, StepFailed, StepType, Wait
from tests.language.kinds import Condition, Http, Kind


def test_a_failure_is_stored_with_what_is_known_about_it() -> None:
    """Details only where there are any; the address is that of the step that failed."""
    failed = StepFailed("Timeout", "Too slow.", hint="Wait longer.", transient=True)
    failed.address = "each/body[3]/pay"

    assert failed.as_json() == {"code": "Timeout", "message": "Too slow.", "hint": "Wait longer.", "address": "each/body[3]/pay"}
    assert StepFailed("A", "b", details={"x": 1}).as_json("here") == {"code": "A", "message": "b", "hint": "", "address": "here", "details": {"x": 1}}
    assert failed.transient
    assert str(failed) == "Too slow."


def test_a_step_type_that_says_nothing_binds_handles_and_checks_nothing() -> None:
    """Each of these is for the types that need it."""
    kind: StepType[Any] = Kind()
    failure = StepFailed("A", "b")

    assert kind.check({}, "a") == []
    assert kind.written_out({"a": 1}) == {"a": 1}
    assert kind.binds("body", {}) == {}
    assert kind.handles("body", {}, "Timeout") is False
    assert kind.lost(failure) is failure
    kind.opened(cast(StepContext[Any], None), Wait())
    with pytest.raises(StopIteration) as ended:
        next(kind.joined(cast(Here, None)))
    assert ended.value.value == {}


def test_a_leaf_must_say_what_it_does_and_a_container_how_it_is_walked() -> None:
    """Blocks make the difference."""
    with pytest.raises(NotImplementedError):
        Http().run(cast(StepContext[Any], None))
    with pytest.raises(NotImplementedError):
        Condition().walk(cast(Here, None))
    assert Condition().is_container
    assert not Http().is_container


def test_a_type_without_words_of_its_own_has_an_effect_and_a_sample() -> None:
    """A type from elsewhere counts as one that reaches outside; its sample names what it says of its output."""

    class Elsewhere(StepType[NoSettings]):
        name = "elsewhere"
        Config = NoSettings
        output_help = {"id": "Number of the thing"}

    assert Elsewhere.effect and Elsewhere().sample({}) == {"id": None}

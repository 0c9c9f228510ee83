"""What a step may answer, and the failure that is thrown again."""

from __future__ import annotations

import pytest

from playbooks_app.language.check import check
from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import effect, flaky, guarded, split, throw, var

NUMBER = {"type": "object", "required": ["value"], "properties": {"value": {"type": "number"}}}
AGAIN = {"id": "again", "type": "throw", "with": {}}


def test_an_output_that_follows_its_schema_passes(forget: bool) -> None:
    """Nothing is said of it."""
    s = Simulation(document([effect("e", 5, output_schema=NUMBER), var("n", "{{ steps.e.output.value }}")])).drive(forget=forget)

    assert s.status == "completed"


@pytest.mark.parametrize("retry", [None, {"on": ["*"], "max_attempts": 5}, {"on": ["OutputInvalid"]}])
@pytest.mark.parametrize("on_error", ["stop", "retry"])
def test_one_that_does_not_is_never_tried_again(retry: Json, on_error: str, forget: bool) -> None:
    """The step has acted; the place in the output is told (OutputInvalid)."""
    s = Simulation(document([effect("e", "five", output_schema=NUMBER, retry=retry, on_error=on_error)])).drive(forget=forget)

    assert (s.status, s.made) == ("paused", ["e"])
    assert s.row("e").error["code"] == "OutputInvalid"
    assert s.row("e").error["details"]["problems"][0]["address"] == "output/value"


def test_it_is_caught_and_passed_like_any_failure(forget: bool) -> None:
    """By a try, by on_error."""
    bad = effect("e", "x", output_schema=NUMBER)
    caught = Simulation(document([guarded("t", [bad], {"OutputInvalid": [effect("c")]})])).drive(forget=forget)
    passed = Simulation(document([{**bad, "on_error": "continue"}, effect("after")])).drive(forget=forget)

    assert (caught.status, caught.made) == ("completed", ["t/body/e", "t/catch-1/c"])
    assert (passed.status, passed.made) == ("completed", ["e", "after"])


def test_a_container_has_an_output_too(forget: bool) -> None:
    """Looked at once its branches have ended."""
    branches = split("p", {"a": [var("x", 1)]}, output_schema={"properties": {"branches": {"properties": {"a": {"type": "string"}}}}})
    s = Simulation(document([branches])).drive(forget=forget)

    assert s.row("p").error["code"] == "OutputInvalid"


def test_after_a_retry_of_a_flaky_step_the_last_output_counts(forget: bool) -> None:
    """The schema is for what came out in the end."""
    raw = document([flaky("f", 1, output_schema={"required": ["key"]}, retry={"max_attempts": 2, "initial": "1s", "jitter": "0s"})])

    assert Simulation(raw).drive(forget=forget).later(1, forget=forget).status == "completed"


# -- throw without a code ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", [[AGAIN], [split("p", {"a": [AGAIN]})], [guarded("u", [AGAIN], {"Other": []})]])
def test_a_throw_without_a_code_throws_what_was_caught(inner: list[Json], forget: bool) -> None:
    """Code, words and details; in a branch inside the catch as well."""
    boom = {"id": "x", "type": "throw", "with": {"code": "Boom", "message": "Bang.", "guidance": "Duck.", "details": {"n": 1}}}
    steps = [
        guarded(
            "outer", [guarded("t", [boom], {"*": [effect("seen"), *inner]})], {"Boom": [effect("c", "{{ error.message }} {{ error.details.n }}")]}
        )
    ]
    s = Simulation(document(steps)).drive(forget=forget)

    assert s.status == "completed"
    assert s.output("outer/catch-1/c")["value"] == "Bang. 1"
    assert s.output("outer")["error"]["hint"] == "Duck."


def test_in_the_playbooks_own_catch_it_fails_the_run(forget: bool) -> None:
    """With the code of what was caught (rule 17)."""
    raw = document([throw("x", "Boom")], catch=[{"code": "*", "steps": [effect("c"), AGAIN]}], settings={"on_failure": "fail"})
    s = Simulation(raw).drive(forget=forget)

    assert (s.status, s.run.error["code"], s.run.error["message"]) == ("failed", "Boom", "On purpose.")


def test_other_words_may_be_given(forget: bool) -> None:
    """The code stays."""
    other = {"id": "again", "type": "throw", "with": {"message": "In short: {{ error.message }}"}}
    s = Simulation(document([guarded("t", [throw("x", "Boom")], {"*": [other]})])).drive(forget=forget)

    assert (s.row("t/catch-1/again").error["code"], s.row("t/catch-1/again").error["message"]) == ("Boom", "In short: On purpose.")


@pytest.mark.parametrize(("step", "address"), [(AGAIN, "code"), ({"id": "again", "type": "throw", "with": {"code": "X"}}, "message")])
def test_outside_a_catch_a_throw_says_what_it_throws(step: Json, address: str) -> None:
    """There is nothing to throw again; found by the check."""
    found = check(document([step]), REGISTRY)

    assert f"steps/again/with/{address}" in {problem.address for problem in found if problem.level == "error"}

"""What every step can say: when, retry, timeout, on_error and the rest; and what cannot be said yet."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.language import durations
from playbooks_app.language.access import NAMED
from playbooks_app.language.check import check
from playbooks_app.language.document import Guards, Retry, normalise, parse
from playbooks_app.language.guards import Deadline
from tests.language.kinds import KINDS, log, playbook


def guards(**written: Any) -> Guards:
    """Of a step that says this."""
    return parse(playbook(log(id="a", **written)), KINDS).by_id["a"].guards


def faults(**written: Any) -> dict[str, str]:
    """Address behind the step -> code."""
    problems = check(playbook(log(id="a", **written)), KINDS)
    assert all(problem.hint for problem in problems)
    return {problem.address.removeprefix("steps/a/"): problem.code for problem in problems}


def test_a_step_that_says_nothing_stops_at_an_error_and_has_the_usual_rest() -> None:
    """No retry of its own, no time-out of its own."""
    assert guards() == Guards(None, None, None, {"*": "stop"}, False, True, None, None, access=NAMED)
    assert guards(when=None, retry=None, timeout=None, on_error=None, once=None, cancellable=None, cache_key="", output_schema=None) == guards()


def test_a_retry_has_the_usual_values_where_it_says_nothing() -> None:
    """Three executions, 2 s doubling to 30 s, up to a second of chance, after what is transient."""
    assert guards(retry={}).retry == Retry(3, 2.0, 30.0, 2.0, 1.0, None, (), None)


def test_a_retry_says_how_often_how_long_and_after_what() -> None:
    """Spans become seconds; one code may stand without a list."""
    written = {
        "max_attempts": 5,
        "initial": "100ms",
        "max": 60000,
        "multiplier": 1.5,
        "jitter": 0,
        "on": "*",
        "not_on": ["ClientError"],
        "if": "error.code != 'X'",
    }

    assert guards(retry=written).retry == Retry(5, 0.1, 60.0, 1.5, 0.0, ("*",), ("ClientError",), "${{ error.code != 'X' }}")


def test_reactions_to_errors_are_by_code() -> None:
    """A single word is for all; what is not named stops."""
    assert guards(on_error="continue").on_error == {"*": "continue"}
    assert guards(on_error={"Timeout": "ignore"}).on_error == {"*": "stop", "Timeout": "ignore"}
    assert guards(on_error={"Timeout": "retry", "*": "continue"}).on_error == {"*": "continue", "Timeout": "retry"}


def test_the_other_guards_are_kept() -> None:
    """As written, spans in seconds, conditions as templates."""
    found = guards(when=False, timeout=1500, once=True, cancellable=False, cache_key="{{ run.id }}", output_schema={"type": "object"})

    assert found == Guards("${{ false }}", None, 1.5, {"*": "stop"}, True, False, "{{ run.id }}", {"type": "object"}, access=NAMED)
    assert guards(when=True).when == "${{ true }}"


@pytest.mark.parametrize(
    ("written", "address", "code"),
    [
        ({"when": 5}, "when", "WrongType"),
        ({"when": "1 +"}, "when", "ExpressionError"),
        ({"timeout": "soon"}, "timeout", "BadDuration"),
        ({"timeout": 0}, "timeout", "BadDuration"),
        ({"timeout": -1}, "timeout", "BadDuration"),
        ({"timeout": []}, "timeout", "BadDuration"),
        ({"timeout": "99999d"}, "timeout", "BadDuration"),
        ({"timeout": True}, "timeout", "BadDuration"),
        ({"retry": 3}, "retry", "WrongType"),
        ({"retry": {"attempts": 3}}, "retry/attempts", "UnknownKey"),
        ({"retry": {"max_attempts": 0}}, "retry/max_attempts", "WrongType"),
        ({"retry": {"max_attempts": 1.5}}, "retry/max_attempts", "WrongType"),
        ({"retry": {"max_attempts": "3"}}, "retry/max_attempts", "WrongType"),
        ({"retry": {"multiplier": 0.5}}, "retry/multiplier", "WrongType"),
        ({"retry": {"initial": "x"}}, "retry/initial", "BadDuration"),
        ({"retry": {"on": 5}}, "retry/on", "WrongType"),
        ({"retry": {"on": [5]}}, "retry/on", "WrongType"),
        ({"retry": {"not_on": [""]}}, "retry/not_on", "WrongType"),
        ({"retry": {"if": "{{"}}, "retry/if", "TemplateError"),
        ({"on_error": "explode"}, "on_error/*", "WrongType"),
        ({"on_error": {"Timeout": 5}}, "on_error/Timeout", "WrongType"),
        ({"on_error": []}, "on_error", "WrongType"),
        ({"once": "yes"}, "once", "WrongType"),
        ({"deadline": "soon"}, "deadline/after", "BadDuration"),
        ({"deadline": {}}, "deadline/after", "Required"),
        ({"deadline": {"after": "1h", "then": "explode"}}, "deadline/then", "WrongType"),
        ({"deadline": {"after": "1h", "steps": 5}}, "deadline", "WrongType"),
        ({"cancellable": 1}, "cancellable", "WrongType"),
        ({"cache_key": 5}, "cache_key", "WrongType"),
        ({"output_schema": 5}, "output_schema", "BadSchema"),
        ({"output_schema": {"type": "strin"}}, "output_schema/type", "BadSchema"),
    ],
)
def test_a_guard_that_makes_no_sense_is_a_fault(written: Any, address: str, code: str) -> None:
    """At its place."""
    assert faults(**written) == {address: code}


@pytest.mark.parametrize("name", ["delay", "window", "rate_limit", "pool", "breaker", "queue"])
def test_a_guard_that_is_not_there_yet_is_refused(name: str) -> None:
    """Never ignored: the step would do what its author forbade."""
    assert faults(**{name: "5s"}) == {name: "GuardUnavailable"}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("100ms", 0.1),
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("3d", 259200),
        ("1w", 604800),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("1.5s", 1.5),
        (1500, 1.5),
        (0, 0),
        ("5", None),
        ("", None),
        ("s", None),
        ("5 years", None),
        ("-5s", None),
        (-5, None),
        (True, None),
        (None, None),
        ([], None),
        (1e300, None),
        (10**200, None),
        ("9" * 100 + "s", None),
        ("3651d", None),
    ],
)
def test_spans_of_time_are_read(written: Any, seconds: float | None) -> None:
    """Units or milliseconds, up to ten years."""
    assert durations.seconds(written) == seconds


@pytest.mark.parametrize(("seconds", "written"), [(86400.0, "1d"), (5400.0, "90m"), (30.0, "30s"), (0.1, "100ms"), (0, "0ms"), (7200, "2h")])
def test_spans_are_written_in_the_largest_even_unit(seconds: float, written: str) -> None:
    """For forms and exports; reading gives the same again."""
    assert durations.written(seconds) == written
    assert durations.seconds(written) == seconds


def test_a_deadline_is_a_span_or_says_what_happens_then() -> None:
    """A bare span fails the step; steps of its own stand in a block, get ids, and see the error."""
    assert guards(deadline="2h").deadline == Deadline(7200.0)
    written = {"after": "1d", "then": "continue", "steps": [log(id="tell", message="{{ error.code }}")]}
    document = parse(playbook(log(id="a", deadline=written)), KINDS)

    assert document.by_id["a"].guards.deadline == Deadline(86400.0, goes_on=True)
    assert [step.id for step in document.by_id["a"].blocks["deadline"]] == ["tell"]
    assert check(playbook(log(id="a", deadline=written)), KINDS) == []
    unnamed = normalise(playbook(log(id="a", deadline={"after": "1d", "steps": [{"type": "log", "with": {"message": "x"}}]})), KINDS)
    assert unnamed["steps"][0]["deadline"]["steps"][0]["id"]

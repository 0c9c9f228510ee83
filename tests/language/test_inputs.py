"""Inputs: what may be declared, and taking what somebody gives."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given

from playbooks_app.language.check import check
from playbooks_app.language.declarations import VALUE_TYPES, read_inputs
from playbooks_app.language.faults import Faults
from playbooks_app.language.inputs import Input, take
from playbooks_app.language.json_schema import TooMuchWork, matches
from playbooks_app.language.problem import Invalid
from tests.language.kinds import KINDS, log, playbook
from tests.language.test_expressions import json_values


def declared(*written: dict[str, Any]) -> tuple[Input, ...]:
    """Inputs as a document declares them."""
    faults = Faults()
    found = read_inputs({"inputs": list(written)}, faults)
    assert not faults.found, faults.found
    return found


def refused(inputs: tuple[Input, ...], given_: Any, **how: Any) -> list[tuple[str, str]]:
    """(address, code) of what is wrong."""
    with pytest.raises(Invalid) as invalid:
        take(inputs, given_, **{"extra": False, **how})
    assert all(problem.message and problem.hint for problem in invalid.value.problems)
    return [(problem.address, problem.code) for problem in invalid.value.problems]


LIMITED = declared(
    {"name": "limit", "type": "number", "default": 1000, "min": 0, "max": 5000},
    {"name": "note", "type": "string"},
    {"name": "rows", "type": "array", "required": True},
)


def test_what_is_given_is_taken_with_defaults() -> None:
    """An optional input that is not given stays absent, so that templates must say a default."""
    assert take(LIMITED, {"rows": [1]}, extra=False) == {"rows": [1], "limit": 1000}
    assert take(LIMITED, {"rows": [], "limit": None, "note": None}, extra=False) == {"rows": [], "limit": 1000, "note": None}
    assert take(LIMITED, {"rows": [], "limit": 5, "note": ""}, extra=False) == {"rows": [], "limit": 5, "note": ""}


def test_undeclared_inputs_are_refused_unless_allowed() -> None:
    """With the nearest name."""
    assert refused(LIMITED, {"rows": [], "limt": 5}) == [("inputs/limt", "UnknownInput")]
    assert refused((), {"a": 5}) == [("inputs/a", "UnknownInput")]
    assert take(LIMITED, {"rows": [], "more": {"a": 1}}, extra=True) == {"rows": [], "limit": 1000, "more": {"a": 1}}


def test_every_fault_is_said_at_once() -> None:
    """With the place of each."""
    assert refused(LIMITED, {"limit": "x", "note": 5, "y": 1}) == [
        ("inputs/limit", "WrongType"),
        ("inputs/note", "WrongType"),
        ("inputs/rows", "Required"),
        ("inputs/y", "UnknownInput"),
    ]


def test_what_is_no_object_is_refused() -> None:
    """And what cannot be stored."""
    assert refused(LIMITED, [1]) == [("inputs", "WrongType")]
    assert refused(LIMITED, {"rows": ["\0"], "note": "\ud800"}) == [("inputs/rows/0", "BadCharacter"), ("inputs/note", "BadCharacter")]
    assert refused(LIMITED, {"rows": float("inf")}) == [("inputs/rows", "BadNumber")]


FITS: list[tuple[str, list[Any], list[Any]]] = [
    ("string", ["", "a"], [5, True, [], {}]),
    ("number", [0, 1.5, -3], ["5", True, [], "x"]),
    ("boolean", [True, False], [0, 1, "true"]),
    ("array", [[], [1]], [{}, "[]", 5]),
    ("object", [{}, {"a": 1}], [[], "{}"]),
    ("date", ["2026-05-04"], ["2026-13-01", "20260504", "2026-05-04T08:00:00Z", 5, ""]),
    ("datetime", ["2026-05-04T08:00:00Z", "2026-05-04T08:00", "2026-05-04T08:00:00+02:00"], ["2026-05-04", "soon", "2026-05-04T25:00", 5]),
    ("any", [1, "a", [], {}, True], []),
]


@pytest.mark.parametrize(("kind", "good", "bad"), FITS)
def test_a_type_takes_its_own_values_only(kind: str, good: list[Any], bad: list[Any]) -> None:
    """A text is no number; true is no number either."""
    inputs = declared({"name": "x", "type": kind})

    for value in good:
        assert take(inputs, {"x": value}, extra=False) == {"x": value}
    for value in bad:
        assert refused(inputs, {"x": value}) == [("inputs/x", "WrongType")]


FROM_FORMS: list[tuple[str, str, Any]] = [
    ("string", " a ", " a "),
    ("number", "5", 5),
    ("number", " 1.5 ", 1.5),
    ("number", "1,5", 1.5),
    ("boolean", "on", True),
    ("boolean", "No", False),
    ("array", "[1, {}]", [1, {}]),
    ("object", '{"a": 1}', {"a": 1}),
    ("date", " 2026-05-04 ", "2026-05-04"),
    ("datetime", "2026-05-04T08:00", "2026-05-04T08:00"),
    ("any", "5", "5"),
]


@pytest.mark.parametrize(("kind", "text", "value"), FROM_FORMS)
def test_a_form_field_means_what_its_type_says(kind: str, text: str, value: Any) -> None:
    """Texts become numbers, true and false, lists and objects; nothing else is guessed."""
    assert take(declared({"name": "x", "type": kind}), {"x": text}, extra=False, from_form=True) == {"x": value}


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "five"), ("number", "1e400"), ("number", "NaN"), ("boolean", "maybe"), ("array", "[1"), ("array", "5"), ("object", "[" * 5000)],
)
def test_a_form_field_that_means_nothing_is_refused(kind: str, text: str) -> None:
    """By its own name."""
    assert refused(declared({"name": "x", "type": kind}), {"x": text}, from_form=True) == [("inputs/x", "WrongType")]


def test_an_empty_form_field_is_not_given() -> None:
    """So that it takes its default, or is missing."""
    inputs = declared({"name": "x", "type": "number", "default": 3}, {"name": "y", "type": "string"}, {"name": "z", "required": True})

    assert take(inputs[:2], {"x": "", "y": " "}, extra=False, from_form=True) == {"x": 3}
    assert take(inputs[:2], {"x": "", "y": " ", "more": "m"}, extra=True, from_form=True) == {"x": 3, "more": "m"}
    assert refused(inputs, {"z": ""}, from_form=True) == [("inputs/z", "Required")]


RULES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"allowed": ["a", 1]}, 1.0, True),
    ({"allowed": ["a", 1]}, "b", False),
    ({"allowed": ["a", 1]}, {}, False),
    ({"pattern": "[A-Z]{2}[0-9]+"}, "AB12", True),
    ({"pattern": "[A-Z]{2}[0-9]+"}, "AB12x", False),
    ({"pattern": "a"}, 5, True),
    ({"allowed": [[1, {"a": 2}]]}, [1, {"a": 2}], True),
    ({"min_length": 2, "max_length": 3}, "ab", True),
    ({"min_length": 2, "max_length": 3}, "a", False),
    ({"min_length": 2, "max_length": 3}, [1, 2, 3, 4], False),
    ({"min": 1, "max": 3}, 3, True),
    ({"min": 1, "max": 3}, 0.5, False),
    ({"min": 1, "max": 3}, 4, False),
    ({"min": 1}, "0", True),
    ({"check": {"if": "${{ value % 2 == 0 }}", "message": "Must be even."}}, 4, True),
    ({"check": {"if": "${{ value % 2 == 0 }}", "message": "Must be even."}}, 3, False),
    ({"check": {"if": "value > 0 && inputs.x == value"}}, 3, True),
    ({"check": {"if": "value > 0"}}, -1, False),
    ({"check": {"if": "value.a.b"}}, 5, False),
    ({"check": {"if": "inputs.y == 1"}}, 5, False),
    ({"check": {"if": "len(inputs) == 1"}}, 5, True),
    ({"check": {"if": "value + 1", "message": "Not that."}}, "a", False),
    ({"schema": {"type": "array", "items": {"required": ["id"]}}}, [{"id": 1}], True),
]


@pytest.mark.parametrize(("rule", "value", "passes"), RULES)
def test_a_rule_lets_through_what_follows_it(rule: dict[str, Any], value: Any, passes: bool) -> None:
    """S4-FR-1.4: allowed values, pattern, length, range, the author's own."""
    inputs = declared({"name": "x", **rule})

    if passes:
        assert take(inputs, {"x": value}, extra=False) == {"x": value}
    else:
        assert refused(inputs, {"x": value}) == [("inputs/x", "WrongValue")]


def test_an_authors_own_rule_is_asked_only_when_the_rest_is_right_and_something_is_given() -> None:
    """So that its message is never a surprise."""
    inputs = declared({"name": "x", "check": {"if": "value > 0", "message": "Must be above 0."}}, {"name": "y", "type": "number"})

    assert take(inputs, {"x": None}, extra=False) == {"x": None}
    assert refused(inputs, {"x": -1, "y": "a"}) == [("inputs/y", "WrongType")]
    with pytest.raises(Invalid) as invalid:
        take(inputs, {"x": -1}, extra=False)
    assert invalid.value.problems[0].message == "Must be above 0."


def test_a_fault_in_a_row_names_row_and_field() -> None:
    """For a file of many rows."""
    schema = {"items": {"type": "object", "required": ["id"], "properties": {"amount": {"type": "number"}}}}

    assert refused(declared({"name": "rows", "type": "array", "schema": schema}), {"rows": [{"id": 1}, {"id": 2, "amount": "x"}, {}]}) == [
        ("inputs/rows/1/amount", "WrongValue"),
        ("inputs/rows/2", "WrongValue"),
    ]


def test_a_pattern_that_was_never_checked_is_not_written_out_either() -> None:
    """It takes seconds before any limit of time begins, so it is not begun."""
    with pytest.raises(TooMuchWork):
        matches("(a{5000}){5000}", "a")


def test_a_pattern_cannot_run_for_ever() -> None:
    """It ends as a value of the wrong form."""
    inputs = declared({"name": "x", "pattern": "(a|aa)+"})
    began = time.process_time()

    assert refused(inputs, {"x": "a" * 200 + "!"}) == [("inputs/x", "WrongValue")]
    assert time.process_time() - began < 3


def test_people_see_a_name_with_words() -> None:
    """The label, or the name made readable."""
    assert [each.title for each in declared({"name": "first_note"}, {"name": "x", "label": "Limit in euros"})] == ["First note", "Limit in euros"]


WRONG: list[tuple[Any, str, str]] = [
    (5, "inputs", "WrongType"),
    (["x"], "inputs/0", "WrongType"),
    ([{}], "inputs/0/name", "Required"),
    ([{"name": 5}], "inputs/0/name", "WrongType"),
    ([{"name": "a/b"}], "inputs/0/name", "BadName"),
    ([{"name": "x" * 101}], "inputs/0/name", "BadName"),
    ([{"name": "a"}, {"name": "a"}], "inputs/1/name", "DuplicateName"),
    ([{"name": "a", "tpye": "string"}], "inputs/0/tpye", "UnknownKey"),
    ([{"name": "a", "type": "text"}], "inputs/0/type", "WrongType"),
    ([{"name": "a", "type": 5}], "inputs/0/type", "WrongType"),
    ([{"name": "a", "required": "yes"}], "inputs/0/required", "WrongType"),
    ([{"name": "a", "description": 5}], "inputs/0/description", "WrongType"),
    ([{"name": "a", "allowed": []}], "inputs/0/allowed", "WrongType"),
    ([{"name": "a", "allowed": "x"}], "inputs/0/allowed", "WrongType"),
    ([{"name": "a", "pattern": "("}], "inputs/0/pattern", "BadPattern"),
    ([{"name": "a", "pattern": "a" * 501}], "inputs/0/pattern", "BadPattern"),
    ([{"name": "a", "pattern": 5}], "inputs/0/pattern", "WrongType"),
    ([{"name": "a", "pattern": "a{99999999}"}], "inputs/0/pattern", "BadPattern"),
    ([{"name": "a", "min_length": -1}], "inputs/0/min_length", "WrongType"),
    ([{"name": "a", "max_length": 1.5}], "inputs/0/max_length", "WrongType"),
    ([{"name": "a", "min": "1"}], "inputs/0/min", "WrongType"),
    ([{"name": "a", "check": "x"}], "inputs/0/check", "WrongType"),
    ([{"name": "a", "check": {"message": "x"}}], "inputs/0/check/if", "Required"),
    ([{"name": "a", "check": {"if": "1 +"}}], "inputs/0/check/if", "ExpressionError"),
    ([{"name": "a", "check": {"if": "{{"}}], "inputs/0/check/if", "TemplateError"),
    ([{"name": "a", "check": {"if": "steps.a.output"}}], "inputs/0/check/if", "UnknownName"),
    ([{"name": "a", "check": {"if": "true", "els": 1}}], "inputs/0/check/els", "UnknownKey"),
    ([{"name": "a", "schema": "x"}], "inputs/0/schema", "BadSchema"),
    ([{"name": "a", "schema": {"type": "strin"}}], "inputs/0/schema/type", "BadSchema"),
]


@pytest.mark.parametrize(("written", "address", "code"), WRONG)
def test_a_declaration_that_makes_no_sense_is_a_fault(written: Any, address: str, code: str) -> None:
    """At its place, with a remedy."""
    found = {problem.address: problem for problem in check(playbook(log(), inputs=written), KINDS)}

    assert found[address].code == code
    assert found[address].hint


def test_outputs_are_declared_with_less() -> None:
    """Name, type, whether they must be there."""
    found = {
        problem.address: problem.code for problem in check(playbook(log(), outputs=[{"name": "a"}, {"name": "a", "min": 1, "type": "x"}]), KINDS)
    }

    assert found == {"outputs/1/min": "UnknownKey", "outputs/1/type": "WrongType", "outputs/1/name": "DuplicateName"}


@given(json_values)
def test_whatever_is_given_is_taken_or_refused(value: Any) -> None:
    """For every type, from programs and from forms."""
    for kind in VALUE_TYPES:
        for from_form in (False, True):
            try:
                take(declared({"name": "x", "type": kind, "min": 1, "max_length": 3}), {"x": value}, extra=False, from_form=from_form)
                take((), value, extra=True, from_form=from_form)
            except Invalid as invalid:
                assert invalid.problems


@given(json_values)
def test_whatever_is_declared_the_check_only_finds_faults(value: Any) -> None:
    """It never raises."""
    for key in ("name", "type", "default", "allowed", "pattern", "min", "min_length", "check", "schema", "label"):
        check(playbook(log(), inputs=[{"name": "a", key: value}], outputs=[{"name": "a", key: value}]), KINDS)


def test_a_default_follows_its_own_declaration() -> None:
    """Otherwise nobody could start the playbook and leave that input out; null is no default to check."""
    wrong = [
        {"name": "a", "type": "string", "default": 5},
        {"name": "b", "type": "number", "default": 0, "min": 1},
        {"name": "c", "type": "object", "default": {}, "schema": {"required": ["id"]}},
        {"name": "d", "type": "string", "default": None, "required": True},
    ]
    found = check(playbook(log(), inputs=wrong), KINDS)
    assert [(each.address, each.code) for each in found] == [
        ("inputs/0/default", "WrongType"), ("inputs/1/default", "WrongValue"), ("inputs/2/default", "WrongValue")
    ]  # fmt: skip


@pytest.mark.parametrize(("low", "high"), [("min", "max"), ("min_length", "max_length")])
def test_limits_that_no_value_keeps_are_refused(low: str, high: str) -> None:
    """One that only a single value keeps is none of them."""
    faults = Faults()
    read_inputs({"inputs": [{"name": "a", "type": "any", low: 2, high: 1}, {"name": "b", "type": "any", low: 2, high: 2}]}, faults)
    assert [(each.address, each.code) for each in faults.found] == [(f"inputs/0/{high}", "WrongValue")]

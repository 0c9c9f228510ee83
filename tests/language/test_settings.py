"""Settings of step types: check as written, build as rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given

from playbooks_app.language.problem import Problem
from playbooks_app.language.schema import json_schema
from playbooks_app.language.settings import NoSettings, build, check_settings, fields_of, setting
from playbooks_app.language.step_type import StepFailed
from tests.language.test_expressions import json_values


@dataclass(frozen=True, slots=True)
class Row:
    """Of `rows`."""

    who: str = setting("text", label="Who", required=True)
    need: int = setting("integer", label="How many", default=1)


@dataclass(frozen=True, slots=True)
class Everything:
    """One setting of each kind."""

    text: str = setting("text", label="Text", default="t")
    long: str = setting("long_text", label="Long", default="")
    condition: Any = setting("expression", key="if", label="If")
    name: str = setting("name", label="Name", default="item")
    number: float = setting("number", label="Number", minimum=0, maximum=10)
    integer: int = setting("integer", label="Integer", default=1)
    boolean: bool = setting("boolean", label="Boolean", default=False)
    span: float = setting("duration", key="for", label="Span", default="5m", minimum=1, maximum=3600)
    seconds: float = setting("duration", label="Seconds", default=60.0)
    choice: str = setting("choice", label="Choice", default="a", choices=(("a", "A"), ("b", "B")))
    values: list[Any] = setting("list", label="List", default=[], maximum=3)
    texts: Sequence[str] = setting("texts", label="Texts", default=["x"])
    tags: Sequence[str] = setting("texts", label="Tags", default=())
    mapping: dict[str, Any] = setting("map", key="map", label="Map", default={})
    json: Any = setting("json", label="JSON")
    people: Any = setting("people", label="People")
    rows: Sequence[Row] = setting("rows", label="Rows", row=Row, default=[], maximum=2)
    anything: Any = setting("rows", label="Rows without a form")


@dataclass(frozen=True, slots=True)
class Needed:
    """A required text."""

    url: str = setting("text", label="Address", required=True)


@dataclass(frozen=True, slots=True)
class Either:
    """A text that is required unless another one is given."""

    connection: str = setting("text", label="Connection", default="")
    url: str = setting("text", label="Address", default="", required=True, unless="connection")


def faults(written: dict[str, Any], config: type = Everything) -> dict[str, str]:
    """Address -> code."""
    return {problem.address: problem.code for problem in check_settings(config, written, "w")}


def test_what_is_absent_takes_its_default() -> None:
    """Lists and objects are made afresh; spans are seconds whether the default is written or a number."""
    first, second = build(Everything, {}), build(Everything, dict.fromkeys(("text", "rows", "number", "texts")))

    assert first == second == Everything(span=300.0, texts=("x",), rows=(), mapping={})
    assert first.values is not second.values
    assert first.seconds == 60.0
    assert first.number is None


BUILT: list[tuple[str, Any, Any]] = [
    ("text", "a", "a"),
    ("text", 5, "5"),
    ("text", True, "true"),
    ("text", {"a": [1]}, '{"a": [1]}'),
    ("text", "", "t"),
    ("long", "", ""),
    ("if", False, False),
    ("if", "x", "x"),
    ("name", "invoice", "invoice"),
    ("number", 2.5, 2.5),
    ("integer", 2.0, 2),
    ("boolean", True, True),
    ("for", "1m", 60.0),
    ("for", 1500, 1.5),
    ("choice", "b", "b"),
    ("values", [1, "a"], [1, "a"]),
    ("texts", "one", ("one",)),
    ("texts", ["a", 1, True], ("a", "1", "true")),
    ("map", {"a": 1}, {"a": 1}),
    ("json", "", ""),
    ("json", [1], [1]),
    ("people", "bob", "bob"),
    ("people", {"group": "leads"}, {"group": "leads"}),
    ("people", [{"user": "a"}, {"role": ["x"], "weight": 2}], [{"user": "a"}, {"role": ["x"], "weight": 2}]),
    ("rows", [{"who": "a"}, {"who": "b", "need": 2}], (Row("a", 1), Row("b", 2))),
    ("rows", {"who": "a"}, (Row("a", 1),)),
]


@pytest.mark.parametrize(("key", "value", "made"), BUILT)
def test_a_value_becomes_what_the_step_type_works_with(key: str, value: Any, made: Any) -> None:
    """By kind."""
    attribute = next(field.attribute for field in fields_of(Everything) if field.key == key)

    assert getattr(build(Everything, {key: value}), attribute) == made


UNFIT: list[tuple[str, Any]] = [
    ("name", 5),
    ("name", " "),
    ("name", "a" * 101),
    ("number", "5"),
    ("number", True),
    ("number", 11),
    ("number", -1),
    ("integer", 1.5),
    ("integer", "1"),
    ("integer", []),
    ("integer", 2**60),
    ("boolean", "true"),
    ("boolean", 1),
    ("for", "soon"),
    ("for", []),
    ("for", "500ms"),
    ("for", "2h"),
    ("choice", "c"),
    ("choice", 5),
    ("values", "a"),
    ("values", [1, 2, 3, 4]),
    ("texts", 5),
    ("texts", [None]),
    ("texts", [["a"]]),
    ("map", []),
    ("people", 5),
    ("people", {}),
    ("people", {"crowd": "x"}),
    ("people", {"group": "x", "also": 1}),
    ("people", {"group": ""}),
    ("people", [{"user": None}]),
    ("people", " "),
    ("rows", 5),
    ("rows", ["a"]),
    ("rows", [{"who": "a"}] * 3),
    ("anything", 5),
]


@pytest.mark.parametrize(("key", "value"), UNFIT)
def test_a_value_of_another_kind_is_refused_both_ways(key: str, value: Any) -> None:
    """On save with an address, at run time as InputInvalid that names the setting."""
    assert faults({key: value}) == {f"w/{key}": "WrongType"}

    with pytest.raises(StepFailed) as refused:
        build(Everything, {key: value})

    assert refused.value.code == "InputInvalid"
    assert refused.value.details == {"field": key}


def test_a_fault_inside_a_row_names_the_row_and_the_setting() -> None:
    """Rows of one object have no number."""
    assert faults({"rows": [{"who": "a"}, {"need": "x", "nead": 1}]}) == {
        "w/rows/1/nead": "UnknownSetting",
        "w/rows/1/who": "Required",
        "w/rows/1/need": "WrongType",
    }
    assert faults({"rows": {"need": 1}}) == {"w/rows/who": "Required"}
    with pytest.raises(StepFailed) as refused:
        build(Everything, {"rows": [{"who": "a", "need": "x"}]})
    assert refused.value.details == {"field": "rows/need"}


def test_what_is_required_must_be_there_and_say_something() -> None:
    """An empty form field says nothing."""
    assert faults({}, Needed) == faults({"url": ""}, Needed) == faults({"url": None}, Needed) == {"w/url": "Required"}
    for rendered in ({}, {"url": ""}, {"url": None}):
        with pytest.raises(StepFailed) as refused:
            build(Needed, rendered)
        assert refused.value.details == {"field": "url"}


def test_what_stands_in_for_a_required_setting_is_enough() -> None:
    """Without either it is missing, as written, as rendered and in the schema."""
    assert faults({}, Either) == faults({"connection": ""}, Either) == {"w/url": "Required"}
    assert faults({"connection": "bank"}, Either) == faults({"url": "x"}, Either) == {}
    assert build(Either, {"connection": "bank"}) == Either("bank", "")
    with pytest.raises(StepFailed):
        build(Either, {"connection": None})
    schema = json_schema(Either)
    assert (schema["required"], schema["allOf"]) == ([], [{"anyOf": [{"required": ["url"]}, {"required": ["connection"]}]}])


def test_an_unknown_setting_is_a_fault_with_the_nearest_name() -> None:
    """Or says that there are none."""
    assert check_settings(Needed, {"url": "x", "ulr": 1}, "w") == [
        Problem("w/ulr", "UnknownSetting", "There is no setting “ulr”.", "Did you mean “url”?")
    ]
    assert check_settings(NoSettings, {"a": 1}, "w")[0].hint == "There are no settings here."


def test_a_template_may_stand_wherever_a_value_may() -> None:
    """It is looked at when it is filled in."""
    keys = [field.key for field in fields_of(Everything)]

    assert faults(dict.fromkeys(keys, "{{ inputs.x }}")) == {}
    assert (
        faults(
            {
                "values": ["{{ a }}"],
                "map": {"a": "{{ b }}"},
                "rows": [{"who": "{{ c }}", "need": "{{ d }}"}],
                "people": {"user": "{{ e }}"},
                "json": {"a": ["{{ f }}"]},
            }
        )
        == {}
    )
    assert faults({"texts": "x {{ a }}", "people": "x{{ a }}", "text": "x {{ a }}", "choice": "x{{ a }}", "if": "x {{ a }}"}) == {}


def test_text_around_a_template_makes_text() -> None:
    """So it can be no number."""
    assert faults({"number": "5{{ a }}", "boolean": "{{ a }} ", "rows": "x{{ a }}", "map": "x{{ a }}"}) == dict.fromkeys(
        ["w/number", "w/boolean", "w/rows", "w/map"], "WrongType"
    )


def test_a_template_that_cannot_be_read_is_a_fault_at_its_own_place() -> None:
    """However deep it stands."""
    assert faults({"json": {"a": ["x", "{{ b"]}, "text": "${{ 1 + }}", "texts": ["{{"], "if": "{{ }}"}) == {
        "w/json/a/1": "TemplateError",
        "w/text": "ExpressionError",
        "w/texts/0": "TemplateError",
        "w/if": "TemplateError",
    }


def test_a_text_is_no_list() -> None:
    """In a document; a template may well give one, which is written as JSON."""
    assert faults({"text": ["a"], "long": {}}) == {"w/text": "WrongType", "w/long": "WrongType"}


@given(json_values)
def test_whatever_is_rendered_either_fits_or_is_refused_by_name(value: Any) -> None:
    """The step type never sees what it did not ask for."""
    for field in fields_of(Everything):
        try:
            build(Everything, {field.key: value})
        except StepFailed as refused:
            assert refused.code == "InputInvalid"
            assert refused.details["field"].startswith(field.key)


@given(json_values)
def test_whatever_is_written_and_passes_the_check_can_be_built(value: Any) -> None:
    """Without templates the two agree."""
    for field in fields_of(Everything):
        if not check_settings(Everything, {field.key: value}, "w"):
            build(Everything, {field.key: value})

r"""Filling in: `{{ path | default }}`, `${{ expression }}`, `\{{`, types, text, missing paths, references."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.expression import ExpressionError, Reference, TemplateError, evaluate, references
from playbooks_app.language.template import MOST_TEMPLATES, compile, is_template, is_whole
from tests.language.test_expressions import json_values
from tests.language.values import Values, computed, filled

ROOTS: dict[str, Any] = {
    "inputs": {"n": 5, "text": "hi", "none": None, "zero": 0, "empty": "", "no": False, "rows": [{"a": 1}, {"a": [2.5]}], "odd name": 1, "ä-b": 2},
    "steps": {"http-2": {"output": {"status": 200}, "status": "succeeded"}},
    "item": {"name": "Z"},
    "vars": {},
}

FILLED: list[tuple[Any, Any]] = [
    ("plain", "plain"),
    ("", ""),
    ("{{ inputs.n }}", 5),
    ("{{inputs.n}}", 5),
    ("{{ inputs.n }}\n", 5),
    ("{{ inputs.rows }}", ROOTS["inputs"]["rows"]),
    ("{{ inputs.none }}", None),
    ("n={{ inputs.n }}", "n=5"),
    (" {{ inputs.n }}", " 5"),
    ("{{ inputs.n }} ", "5 "),
    ("{{ inputs.n }}{{ inputs.n }}", "55"),
    ("{{ inputs.text }}!", "hi!"),
    ("{{ inputs.none }}!", "null!"),
    ("{{ inputs.no }}!", "false!"),
    ("{{ inputs.rows }}!", '[{"a": 1}, {"a": [2.5]}]!'),
    ("{{ inputs.rows.1.a.0 }}", 2.5),
    ("{{ inputs.rows[1].a[0] }}", 2.5),
    ("{{ inputs.rows[-1].a }}", [2.5]),
    ('{{ inputs["odd name"] }}', 1),
    ("{{ inputs.ä-b }}", 2),
    ("{{ steps.http-2.output.status }}", 200),
    ("{{ step.http-2.status }}", 200),
    ("{{ item.name }}", "Z"),
    ("{{ loop_item.name }}", "Z"),
    ('{{ inputs.x | "d" }}', "d"),
    ("{{ inputs.x | 'd' }}", "d"),
    ("{{ inputs.x | 5 }}", 5),
    ("{{ inputs.x | -5 }}", -5),
    ("{{ inputs.x | true }}", True),
    ("{{ inputs.x | null }}", None),
    ("{{ inputs.x | inputs.y | inputs.n }}", 5),
    ("{{ inputs.x | inputs.y | 'z' }}", "z"),
    ("{{ inputs.none | 1 }}", 1),
    ("{{ inputs.zero | 1 }}", 0),
    ("{{ inputs.empty | 1 }}", ""),
    ("{{ inputs.no | 1 }}", False),
    ("{{ inputs.x.y.z | 1 }}", 1),
    ("{{ inputs.x | inputs.none }}", None),
    ("${{ inputs.n + 1 }}", 6),
    ("a ${{ inputs.n + 1 }} b", "a 6 b"),
    ("${{ [x.a for x in inputs.rows] }}", [1, [2.5]]),
    ('${{ "}}" }}', "}}"),
    ('{{ inputs.x | "}} {{" }}', "}} {{"),
    (r"\{{ inputs.n }}", "{{ inputs.n }}"),
    (r"\${{ inputs.n }}", "${{ inputs.n }}"),
    (r"$\{{ inputs.n }}", "${{ inputs.n }}"),
    (r"\{{ {{ inputs.n }}", "{{ 5"),
    (r"a \ b \n", r"a \ b \n"),
    ("}} { } $ $5 {x}", "}} { } $ $5 {x}"),
    ({"a": "{{ inputs.n }}", "b": [1, "{{ inputs.text }}", {"c": "x"}], "d": None}, {"a": 5, "b": [1, "hi", {"c": "x"}], "d": None}),
    ({"a": r"\{{ x }}"}, {"a": "{{ x }}"}),
    ([r"\{{ x }}", "{{ inputs.n }}"], ["{{ x }}", 5]),
    ({"{{ inputs.n }}": 1}, {"{{ inputs.n }}": 1}),
    (5, 5),
    (None, None),
    (True, True),
]


@pytest.mark.parametrize(("value", "result"), FILLED)
def test_a_template_is_filled_in_as_the_reference_says(value: Any, result: Any) -> None:
    """Alone in a string a value keeps its type; inside text it is written as JSON; defaults replace missing and null only."""
    found = filled(value, **ROOTS)

    assert found == result
    assert type(found) is type(result)


WRONG = [
    "{{ }}",
    "{{ inputs.n",
    "{{",
    "{{ inputs.n }",
    "{{ inputs.n } }",
    "{{ 1 + 1 }}",
    "{{ len(inputs.rows) }}",
    "{{ inputs.rows[inputs.n] }}",
    "{{ inputs.x | direct }} {{ inputs.x | us east }}",
    "{{ inputs.x | us-east-1 }}",
    "{{ inputs.x | 'a' | 'b' }}",
    "{{ inputs.x | -inputs.n }}",
    "{{ inputs.x | -'a' }}",
    "{{ inputs.x || 5 }}",
    "{{ -inputs.n }}",
    "{{ 'a }}",
    "{{ inputs.x | § }}",
    "{{ steps }}",
    "{{ inputs. }}",
    "{{ (1).a }}",
]


@pytest.mark.parametrize("text", WRONG)
def test_a_template_that_is_written_wrongly_is_refused_with_a_remedy(text: str) -> None:
    """Before anything runs."""
    with pytest.raises(TemplateError) as refused:
        compile(text)

    assert refused.value.code == "TemplateError"
    assert refused.value.hint


@pytest.mark.parametrize("text", ["${{", "${{ 1 + }}", "${{ 1 2 }}", "${{ a", "${{ " + "1 + " * 700 + "1 }}"])
def test_an_expression_that_is_written_wrongly_is_refused_as_one(text: str) -> None:
    """The code tells the two apart."""
    with pytest.raises(ExpressionError):
        compile(text)


def test_a_missing_path_names_itself_and_the_way_out() -> None:
    """What is missing, and how to give a default."""
    with pytest.raises(TemplateError) as missing:
        filled({"a": ["x {{ inputs.rows.7.b }}"]}, **ROOTS)

    assert "inputs.rows.7.b" in missing.value.message
    assert '{{ inputs.rows.7.b | "…" }}' in missing.value.hint


def test_the_last_of_several_paths_must_be_there() -> None:
    """Without a literal at the end the last path is no default."""
    with pytest.raises(TemplateError):
        filled("{{ inputs.x | inputs.y }}", **ROOTS)


REFERENCES: list[tuple[Any, set[tuple[str, str | None]]]] = [
    ("plain", set()),
    ("{{ inputs.a.b | vars.c | 5 }}", {("inputs", "a"), ("vars", "c")}),
    ("${{ steps.pay.output.x + step.pay-2.y }}", {("steps", "pay"), ("steps", "pay-2")}),
    ("{{ item.x }} {{ index }} {{ invoice.a.b }}", {("item", None), ("index", None), ("invoice", None)}),
    ("{{ run.status }} {{ error.message }} {{ event.step }}", {("run", None), ("error", None), ("event", None)}),
    ("${{ context.data.a }}", {("vars", "a"), ("inputs", "a")}),
    ("{{ context.config.a }} {{ workflow_input.b }} {{ loop_item.c }}", {("config", "a"), ("inputs", "b"), ("item", None)}),
    ("${{ inputs[item.key] }}", {("inputs", None), ("item", None)}),
    ("${{ [x.a + y for x in inputs.rows if x.b == vars.c] }}", {("inputs", "rows"), ("vars", "c"), ("y", None)}),
    ("${{ get('inputs.a.b', vars.d) }}", {("inputs", "a"), ("vars", "d")}),
    ({"a": ["{{ inputs.a }}", {"b": "{{ vars.b }}"}]}, {("inputs", "a"), ("vars", "b")}),
    ("{{ secrets.key }}", {("secrets", "key")}),
    ("${{ sum([r.n for r in rows]) > max(vars.a, 2) ? vars.b : !vars.c }}", {("rows", None), ("vars", "a"), ("vars", "b"), ("vars", "c")}),
]


@pytest.mark.parametrize(("value", "expected"), REFERENCES)
def test_what_may_be_looked_up_is_known_before(value: Any, expected: set[tuple[str, str | None]]) -> None:
    """The machine fetches it in one reading."""
    assert references(value) == {Reference(*each) for each in expected}


class Watching:
    """Answers every question with an empty object, and remembers it."""

    def __init__(self) -> None:
        self.asked: set[Reference] = set()

    def lookup(self, root: str, name: str | None) -> Any:
        """As Scope."""
        self.asked.add(Reference(root, name))
        return {}


@given(st.sampled_from([value for value, _ in REFERENCES]))
def test_nothing_else_is_looked_up(value: Any) -> None:
    """Rendering asks only for what was announced."""
    watching = Watching()

    with suppress(TemplateError, ExpressionError):
        compile(value).render(watching)

    assert watching.asked <= references(value)


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("a", False),
        ("{{ a }}", True),
        ("${{ 1 }}", True),
        (r"\{{ a }}", False),
        ("{{", True),
        ({"a": ["{{ b }}"]}, True),
        ({"a": [1]}, False),
        (5, False),
        ((), False),
    ],
)
def test_what_is_a_template_can_be_told(value: Any, answer: bool) -> None:
    """Escaped braces are none, unreadable ones are."""
    assert is_template(value) is answer


def test_a_whole_template_can_be_told_from_one_inside_text() -> None:
    """Only the whole one keeps a type."""
    assert is_whole("{{ a }}")
    assert not is_whole("x {{ a }}")
    assert not is_whole("plain")


def test_evaluating_takes_expressions_with_and_without_braces() -> None:
    """A condition may be written either way; blanks around it do not make it text."""
    assert computed(" ${{ 1 > 2 }} ") is False
    assert computed(" 1 > 2\n") is False
    assert computed("{{ a }}", a=False) is False


def test_a_value_without_templates_is_handed_out_itself() -> None:
    """Nothing is copied that does not change."""
    value = {"a": [1, 2, {"b": "c"}]}

    assert compile(value).render(Values()) is value


def test_a_text_has_at_most_so_many_templates() -> None:
    """Ten megabytes of braces are refused at once."""
    assert filled("{{ n }}" * MOST_TEMPLATES, n=1) == "1" * MOST_TEMPLATES
    with pytest.raises(TemplateError):
        compile("{{ n }} " * (2 * MOST_TEMPLATES))


def test_a_text_that_grows_too_long_is_refused() -> None:
    """Many large values in one text."""
    with pytest.raises(TemplateError):
        filled("{{ t }}" * 20, t="a" * 1_000_000)


def test_a_value_that_is_nested_too_deep_is_refused() -> None:
    """Reading a tree of templates never exhausts the stack."""
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]

    with pytest.raises(TemplateError):
        compile(deep)


def test_chance_goes_on_through_a_whole_value_and_repeats_with_it() -> None:
    """Two calls differ; the same step gives the same again."""
    value = {"a": "${{ uuid() }}", "b": "${{ uuid() }}"}

    assert filled(value) == filled(value)
    assert filled(value)["a"] != filled(value)["b"]


def test_a_plain_path_is_read_in_microseconds() -> None:
    """It is in the machine's hot path; the bound is far above what it takes, for machines that measure coverage."""
    compiled = compile("{{ inputs.invoice.amount }}")
    values = Values(inputs={"invoice": {"amount": 5}})

    began = time.process_time()
    for _ in range(10_000):
        compiled.render(values)

    assert (time.process_time() - began) / 10_000 < 100e-6


@given(json_values)
def test_a_value_alone_passes_through_unchanged(value: Any) -> None:
    """With its type."""
    found = filled("{{ v }}", v=value)

    assert found == value
    assert type(found) is type(value)


@given(st.text(max_size=40))
def test_text_without_braces_is_itself(text: str) -> None:
    """Everything but `{{` is plain."""
    if "{{" not in text:
        assert filled(text) == text


@given(st.text(alphabet="{}$ \\ab.|\"'1", max_size=30))
def test_no_text_makes_filling_in_fail_in_another_way(text: str) -> None:
    """Any text is filled in or refused with one of the two errors."""
    try:
        filled(text, a={"b": 1}, b=2)
    except (TemplateError, ExpressionError) as refused:
        assert refused.message


def test_evaluate_of_a_bare_path_that_is_missing_is_a_template_error() -> None:
    """The same code wherever a path is missing."""
    with pytest.raises(TemplateError):
        evaluate("inputs.x", Values(inputs={}))

"""What expressions mean: operators, truth, comparison, choice, lists, paths."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.expression import ExpressionError, TemplateError, compile_expression, truth
from tests.language.values import Values, computed

ROWS = [{"id": number, "amount": number * 10, "ok": number % 2 == 0} for number in range(5)]

MEANINGS: list[tuple[str, Any]] = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 3 - 2", 5),
    ("7 / 2", 3.5),
    ("6 / 2", 3),
    ("7 % 3", 1),
    ("-2 + +1", -1),
    ("--2", 2),
    ("-n", -5),
    ("1.5e2", 150.0),
    ('"a" + "b"', "ab"),
    ("[1] + [2]", [1, 2]),
    ("'it\\'s \\u00e9 \\n \\q'", "it's é \n \\q"),
    ("true && 1", True),
    ("0 || 'x'", True),
    ("0 or ''", False),
    ("true and not false", True),
    ("!true", False),
    ("!n == 5", False),
    ("not n == 5", False),
    ("not not n", True),
    ("n > 3 ? 'big' : 'small'", "big"),
    ("'big' if n > 3 else 'small'", "big"),
    ("n > 9 ? 'a' : n > 3 ? 'b' : 'c'", "b"),
    ("'a' if n > 9 else 'b' if n > 3 else 'c'", "b"),
    ("1 < 2 < 3", True),
    ("1 < 3 < 2", False),
    ("1 == 1.0", True),
    ("true == 1", False),
    ("1 == '1'", False),
    ("1 != '1'", True),
    ("1 < '2'", False),
    ("null < 1", False),
    ("[1] < [2]", False),
    ("'a' < 'b'", True),
    ("2 >= 2 && 2 <= 2", True),
    ("[1, [2]] == [1, [2]]", True),
    ("[1] == [true]", False),
    ("[1] == [1, 2]", False),
    ("null == false", False),
    ("2 in [1, 2]", True),
    ("2 not in [1, 2]", False),
    ("'b' in 'abc'", True),
    ("2 in 'abc'", False),
    ("'id' in rows[0]", True),
    ("1 in null", False),
    ("[]", []),
    ("[1, 'a', null, true, False, None]", [1, "a", None, True, False, None]),
    ("[r.id for r in rows if r.ok]", [0, 2, 4]),
    ("[r.id for r in rows if r.ok if r.id > 0]", [2, 4]),
    ("[[x + n for x in [1, 2]] for y in [0]]", [[6, 7]]),
    ("[n for n in [1, 2]]", [1, 2]),
    ("[x.y for x in null]", []),
    ("[x for x in [1]] == [1]", True),
    ("rows[1].amount", 10),
    ("rows.1.amount", 10),
    ("rows[-1].id", 4),
    ("rows[n - 4]['id']", 1),
    ("rows[1.0].id", 1),
    ("rows[0][key]", 0),
    ("numbered[7]", "seven"),
    ("numbered.7", "seven"),
    ("split('a b')[1]", "b"),
    ("(rows[2]).id", 2),
    ("steps.http-2.output.status", 200),
    ("step.http-2.status", 200),
    ('steps["http-2"].output.status', 200),
    ("steps.http-2.output.status-1", 199),
    ("vars.net-total + 1", 8),
    ("vars.net-total-1", 6),
    ("n-n", 0),
    ("vars.five-vars.five", 0),
    ("vars.five-len('ab')", 3),
    ("get('vars.nothing')", None),
    ("get('vars.nothing', 3)", 3),
    ("get('vars.empty', 3)", 3),
    ("get('vars.net-total')", 7),
    ("get('rows.0.id', 9)", 0),
    ("get('rows[0].id', 9)", 0),
    ("context.data.five", 5),
    ("context.data.given", "input"),
    ("context.config.base", "x"),
    ("workflow_input.given", "input"),
    ("loop_item.id", 77),
    ("config['base']", "x"),
    ("inputs[which]", "input"),
    ("größe", 3),
]
ROOTS: dict[str, Any] = {
    "n": 5,
    "rows": ROWS,
    "key": "id",
    "which": "given",
    "numbered": {"7": "seven"},
    "vars": {"net-total": 7, "five": 5, "empty": None, "given2": 1},
    "inputs": {"given": "input", "five": "wrong"},
    "steps": {"http-2": {"output": {"status": 200}}},
    "config": {"base": "x"},
    "item": {"id": 77},
    "größe": 3,
}


@pytest.mark.parametrize(("text", "meaning"), MEANINGS)
def test_an_expression_means_what_the_reference_says(text: str, meaning: Any) -> None:
    """Each line of the table in docs/language.md holds, with the type of its value."""
    found = computed(text, **ROOTS)

    assert found == meaning
    assert type(found) is type(meaning)


@pytest.mark.parametrize("text", [text for text, _ in MEANINGS])
def test_the_same_expression_in_braces_means_the_same(text: str) -> None:
    """`${{ … }}` around an expression changes nothing."""
    assert computed(f"${{{{ {text} }}}}", **ROOTS) == computed(text, **ROOTS)


NONSENSE = [
    "",
    "1 +",
    "* 2",
    "(1",
    "[1",
    "[1 2]",
    "f(1 2)",
    "abs(1",
    "1 2",
    "a = b",
    "a & b",
    "{}",
    "a }",
    "a }}",
    "'abc",
    '"abc',
    "a.",
    "a..b",
    "a[",
    "a[1",
    "a ? b",
    "a if b",
    "a not b",
    "and",
    "if",
    "for",
    "[x for in y]",
    "[x for 1 in y]",
    "[x for if in y]",
    "[x for x of y]",
    "[x for x in y for z in y]",
    "[x for x in y",
    "nosuch(1)",
    "abs()",
    "abs(1, 2)",
    "get()",
    "get(a)",
    "get(1)",
    "get('a', 1, 2)",
    "get('a b')",
    "get('1')",
    "get('a[b]')",
    "get('')",
    "steps",
    "steps[x].output",
    "steps[0]",
    "secrets",
    "step",
    "context.x",
    "context.data[x]",
    "'\\u0000'",
    "'\\ud800'",
    "1e400",
    "9" * 81,
    "§",
]


@pytest.mark.parametrize("text", NONSENSE)
def test_what_cannot_be_read_is_refused_with_a_remedy(text: str) -> None:
    """Reading fails before anything is computed, and says how to go on."""
    with pytest.raises(ExpressionError) as refused:
        compile_expression(text)

    assert refused.value.code == "ExpressionError"
    assert refused.value.message
    assert refused.value.hint


IMPOSSIBLE = [
    "1 + 'a'",
    "'a' + 1",
    "[1] + 'a'",
    "true + 1",
    "null + null",
    "'a' - 'b'",
    "2 * 'a'",
    "[1] * 3",
    "1 / 0",
    "1 % 0",
    "1.0 / 0",
    "null / 2",
    "-'a'",
    "+null",
    "-true",
    "1e308 * 10",
    "1e308 + 1e308",
    "[x for x in 5]",
    "[x for x in 'abc']",
    "[x for x in object]",
]


@pytest.mark.parametrize("text", IMPOSSIBLE)
def test_arithmetic_on_other_things_than_numbers_is_an_error(text: str) -> None:
    """Nothing is guessed: a text is never a number, and nothing is divided by zero."""
    with pytest.raises(ExpressionError):
        computed(text, object={})


@pytest.mark.parametrize(
    "text", ["a.b", "n.b", "n.0", "rows[9]", "rows[-6]", "rows.x", "rows[1.5]", "rows[true]", "null.a", "numbered[true]", "f.a", "inputs.nothing"]
)
def test_a_missing_path_is_an_error_that_names_it(text: str) -> None:
    """Reading past what is there fails; it never gives null in silence."""
    with pytest.raises(TemplateError) as missing:
        computed(text, n=1, rows=[1, 2], numbered={"1": 1}, inputs={})

    assert missing.value.code == "TemplateError"
    assert text in missing.value.message


def test_the_name_of_a_loop_hides_the_names_outside_and_ends_with_the_loop() -> None:
    """`x` inside is the item, `x` outside is what it was."""
    assert computed("[[x, [x for x in [1]], x] for x in [2]] + [x]", x=3) == [[2, [1], 2], 3]


@pytest.mark.parametrize(
    ("value", "meaning"),
    [(False, False), (None, False), (0, False), (0.0, False), ("", False), ([], False), ({}, True), ("false", True), ([0], True), (-1, True)],
)
def test_false_are_false_null_zero_and_what_is_empty(value: Any, meaning: bool) -> None:
    """An empty object is something."""
    assert truth(value) is meaning


def test_what_is_no_text_is_its_own_value() -> None:
    """A setting may hold true, a number or a list instead of an expression."""
    assert computed([1, {"a": 2}]) == [1, {"a": 2}]  # type: ignore[arg-type]  # that is the law


def test_and_or_and_choices_look_only_at_what_they_need() -> None:
    """What is not needed may be missing."""
    assert computed("false && nothing.x") is False
    assert computed("true || nothing.x") is True
    assert computed("true ? 1 : nothing.x") == 1


def test_context_data_falls_back_to_the_input_only_where_no_variable_is_set() -> None:
    """A path inside a variable that is not there is missing, not the input's."""
    assert computed("context.data.a.b", vars={}, inputs={"a": {"b": 1}}) == 1
    with pytest.raises(TemplateError):
        computed("context.data.a.b", vars={"a": {}}, inputs={"a": {"b": 1}})


def test_reading_an_expression_twice_gives_the_same_compiled_one() -> None:
    """Expressions are read once per process."""
    assert compile_expression("1 + 2 + 3") is compile_expression("1 + 2 + 3")


def test_only_what_an_expression_reads_is_looked_up() -> None:
    """One path, one question."""
    values = Values(inputs={"a": {"b": {"c": 1}}})

    compile_expression("inputs.a.b.c").render(values)

    assert values.asked == [1]


numbers = st.integers(-(10**6), 10**6)


@given(numbers, numbers, numbers)
def test_sums_and_products_are_those_of_arithmetic(a: int, b: int, c: int) -> None:
    """Ranks and brackets as everybody learned them."""
    assert computed("a + b * c - a", a=a, b=b, c=c) == a + b * c - a


json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_every_value_equals_itself_and_a_copy(value: Any) -> None:
    """Equality is of values, not of places in memory."""
    assert computed("a == b && a in [b] && !(a != b)", a=value, b=[value][0]) is True


@given(json_values, json_values)
def test_equality_has_two_equal_sides_and_order_excludes_it(left: Any, right: Any) -> None:
    """a == b exactly when b == a; never a < b and a == b."""
    assert computed("a == b", a=left, b=right) is computed("b == a", a=left, b=right)
    assert not (computed("a < b", a=left, b=right) and computed("a == b", a=left, b=right))


@given(json_values)
def test_choice_and_logic_agree_on_truth(value: Any) -> None:
    """One idea of truth everywhere."""
    assert computed("a ? true : false", a=value) is computed("a && true", a=value) is computed("!!a", a=value) is truth(value)


@given(st.text(max_size=60))
def test_no_text_makes_reading_fail_in_another_way(text: str) -> None:
    """Any text is an expression or refused as one."""
    try:
        compile_expression(text)
    except (ExpressionError, TemplateError) as refused:
        assert refused.message


@given(st.text(alphabet="abx019 .+-*/%()[]{}<>=!&|?:,'\"\\", max_size=40))
def test_no_mixture_of_signs_makes_computing_fail_in_another_way(text: str) -> None:
    """Any expression gives a value or one of the two errors."""
    try:
        computed(text, a=1, b=[1, "x"], x={"a": 2})
    except (ExpressionError, TemplateError) as refused:
        assert refused.message

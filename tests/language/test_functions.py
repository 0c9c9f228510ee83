"""What the functions of expressions give, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.expression import ExpressionError, evaluate
from playbooks_app.language.functions import FUNCTIONS
from tests.language.values import Values, computed

ROOTS: dict[str, Any] = {"rows": [{"n": 2}, {"n": 1}, {}, {"n": None}], "o": {"a": 1, "b": [2]}, "none": None}

GIVEN: list[tuple[str, Any]] = [
    ("abs(-3)", 3),
    ("avg([1, 2])", 1.5),
    ("avg([])", None),
    ("base64('é')", "w6k="),
    ("base64_decode('w6k=')", "é"),
    ("base64_decode('w6k')", "é"),
    ("clamp(5, 1, 3)", 3),
    ("clamp(0, 1, 3)", 1),
    ("contains('abc', 'b')", True),
    ("contains('abc', 1)", False),
    ("contains([1, [2]], [2])", True),
    ("contains(o, 'a')", True),
    ("contains(o, 1)", False),
    ("contains(none, 1)", False),
    ("count([1, 2])", 2),
    ("count([1, 2, 1.0], 1)", 2),
    ("count(o)", 2),
    ("day_of_week('2026-05-04')", 0),
    ("day_of_week('2026-05-10T23:30:00Z', 'Europe/Berlin')", 0),
    ("day_of_week('2026-05-10', 'Asia/Tokyo')", 6),
    ("ends_with('abc', 'bc')", True),
    ("ends_with(none, 'bc')", False),
    ("ends_with('abc', 1)", False),
    ("first([7, 8])", 7),
    ("first([])", None),
    ("first(none)", None),
    ("last([7, 8])", 8),
    ("last([])", None),
    ("format_date('2026-05-04', '%d.%m.%Y')", "04.05.2026"),
    (
        "format_date('2026-05-04T08:05:09Z', '%F %T %H %I %M %S %p %A %a %B %b %j %V %y %z %Z %% 5')",
        "2026-05-04 08:05:09 08 08 05 09 AM Monday Mon May May 124 19 26 +0000 UTC % 5",
    ),
    ("format_date('2026-05-04T12:00:00Z', '%H:%M %p %I %z %Z', 'Europe/Berlin')", "14:00 PM 02 +0200 CEST"),
    ("format_date('2026-05-04T12:00:00+02:00', '%H %z')", "12 +0200"),
    ("format_date('2026-05-04T12:00', '%H %Z')", "12 UTC"),
    ("hash('abc')", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ("hash('[1]') == hash([1])", True),
    ("join([1, 'a', null])", "1,a,null"),
    ("join(['a', 'b'], ' - ')", "a - b"),
    ("json(o)", '{"a": 1, "b": [2]}'),
    ("keys(o)", ["a", "b"]),
    ("values(o)", [1, [2]]),
    ("len('äb')", 2),
    ("len(o)", 2),
    ("len(none)", 0),
    ("lower('ÄB')", "äb"),
    ("upper('äb')", "ÄB"),
    ("lower(true)", "true"),
    ("upper(1.5)", "1.5"),
    ("max(1, 3, 2)", 3),
    ("max([1, 3, 2])", 3),
    ("max('a', 'b')", "b"),
    ("max([])", None),
    ("min([2, 1])", 1),
    ("now()", "2026-05-04T12:00:00Z"),
    ("replace('a-b-c', '-', '+')", "a+b+c"),
    ("round(2.5)", 3),
    ("round(-2.5)", -3),
    ("round(0.5)", 1),
    ("round(2.345, 2)", 2.35),
    ("round(1234, -2)", 1200),
    ("round(7)", 7),
    ("round(1e300, 2)", 1e300),
    ("slice([1, 2, 3], 1)", [2, 3]),
    ("slice('abc', 0, 2)", "ab"),
    ("slice('abc', -1)", "c"),
    ("sort([3, 1, 2])", [1, 2, 3]),
    ("sort(['b', 'a'])", ["a", "b"]),
    ("sort([])", []),
    ("sort([2, null, 1])", [1, 2, None]),
    ("sort(rows, 'n')", [{"n": 1}, {"n": 2}, {}, {"n": None}]),
    ("sort([1], 'n')", [1]),
    ("split('a  b')", ["a", "b"]),
    ("split('a,b', ',')", ["a", "b"]),
    ("starts_with('abc', 'ab')", True),
    ("starts_with(5, 'ab')", False),
    ("sum([1, 2.5])", 3.5),
    ("sum([])", 0),
    ("trim('  a ')", "a"),
    ("truncate('abcdef', 4)", "abc…"),
    ("truncate('abcdef', 6)", "abcdef"),
    ("truncate('abcdef', 4, '')", "abcd"),
    ("truncate('abcdef', 1, '...')", "a"),
    ("unique([1, 1.0, true, 'a', 'a', [1], [1], null, null, 0, false])", [1, True, "a", [1], None, 0, False]),
    ("unique([o, o])", [{"a": 1, "b": [2]}]),
    ("url_encode('a b/é')", "a%20b%2F%C3%A9"),
]


@pytest.mark.parametrize(("text", "value"), GIVEN)
def test_a_function_gives_what_its_help_says(text: str, value: Any) -> None:
    """With the type as well."""
    found = computed(text, **ROOTS)

    assert found == value
    assert type(found) is type(value)


REFUSED = [
    "abs('a')",
    "abs(true)",
    "avg('a')",
    "avg(['a'])",
    "base64(none)",
    "base64_decode('§')",
    "base64_decode('_-8')",
    "base64_decode('AA==')",
    "clamp(1, 3, 2)",
    "count(5)",
    "count('a', 'a')",
    "day_of_week('soon')",
    "day_of_week(5)",
    "day_of_week('2026-13-01')",
    "day_of_week('2026-05-04T08:00', 'Mars')",
    "day_of_week('2026-05-04T08:00', 5)",
    "day_of_week('0001-01-01T00:00:00Z', 'America/New_York')",
    "first('a')",
    "last(5)",
    "format_date('2026-05-04', 5)",
    "format_date('2026-05-04', '%Q')",
    "join('a')",
    "join([1], none)",
    "keys([])",
    "values(1)",
    "len(5)",
    "lower(none)",
    "lower([])",
    "max('a')",
    "max(1, 'a')",
    "min([1, null])",
    "max(none, 1)",
    "random(1)",
    "random(2, 1)",
    "random(0.5, 1)",
    "random('a', 1)",
    "replace('a', '', 'b')",
    "round('a')",
    "round(1, 21)",
    "round(1, 0.5)",
    "round(1, 1e300)",
    "slice('abc', 'a')",
    "slice(5, 1)",
    "sort([1, 'a'])",
    "sort([[1]])",
    "sort([true])",
    "sort([1], 5)",
    "sort('abc')",
    "split('a', '')",
    "sum(['1'])",
    "sum(5)",
    "truncate('abc', -1)",
    "truncate('abc', 'a')",
    "unique(5)",
    "upper(o)",
    "url_encode(none)",
]


@pytest.mark.parametrize("text", REFUSED)
def test_a_function_refuses_what_it_cannot_take(text: str) -> None:
    """With an error that names the function or the value, never with a guess."""
    with pytest.raises(ExpressionError) as refused:
        computed(text, **ROOTS)

    assert refused.value.message


def test_a_date_pattern_has_bounds() -> None:
    """A pattern is no place to make large texts."""
    with pytest.raises(ExpressionError):
        computed("format_date('2026-05-04', pattern)", pattern="%A" * 200)


def test_chance_is_the_same_again_for_the_same_step_and_differs_within_it() -> None:
    """A repeat after a crash sees the same numbers and identifiers (rule of DOORS: recorded with the step)."""
    text = "[uuid(), uuid(), random(), random(1, 1000000)]"

    first, again, other = (evaluate(text, Values(), seed=seed) for seed in ("a", "a", "b"))

    assert first == again
    assert len({*map(str, first), *map(str, other)}) == 8
    assert len(first[0]) == 36
    assert 0 <= first[2] < 1
    assert 1 <= first[3] <= 1000000


def test_without_a_moment_there_is_no_now() -> None:
    """The language reads no clock of its own."""
    with pytest.raises(ExpressionError):
        evaluate("now()", Values())


def test_every_function_has_words_for_people() -> None:
    """The reference and the builder show them."""
    for name, function in FUNCTIONS.items():
        assert function.usage.startswith(f"{name}(")
        assert function.help.endswith(".")


@given(st.lists(st.integers(-1000, 1000), max_size=20))
def test_sorting_keeps_every_item_and_puts_them_in_order(numbers: list[int]) -> None:
    """As do `min` and `max` agree with it."""
    assert computed("sort(xs)", xs=numbers) == sorted(numbers)
    assert computed("[min(xs), max(xs)] == [first(sort(xs)), last(sort(xs))]", xs=numbers) is True


@given(st.text(max_size=30))
def test_base64_there_and_back_is_the_same_text(text: str) -> None:
    """Of every text that can be stored."""
    if "\x00" not in text:
        assert computed("base64_decode(base64(t))", t=text) == text


@given(st.text(max_size=30), st.text(min_size=1, max_size=3))
def test_splitting_and_joining_with_the_same_sign_is_nothing(text: str, between: str) -> None:
    """Of every text."""
    assert computed("join(split(t, b), b)", t=text, b=between) == text


anything = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
values = st.recursive(anything, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2), max_leaves=5)


@given(st.sampled_from(sorted(FUNCTIONS)), values, values, values)
def test_no_value_makes_a_function_fail_in_another_way(name: str, a: Any, b: Any, c: Any) -> None:
    """Every function gives a value or an ExpressionError, whatever it is given."""
    for count in range(FUNCTIONS[name].least, min(FUNCTIONS[name].most, 3) + 1):
        try:
            computed(f"{name}({', '.join('abc'[:count])})", a=a, b=b, c=c)
        except ExpressionError as refused:
            assert refused.message

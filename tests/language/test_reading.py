"""Text in: everything hostile is refused with a place and a remedy, and with nothing but Invalid."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.json_values import DEEPEST_DOCUMENT, MOST_PROBLEMS, short
from playbooks_app.language.problem import Invalid
from playbooks_app.language.reading import LONGEST_BYTES, check_json, read_text, write_yaml
from playbooks_app.language.yaml_text import plain
from tests.language.test_expressions import json_values

HOSTILE: list[tuple[str, str | bytes, str]] = [
    ("deep lists", "[" * 5000 + "]" * 5000, "TooDeep"),
    ("deep objects", '{"a":' * 5000 + "1" + "}" * 5000, "TooDeep"),
    ("only opening", "[" * 1_000_000, "TooDeep"),
    ("deep yaml lists", "- " * 5000 + "a", "TooDeep"),
    ("deep yaml flow", "a: " + "[" * 100_000, "TooDeep"),
    ("deep yaml objects", "\n".join(" " * depth + "a:" for depth in range(2000)), "TooDeep"),
    ("NUL", '{"a": "x\\u0000"}', "BadCharacter"),
    ("NUL in a name", '{"a\\u0000": 1}', "BadCharacter"),
    ("NUL in yaml", "a: \0", "BadYaml"),
    ("NUL escaped in yaml", 'a: "\\0"', "BadCharacter"),
    ("lone surrogate", '{"a": "\\ud800"}', "BadCharacter"),
    ("lone surrogate in a name", '{"\\udfff": 1}', "BadCharacter"),
    ("lone surrogate in yaml", "a: \ud800", "BadCharacter"),
    ("number without end", '{"a": 1e400}', "BadNumber"),
    ("negative number without end", '{"a": -1e400}', "BadNumber"),
    ("yaml number without end", "a: 1e400", "BadNumber"),
    ("NaN", '{"a": NaN}', "BadNumber"),
    ("Infinity", '{"a": -Infinity}', "BadNumber"),
    ("yaml infinity", "a: -.inf", "BadNumber"),
    ("yaml nan", "a: .NaN", "BadNumber"),
    ("huge integer", '{"a": ' + "9" * 5000 + "}", "BadNumber"),
    ("large integer", '{"a": ' + "9" * 79 + "}", "BadNumber"),
    ("huge yaml integer", "a: " + "9" * 5000, "BadNumber"),
    ("huge yaml hexadecimal", "a: 0x" + "f" * 5000, "BadNumber"),
    ("10 MB", '"' + "a" * LONGEST_BYTES + '"', "TooLarge"),
    ("a very long text", '"' + "a" * 6_000_000 + '"', "TooLarge"),
    ("not UTF-8", b"\xff\xfe", "BadCharacter"),
    ("duplicate key", '{"a": 1, "a": 2}', "DuplicateKey"),
    ("duplicate strange key", '{"\\ud800": 1, "\\ud800": 2}', "DuplicateKey"),
    ("duplicate yaml key", "a: 1\nb: 2\na: 3", "DuplicateKey"),
    ("yaml bomb", "a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]", "BadYaml"),
    ("yaml recursion", "a: &a\n  b: *a", "BadYaml"),
    ("yaml merge", "a: {<<: {b: 1}}", "BadYaml"),
    ("yaml tag", "a: !!python/object/apply:os.system ['id']", "BadYaml"),
    ("yaml own tag", "a: !thing x", "BadYaml"),
    ("yaml key that is a list", "? [a]\n: b", "BadYaml"),
    ("yaml key that is an object", "? {a: 1}\n: b", "BadYaml"),
    ("two yaml documents", "a: 1\n---\nb: 2", "BadYaml"),
    ("broken yaml", "a: [1", "BadYaml"),
    ("yaml with tabs", "a:\n\t- b", "BadYaml"),
    ("broken json", '{"a": }', "BadJson"),
    ("json that ends", "{", "BadJson"),
    ("unclosed text", '{"a": "' + "\\" * 1001, "BadJson"),
    ("many quotation marks", "[" + '"' * 100_001, "BadJson"),
]


@pytest.mark.parametrize(("name", "text", "code"), HOSTILE, ids=[name for name, _, _ in HOSTILE])
def test_hostile_text_is_refused_with_a_remedy(name: str, text: str | bytes, code: str) -> None:
    """Quickly, and never in another way."""
    began = time.process_time()

    with pytest.raises(Invalid) as refused:
        read_text(text)

    assert refused.value.problems[0].code == code
    assert refused.value.problems[0].hint
    assert time.process_time() - began < 15
    assert json.dumps(refused.value.problems[0].as_json()).encode()


def test_a_fault_in_text_names_its_line() -> None:
    """For those who wrote it by hand."""
    with pytest.raises(Invalid) as broken_yaml:
        read_text("a: 1\nb: [1,\nc: 2")
    with pytest.raises(Invalid) as broken_json:
        read_text('{"a": 1,\n "b": }')

    assert broken_yaml.value.problems[0].address.startswith("line ")
    assert "line 2" in broken_json.value.problems[0].message


WORDS: list[tuple[str, Any]] = [
    ("on", "on"),
    ("yes", "yes"),
    ("no", "no"),
    ("1:30", "1:30"),
    ("2026-05-04", "2026-05-04"),
    ("true", True),
    ("False", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("5", 5),
    ("-5", -5),
    ("+5", 5),
    ("1_000", "1_000"),
    ("0x1F", 31),
    ("0o17", 15),
    ("017", 17),
    ("1.5", 1.5),
    (".5", 0.5),
    ("1.", 1.0),
    ("1e3", 1000.0),
    ("1.2.3", "1.2.3"),
    ("-x", "-x"),
    ("30s", "30s"),
    ("'5'", "5"),
    ('"true"', "true"),
]


@pytest.mark.parametrize(("text", "value"), WORDS)
def test_words_of_yaml_mean_what_json_would_say(text: str, value: Any) -> None:
    """`on` is a key of retry and never true; dates and times are text."""
    found = read_text(f"a: {text}", "yaml")

    assert found == {"a": value}
    assert type(found["a"]) is type(value)


def test_names_in_yaml_are_text() -> None:
    """A name such as 5 or on is what stands there."""
    assert read_text("5: a\non: b\nnull: c") == {"5": "a", "on": "b", "null": "c"}


def test_an_anchor_alone_is_harmless() -> None:
    """Only using it again is refused."""
    assert read_text("a: &x 1") == {"a": 1}


def test_the_format_is_seen_from_the_first_sign() -> None:
    """Unless it is given."""
    assert read_text(' {"a": 1}') == {"a": 1}
    assert read_text(b"\xef\xbb\xbf[1, 2.5]") == [1, 2.5]
    assert read_text("\ufeffa: 1") == {"a": 1}
    assert read_text("{a: 1}", "yaml") == {"a": 1}
    assert read_text('{"a": "[{\\"}", "b": []}') == {"a": '[{"}', "b": []}
    assert read_text("") is None
    assert read_text("# nothing") is None


def test_values_that_arrived_as_json_are_looked_through() -> None:
    """Every fault at its place."""
    problems = check_json({"a": [1, float("nan"), {"b": "x\0"}], 5: 1, "c": {1, 2}, "d": 2**300, "e": "\ud800", "ok": [None, True, 2**255, "ü"]})

    assert {(problem.address, problem.code) for problem in problems} == {
        ("", "WrongType"),
        ("a/1", "BadNumber"),
        ("a/2/b", "BadCharacter"),
        ("c", "WrongType"),
        ("d", "BadNumber"),
        ("e", "BadCharacter"),
    }


def test_depth_is_counted_without_depth() -> None:
    """However deep, and even where a value holds itself."""
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    itself: list[Any] = []
    itself += [itself, itself]

    assert check_json(deep)[0].code == "TooDeep"
    assert check_json([deep] * 3, deepest=3)[0].code == "TooDeep"
    assert {problem.code for problem in check_json(itself)} <= {"TooDeep", "TooLarge"}
    while deep:  # so that freeing it needs no depth either
        deep = deep[0]
    del itself[:]


def test_so_many_values_are_too_many() -> None:
    """Each is small, together they are not."""
    assert check_json([0] * 1_000_001)[0].code == "TooLarge"


def test_only_the_first_faults_are_told() -> None:
    """A file full of NULs is no reason for a megabyte of answers."""
    assert len(check_json(["\0"] * 1000)) == MOST_PROBLEMS


def test_an_address_can_be_stored_whatever_the_names() -> None:
    """Names may be what is wrong."""
    assert short("a\0\ud800") == "a??"
    assert len(short("a" * 1000)) == 301


@given(json_values)
def test_yaml_there_and_back_is_the_same_value(value: Any) -> None:
    """Whatever can be kept."""
    if not check_json(value):
        assert read_text(write_yaml(value), "yaml") == value


@given(st.sampled_from([text for text, _ in WORDS]) | st.text(max_size=20) | st.text(alphabet="\n\t -:#a'\"|>", max_size=12))
def test_every_text_there_and_back_is_the_same_text(text: str) -> None:
    """Also what looks like a number, a date or a mark of YAML."""
    if not check_json(text):
        assert read_text(write_yaml({"a": text, "b": [text]}), "yaml") == {"a": text, "b": [text]}


def test_a_text_that_looks_like_a_number_without_end_stays_text() -> None:
    """It is quoted when written."""
    assert read_text(write_yaml(["1e999", ".inf", "9" * 100])) == ["1e999", ".inf", "9" * 100]


@pytest.mark.parametrize(
    "text",
    ["\r", "a\rb", "a\x85b", "\x85", "a\u2028b", "\u2029", "\ufeffa", "a\r\nb", "\n", "a\n b", " \n", "a \nb", "\ta\nb", "\x7f", "é", "😀\n😀"],
)
def test_every_way_to_end_a_line_survives(text: str) -> None:
    """Some editors make them."""
    assert read_text(write_yaml({"a": text}), "yaml") == {"a": text}


def test_text_of_several_lines_is_written_as_lines() -> None:
    """A mail's text stays readable."""
    assert write_yaml({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"
    assert "&" not in write_yaml([[1]] * 2)


@given(st.binary(max_size=60))
def test_no_bytes_make_reading_fail_in_another_way(raw: bytes) -> None:
    """Any file is read or refused."""
    try:
        read_text(raw)
    except Invalid as refused:
        assert refused.problems


@given(st.text(alphabet="[]{}:,-&*!|>'\"%@`#\n a1~?", max_size=40), st.sampled_from(["json", "yaml"]))
def test_no_mixture_of_signs_makes_reading_fail_in_another_way(text: str, form: Any) -> None:
    """Any text is read or refused, in both forms."""
    try:
        read_text(text, form)
    except Invalid as refused:
        assert refused.problems


def test_a_word_out_of_bounds_is_refused_by_itself() -> None:
    """`plain` is what both reading and writing ask."""
    with pytest.raises(Invalid):
        plain("1e999")


def test_a_document_may_be_as_deep_as_steps_may_be() -> None:
    """64 steps inside each other are about 260 levels of lists and objects."""
    assert DEEPEST_DOCUMENT >= 4 * 64 + 8

"""Faults of documents: each with a place, a code and a remedy; sizes and depths; whatever stands anywhere."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.block_reader import MOST_STEPS
from playbooks_app.language.check import check
from playbooks_app.language.document import parse
from playbooks_app.language.normal_form import DEEPEST_STEPS
from tests.language.kinds import KINDS, log, playbook
from tests.language.test_documents import PAYMENTS
from tests.language.test_expressions import json_values


def faults(document: Any) -> dict[str, str]:
    """Address -> code of the first thing that is wrong there."""
    return {problem.address: problem.code for problem in reversed(check(document, KINDS))}


FAULTS: list[tuple[str, Any, str, str]] = [
    ("no object", [], "", "WrongType"),
    ("nothing", None, "", "WrongType"),
    ("name missing", {**playbook(log()), "name": " "}, "name", "Required"),
    ("owner missing", {**playbook(log()), "owner": None}, "owner", "Required"),
    ("description a number", {**playbook(log()), "description": 5}, "description", "WrongType"),
    ("no steps", playbook(), "steps", "Required"),
    ("steps an object", {**playbook(), "steps": {"a": 1}}, "steps", "WrongType"),
    ("finally a text", playbook(log(), final="x"), "finally", "WrongType"),
    ("catch an object", playbook(log(), catch={}), "catch", "WrongType"),
    ("catch of texts", playbook(log(), catch=["x"]), "catch/0", "WrongType"),
    ("catch without code", playbook(log(), catch=[{"steps": []}]), "catch/0/code", "Required"),
    ("catch with another end", playbook(log(), catch=[{"code": "*", "then": "run"}]), "catch/0/then", "WrongType"),
    ("catch with another key", playbook(log(), catch=[{"code": "*", "step": []}]), "catch/0/step", "UnknownKey"),
    ("unknown key", playbook(log(), finaly=[]), "finaly", "UnknownKey"),
    ("another form", playbook(log(), handrail=2), "handrail", "UnknownForm"),
    ("a form that is none", playbook(log(), handrail=True), "handrail", "UnknownForm"),
    ("interceptors", playbook(log(), interceptors={"after_step": []}), "interceptors", "GuardUnavailable"),
    ("a step that is none", playbook(5), "steps/0", "WrongType"),
    ("no type", playbook({"id": "a"}), "steps/a/type", "Required"),
    ("a type as a key", playbook({"id": "a", "http": {"url": "x"}}), "steps/a/type", "Required"),
    ("a type that is no text", playbook({"id": "a", "type": 5}), "steps/a/type", "WrongType"),
    ("unknown type", playbook({"id": "a", "type": "htp"}), "steps/a/type", "ActionNotFound"),
    ("bad id", playbook(log(id="a b")), "steps/0/id", "BadId"),
    ("id a number", playbook(log(id=5)), "steps/0/id", "BadId"),
    ("long id", playbook(log(id="a" * 101)), "steps/0/id", "BadId"),
    ("id with a line end", playbook(log(id="a\n")), "steps/0/id", "BadId"),
    ("reserved id", playbook(log(id="finally")), "steps/finally/id", "ReservedId"),
    ("same id twice", playbook(log(id="a"), {"type": "condition", "if": True, "then": [log(id="a")]}), "steps/condition-1/then/a/id", "DuplicateId"),
    ("name an object", playbook(log(id="a", name={})), "steps/a/name", "WrongType"),
    ("unknown key of a step", playbook(log(id="a", foo=1)), "steps/a/foo", "UnknownKey"),
    ("a setting beside", playbook({"id": "a", "type": "log", "message": "x"}), "steps/a/message", "UnknownKey"),
    ("with where there is none", playbook({"id": "a", "type": "condition", "if": True, "with": {"if": 1}}), "steps/a/with", "UnknownKey"),
    ("with a list", playbook({"id": "a", "type": "log", "with": []}), "steps/a/with", "WrongType"),
    ("unknown setting", playbook(log(id="a") | {"with": {"message": "x", "mesage": 1}}), "steps/a/with/mesage", "UnknownSetting"),
    ("missing setting", playbook({"id": "a", "type": "http"}), "steps/a/with/url", "Required"),
    ("missing setting beside", playbook({"id": "a", "type": "condition"}), "steps/a/if", "Required"),
    ("wrong beside", playbook({"id": "a", "type": "approval", "with": {"title": "x"}, "on_reject": "x"}), "steps/a/on_reject", "WrongType"),
    ("bad template", playbook(log("{{ a", id="a")), "steps/a/with/message", "TemplateError"),
    ("bad expression", playbook({"id": "a", "type": "condition", "if": "1 +"}), "steps/a/if", "ExpressionError"),
    ("the type's own opinion", playbook(log("shout", id="a")), "steps/a/with/message", "TooLoud"),
    ("an item with a strange name", playbook({"id": "a", "type": "for_each", "in": [], "item": "x y", "steps": [log()]}), "steps/a/item", "BadName"),
    ("an item called inputs", playbook({"id": "a", "type": "for_each", "in": [], "item": "inputs", "steps": [log()]}), "steps/a/item", "BadName"),
    ("an empty loop", playbook({"id": "a", "type": "for_each", "in": [], "steps": []}), "steps/a/steps", "Required"),
    ("a block that is none", playbook({"id": "a", "type": "condition", "if": True, "then": 5}), "steps/a/then", "WrongType"),
    ("branches that are none", playbook({"id": "a", "type": "parallel", "branches": 5}), "steps/a/branches", "WrongType"),
    ("no branches", playbook({"id": "a", "type": "parallel"}), "steps/a/branches", "Required"),
    ("a branch that is none", playbook({"id": "a", "type": "parallel", "branches": [5]}), "steps/a/branches/0", "WrongType"),
    ("a branch with brackets", playbook({"id": "a", "type": "parallel", "branches": [{"name": "x[0]"}]}), "steps/a/branches/0/name", "BadName"),
    ("a branch with a template", playbook({"id": "a", "type": "parallel", "branches": [{"name": "{{ x }}"}]}), "steps/a/branches/0/name", "BadName"),
    ("a branch called 5", playbook({"id": "a", "type": "parallel", "branches": [{"name": 5}]}), "steps/a/branches/0/name", "WrongType"),
    (
        "branches of one name",
        playbook({"id": "a", "type": "parallel", "branches": [{"name": "x"}, {"name": "x"}]}),
        "steps/a/branches",
        "DuplicateName",
    ),
    (
        "a case called default",
        playbook({"id": "a", "type": "router", "cases": [{"name": "default", "when": True}], "default": []}),
        "steps/a/default",
        "DuplicateName",
    ),
    ("a case without condition", playbook({"id": "a", "type": "router", "cases": [{"steps": []}]}), "steps/a/cases/0/when", "Required"),
    (
        "a branch with another key",
        playbook({"id": "a", "type": "parallel", "branches": [{"stesp": []}]}),
        "steps/a/branches/0/stesp",
        "UnknownSetting",
    ),
    ("a step in a branch", playbook({"id": "a", "type": "parallel", "branches": [{"name": "x", "steps": [5]}]}), "steps/a/x/0", "WrongType"),
]


@pytest.mark.parametrize(("name", "document", "address", "code"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_a_fault_has_a_place_a_code_and_a_remedy(name: str, document: Any, address: str, code: str) -> None:
    """One of each kind."""
    found = {problem.address: problem for problem in reversed(check(document, KINDS))}

    assert address in found, found
    assert found[address].code == code
    assert found[address].message
    assert found[address].hint


def test_settings_may_not_be_nested_without_end() -> None:
    """64 levels are enough for any body."""
    deep: Any = 1
    for _ in range(70):
        deep = {"a": deep}

    assert "TooDeep" in faults(playbook({"id": "a", "type": "http", "with": {"url": "x", "json": deep}})).values()


def test_the_nearest_name_is_offered() -> None:
    """A slip of the finger is mended by reading the hint."""
    hints = [problem.hint for problem in check(playbook({"type": "htp"}, log(timout=5), finaly=[]), KINDS)]

    assert [hint for hint in hints if "Did you mean" in hint] == ["Did you mean “finally”?", "Did you mean “http”?", "Did you mean “timeout”?"]


def test_a_warning_stops_nobody() -> None:
    """It is shown all the same."""
    document = playbook(log("whisper"), settings={"sla": {}, "tmezone": "x"})

    assert parse(document, KINDS).name == "Sample"
    assert {problem.level for problem in check(document, KINDS)} == {"warning"}
    assert set(faults(document)) == {"steps/log-1/with/message", "settings/sla", "settings/tmezone"}


@pytest.mark.parametrize(
    ("settings", "address"),
    [
        ([], "settings"),
        ({"timezone": "Mars"}, "settings/timezone"),
        ({"timezone": ""}, "settings/timezone"),
        ({"timezone": "../etc/passwd"}, "settings/timezone"),
        ({"timezone": "Europe"}, "settings/timezone"),
        ({"timezone": 5}, "settings/timezone"),
        ({"timeout": "soon"}, "settings/timeout"),
        ({"lock_ttl": 0}, "settings/lock_ttl"),
        ({"on_failure": "explode"}, "settings/on_failure"),
        ({"finally_errors": 1}, "settings/finally_errors"),
        ({"extra_inputs": True}, "settings/extra_inputs"),
        ({"on_lock": "x"}, "settings/on_lock"),
        ({"max_depth": 0}, "settings/max_depth"),
        ({"max_depth": "5"}, "settings/max_depth"),
        ({"locks": "ledger"}, "settings/locks"),
        ({"locks": [""]}, "settings/locks/0"),
        ({"locks": [{"path": 5}]}, "settings/locks/0"),
        ({"locks": [{"path": "/a", "x": 1}]}, "settings/locks/0"),
    ],
)
def test_wrong_settings_of_a_playbook_are_faults(settings: Any, address: str) -> None:
    """What has an effect must be right."""
    document = playbook(log()) | {"settings": settings}

    assert address in (faults(document) if settings else {"settings"})


def test_right_settings_of_a_playbook_pass() -> None:
    """All that this version knows, and null for nothing."""
    settings = {
        "timezone": "Europe/Berlin",
        "timeout": "2h",
        "on_failure": "fail",
        "finally_errors": "fail",
        "extra_inputs": "refuse",
        "max_depth": 10,
        "locks": ["ledger", {"path": "/a/b"}],
        "on_lock": "refuse",
        "lock_ttl": 60000,
    }

    assert faults(playbook(log(), settings=settings)) == {}
    assert faults(playbook(log(), settings=dict.fromkeys(settings), labels={"team": "x"}, handrail=1)) == {}


# -- size and depth -----------------------------------------------------------------------------------------------------------------------------


def _nested(depth: int) -> Any:
    steps: Any = [log()]
    for _ in range(depth):
        steps = [{"type": "parallel", "branches": [{"name": "a", "steps": steps}]}]
    return playbook(*steps)


def test_steps_may_be_nested_64_levels_and_no_deeper() -> None:
    """With the deepest kind of nesting there is."""
    assert faults(_nested(DEEPEST_STEPS)) == {}
    assert "TooDeep" in faults(_nested(DEEPEST_STEPS + 1)).values()


@pytest.mark.parametrize("depth", [100, 1000, 5000])
def test_no_depth_breaks_the_check(depth: int) -> None:
    """It is one fault like any other."""
    assert set(faults(_nested(depth)).values()) == {"TooDeep"}


def test_a_playbook_has_at_most_5000_steps() -> None:
    """Checked in a few seconds; one more is refused once, not a thousand times."""
    began = time.process_time()

    assert faults(playbook(*[log(id=f"s{number}") for number in range(MOST_STEPS)])) == {}
    many = [problem.code for problem in check(playbook(*[log() for _ in range(MOST_STEPS + 1000)]), KINDS)]

    nested = playbook({"type": "condition", "if": True, "then": [log() for _ in range(MOST_STEPS)], "else": [log(), log()]}, log())

    assert many == ["TooLarge"]
    assert [problem.code for problem in check(nested, KINDS)] == ["TooLarge"]
    assert time.process_time() - began < 60


def test_a_document_full_of_faults_lists_a_thousand() -> None:
    """An answer has an end."""
    assert len(check(playbook(*[{"type": "nosuch", "foo": 1} for _ in range(2000)]), KINDS)) == 1000


@given(json_values)
def test_whatever_stands_anywhere_the_check_only_finds_faults(value: Any) -> None:
    """It never raises."""
    for key in ("handrail", "name", "inputs", "outputs", "settings", "steps", "catch", "finally", "interceptors"):
        check({**PAYMENTS, key: value}, KINDS)
    for key in ("id", "type", "name", "with", "when", "retry", "timeout", "on_error", "once", "cancellable", "cache_key", "output_schema"):
        check(playbook({**log(), key: value}), KINDS)
    for key in ("in", "item", "concurrency", "steps", "branches", "cases", "default", "if", "then", "catch", "who", "on_reject"):
        for kind in ("for_each", "parallel", "router", "condition", "try", "ask", "approval"):
            check(playbook({"type": kind, key: value}), KINDS)


@given(
    st.dictionaries(
        st.sampled_from(["retry", "on_error", "show", "title", "approvers", "rules", "url", "method", "json", "name", "value"]), json_values
    )
)
def test_whatever_stands_in_settings_the_check_only_finds_faults(settings: Any) -> None:
    """It never raises there either."""
    for kind in ("approval", "http", "var", "log"):
        check(playbook({"type": kind, "with": settings, "retry": settings}), KINDS)

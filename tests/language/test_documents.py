"""Documents: written out in full, read into steps, every fault of form at once."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playbooks_app.language.block_reader import MOST_STEPS
from playbooks_app.language.check import check
from playbooks_app.language.document import Guards, Retry, every_step, normalise, parse
from playbooks_app.language.normal_form import DEEPEST_STEPS
from playbooks_app.language.problem import Invalid
from tests.language.kinds import KINDS, log, playbook
from tests.language.test_expressions import json_values

PAYMENTS = playbook(
    {
        "id": "each",
        "type": "for_each",
        "name": "Each payment",
        "in": "inputs.payments",
        "item": "payment",
        "concurrency": 8,
        "steps": [
            {
                "id": "large",
                "type": "condition",
                "if": "${{ payment.amount > 5000 }}",
                "then": [
                    {
                        "id": "both",
                        "type": "parallel",
                        "branches": [
                            {"name": "people", "steps": [{"id": "sign", "type": "approval", "with": {"title": "Pay?"}, "on_reject": "continue"}]},
                            {"steps": [{"id": "ask", "type": "http", "with": {"url": "https://x"}}]},
                        ],
                    }
                ],
            },
            {"id": "pay", "type": "http", "with": {"url": "https://x", "method": "POST"}, "timeout": "30s", "retry": {"max_attempts": 5}},
        ],
    },
    log("done", id="end"),
    inputs=[{"name": "payments", "type": "array"}],
    outputs=[{"name": "paid", "type": "number"}, {"name": "note", "required": False}],
    settings={"timezone": "Europe/Berlin", "extra_inputs": "allow"},
    catch=[{"code": "Timeout", "then": "fail", "steps": [log(id="late")]}, {"code": "*", "steps": []}],
    final=[log(id="tidy")],
)


def faults(document: Any) -> dict[str, str]:
    """Address -> code of the first thing that is wrong there."""
    return {problem.address: problem.code for problem in reversed(check(document, KINDS))}


# -- reading ------------------------------------------------------------------------------------------------------------------------------------


def test_steps_know_where_they_stand() -> None:
    """Addresses are block names as in paths, without iteration."""
    document = parse(PAYMENTS, KINDS)

    assert [step.address for step in document.by_id.values()] == [
        "steps/each",
        "steps/each/body/large",
        "steps/each/body/large/then/both",
        "steps/each/body/large/then/both/people/sign",
        "steps/each/body/large/then/both/branch-2/ask",
        "steps/each/body/pay",
        "steps/end",
        "catch/late",
        "finally/tidy",
    ]
    assert (document.by_id["ask"].parent, document.by_id["ask"].parent_block) == ("both", "branch-2")
    assert (document.by_id["each"].parent, document.by_id["each"].parent_block) == (None, "")


def test_everything_that_is_said_is_kept() -> None:
    """Settings as written, guards in seconds, clauses with their own keys."""
    document = parse(PAYMENTS, KINDS)
    each, sign, pay, both = (document.by_id[name] for name in ("each", "sign", "pay", "both"))

    assert (document.name, document.owner, document.description) == ("Sample", "Finance", "For a test.")
    assert document.takes_extra_inputs
    assert [declared.name for declared in document.inputs] == ["payments"]
    assert [(declared.name, declared.required) for declared in document.outputs] == [("paid", True), ("note", False)]
    assert [(clause.code, clause.then, len(clause.steps)) for clause in document.catch] == [("Timeout", "fail", 1), ("*", "recover", 0)]
    assert each.settings == {"in": "${{ inputs.payments }}", "item": "payment", "concurrency": 8}
    assert each.name == "Each payment"
    assert sign.settings == {"title": "Pay?", "on_reject": "continue"}
    assert sign.guards == Guards()
    assert pay.guards == Guards(timeout=30.0, retry=Retry(max_attempts=5))
    assert [(clause.name, clause.values, [step.id for step in clause.steps]) for clause in both.clauses["branches"]] == [
        ("people", {"name": "people"}, ["sign"]),
        ("branch-2", {}, ["ask"]),
    ]
    assert set(document.by_id["large"].blocks) == {"then", "else"}
    assert len(list(every_step(document.steps))) == 7


def test_clauses_that_share_a_name_stand_in_one_block_and_keep_their_own_steps() -> None:
    """Of the clauses of `catch` at most one runs; paths call each of them `catch`."""
    guarded = {
        "type": "try",
        "id": "t",
        "steps": [log()],
        "catch": [{"code": "A", "steps": [log(id="a")]}, {"steps": [log(id="b")]}],
        "finally": [log(id="f")],
    }

    step = parse(playbook(guarded), KINDS).by_id["t"]

    assert [inner.id for inner in step.blocks["catch"]] == ["a", "b"]
    assert [[inner.id for inner in clause.steps] for clause in step.clauses["catch"]] == [["a"], ["b"]]
    assert [inner.address for inner in step.blocks["catch"]] == ["steps/t/catch/a", "steps/t/catch/b"]


def test_short_forms_inside_settings_are_written_out_before_they_are_looked_at() -> None:
    """The step type says what its short forms mean."""
    document = parse(playbook({"type": "approval", "id": "a", "with": {"title": "?", "show": ["inputs.x"]}}, inputs={"x": "string"}), KINDS)

    assert document.by_id["a"].settings["show"] == ["{{ inputs.x }}"]


def test_parsing_says_every_fault_at_once() -> None:
    """As `check` does, without the warnings."""
    with pytest.raises(Invalid) as refused:
        parse({"steps": [{"type": "nosuch"}]}, KINDS)

    assert {problem.address for problem in refused.value.problems} == {"name", "description", "owner", "steps/nosuch-1/type"}


# -- the normal form ----------------------------------------------------------------------------------------------------------------------------


def test_the_nth_step_of_a_type_is_called_so() -> None:
    """S4-FR-1.7; numbers that are taken are passed over; nested steps count in order of the document, then catch, then finally."""
    document = playbook(
        log(),
        log(id="log-3"),
        {"type": "condition", "if": True, "then": [log()]},
        {"type": "http", "with": {"url": "x"}},
        {"type": "http", "with": {"url": "x"}},
        final=[log()],
        catch=[{"code": "*", "steps": [log()]}],
    )

    ids = list(parse(document, KINDS).by_id)

    assert ids == ["log-1", "log-3", "condition-1", "log-4", "http-1", "http-2", "log-5", "log-6"]


def test_short_forms_become_long_ones() -> None:
    """`var: name` and its like; keys that are settings go where settings stand."""
    document = normalise(
        playbook({"var": "total", "value": 5, "when": "a"}, {"id": "x", "log": "hi", "with": {"message": "ho"}}, {"ask": "bob"}), KINDS
    )

    assert document["steps"] == [
        {"id": "var-1", "when": "${{ a }}", "type": "var", "with": {"name": "total", "value": 5}},
        {"id": "x", "type": "log", "with": {"message": "ho"}},
        {"id": "ask-1", "type": "ask", "who": "bob"},
    ]


def test_bare_conditions_get_braces_and_lose_blanks() -> None:
    """So that a condition is never a text, which would always be true."""
    document = normalise(
        playbook(
            {"type": "condition", "if": " a > 5\n", "when": "${{ b }}\n", "retry": {"if": "error.code == 'X'"}},
            {"type": "router", "cases": [{"when": "c"}, {"when": True}, {"when": " "}]},
            {"type": "for_each", "in": [1, 2]},
        ),
        KINDS,
    )

    condition, router, loop = document["steps"]
    assert (condition["if"], condition["when"], condition["retry"]["if"]) == ("${{ a > 5 }}", "${{ b }}", "${{ error.code == 'X' }}")
    assert [case["when"] for case in router["cases"]] == ["${{ c }}", True, " "]
    assert loop["in"] == [1, 2]


def test_declarations_may_be_written_as_an_object() -> None:
    """`{customer: string}` is short."""
    document = normalise(playbook(log(), inputs={"a": "string", "b": {"type": "number", "min": 1}}, outputs={"c": "any"}), KINDS)

    assert document["inputs"] == [{"name": "a", "type": "string"}, {"name": "b", "type": "number", "min": 1}]
    assert document["outputs"] == [{"name": "c", "type": "any"}]


def test_writing_out_changes_nothing_of_the_original_and_twice_is_once() -> None:
    """A published version is its own normal form."""
    before = copy.deepcopy(PAYMENTS)

    once = normalise(PAYMENTS, KINDS)

    assert before == PAYMENTS
    assert normalise(once, KINDS) == once


@given(json_values)
def test_what_is_no_document_passes_through(value: Any) -> None:
    """Writing out never raises."""
    normalise(value, KINDS)
    normalise({"steps": value, "catch": value, "finally": [value], "inputs": value, "outputs": value}, KINDS)
    normalise(playbook({"type": value, "with": value}, {"type": "parallel", "branches": value}, {"type": "condition", "then": value}), KINDS)


# -- faults of form -----------------------------------------------------------------------------------------------------------------------------

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

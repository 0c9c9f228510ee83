"""Documents: written out in full, and read into steps."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given

from playbooks_app.language.access import NAMED
from playbooks_app.language.document import Guards, Retry, every_step, normalise, parse
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
    assert sign.guards == Guards(access=NAMED)
    assert pay.guards == Guards(timeout=30.0, retry=Retry(max_attempts=5), access=NAMED)
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
    assert step.settings == {"catch": [{"code": "A"}, {}]}
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

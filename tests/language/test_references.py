"""What a step can see: the check of references, the names for the data picker, and people who are not there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playbooks_app.language.check import Known, check
from playbooks_app.language.visible import names_at
from tests.language.kinds import KINDS, log, playbook


def said(*steps: Any, known: Known | None = None, **more: Any) -> list[tuple[str, str, str]]:
    """(address, code, level) of all that is wrong with references."""
    problems = check(playbook(*steps, **more), KINDS, known=known or Known())
    assert all(problem.message for problem in problems)
    return [(problem.address, problem.code, problem.level) for problem in problems]


def at(text: str, *before: Any, **more: Any) -> list[str]:
    """Codes of what is wrong with a text in a step after others."""
    return [code for _, code, _ in said(*before, log(text, id="here"), **more)]


CONDITION = {"type": "condition", "id": "c", "if": True, "then": [log(id="yes")], "else": [log(id="no")]}
LOOP = {"type": "for_each", "id": "each", "in": [1], "item": "row", "steps": [log(id="inside")]}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{{ steps.a.output }} {{ steps.a.output.x }} {{ steps.a.status }} {{ steps.a.error.code }} {{ steps.a }} {{ step.a.x }}", []),
        ("{{ steps.yes.output }} {{ steps.no.output }} {{ steps.c.output }} {{ steps.inside.output }}", []),
        ("{{ steps.nosuch.output }}", ["MissingReference"]),
        ("{{ step.nosuch.x }}", ["MissingReference"]),
        ('{{ steps.nosuch.output | "x" }}', ["MissingReference"]),
        ("${{ get('steps.nosuch.output') }}", ["MissingReference"]),
        ("{{ steps.here.output }}", ["MissingReference"]),
        ("{{ steps.after.output }}", ["MissingReference"]),
        ("{{ steps.a.outptu }}", ["MissingReference"]),
        ("{{ inputs.known }} {{ workflow_input.known }} {{ context.data.known }} {{ inputs }}", []),
        ("{{ inputs.unknown }}", ["MissingReference"]),
        ("{{ context.data.unknown }}", ["MissingReference"]),
        ("{{ vars.set }} {{ context.data.set }}", []),
        ("{{ vars.unset }}", ["MissingReference"]),
        ("{{ vars.unset | 0 }} ${{ get('vars.unset') }} {{ vars }}", []),
        ("{{ vars.later }}", ["MissingReference"]),
        ("{{ context.data.later }}", []),
        ("{{ run.id }} {{ config.x }} {{ context.config.x }}", []),
        ("{{ item }}", ["UnknownName"]),
        ("{{ loop_item.x }}", ["UnknownName"]),
        ("{{ index }}", ["UnknownName"]),
        ("{{ error.message }}", ["UnknownName"]),
        ("{{ session.x }} {{ event.x }}", ["UnknownName", "UnknownName"]),
        ("{{ row }}", ["UnknownName"]),
        ("{{ somebody }}", ["UnknownName"]),
        ("${{ [x for x in inputs.known if x] }}", []),
        ("${{ x + 1 }}", ["UnknownName"]),
        ("{{ secrets.key }}", ["SecretNotAllowed"]),
    ],
)
def test_a_reference_must_lead_somewhere(text: str, codes: list[str]) -> None:
    """To steps before, inputs that are declared, values that are set, names that are given."""
    setter = {"var": "set", "value": 1}
    later = {"id": "after", "type": "var", "with": {"name": "later", "value": 1}}
    found = said(log(id="a"), CONDITION, LOOP, setter, log(text, id="here"), later, inputs=[{"name": "known"}])

    assert [code for _, code, _ in found] == codes
    assert {address for address, _, _ in found} <= {"steps/here/with/message"}


def test_an_undeclared_input_with_a_default_is_a_warning_and_with_extra_inputs_nothing() -> None:
    """It may be a slip, but it cannot fail."""
    assert said(log('{{ inputs.source | "direct" }}', id="a")) == [("steps/a/with/message", "MissingReference", "warning")]
    assert at("{{ inputs.source }}", settings={"extra_inputs": "allow"}) == []


def test_a_value_that_is_set_elsewhere_is_a_warning() -> None:
    """A variable lives as long as the run; whether it is there depends on what ran."""
    assert said(log("{{ vars.x }}", id="a"), {"var": "x", "value": 1}) == [("steps/a/with/message", "MissingReference", "warning")]


def test_where_the_name_of_a_variable_is_computed_any_may_be_set() -> None:
    """Nothing can be said then."""
    assert at("{{ vars.whatever }}", {"var": "{{ inputs.name }}", "value": 1}, inputs={"name": "string"}) == []


def test_branches_do_not_see_each_other() -> None:
    """They run at the same time, or not at all."""
    parallel = {
        "type": "parallel",
        "id": "p",
        "branches": [{"name": "a", "steps": [log(id="x")]}, {"name": "b", "steps": [log("{{ steps.x.output }}", id="y")]}],
    }
    either = {"type": "condition", "id": "c", "if": True, "then": [log(id="x")], "else": [log("{{ steps.x.output }}", id="y")]}
    route = {"type": "router", "id": "r", "cases": [{"when": True, "steps": [log(id="x")]}], "default": [log("{{ steps.x.output }}", id="y")]}

    for step in (parallel, either, route):
        assert [code for _, code, _ in said(step)] == ["MissingReference"]
        assert said({**step, "id": "z"}, log("{{ steps.x.output }} {{ steps.y.output }}"))[1:] == []


def test_a_step_sees_what_is_before_its_ancestors_but_not_the_ancestors() -> None:
    """A container has no output while it runs."""
    inner = log("{{ steps.before.output }} {{ steps.c.output }}", id="inner")

    found = said(log(id="before"), {"type": "condition", "id": "c", "if": True, "then": [inner]}, log(id="behind"))

    assert [code for _, code, _ in found] == ["MissingReference"]


def test_loops_give_names_to_their_steps_and_to_nobody_else() -> None:
    """`item`, `index` and the author's own; the nearest wins, all are seen."""
    inner = {
        "type": "for_each",
        "in": "${{ row.lines }}",
        "item": "line",
        "steps": [log("{{ row.a }} {{ line.b }} {{ item.c }} {{ index }} {{ loop_item.d }}")],
    }

    assert said({"type": "for_each", "in": [1], "item": "row", "steps": [inner]}) == []
    assert [code for _, code, _ in said({"type": "for_each", "in": "{{ row }}", "item": "row", "steps": [log()]}, log("{{ row }}"))] == [
        "UnknownName"
    ]


def test_what_a_loop_asks_after_a_turn_sees_the_turn() -> None:
    """Rule 30; what stands nowhere is still a fault."""
    assert said({"type": "loop", "until": "steps.ask.output.done && index > 3", "steps": [log(id="ask")]}) == []
    assert [code for _, code, _ in said({"type": "loop", "until": "steps.nosuch.output", "steps": [log(id="ask")]})] == ["MissingReference"]
    assert [code for _, code, _ in said({"type": "loop", "when": "steps.ask.output", "until": True, "steps": [log(id="ask")]})] == [
        "MissingReference"
    ]


def test_catch_and_finally_see_the_guarded_steps_and_the_error() -> None:
    """Of a try, and of the playbook."""
    guarded = {
        "type": "try",
        "id": "t",
        "steps": [log(id="x")],
        "catch": [{"code": "*", "steps": [log("{{ steps.x.output }} {{ error.message }}", id="y")]}],
        "finally": [log("{{ steps.x.output }} {{ steps.y.output }}", id="z")],
    }

    assert said(guarded) == []
    assert (
        said(
            log(id="a"),
            catch=[{"code": "*", "steps": [log("{{ error.code }} {{ steps.a.output }}", id="b")]}],
            final=[log("{{ steps.a.output }} {{ steps.b.output }}")],
        )
        == []
    )
    assert said(log(), final=[log("{{ error.code }}")]) == []
    assert [code for _, code, _ in said(log("{{ error.code }}"))] == ["UnknownName"]


def test_guards_see_what_is_before_and_retry_sees_the_error() -> None:
    """Each template at its own address."""
    step = log(id="a", when="steps.x.output", cache_key="{{ steps.x.output }}", retry={"if": "error.code == steps.x.output"})

    assert {address for address, _, _ in said(step)} == {"steps/a/when", "steps/a/cache_key", "steps/a/retry/if"}
    assert said(log(id="x"), step) == []


def test_conditions_of_clauses_are_looked_at() -> None:
    """By place in the list."""
    assert said({"type": "router", "id": "r", "cases": [{"when": True}, {"when": "inputs.x"}]}) == [
        ("steps/r/cases/1/when", "MissingReference", "error")
    ]


def test_a_template_that_cannot_be_read_is_said_once() -> None:
    """Where settings are checked."""
    assert [code for _, code, _ in said(log("{{ steps.", id="a"))] == ["TemplateError"]


HTTP = {"id": "h", "type": "http", "with": {"url": "https://x", "json": {"a": ["Bearer {{ secrets.key }}"]}}}


def test_secrets_are_read_only_where_they_are_used() -> None:
    """In `with` of steps that reach outside; never computed with; unknown ones are refused when the names are known."""
    computing = {**HTTP, "with": {"url": "https://x", "json": "${{ secrets.key }}"}}
    asking = {**HTTP, "when": "{{ secrets.key }}"}

    assert said(HTTP) == said(HTTP, known=Known(secrets=frozenset({"key"}))) == []
    assert said(HTTP, known=Known(secrets=frozenset())) == [("steps/h/with/json/a/0", "MissingReference", "error")]
    assert said(computing) == [("steps/h/with/json", "SecretNotAllowed", "error")]
    assert said(asking) == [("steps/h/when", "SecretNotAllowed", "error")]


def test_a_step_of_unknown_type_hides_no_other_fault_and_makes_none() -> None:
    """Later steps may refer to it."""
    assert [code for _, code, _ in said({"id": "a", "type": "nosuch"}, log("{{ steps.a.output.x }} {{ steps.b.output }}"))] == [
        "ActionNotFound",
        "MissingReference",
    ]


# -- people -------------------------------------------------------------------------------------------------------------------------------------

ACME = Known(groups=frozenset({"finance-leads"}), users=frozenset({"bob", "Alice"}), departments=frozenset({"finance"}))
LOOKED_UP = replace(ACME, other_names=frozenset({"bob@acme.example", "17"}))


@pytest.mark.parametrize(
    ("approvers", "faults"),
    [
        ("bob", []),
        ("BOB", []),
        ("alice", []),
        ("somebody@example.com", []),
        ("17", []),
        ("zed", [("", "UnknownUser")]),
        ({"group": "finance-leads"}, []),
        ({"group": "Finance leads"}, []),
        ({"group": "nosuch"}, [("/group", "UnknownGroup")]),
        ({"group": "{{ inputs.group }}"}, []),
        ({"department": ["finance", "it"]}, [("/department/1", "UnknownDepartment")]),
        ([{"user": "bob"}, {"user": "zed"}], [("/1/user", "UnknownUser")]),
        ({"role": "nosuch", "weight": 2}, []),
        ({"manager_of": "requester"}, []),
        ({"manager_of": "bob"}, []),
        ({"manager_of": "zed"}, [("/manager_of", "UnknownUser")]),
    ],
)
def test_people_must_be_in_the_account(approvers: Any, faults: list[tuple[str, str]]) -> None:
    """Names are taken whatever their capitals; what is computed is looked up later."""
    step = {"id": "a", "type": "approval", "with": {"title": "?", "approvers": approvers}}

    found = said(step, known=ACME, inputs={"group": "string"})

    assert [(address, code) for address, code, _ in found] == [(f"steps/a/with/approvers{place}", code) for place, code in faults]
    assert said(step, inputs={"group": "string"}) == []


@pytest.mark.parametrize(
    ("approvers", "faults"),
    [("Bob@acme.example", 0), ("17", 0), ("eve@globex.example", 1), ("18", 1), ({"user": ["bob", "18"]}, 1), ({"manager_of": "e@globex.example"}, 1)],
)
def test_addresses_and_numbers_of_others_are_no_people_of_the_account(approvers: Any, faults: int) -> None:
    """Where they were looked up."""
    step = {"id": "a", "type": "approval", "with": {"title": "?", "approvers": approvers}}

    assert [code for _, code, _ in said(step, known=LOOKED_UP)] == ["UnknownUser"] * faults


def test_people_in_rows_and_beside_are_looked_at() -> None:
    """Wherever a setting names people."""
    rows = {"id": "a", "type": "approval", "with": {"title": "?", "rules": [{"who": "bob"}, {"who": "zed"}]}}
    single = {"id": "b", "type": "approval", "with": {"title": "?", "rules": {"who": "zed"}}}

    assert said(rows, single, {"id": "c", "type": "ask", "who": "zed"}, known=ACME) == [
        ("steps/a/with/rules/1/who", "UnknownUser", "error"),
        ("steps/b/with/rules/0/who", "UnknownUser", "error"),
        ("steps/c/who", "UnknownUser", "error"),
    ]


# -- names for the data picker ------------------------------------------------------------------------------------------------------------------

DRAWN = playbook(
    {"id": "get", "type": "http", "name": "Get it", "with": {"url": "https://x"}},
    {"var": "total", "value": 1},
    CONDITION,
    {"type": "loop", "id": "turns", "until": True, "steps": [log(id="turn")]},
    {"type": "for_each", "id": "each", "in": [], "item": "row", "steps": [log(id="here"), log(id="behind")]},
    {"var": "late", "value": 1},
    inputs=[{"name": "limit", "type": "number", "default": 1}, {"name": "a note", "description": "Why"}],
    catch=[{"code": "*", "steps": [log(id="caught")]}],
)


def test_the_names_at_a_place_are_what_the_check_accepts_there() -> None:
    """With what is known about them, and whether they are sure to be there."""
    names = {name.path: name for name in names_at(DRAWN, "here", registry=KINDS)}

    assert {path: name.is_sure for path, name in names.items()} == {
        "inputs.limit": True,
        'inputs["a note"]': False,
        "vars.total": True,
        "steps.get.output": True,
        'steps["var-1"].output': True,
        "steps.yes.output": False,
        "steps.no.output": False,
        "steps.c.output": True,
        "steps.turn.output": False,
        "steps.turns.output": True,
        "row": True,
        "item": True,
        "index": True,
        "run": True,
    }
    assert names["steps.get.output"].as_json() == {
        "group": "steps",
        "path": "steps.get.output",
        "label": "Get it",
        "help": "http",
        "kind": "object",
        "sure": True,
        "fields": [{"path": "steps.get.output.status", "help": "number of the answer"}],
    }
    for path in names:
        assert "UnknownName" not in at(f"{{{{ {path} }}}}") or path in ("row", "item", "index")


def test_the_end_of_a_block_sees_the_block() -> None:
    """Where a loop asks its question."""
    assert "steps.turn.output" in [name.path for name in names_at(DRAWN, "turns", "body", KINDS)]
    assert "steps.turn.output" not in [name.path for name in names_at(DRAWN, "turns", registry=KINDS)]


def test_a_catch_sees_the_error() -> None:
    """With its fields."""
    error = next(name for name in names_at(DRAWN, "caught", registry=KINDS) if name.group == "error")

    assert error.path == "error"
    assert ("error.code", "what kind of failure") in error.fields


def test_where_there_is_no_such_place_there_are_no_names() -> None:
    """Drafts may be anything."""
    assert names_at(DRAWN, "nosuch", registry=KINDS) == []
    assert names_at([], "here", registry=KINDS) == []
    assert names_at({"steps": [log(id="a")]}, "a", registry=KINDS)[-1].path == "run"

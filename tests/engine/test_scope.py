"""Which value a name has at a place of a run: lexical, nearest iteration first (DESIGN.md, section 4; DOORS.md, part A)."""

from __future__ import annotations

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, guarded, split, throw, var, when

INPUTS = {"inputs": [{"name": "amount", "type": "number"}, {"name": "rows", "type": "array"}]}


def values(s: Simulation, step: str) -> list[Json]:
    """What the step runs of an effect were given, in order of opening."""
    return [row.output["value"] if row.output else None for row in s.journal.rows.values() if row.step == step]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("{{ inputs.amount }}", 5),
        ("{{ workflow_input.amount }}", 5),
        ("{{ context.data.amount }}", 5),
        ("{{ vars.total }}", 10),
        ("{{ context.data.total }}", 10),
        ("{{ config.bank }}", "https://bank"),
        ("{{ context.config.bank }}", "https://bank"),
        ("{{ steps.first.output.value }}", 7),
        ("{{ step.first.value }}", 7),
        ("{{ run.name }}", "Test"),
        ("${{ get('inputs.amount') + 1 }}", 6),
        ("${{ inputs }}", {"amount": 5, "rows": []}),
        ("${{ config }}", {"bank": "https://bank"}),
        ("{{ context.config }}", {"bank": "https://bank"}),
        ("{{ context.data }}", {"amount": 5, "rows": [], "total": 10}),
        ("{{ context.runtime.name }}", "Test"),
        ("{{ context.audit }}", []),
        ("${{ vars }}", {"total": 10}),
        ("${{ run }}", {"id": 1, "name": "Test"}),
        ("{{ steps.first.status }}", "succeeded"),
    ],
)
def test_every_root_and_its_other_names_are_read(written: str, value: Json, forget: bool) -> None:
    """Parts and wholes; the names from elsewhere mean the same things."""
    steps = [effect("first", 7), var("total", "${{ inputs.amount * 2 }}"), effect("e", written, access={"config": True})]

    s = Simulation(document(steps, **INPUTS), {"amount": 5, "rows": []}, config={"bank": "https://bank"}).drive(forget=forget)

    assert s.output("e")["value"] == value


@pytest.mark.parametrize(
    "path",
    [
        "inputs.rows",
        "vars.none",
        "config.none",
        "run.none",
        "steps.later.output",
        "steps.never.output",
        "steps.unknown.output",
        "item.x",
        "error.code",
    ],
)
def test_what_is_missing_is_an_error_that_names_it_unless_there_is_a_default(path: str, forget: bool) -> None:
    """A default stands in; without one the step is held with TemplateError."""
    unreached = when("c", "${{ 1 > 2 }}", [effect("never")])
    given = Simulation(document([unreached, effect("e", f'{{{{ {path} | "none" }}}}'), effect("later")], **INPUTS)).drive(forget=forget)
    bare = Simulation(document([unreached, effect("e", f"{{{{ {path} }}}}"), effect("later")], **INPUTS)).drive(forget=forget)

    assert given.output("e")["value"] == "none"
    assert bare.status == "paused"
    assert bare.row("e").error["code"] == "TemplateError"
    assert path.split(".")[0] in bare.row("e").error["message"]


@pytest.mark.parametrize("outer", [1, 2])
@pytest.mark.parametrize("inner", [1, 2])
def test_nested_loops_do_not_mix_their_items(outer: int, inner: int, forget: bool) -> None:
    """`item` and `index` are the innermost; an outer loop is read by its own names (S3-loop-context)."""
    told = "${{ [row.n, cell, item, index, line, column] }}"
    cells = each("cells", "${{ row.cells }}", [effect("e", told)], item="cell", index="column", concurrency=inner)
    rows = [{"n": "a", "cells": [10, 11]}, {"n": "b", "cells": [20]}]

    s = Simulation(document([each("lines", rows, [cells], item="row", index="line", concurrency=outer)])).drive(forget=forget)

    assert {row.path: row.output["value"] for row in s.journal.rows.values() if row.step == "e"} == {
        "lines/body[0]/cells/body[0]/e": ["a", 10, 10, 0, 0, 0],
        "lines/body[0]/cells/body[1]/e": ["a", 11, 11, 1, 0, 1],
        "lines/body[1]/cells/body[0]/e": ["b", 20, 20, 0, 1, 0],
    }


@pytest.mark.parametrize("concurrency", [1, 2])
def test_loop_item_is_the_innermost_item(concurrency: int, forget: bool) -> None:
    """The name from elsewhere (S3-tpl-loop)."""
    s = Simulation(document([each("l", [{"n": 1}, {"n": 2}], [effect("e", "{{ loop_item.n }}")], concurrency=concurrency)])).drive(forget=forget)

    assert sorted(values(s, "e")) == [1, 2]


def test_after_the_loop_its_item_is_not_visible(forget: bool) -> None:
    """Names of a loop end with it (S4-FR-4.3)."""
    s = Simulation(document([each("l", [1], [effect("a")]), effect("e", '{{ item | "gone" }}')])).drive(forget=forget)

    assert s.output("e")["value"] == "gone"


def test_items_are_found_again_after_a_wait(forget: bool) -> None:
    """A loop that goes on in another worker reads the same items."""
    s = Simulation(document([each("l", ["a", "b"], [ask("q"), effect("e", "${{ item }}")])])).drive(forget=forget)
    for number in (0, 1):
        s.answer(f"l/body[{number}]/q")
        s.drive(forget=forget)

    assert values(s, "e") == ["a", "b"]


@pytest.mark.parametrize(
    ("limit", "output"), [(2, {"iterations": 2, "capped": False}), (3, {"iterations": 3, "capped": False}), (4, {"iterations": 3, "capped": True})]
)
def test_while_is_asked_for_the_turn_to_come(forget: bool, limit: int, output: dict[str, object]) -> None:
    """Its `index` is that of its own loop, from 0, and not that of one around it; a pause between the turns changes nothing."""
    loop = {
        "id": "l",
        "type": "loop",
        "while": f"${{{{ index < {limit} }}}}",
        "max_iterations": 3,
        "every": "1s",
        "steps": [effect("e", "${{ index }}")],
    }
    around = {"id": "f", "type": "for_each", "in": ["a", "b", "c", "d", "e"], "steps": [loop]}
    s = Simulation(document([around])).drive(forget=forget)
    while s.status == "waiting":
        s.later(1, forget=forget)
    assert [s.output(f"f/body[{n}]/l") for n in range(5)] == [output] * 5


def test_a_loop_counts_its_turns_from_nought(forget: bool) -> None:
    """`index` in a repeat."""
    s = Simulation(document([{"id": "l", "type": "loop", "max_iterations": 3, "steps": [effect("e", "${{ index }}")]}])).drive(forget=forget)

    assert values(s, "e") == [0, 1, 2]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_from_outside_a_loop_its_newest_iteration_is_read(concurrency: int, forget: bool) -> None:
    """The last one that ran the step, however deep it stands; also from another loop."""
    inner = [when("c", "${{ item < 3 }}", [effect("x", "${{ item }}")])]
    steps = [
        each("l", [1, 2, 3], inner, concurrency=concurrency),
        effect("e", "${{ steps.x.output.value }}"),
        each("m", [0], [effect("f", "${{ steps.x.output.value }}")]),
    ]

    s = Simulation(document(steps)).drive(forget=forget)

    assert s.output("e")["value"] == 2
    assert values(s, "f") == [2]


def test_a_step_of_an_outer_turn_is_that_turns(forget: bool) -> None:
    """Inside an inner loop the outer item's own step is read, not the newest."""
    inner = [effect("x", "${{ item }}"), each("cells", [0, 1], [effect("e", "${{ steps.x.output.value }}")], item="cell")]

    s = Simulation(document([each("lines", ["a", "b"], inner, item="row")])).drive(forget=forget)

    assert values(s, "e") == ["a", "a", "b", "b"]


def test_a_step_that_did_not_run_in_this_turn_is_missing(forget: bool) -> None:
    """Never the value of an earlier turn."""
    inner = [when("c", "${{ item == 1 }}", [effect("x", "${{ item }}")]), effect("e", '{{ steps.x.output.value | "none" }}')]

    s = Simulation(document([each("l", [1, 2], inner)])).drive(forget=forget)

    assert values(s, "e") == [1, "none"]


def test_steps_in_branches_are_read_after_the_join(forget: bool) -> None:
    """And inside a branch those before the fork."""
    steps = [effect("first", 3), split("p", {"a": [effect("x", "${{ steps.first.output.value }}")], "b": [effect("y", 2)]})]

    s = Simulation(document([*steps, effect("e", "${{ steps.x.output.value * 10 + steps.y.output.value }}")])).drive(forget=forget)

    assert s.output("e")["value"] == 32


def test_branches_read_variables_of_each_other_as_they_are_now(forget: bool) -> None:
    """A branch keeps no copy: what another one set meanwhile is seen."""
    slow = [effect("x", "${{ vars.n }}"), ask("q"), effect("y", "${{ vars.n }}")]
    s = Simulation(document([var("n", 1), split("p", {"a": slow, "b": [ask("r"), var("n", 2, id="again")]})])).drive(forget=forget)
    s.answer("p/b/r")
    s.drive(forget=forget)

    s.answer("p/a/q")
    s.drive(forget=forget)

    assert [values(s, "x"), values(s, "y")] == [[1], [2]]


def test_a_branch_sees_what_another_wrote_over_its_own_value(forget: bool) -> None:
    """Without any wait in between: the last to write counts."""
    first = [var("n", 1), effect("x"), effect("y", "${{ vars.n }}")]

    s = Simulation(document([split("p", {"a": first, "b": [var("n", 2, id="again"), effect("z")]})])).drive(forget=forget)

    assert s.run.variables == {"n": 2}
    assert values(s, "y") == [2]


def test_a_variable_set_in_a_branch_is_read_there_at_once(forget: bool) -> None:
    """What is noted is written before it is asked for."""
    s = Simulation(document([split("p", {"a": [var("n", 4), effect("x", "${{ vars.n }}"), effect("y", "${{ vars }}")]})])).drive(forget=forget)

    assert [values(s, "x"), values(s, "y")] == [[4], [{"n": 4}]]


@pytest.mark.parametrize("how", ["straight", "branch", "lane", "loop"])
def test_a_catch_sees_the_error_at_any_depth(how: str, forget: bool) -> None:
    """Code, message, and the address of the step that failed."""
    told = effect("e", "${{ [error.code, error.message, error.address] }}")
    inner = {
        "straight": told,
        "branch": split("p", {"a": [told]}),
        "lane": each("l", [0, 1], [told], concurrency=2),
        "loop": each("l", [0], [told]),
    }[how]

    caught = Simulation(document([guarded("t", [throw("x")], {"*": [inner]})])).drive(forget=forget)
    recovered = Simulation(document([throw("x")], catch=[{"code": "*", "steps": [inner]}])).drive(forget=forget)

    assert values(caught, "e")[0] == ["Boom", "On purpose.", "t/body/x"]
    assert values(recovered, "e")[0] == ["Boom", "On purpose.", "x"]


def test_an_inner_catch_shows_its_own_error(forget: bool) -> None:
    """The nearest one; outside it the outer one again."""
    inner = guarded("u", [throw("y", "Inner")], {"*": [effect("e", "{{ error.code }}")]})

    s = Simulation(document([guarded("t", [throw("x", "Outer")], {"*": [inner, effect("f", "{{ error.code }}")]})])).drive(forget=forget)

    assert [values(s, "e"), values(s, "f")] == [["Inner"], ["Outer"]]


def test_what_follows_a_try_sees_no_error(forget: bool) -> None:
    """Its `finally` does (test_outcomes.py)."""
    told = '{{ error.code | "none" }}'
    steps = [guarded("t", [throw("x")], {"*": [effect("a")]}, [effect("f", told)]), effect("e", told)]

    s = Simulation(document(steps)).drive(forget=forget)

    assert [values(s, "f"), values(s, "e")] == [["Boom"], ["none"]]


def test_the_guard_when_reads_what_the_step_may_read(forget: bool) -> None:
    """A guard that says no skips the step, also when its value must be looked up in a loop that is over."""
    steps = [each("l", [5], [effect("x", "${{ item }}")]), effect("y"), effect("no", when="${{ steps.x.output.value == 7 }}")]
    yes = effect("yes", when="${{ steps.x.output.value == 5 }}")

    s = Simulation(document([*steps, yes])).drive(forget=forget)

    assert s.row("no").status == "skipped"
    assert s.made == ["l/body[0]/x", "y", "yes"]


def test_a_guard_that_cannot_be_asked_holds_the_step(forget: bool) -> None:
    """The step has not run; its error says why."""
    s = Simulation(document([effect("e", when="{{ vars.none }}")])).drive(forget=forget)

    assert s.status == "paused"
    assert s.made == []
    assert s.row("e").error["code"] == "TemplateError"


def test_steps_of_the_playbooks_own_catch_and_finally_are_read_there(forget: bool) -> None:
    """Their paths begin with the block; what they guard is visible too."""
    catch = [{"code": "*", "steps": [effect("c", 2), when("d", "${{ true }}", [effect("e", "${{ steps.c.output.value + steps.a.output.value }}")])]}]
    tidy = [effect("f", 4), when("g", "${{ true }}", [effect("h", "${{ steps.f.output.value + steps.a.output.value }}")])]

    s = Simulation(document([effect("a", 1), throw("x")], catch=catch, **{"finally": tidy})).drive(forget=forget)

    assert s.output("catch/d/then/e")["value"] == 3
    assert s.output("finally/g/then/h")["value"] == 5

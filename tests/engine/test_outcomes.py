"""How runs end: what they answer, the playbook's own `catch` and `finally` (rules 11, 12, 13, 17)."""

from __future__ import annotations

import pytest

from playbooks_app.language.step_type import Json
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, ends, guarded, split, throw, var, when

OUTRIGHT = {"settings": {"on_failure": "fail"}}


# -- return -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "outputs"), [({"paid": 5}, {"paid": 5}), (5, {"result": 5}), ([1], {"result": [1]}), (None, {}), ("{{ vars.n }}", {"result": 3})]
)
def test_a_single_value_is_wrapped_and_an_object_is_the_outputs(written: Json, outputs: Json, forget: bool) -> None:
    """Primitives and lists become `result` (S4-FR-3.3.1)."""
    s = Simulation(document([var("n", 3), ends("r", written), effect("never")])).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result == {"code": "Success", "message": "Playbook completed successfully", "outputs": outputs}
    assert s.made == []


def test_a_return_says_its_own_code_and_message(forget: bool) -> None:
    """For those who read the result by program."""
    s = Simulation(document([ends("r", {}, code="Nothing", message="No rows today.")])).drive(forget=forget)

    assert s.run.result == {"code": "Nothing", "message": "No rows today.", "outputs": {}}


@pytest.mark.parametrize(
    "inside",
    [
        [when("c", "${{ true }}", [ends("r", 1), effect("x")])],
        [each("l", [1, 2, 3], [ends("r", 1), effect("x")])],
        [each("l", [1, 2, 3], [ends("r", 1), effect("x")], concurrency=2)],
        [split("p", {"a": [ends("r", 1), effect("x")], "b": [ask("q")]})],
        [guarded("t", [ends("r", 1), effect("x")], {"*": [effect("caught")]})],
        [split("p", {"a": [each("l", [1], [ends("r", 1)])]}), effect("y")],
    ],
)
def test_a_return_ends_the_playbook_from_wherever_it_stands(inside: list[Json], forget: bool) -> None:
    """Nothing else begins, no catch sees it, `finally` runs (rule 12)."""
    s = Simulation(document([*inside, effect("never")], **{"finally": [effect("tidy")]})).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result["outputs"] == {"result": 1}
    assert s.made == ["finally/tidy"]


@pytest.mark.parametrize("where", ["catch", "finally"])
def test_a_return_in_catch_or_finally_is_the_answer(where: str, forget: bool) -> None:
    """From `finally` it replaces the failure."""
    more = {"catch": [{"code": "*", "steps": [ends("r", 2)]}]} if where == "catch" else {"finally": [ends("r", 2)], **OUTRIGHT}

    s = Simulation(document([throw("x")], **more)).drive(forget=forget)

    assert s.status == "completed"
    assert s.run.result["outputs"] == {"result": 2}


def test_a_return_without_a_declared_output_is_held(forget: bool) -> None:
    """ReturnOutputsMismatch names what is missing; after a retry with all of them the run ends (rule 13)."""
    s = Simulation(document([ends("r", {"a": 1})], outputs=[{"name": "a"}, {"name": "b"}, {"name": "c"}])).drive(forget=forget)
    assert s.status == "paused"
    assert s.row("r").error["code"] == "ReturnOutputsMismatch"
    assert "b, c" in s.row("r").error["message"]

    s.journal.retry(s.row("r").id, pinned={"input": {"outputs": {"a": 1, "b": 2, "c": 3}}})

    assert s.drive(forget=forget).run.result["outputs"] == {"a": 1, "b": 2, "c": 3}


def test_more_than_declared_and_less_than_required_are_allowed(forget: bool) -> None:
    """Extra outputs pass; `required: false` may be left out."""
    s = Simulation(document([ends("r", {"a": 1, "more": 2})], outputs=[{"name": "a"}, {"name": "b", "required": False}])).drive(forget=forget)

    assert s.run.result["outputs"] == {"a": 1, "more": 2}


def test_without_a_return_declared_outputs_are_the_variables_of_that_name(forget: bool) -> None:
    """Others are not told; one that was never set is left out."""
    s = Simulation(document([var("a", 1), var("b", 2), effect("e")], outputs=[{"name": "a"}, {"name": "c"}])).drive(forget=forget)

    assert s.run.result["outputs"] == {"a": 1}


def test_a_playbook_without_outputs_answers_none(forget: bool) -> None:
    """Variables stay inside."""
    assert Simulation(document([var("a", 1)])).drive(forget=forget).run.result["outputs"] == {}


# -- the playbook's own catch -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("then", "status"), [("recover", "completed"), ("fail", "failed")])
def test_the_playbooks_catch_recovers_unless_it_says_fail(then: str, status: str, forget: bool) -> None:
    """Either way its steps run first, and the rest of the main line does not (rule 17)."""
    s = Simulation(document([throw("x"), effect("never")], catch=[{"code": "Boom", "then": then, "steps": [effect("c")]}])).drive(forget=forget)

    assert s.status == status
    assert s.made == ["catch/c"]
    assert (s.run.error or {}).get("code") == {"completed": None, "failed": "Boom"}[status]


def test_the_first_clause_that_names_the_code_is_taken(forget: bool) -> None:
    """`*` takes what nobody named."""
    catch = [{"code": code, "steps": [effect(f"on_{n}")]} for n, code in enumerate(("Other", "Boom", "*"))]

    assert Simulation(document([throw("x")], catch=catch)).drive(forget=forget).made == ["catch/on_1"]
    assert Simulation(document([throw("x", "Odd")], catch=catch)).drive(forget=forget).made == ["catch/on_2"]


@pytest.mark.parametrize(("settings", "status"), [({}, "paused"), (OUTRIGHT, "failed")])
def test_a_code_that_no_clause_names_is_held_or_fails_the_run(settings: dict[str, Json], status: str, forget: bool) -> None:
    """Nobody deals with it (rule 35); with `on_failure: fail` the run ends failed (rule 18)."""
    s = Simulation(document([throw("x")], catch=[{"code": "Other", "steps": [effect("c")]}], **settings)).drive(forget=forget)

    assert s.status == status
    assert s.made == []


@pytest.mark.parametrize(("settings", "status"), [({}, "paused"), (OUTRIGHT, "failed")])
def test_a_failure_in_the_catch_is_not_caught_by_it(settings: dict[str, Json], status: str, forget: bool) -> None:
    """It is held there, or fails the run with its own code."""
    s = Simulation(document([throw("x")], catch=[{"code": "*", "steps": [throw("y", "Worse")]}], **settings)).drive(forget=forget)

    assert s.status == status
    assert [row.path for row in s.held()] == (["catch/y"] if status == "paused" else [])
    assert (s.run.error or {}).get("code") == {"paused": None, "failed": "Worse"}[status]


def test_a_failure_in_a_branch_reaches_the_catch_after_the_others_have_settled(forget: bool) -> None:
    """Rule 35: the other branches of a parallel settle first."""
    raw = document(
        [split("p", {"a": [throw("x")], "b": [ask("q"), effect("y")]})], catch=[{"code": "Boom", "steps": [effect("c", "{{ error.address }}")]}]
    )
    s = Simulation(raw).drive(forget=forget)
    assert s.made == []

    s.answer("p/b/q")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["p/b/y", "catch/c"]
    assert s.output("catch/c")["value"] == "p/a/x"


def test_the_first_failure_of_several_branches_is_the_one_that_is_told(forget: bool) -> None:
    """Later ones stay with their steps."""
    s = Simulation(document([split("p", {"a": [ask("q"), throw("late", "Late")], "b": [throw("early", "Early")]})], **OUTRIGHT)).drive(forget=forget)
    s.answer("p/a/q")

    s.drive(forget=forget)

    assert s.run.error["code"] == "Early"
    assert s.row("p/a/late").status == "failed"


# -- finally ----------------------------------------------------------------------------------------------------------------------------

STATUS = effect("f", "{{ run.status }}")


@pytest.mark.parametrize(
    ("steps", "more", "status"),
    [
        ([effect("e")], {}, "completed"),
        ([ends("r", 1)], {}, "completed"),
        ([throw("x")], OUTRIGHT, "failed"),
        ([effect("e", "${{ 1 + 'a' }}")], OUTRIGHT, "failed"),
        ([throw("x")], {"catch": [{"code": "*", "steps": []}]}, "completed"),
        ([throw("x")], {"catch": [{"code": "*", "then": "fail", "steps": []}]}, "failed"),
    ],
)
@pytest.mark.parametrize("inner", [[STATUS], [split("p", {"a": [STATUS]})], [each("l", [0, 1], [STATUS], concurrency=2)]])
def test_finally_runs_and_knows_what_the_run_is_about_to_become(
    steps: list[Json], more: dict[str, Json], status: str, inner: list[Json], forget: bool
) -> None:
    """In branches and lanes too (DOORS.md, roots)."""
    s = Simulation(document(steps, **more, **{"finally": inner})).drive(forget=forget)

    assert s.status == status
    assert {row.output["value"] for row in s.journal.rows.values() if row.step == "f"} == {status}


def test_finally_knows_of_a_cancel(forget: bool) -> None:
    """And is not cut short by it, branches included."""
    s = Simulation(document([ask("q")], **{"finally": [split("p", {"a": [STATUS, effect("g")]}), effect("h")]})).drive(forget=forget)

    s.journal.cancel(s.run_id)
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.output("finally/p/a/f")["value"] == "cancelled"
    assert s.made == ["finally/p/a/f", "finally/p/a/g", "finally/h"]


@pytest.mark.parametrize("steps", [[effect("e")], [ends("r", 1)]])
@pytest.mark.parametrize(("settings", "status"), [({}, "completed"), ({"settings": {"finally_errors": "fail"}}, "failed")])
def test_a_failure_in_finally_fails_the_run_only_when_asked_to(steps: list[Json], settings: dict[str, Json], status: str, forget: bool) -> None:
    """It is recorded with its step in any case (rule 11)."""
    s = Simulation(document(steps, **settings, **{"finally": [throw("x", "Untidy"), effect("rest")]})).drive(forget=forget)

    assert s.status == status
    assert s.row("finally/x").error["code"] == "Untidy"
    assert (s.run.error or {}).get("code") == {"completed": None, "failed": "Untidy"}[status]


@pytest.mark.parametrize("settings", [{}, {"finally_errors": "fail"}])
def test_a_failure_in_finally_does_not_hide_the_first_one(settings: dict[str, Json], forget: bool) -> None:
    """The run tells why it failed, not what went wrong while tidying up."""
    s = Simulation(document([throw("x")], settings={"on_failure": "fail", **settings}, **{"finally": [throw("y", "Untidy")]})).drive(forget=forget)

    assert s.status == "failed"
    assert s.run.error["code"] == "Boom"


def test_a_cancelled_run_whose_finally_fails_is_cancelled(forget: bool) -> None:
    """Nobody has to help a cancel to its end."""
    s = Simulation(document([guarded("t", [ask("q")], {}, [throw("x")])], **{"finally": [throw("y")]})).drive(forget=forget)

    s.journal.cancel(s.run_id)
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert (s.row("t/finally/x").status, s.row("finally/y").status) == ("failed", "failed")


@pytest.mark.parametrize(("settings", "status", "made"), [({}, "completed", ["t/body/a", "z"]), ({"finally_errors": "fail"}, "paused", ["t/body/a"])])
def test_a_failure_in_the_finally_of_a_try_is_recorded_or_held(settings: dict[str, Json], status: str, made: list[str], forget: bool) -> None:
    """Where it counts it is held like any other, and a person can skip it."""
    s = Simulation(document([guarded("t", [effect("a")], {}, [throw("x")]), effect("z")], settings=settings)).drive(forget=forget)
    assert s.status == status
    assert s.made == made

    for row in s.held():
        s.journal.skip(row.id)

    assert s.drive(forget=forget).status == "completed"


def test_a_failure_in_the_finally_of_a_try_that_counts_reaches_an_outer_catch(forget: bool) -> None:
    """Like any failure of the try."""
    inner = guarded("t", [effect("a")], {"*": [effect("never")]}, [throw("x", "Untidy")])

    s = Simulation(document([guarded("u", [inner], {"Untidy": [effect("c")]})], settings={"finally_errors": "fail"})).drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["u/body/t/body/a", "u/catch-1/c"]


def test_the_finally_of_a_try_runs_once_on_every_way_out(forget: bool) -> None:
    """Success, caught, not caught, return (S1-P08-finally)."""
    tidy = [effect("tidy")]
    ways: list[tuple[Json, dict[str, Json]]] = [
        (guarded("t", [effect("a")], {}, tidy), {}),
        (guarded("t", [throw("x")], {"*": []}, tidy), {}),
        (guarded("t", [throw("x")], {"*": [throw("y")]}, tidy), OUTRIGHT),
        (guarded("t", [throw("x")], {"Other": []}, tidy), OUTRIGHT),
        (guarded("t", [ends("r", 1)], {"*": []}, tidy), {}),
    ]

    made = [Simulation(document([way], **more)).drive(forget=forget).made.count("t/finally/tidy") for way, more in ways]

    assert made == [1] * 5


@pytest.mark.spec("rule-13", "S4-FR-3.3.3")
def test_an_output_of_a_wrong_type_is_a_warning(forget: bool) -> None:
    """The run completes; its record names the output. More outputs than are declared are fine."""
    declared = [{"name": "paid", "type": "number"}, {"name": "by", "type": "string"}, {"name": "sure", "type": "boolean"}, {"name": "any"}]
    s = Simulation(document([ends("r", {"paid": "much", "by": "card", "sure": True, "any": 1, "more": 1})], outputs=declared)).drive(forget=forget)

    assert s.status == "completed"
    assert [data for kind, _, _, data in s.run.events if kind == "outputs_warned"] == [{"names": ["paid"]}]


# -- what `finally` knows -----------------------------------------------------------------------------------------------------------------

SEES = effect("sees", "${{ error.code if error else null }}")


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("step", "clauses", "seen", "status"),
    [
        (throw("x", code="Gone"), {}, "Gone", "failed"),
        (throw("x", code="Gone"), {"*": []}, "Gone", "completed"),
        (throw("x", code="Gone"), {"*": [throw("y", code="Worse")]}, "Worse", "failed"),
        (effect("x"), {"*": []}, None, "completed"),
    ],
)
def test_finally_of_a_try_sees_what_failed(
    nested: bool, step: Json, clauses: dict[str, list[Json]], seen: str | None, status: str, forget: bool
) -> None:
    """The failure that goes on outward, else the one that was caught, else null; in branches too, and after a wait."""
    tidy = [ask("q"), split("p", {"a": [SEES], "b": []})] if nested else [SEES]
    s = Simulation(document([guarded("t", [step], clauses, tidy)], **OUTRIGHT)).drive(forget=forget)
    if nested:
        s.answer("t/finally/q")
        s.drive(forget=forget)

    assert s.status == status
    assert s.output("t/finally/p/a/sees" if nested else "t/finally/sees")["value"] == seen


@pytest.mark.parametrize(
    ("step", "catch", "seen"), [(throw("x", code="Gone"), [], "Gone"), (throw("x"), [{"code": "*", "steps": []}], None), (effect("x"), [], None)]
)
def test_finally_of_the_playbook_sees_what_it_fails_with(step: Json, catch: list[Json], seen: str | None, forget: bool) -> None:
    """Null when it is about to complete."""
    tidy = [ask("q"), split("p", {"a": [SEES], "b": []})]
    s = Simulation(document([step], catch=catch, **{"finally": tidy}, **OUTRIGHT)).drive(forget=forget)
    s.answer("finally/q")
    s.drive(forget=forget)

    assert s.output("finally/p/a/sees")["value"] == seen

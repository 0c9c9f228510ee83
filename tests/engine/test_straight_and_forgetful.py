"""The laws of walking, each straight through and with all memory dropped after every transaction: first run and resume are the same code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from playbooks_app.language.step_type import Json
from runs_app.engine.interpreter import Interpreter
from tests.engine.kinds import document
from tests.engine.simulation import Simulation
from tests.engine.steps import ask, each, effect, var, when


def test_steps_run_in_order_each_once(forget: bool) -> None:
    """Definition order; none skipped (S4-FR-1.1, S4-FR-1.2)."""
    s = Simulation(document([effect(f"e{n}") for n in range(20)])).drive(forget=forget)

    assert s.made == [f"e{n}" for n in range(20)]
    assert s.status == "completed"


def test_a_condition_goes_one_way_and_keeps_its_choice(forget: bool) -> None:
    """The other branch leaves no trace."""
    steps = [{"id": "c", "type": "condition", "if": "${{ inputs.n > 3 }}", "then": [effect("yes")], "else": [effect("no")]}]

    s = Simulation(document(steps, inputs=[{"name": "n", "type": "number"}]), {"n": 5}).drive(forget=forget)

    assert s.made == ["c/then/yes"]
    assert s.output("c") == {"branch": "then"}


def test_a_router_takes_the_first_case_that_fits_else_default(forget: bool) -> None:
    """Adding a plan is one route; default catches the unknown (S1-P07-router)."""
    cases = [{"name": name, "when": f'${{{{ inputs.plan == "{name}" }}}}', "steps": [effect(f"do_{name}")]} for name in ("gold", "silver")]
    raw = document([{"id": "r", "type": "router", "cases": cases, "default": [effect("other")]}], inputs=[{"name": "plan", "type": "string"}])

    assert Simulation(raw, {"plan": "silver"}).drive(forget=forget).made == ["r/silver/do_silver"]
    assert Simulation(raw, {"plan": "tin"}).drive(forget=forget).made == ["r/default/other"]


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_loop_gives_each_item_its_own_path_and_name(concurrency: int, forget: bool) -> None:
    """Items are scoped; results are in their order, whoever was faster."""
    inner = {"id": "pay", "type": "effect", "with": {"value": "${{ payment.amount + index }}"}}
    steps = [
        {"id": "each", "type": "for_each", "in": "${{ inputs.list }}", "item": "payment", "concurrency": concurrency, "steps": [inner]},
        effect("end"),
    ]

    s = Simulation(document(steps, inputs=[{"name": "list", "type": "array"}]), {"list": [{"amount": 10 * n} for n in range(5)]}).drive(forget=forget)

    assert sorted(s.made[:5]) == [f"each/body[{n}]/pay" for n in range(5)]
    assert s.made[5:] == ["end"]
    assert [each["value"] for each in s.output("each")["results"]] == [0, 11, 22, 33, 44]
    assert s.output("each")["completed"] == 5


@pytest.mark.parametrize("concurrency", [1, 3])
def test_a_failed_item_is_set_aside_with_its_index_and_value(concurrency: int, forget: bool) -> None:
    """Item 2 fails: the others are done, the failed one is quarantined (S1-P06-isolation)."""
    inner = [
        {"id": "c", "type": "condition", "if": "${{ item == 2 }}", "then": [{"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}]},
        effect("pay"),
    ]
    steps = [{"id": "each", "type": "for_each", "in": [0, 1, 2, 3, 4], "concurrency": concurrency, "on_item_error": "continue", "steps": inner}]

    s = Simulation(document(steps)).drive(forget=forget)

    assert s.status == "completed"
    assert len(s.made) == 4
    assert s.output("each")["failed"] == 1
    assert s.output("each")["errors"] == [{"index": 2, "item": 2, "code": "Bad", "message": "No."}]


def test_a_parallel_step_ends_when_all_its_branches_have(forget: bool) -> None:
    """The following step starts after the slowest; outputs of all are there (S0-parallel-join)."""
    branches = [{"name": "a", "steps": [effect("ea", 1)]}, {"name": "b", "steps": [ask("qb")]}]
    s = Simulation(document([{"id": "p", "type": "parallel", "branches": branches}, effect("after")])).drive(forget=forget)
    assert s.made == ["p/a/ea"]
    assert s.status == "pending_approval"

    s.answer("p/b/qb", {"said": "yes"})
    s.drive(forget=forget)

    assert s.made == ["p/a/ea", "after"]
    assert s.output("p")["branches"]["b"] == {"said": "yes"}


def test_one_failing_branch_does_not_stop_the_others(forget: bool) -> None:
    """All settle; the failed one holds, and skipping it lets the step end (S3-parallel-settled)."""
    branches = [
        {"name": "a", "steps": [{"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}]},
        {"name": "b", "steps": [effect("eb")]},
    ]
    s = Simulation(document([{"id": "p", "type": "parallel", "branches": branches}, effect("after")])).drive(forget=forget)

    assert s.made == ["p/b/eb"]
    assert s.status == "paused"
    assert s.run.pause_reason == "error"
    s.journal.skip(s.row("p/a/t").id)
    s.drive(forget=forget)
    assert s.status == "completed"
    assert s.row("p/a/t").status == "skipped"


def test_retries_are_waits_and_count_executions_in_all(forget: bool) -> None:
    """Three executions by default, with growing gaps; then the run is held (S3-retry-attempts, S0-pause-on-exhaustion)."""
    s = Simulation(document([{"id": "e", "type": "effect", "with": {"fails": 9}}])).drive(forget=forget)
    assert s.status == "waiting"
    first = s.row("e").wake_at
    assert first is not None
    assert (first - s.time).total_seconds() == pytest.approx(2.0)
    s.later(2.0)
    second = s.row("e").wake_at
    assert second is not None
    assert (second - s.time).total_seconds() == pytest.approx(4.0)

    s.later(4.0)

    assert s.made == ["e", "e", "e"]
    assert s.status == "paused"
    assert s.row("e").error["code"] == "Flaky"


def test_a_failure_that_is_not_transient_is_not_tried_again(forget: bool) -> None:
    """One call, then it is held; a person's retry runs it once more and goes on (S0-retry-failed)."""
    s = Simulation(document([effect("a"), {"id": "e", "type": "effect", "with": {"fails": 1, "transient": False}}, effect("z")])).drive(forget=forget)
    assert s.status == "paused"

    s.journal.retry(s.row("e").id)
    s.drive(forget=forget)

    assert s.made == ["a", "e", "e", "z"]
    assert s.status == "completed"


def test_waiting_inside_a_loop_in_a_branch_resumes_at_its_own_place(forget: bool) -> None:
    """Approvals work at any depth, and steps before them are not repeated (S3-approval-nested)."""
    inner = [effect("before"), ask("sign"), effect("after")]
    loop = {
        "id": "each",
        "type": "for_each",
        "in": [0, 1, 2],
        "concurrency": 3,
        "steps": [{"id": "c", "type": "condition", "if": "${{ item != 1 }}", "then": inner}],
    }
    s = Simulation(document([{"id": "p", "type": "parallel", "branches": [{"name": "a", "steps": [loop]}]}])).drive(forget=forget)
    place = "p/a/each/body[2]/c/then"
    assert sorted(s.made) == ["p/a/each/body[0]/c/then/before", f"{place}/before"]

    s.answer(f"{place}/sign", {"decision": "approve"})
    s.drive(forget=forget)
    assert s.made[-1] == f"{place}/after"
    assert s.status == "pending_approval"

    s.answer("p/a/each/body[0]/c/then/sign")
    s.drive(forget=forget)
    assert s.status == "completed"
    assert len(s.made) == 4


def test_outputs_are_read_from_the_nearest_iteration(forget: bool) -> None:
    """A step reads what its own item's earlier step gave, and steps before the loop (lexical lookup)."""
    inner = [effect("a", "${{ item }}"), effect("b", "${{ steps.a.output.value * 10 + steps.first.output.value }}")]
    s = Simulation(document([effect("first", 7), {"id": "each", "type": "for_each", "in": [1, 2, 3], "concurrency": 2, "steps": inner}])).drive(
        forget=forget
    )

    assert [s.output(f"each/body[{n}]/b")["value"] for n in range(3)] == [17, 27, 37]


def test_variables_reach_all_later_steps(forget: bool) -> None:
    """Set in a branch, read after it; overwritten by a later one (S4-FR-3.1.4)."""
    steps = [
        {"id": "v", "type": "var", "with": {"name": "total", "value": "${{ 2 + 3 }}"}},
        {
            "id": "c",
            "type": "condition",
            "if": "${{ vars.total == 5 }}",
            "then": [{"id": "w", "type": "var", "with": {"name": "total", "value": "${{ vars.total * 2 }}"}}],
        },
        effect("e", "${{ vars.total }}"),
    ]

    assert Simulation(document(steps)).drive(forget=forget).output("e")["value"] == 10


def test_return_ends_the_playbook_from_inside_a_concurrent_loop(forget: bool) -> None:
    """Open branches are cancelled, later steps do not run, finally does (rule 12)."""
    inner = [
        {
            "id": "c",
            "type": "condition",
            "if": "${{ item == 1 }}",
            "then": [{"id": "r", "type": "return", "with": {"outputs": {"found": "${{ item }}"}}}],
            "else": [ask("q")],
        }
    ]
    raw = document(
        [{"id": "each", "type": "for_each", "in": [0, 1, 2], "concurrency": 3, "steps": inner}, effect("never")], **{"finally": [effect("tidy")]}
    )

    s = Simulation(raw).drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["finally/tidy"]
    assert s.run.result["outputs"] == {"found": 1}


def test_cancel_runs_finally_and_nothing_else(forget: bool) -> None:
    """Catch does not see a cancel; finally runs and is shielded (law 13)."""
    guarded = {"id": "t", "type": "try", "steps": [ask("q")], "catch": [{"code": "*", "steps": [effect("caught")]}], "finally": [effect("tidy")]}
    s = Simulation(document([guarded, effect("never")])).drive(forget=forget)

    s.journal.cancel(s.run_id)
    s.drive(forget=forget)

    assert s.status == "cancelled"
    assert s.made == ["t/finally/tidy"]


def test_a_caught_failure_is_visible_as_error(forget: bool) -> None:
    """The clause whose code fits runs, with the error in scope (S4-FR-6.3)."""
    throw = {"id": "x", "type": "throw", "with": {"code": "NoFunds", "message": "Empty."}}
    guarded = {
        "id": "t",
        "type": "try",
        "steps": [throw],
        "catch": [{"code": "Other", "steps": []}, {"code": "NoFunds", "steps": [effect("note", "${{ error.message }}")]}],
    }

    s = Simulation(document([guarded])).drive(forget=forget)

    assert s.status == "completed"
    assert [row.output["value"] for row in s.journal.rows.values() if row.step == "note"] == ["Empty."]


def test_pause_lets_nothing_begin_and_keeps_answers(forget: bool) -> None:
    """An answer that comes while paused is kept; nothing goes on until resumed (S2-pause)."""
    s = Simulation(document([ask("q"), effect("after")])).drive(forget=forget)
    s.journal.pause(s.run_id)
    assert s.status == "paused"

    s.answer("q", {"yes": 1})
    s.drive(forget=forget)
    assert s.made == []
    assert s.status == "paused"

    s.journal.resume(s.run_id)
    s.drive(forget=forget)
    assert s.made == ["after"]
    assert s.status == "completed"


def test_a_choice_stands_when_the_world_has_changed_after_a_wait(forget: bool) -> None:
    """A condition and a router that go on later go on where they were."""
    changed = [var("n", 2), ask("q"), effect("a")]
    router = {
        "id": "r",
        "type": "router",
        "cases": [{"name": "two", "when": "${{ vars.n == 2 }}", "steps": changed_back()}],
        "default": [effect("other")],
    }
    s = Simulation(document([var("n", 1, id="begin"), when("c", "${{ vars.n == 1 }}", changed, [effect("never")]), router])).drive(forget=forget)
    s.answer("c/then/q")
    s.drive(forget=forget)

    s.answer("r/two/p")
    s.drive(forget=forget)

    assert s.status == "completed"
    assert s.made == ["c/then/a", "r/two/b"]
    assert (s.output("c"), s.output("r")) == ({"branch": "then"}, {"route": "two"})


def changed_back() -> list[Json]:
    """Steps that take away the reason for which they were chosen, and wait."""
    return [var("n", 1, id="back"), ask("p"), effect("b")]


def test_what_a_container_asked_once_it_is_told_ever_after(forget: bool) -> None:
    """Also after a wait, in another worker, when the world has changed."""
    s = Simulation(document([var("n", 1), {"id": "d", "type": "draw", "steps": [var("n", 2, id="later"), ask("q")]}])).drive(forget=forget)

    s.answer("d/body/q")
    s.drive(forget=forget)

    assert s.run.variables == {"n": 2}
    assert s.output("d") == [1, 1]


def test_a_loop_that_could_not_be_asked_is_asked_again_when_retried(forget: bool) -> None:
    """The turn stands; only the question is repeated, and a pause between turns is still a pause."""
    loop = {"id": "l", "type": "loop", "max_iterations": 9, "every": "1m", "until": "${{ vars.n <= index }}", "steps": [effect("e")]}
    s = Simulation(document([loop])).drive(forget=forget)
    assert [row.path for row in s.held()] == ["l"]

    s.run.variables["n"] = 1
    s.journal.retry(s.row("l").id)
    s.drive(forget=forget)
    assert s.made == ["l/body[0]/e"]
    s.later(60, forget=forget)

    assert s.status == "completed"
    assert s.made == ["l/body[0]/e", "l/body[1]/e"]
    assert s.output("l") == {"iterations": 2, "capped": False}


def test_step_runs_may_be_loaded_in_any_order_and_more_than_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest of each block counts."""
    s = Simulation(document([effect("a"), each("l", [1, 2, 3], [effect("b"), when("c", "${{ item == 2 }}", [ask("q")])]), effect("z")])).drive()
    monkeypatch.setattr(s.journal, "_open_path", lambda strand: [replace(row) for row in reversed(s.journal.rows.values())])

    s.answer("l/body[1]/c/then/q")
    s.drive()

    assert s.status == "completed"
    assert s.made == ["a", "l/body[0]/b", "l/body[1]/b", "l/body[2]/b", "z"]


@pytest.mark.parametrize("more", [{}, {"concurrency": 2}])
def test_a_loop_of_any_length_takes_the_room_of_one_turn(more: Json, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the steps of a turn gave is let go when the next begins."""
    sizes: list[tuple[int, int]] = []
    close = Interpreter.close

    def measured(interpreter: Interpreter, *given: Any, **more: Any) -> None:
        close(interpreter, *given, **more)
        sizes.append((len(interpreter.known.outputs), len(interpreter.newest)))

    monkeypatch.setattr(Interpreter, "close", measured)

    s = Simulation(document([effect("a"), each("l", list(range(50)), [effect("b"), when("c", "${{ true }}", [effect("d")])], **more)])).drive()

    assert s.status == "completed"
    assert len(sizes) > 150
    assert max(outputs for outputs, _ in sizes) <= 5
    assert max(newest for _, newest in sizes) <= 4


def test_resuming_costs_depth_not_length() -> None:
    """After many finished turns only the open path is loaded (law 4)."""
    steps = [
        {
            "id": "each",
            "type": "for_each",
            "in": list(range(300)),
            "steps": [effect("a"), {"id": "c", "type": "condition", "if": "${{ index == 299 }}", "then": [ask("q")]}],
        }
    ]
    s = Simulation(document(steps)).drive()

    s.answer("each/body[299]/c/then/q")
    s.drive()

    assert s.status == "completed"
    assert s.journal.most_rows_loaded <= 8

"""Rules of control flow, seen from outside: started and read through the API, driven by a real worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, User
from runs_app.models import Run
from tests.machine import drive
from tests.runs.stumbling import Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Go = Callable[..., dict[str, Any]]
WAIT: dict[str, Any] = {"id": "wait", "type": "delay", "with": {"for": "1d"}}


@pytest.fixture
def go(api: Callable[[User | None], APIClient], alice: User) -> Go:
    """Publish a document, start it, drive it as far as it goes; the run's shape, with its steps by path under `steps`."""
    client = api(alice)

    def run(steps: list[dict[str, Any]], given: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        raw = document(steps, f"Rules {Playbook.objects.count()}", **more)
        answer = client.post("/api/v1/playbooks/", {"document": raw}, format="json")
        assert answer.status_code == 201, answer.json()
        number = answer.json()["id"]
        published = client.post(f"/api/v1/playbooks/{number}/publish/", {}, format="json")
        assert published.status_code in (200, 201), published.json()
        started = client.post("/api/v1/runs/", {"playbook": number, "inputs": given or {}}, format="json")
        assert started.status_code == 201, started.json()
        drive(Run.objects.get(pk=started.json()["id"]))
        return shape(client, started.json()["id"])

    return run


def shape(client: APIClient, run: int) -> dict[str, Any]:
    """The run, with its steps by path."""
    found = client.get(f"/api/v1/runs/{run}/").json()
    steps = client.get(f"/api/v1/runs/{run}/steps/?flat=1&page_size=200").json()["results"]
    return {**found, "steps": {step["path"]: step for step in steps}}


def split(branches: dict[str, list[dict[str, Any]]], step_id: str = "all", **more: Any) -> dict[str, Any]:
    """Branches."""
    return {"id": step_id, "type": "parallel", "branches": [{"name": name, "steps": steps} for name, steps in branches.items()], **more}


@pytest.mark.spec("S4-FR-1.1", "S4-FR-1.2", "S4-result", "S4-FR-3.3.5")
def test_two_hundred_steps_run_in_order_and_the_result_says_so(go: Go, stumbling: Stumbling) -> None:
    """None is left out or moved; the run tells its outputs, times, how long it took and how many steps it made."""
    found = go([say(f"s{n}") for n in range(200)])

    assert stumbling.tried == [f"s{n}" for n in range(200)]
    assert (found["status"], found["code"], found["message"], found["error"]) == ("completed", "Success", "Playbook completed successfully", None)
    assert (found["steps_executed"], found["outputs"]) == (200, {})
    assert found["started_at"] <= found["finished_at"]
    assert found["duration_seconds"] >= 0


@pytest.mark.spec("S0-parallel-join", "S3-parallel-settled", "rule-35")
def test_all_branches_settle_before_the_failure_goes_on(go: Go, stumbling: Stumbling) -> None:
    """B fails, A and C finish; then the catch has B's error, and what follows runs after all of them."""
    stumbling.failing = {"b1"}
    tried = {"id": "t", "type": "try", "steps": [split({"a": [say("a1"), say("a2")], "b": [say("b1")], "c": [say("c1"), say("c2")]})]}
    found = go([{**tried, "catch": [{"code": "Stumbled", "steps": [say("rescue", "{{ error.code }}")]}]}, say("after")])

    assert found["status"] == "completed"
    assert sorted(stumbling.tried[:-2]) == ["a1", "a2", "b1", "c1", "c2"]
    assert stumbling.tried[-2:] == ["Stumbled", "after"]
    assert found["steps"]["t/body/all"]["error"]["address"] == "t/body/all/b/b1"


@pytest.mark.spec("S0-parallel-branches", "S3-parallel-settled")
def test_the_outputs_of_all_branches_are_there(go: Go, stumbling: Stumbling) -> None:
    """By name, for later steps."""
    found = go([split({"a": [say("a1")], "b": [say("b1")], "c": []}), say("after", "{{ steps.all.output.branches.a.message }}")])

    assert found["steps"]["all"]["output"] == {"branches": {"a": {"message": "a1"}, "b": {"message": "b1"}, "c": None}}
    assert stumbling.tried[-1] == "a1"


@pytest.mark.spec("rule-12", "S4-FR-3.3.4", "S4-FR-3.3.1")
def test_a_return_in_a_loop_ends_the_playbook_and_finally_runs_once(go: Go, stumbling: Stumbling) -> None:
    """Second of five items; a plain value becomes `result`."""
    stop = {"id": "stop", "type": "return", "with": {"outputs": 5}, "when": "${{ index == 1 }}"}
    each = {"id": "each", "type": "for_each", "in": [0, 1, 2, 3, 4], "steps": [say("x", "x {{ index }}"), stop]}
    found = go([each, say("after")], **{"finally": [say("last")]})

    assert (found["status"], found["outputs"]) == ("completed", {"result": 5})
    assert stumbling.tried == ["x 0", "x 1", "last"]


@pytest.mark.spec("rule-13", "S4-FR-3.3.3")
def test_declared_outputs_that_are_not_returned(go: Go) -> None:
    """A return that misses one fails with ReturnOutputsMismatch; without any return nothing does, and a wrong type is a warning."""
    outputs = [{"name": "paid", "type": "number"}]
    missing = go([{"id": "r", "type": "return", "with": {"outputs": {"other": 1}}}], outputs=outputs)
    without = go([say("x")], outputs=outputs)
    wrong = go([{"id": "r", "type": "return", "with": {"outputs": {"paid": "much", "more": 1}}}], outputs=outputs)

    assert (missing["status"], missing["steps"]["r"]["error"]["code"]) == ("paused", "ReturnOutputsMismatch")
    assert (without["status"], without["outputs"]) == ("completed", {})
    assert (wrong["status"], wrong["outputs"]) == ("completed", {"paid": "much", "more": 1})


@pytest.mark.spec("rule-17", "S4-FR-6.3")
@pytest.mark.parametrize(("then", "status"), [("recover", "completed"), ("fail", "failed")])
def test_the_playbooks_catch_recovers_unless_it_says_fail(then: str, status: str, go: Go, stumbling: Stumbling) -> None:
    """By code; another code is not caught."""
    stumbling.failing = {"bad"}
    caught = go([say("bad"), say("after")], catch=[{"code": "Stumbled", "then": then, "steps": [say("rescue")]}])
    other = go([say("bad")], catch=[{"code": "Other", "steps": [say("never")]}])

    assert (caught["status"], other["status"]) == (status, "paused")
    assert stumbling.tried == ["bad", "rescue", "bad"]


@pytest.mark.spec("rule-11", "S4-FR-6.4")
@pytest.mark.parametrize(("setting", "status"), [("record", "completed"), ("fail", "failed")])
def test_a_failure_in_finally_is_recorded_and_fails_the_run_only_if_asked_to(setting: str, status: str, go: Go, stumbling: Stumbling) -> None:
    """It is shown at its step in either case."""
    stumbling.failing = {"tidy"}
    found = go([say("x")], settings={"finally_errors": setting}, **{"finally": [say("tidy")]})

    assert found["status"] == status
    assert found["steps"]["finally/tidy"]["error"]["code"] == "Stumbled"


@pytest.mark.spec("rule-16", "S4-FR-6.1", "S4-FR-6.2")
@pytest.mark.parametrize(
    ("reaction", "status", "step"), [("continue", "completed", "failed"), ("ignore", "completed", "succeeded"), ("stop", "paused", "failed")]
)
def test_what_a_failure_means_is_said_by_code(reaction: str, status: str, step: str, go: Go, stumbling: Stumbling) -> None:
    """On that step only: its neighbour stops as ever."""
    stumbling.failing = {"bad"}
    found = go([say("bad", on_error={"Stumbled": reaction, "*": "stop"}), say("after")])

    assert (found["status"], found["steps"]["bad"]["status"]) == (status, step)


@pytest.mark.spec("rule-26", "S4-FR-4.4", "S4-FR-4.3", "S3-loop-context", "S3-loop-results")
def test_a_loop_counts_scopes_and_refuses_what_is_too_long(go: Go, stumbling: Stumbling) -> None:
    """Inner and outer items do not mix; a cap that cuts items off is an error before the first item."""
    stumbling.failing = {"b2"}
    inner = {"id": "inner", "type": "for_each", "in": [1, 2], "item": "n", "on_item_error": "continue", "steps": [say("x", "{{ letter }}{{ n }}")]}
    found = go([{"id": "outer", "type": "for_each", "in": ["a", "b"], "item": "letter", "steps": [inner]}, say("after")])
    cut = go([{"id": "each", "type": "for_each", "in": [1, 2, 3], "max_iterations": 2, "steps": [say("never")]}])

    assert stumbling.tried == ["a1", "a2", "b1", "b2", "after"]
    output = found["steps"]["outer/body[1]/inner"]["output"]
    assert (output["iterations"], output["completed"], output["failed"], output["errors"][0]["item"]) == (2, 1, 1, 2)
    assert cut["steps"]["each"]["error"]["code"] == "InputInvalid"


@pytest.mark.spec("S3-loop", "S3-condition", "S3-mapping-sources")
def test_four_sources_of_a_loop_and_three_levels_of_conditions(go: Go, stumbling: Stumbling) -> None:
    """A list, an input, an earlier output, the item of the loop around."""
    level = say("deep")
    for n in range(3):
        level = {"id": f"c{n}", "type": "condition", "if": "${{ inputs.rows[0][0] == 1 }}", "then": [level], "else": [say(f"not{n}")]}
    loops = [
        {"id": "fixed", "type": "for_each", "in": [1], "steps": [say("f", "fixed {{ item }}")]},
        {
            "id": "given",
            "type": "for_each",
            "in": "${{ inputs.rows }}",
            "steps": [{"id": "inner", "type": "for_each", "in": "${{ item }}", "steps": [say("i", "inner {{ item }}")]}],
        },
        {"id": "earlier", "type": "for_each", "in": "${{ steps.fixed.output.results }}", "steps": [say("e", "earlier {{ item.message }}")]},
    ]
    found = go([level, *loops], {"rows": [[1, 2]]}, inputs=[{"name": "rows", "type": "array"}])

    assert found["status"] == "completed"
    assert stumbling.tried == ["deep", "fixed 1", "inner 1", "inner 2", "earlier fixed 1"]


@pytest.mark.spec("rule-30", "S1-P04-loop")
def test_a_loop_that_is_never_done_makes_its_ten_turns(go: Go, stumbling: Stumbling) -> None:
    """Its conditions see the outputs of its steps; the cap is told."""
    turn = {
        "id": "turn",
        "type": "loop",
        "max_iterations": 10,
        "until": '${{ steps.x.output.message == "done" }}',
        "steps": [say("x", "turn {{ index }}")],
    }
    done = {**turn, "until": '${{ steps.x.output.message == "turn 3" }}'}

    assert go([turn])["steps"]["turn"]["output"] == {"iterations": 10, "capped": True}
    assert go([done])["steps"]["turn"]["output"] == {"iterations": 4, "capped": False}


@pytest.mark.spec("rule-9", "S3-retry-attempts", "S3-retry-log", "S0-retry-policy")
def test_every_try_is_told_with_its_error(go: Go, stumbling: Stumbling, api: Callable[[User | None], APIClient], alice: User) -> None:
    """Executions in all; the waits in between stand in the shape of the step."""
    stumbling.failing = {"bad"}
    found = go([say("bad", retry={"max_attempts": 1, "on": "*"})])
    waits = go([say("bad", retry={"max_attempts": 3, "on": "*"})])

    assert [each["error"]["code"] for each in found["steps"]["bad"]["attempts"]] == ["Stumbled"]
    assert [each["cause"] for each in waits["steps"]["bad"]["waiting_for"]] == ["timer"]
    assert (waits["status"], waits["steps"]["bad"]["attempt"]) == ("waiting", 1)


@pytest.mark.spec("rule-36")
def test_a_held_branch_does_not_stop_the_others(go: Go, stumbling: Stumbling, api: Callable[[User | None], APIClient], alice: User) -> None:
    """The run is paused while anything is held, and tells it at once; retrying that step alone goes on."""
    stumbling.failing = {"b1"}
    found = go([split({"a": [WAIT], "b": [say("b1"), say("b2")]})])
    assert (found["status"], found["pause_reason"], found["held"]) == ("paused", "error", True)
    stumbling.failing = set()

    api(alice).post(f"/api/v1/runs/{found['id']}/steps/all/b/b1/retry/", {}, format="json")
    drive(Run.objects.get(pk=found["id"]))

    again = shape(api(alice), found["id"])
    assert (again["status"], again["held"]) == ("waiting", False)
    assert stumbling.tried == ["b1", "b1", "b2"]


@pytest.mark.spec("S1-P14-ab_split", "S1-P14-output", "S1-P14-nesting", "rule-10")
def test_a_split_names_its_variant_and_works_inside_a_loop_and_a_branch(go: Go, stumbling: Stumbling) -> None:
    """The same key, the same variant."""
    variants = [{"name": "a", "weight": 1, "steps": [say("va", "a {{ item }}")]}, {"name": "b", "weight": 1, "steps": [say("vb", "b {{ item }}")]}]
    inner = {"id": "ab", "type": "ab_split", "split_key": "${{ item }}", "variants": variants}
    each = {
        "id": "each",
        "type": "for_each",
        "in": ["k1", "k1", "k2", "k3", "k4"],
        "steps": [split({"x": [inner]}), say("told", "{{ steps.ab.output.selected_variant }}")],
    }
    go([each])

    chosen = [message for message in stumbling.tried if message in ("a", "b")]
    assert chosen[0] == chosen[1]
    assert len(chosen) == 5


@pytest.mark.spec("S1-P07-router", "S1-P04-router-default")
def test_an_unknown_case_takes_the_default(go: Go, stumbling: Stumbling) -> None:
    """And a known one its own."""
    cases = [{"name": "gold", "when": '${{ inputs.plan == "gold" }}', "steps": [say("gold")]}]
    steps = [{"id": "plan", "type": "router", "cases": cases, "default": [say("other")]}]
    inputs = [{"name": "plan", "type": "string"}]

    assert go(steps, {"plan": "gold"}, inputs=inputs)["steps"]["plan"]["output"] == {"route": "gold"}
    assert go(steps, {"plan": "tin"}, inputs=inputs)["steps"]["plan"]["output"] == {"route": "default"}
    assert stumbling.tried == ["gold", "other"]

"""What a run would do, told without doing anything (S4-options)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import OutboxMail, Run
from tests.recorder import Recorder
from tests.runs.trials.conftest import post, var

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]
Plan = Callable[..., tuple[Any, dict[str, Any]]]


@pytest.fixture
def plan(published: Callable[..., PlaybookVersion], alice: User, api: Api) -> Plan:
    """`plan(steps, inputs, **top)`: (the plan that the run answers, path -> step of the API)."""

    def ask(steps: list[Any], given: dict[str, Any] | None = None, **top: Any) -> tuple[Any, dict[str, Any]]:
        version = published({"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Finance", "steps": steps, **top})
        body = {"playbook": version.playbook_id, "inputs": given or {}, "mode": "what_if"}
        answer = api(alice).post("/api/v1/runs/", body, format="json")
        assert answer.status_code == 201, answer.json()
        assert (answer.json()["status"], answer.json()["mode"]) == ("completed", "what_if")
        found = api(alice).get(f"/api/v1/runs/{answer.json()['id']}/steps/?flat=1&page_size=500").json()["results"]
        return answer.json()["outputs"]["plan"], {each["path"]: each for each in found}

    return ask


INPUTS = [{"name": "amount", "type": "number", "required": True}]


@pytest.mark.spec("S4-options")
def test_what_if_lists_steps_and_inputs_and_runs_nothing(plan: Plan, recorder: Recorder) -> None:
    """Each step with its resolved input; what hangs on an answer stays as it is written; nothing is called, asked or sent."""
    sign = {"id": "sign", "type": "approval", "with": {"title": "Pay {{ inputs.amount }}?", "approvers": "bob"}}
    steps = [
        var("double", "${{ inputs.amount * 2 }}"),
        sign,
        post(recorder, json={"a": "{{ vars.double }}"}),
        var("got", "{{ steps.pay.output.body.id }}"),
    ]
    said, found = plan(steps, {"amount": 5}, inputs=INPUTS)
    assert (said["steps"], said["certain"], said["undecided"], said["fails"]) == (4, 4, [], None)
    assert found["sign"]["input"]["title"] == "Pay 5?" and found["pay"]["input"]["json"] == {"a": 10}
    assert found["pay"]["effects"][0]["outcome"] == "intended" and found["pay"]["effects"][0]["body"] == {"a": 10}
    assert found["set_got"]["input"]["value"] == "{{ steps.pay.output.body.id }}" and said["open"] == {"set_got": ["value"]}
    assert not recorder.calls and not Approval.objects.exists() and not OutboxMail.objects.exists()


@pytest.mark.spec("S4-options")
def test_what_if_still_validates(published: Callable[..., PlaybookVersion], alice: User, dave: User, api: Api) -> None:
    """Inputs are checked as ever, and who may not start may not plan."""
    version = published({"handrail": 1, "name": "P", "description": "P", "owner": "F", "steps": [var("a", 1)], "inputs": INPUTS})
    body = {"playbook": version.playbook_id, "inputs": {"amount": "much"}, "mode": "what_if"}
    assert api(alice).post("/api/v1/runs/", body, format="json").status_code == 422
    assert api(dave).post("/api/v1/runs/", {**body, "inputs": {"amount": 1}}, format="json").status_code == 403
    assert not Run.objects.exists()


@pytest.mark.spec("S4-options")
def test_a_branch_that_hangs_on_an_answer_is_undecided(plan: Plan, recorder: Recorder) -> None:
    """A condition on inputs is decided; one on an answer names what it needs, and all its branches are listed as uncertain."""
    known = {"id": "known", "type": "condition", "if": "${{ inputs.amount > 3 }}", "then": [var("a", 1)], "else": [var("b", 1)]}
    open_one = {"id": "open", "type": "condition", "if": "${{ steps.pay.output.body.ok }}", "then": [var("c", 1)], "else": [var("d", 1)]}
    late = {"id": "late", "type": "log", "when": "${{ vars.c }}", "with": {"message": "x"}}
    said, found = plan([known, post(recorder), open_one, late], {"amount": 5}, inputs=INPUTS)
    assert "known/then/set_a" in found and "known/else/set_b" not in found
    assert {"open/then/set_c", "open/else/set_d"} <= set(found)
    assert said["undecided"] == [
        {"path": "open", "expression": "${{ steps.pay.output.body.ok }}", "needs": "pay", "branches": ["then", "else"]},
        {"path": "late", "expression": "${{ vars.c }}", "needs": "vars.c", "branches": []},
    ]
    assert said["uncertain"] == ["open/then/set_c", "open/else/set_d", "late"]


def test_loops_and_branches_are_planned_turn_by_turn(plan: Plan, recorder: Recorder) -> None:
    """Known items one by one, in line or side by side; of a long list the first; unknown ones once, as uncertain."""
    in_line = {"id": "one", "type": "for_each", "in": [1, 2], "steps": [var("x", "{{ item }}")]}
    at_once = {
        "id": "two",
        "type": "for_each",
        "in": "${{ [3, 4] }}",
        "concurrency": 2,
        "item": "n",
        "steps": [post(recorder, json={"n": "{{ n }}"})],
    }
    open_one = {"id": "three", "type": "for_each", "in": "${{ steps.look.output.body }}", "steps": [var("y", "{{ item.z }}")]}
    both = {"id": "both", "type": "parallel", "branches": [{"name": "l", "steps": [var("l", 1)]}, {"name": "r", "steps": [var("r", 1)]}]}
    long = {"id": "long", "type": "for_each", "in": list(range(100)), "steps": [var("w", "{{ item }}")]}
    poll = {"id": "poll", "type": "loop", "until": "${{ steps.look.output.body.done }}", "every": "1h", "steps": [var("v", 1)]}
    said, found = plan([in_line, at_once, post(recorder, "look"), open_one, both, long, poll])
    assert found["one/body[1]/set_x"]["input"]["value"] == 2 and found["two/body[1]/pay"]["input"]["json"] == {"n": 4}
    assert {"three/body[0]/set_y", "both/l/set_l", "both/r/set_r", "long/body[19]/set_w", "poll/body[0]/set_v"} <= set(found)
    assert "long/body[20]/set_w" not in found
    assert [each["path"] for each in said["undecided"]] == ["three", "poll"]


def test_a_failure_that_is_certain_is_foreseen(plan: Plan, recorder: Recorder) -> None:
    """It goes where a failure goes: to the catch, or to the end of the plan with its code; a return ends the plan."""
    oops = {"id": "oops", "type": "throw", "with": {"code": "Oops", "message": "No."}}
    guard = {"id": "guard", "type": "try", "steps": [oops], "catch": [{"code": "*", "steps": [var("why", "{{ error.code }}")]}]}
    said, found = plan([guard, {"id": "end", "type": "return", "with": {}}, post(recorder)])
    assert found["guard/catch-1/set_why"]["input"]["value"] == "Oops" and "pay" not in found and said["fails"] is None
    said, found = plan([oops, post(recorder)], **{"finally": [var("tidy", 1)]})
    assert said["fails"]["code"] == "Oops" and "pay" not in found and "finally/set_tidy" in found
    said, found = plan([oops], catch=[{"code": "Oops", "steps": [var("saved", "{{ error.message }}")]}])
    assert said["fails"] is None and found["catch/set_saved"]["input"]["value"] == "No."
    said, found = plan([var("x", "{{ vars.nothing }}"), post(recorder)])
    assert said["fails"]["code"] == "TemplateError"

"""The sandbox: everything happens but what reaches outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.errors import Refused
from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.models import OutboxMail, Run, StepRun
from runs_app.starting import start
from runs_app.trials.trying import try_draft
from tests.machine import drive
from tests.recorder import Recorder
from tests.runs.trials.conftest import Begun, post, var

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[[User | None], APIClient]


def output(run: Run, path: str) -> Any:
    """What came out of a step."""
    return StepRun.objects.get(run=run, path=path).output


@pytest.mark.spec("S2-sandbox-keys")
def test_nothing_leaves_the_house(begun: Begun, recorder: Recorder) -> None:
    """In the sandbox no call is made and no mail is sent; the steps are answered by samples, and later steps read them."""
    mail = {"id": "mail", "type": "email", "with": {"to": ["x@example.com"], "subject": "Hello", "body": "Hi"}}
    run = begun([post(recorder), mail, var("got", "{{ steps.pay.output.status }}")], mode="sandbox")
    assert run.status == "completed" and not recorder.calls
    assert output(run, "pay")["status"] == 200 and output(run, "set_got") == 200


def test_a_pinned_output_is_the_answer(begun: Begun, recorder: Recorder) -> None:
    """By the id of a step, in every turn of a loop, or by a path, which goes first."""
    loop = {"id": "each", "type": "for_each", "in": [1, 2], "steps": [post(recorder)]}
    run = begun([loop], mode="sandbox", pinned={"pay": {"status": 201}, "each/body[1]/pay": {"status": 418}})
    assert [output(run, f"each/body[{n}]/pay")["status"] for n in (0, 1)] == [201, 418]


def test_waits_for_time_and_events_pass_at_once(begun: Begun) -> None:
    """A delay of two days, a date and an event hold nothing up."""
    delay = {"id": "delay", "type": "delay", "with": {"for": "2d"}}
    until = {"id": "until", "type": "wait_until", "with": {"at": "2030-01-01"}}
    event = {"id": "event", "type": "wait_for_event", "with": {"name": "paid"}}
    assert begun([delay, until, event], mode="sandbox").status == "completed"


def test_only_who_started_it_is_asked(begun: Begun, alice: User, api: Api) -> None:
    """An approval in the sandbox is for who started the run, without a mail; the answer is given as anywhere else."""
    sign = {"id": "sign", "type": "approval", "with": {"title": "Pay?", "approvers": "bob", "four_eyes": True}}
    run = begun([sign], mode="sandbox")
    (approval,) = Approval.objects.filter(run=run)
    assert run.status == "pending_approval" and not OutboxMail.objects.exists()
    assert [asked.person for asked in approval.asked.all()] == [alice]
    answer = api(alice).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "approve"}, format="json")
    assert answer.status_code == 200, answer.json()
    assert drive(run).status == "completed"


@pytest.mark.spec("S2-sandbox-keys")
def test_keys_of_the_sandbox_are_its_own(begun: Begun, recorder: Recorder, alice: User) -> None:
    """A sandbox run uses up no idempotency key of the real thing, neither that of a start nor that of a step."""
    tried = begun([post(recorder)], mode="sandbox", idempotency_key="order-1")
    live = start(tried.version, inputs={}, by=alice, idempotency_key="order-1")
    assert not live.deduplicated and live.run.pk != tried.pk
    assert start(tried.version, inputs={}, by=alice, idempotency_key="order-1", mode="sandbox").run.pk == tried.pk
    assert StepRun.objects.get(run=tried).idempotency_key == f"sandbox-{tried.pk}/pay"
    drive(live.run)
    assert [call.key for call in recorder.calls] == [f"run-{live.run.pk}/pay"]


def test_a_child_run_is_in_the_sandbox_too(begun: Begun, recorder: Recorder, published: Callable[..., PlaybookVersion]) -> None:
    """What a sandbox run starts acts no more than it does itself."""
    child = published({"handrail": 1, "name": "Child", "description": "Pays.", "owner": "F", "steps": [post(recorder)]})
    run = begun([{"id": "call", "type": "playbook", "with": {"playbook": "Child"}}], mode="sandbox")
    (below,) = Run.objects.filter(playbook=child.playbook)
    drive(below)
    assert below.mode == "sandbox" and drive(run).status == "completed" and not recorder.calls


def test_lists_and_figures_leave_the_sandbox_out(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """The list of runs shows live runs unless it is asked for others."""
    run = begun([post(recorder)], mode="sandbox")
    found = {mode: api(alice).get("/api/v1/runs/", {"mode": mode}).json()["count"] for mode in ("", "sandbox", "trial", "all", "live")}
    assert found == {"": 0, "sandbox": 1, "trial": 1, "all": 1, "live": 0}
    assert api(alice).get("/api/v1/runs/?mode=dream").status_code == 422
    assert api(alice).get(f"/api/v1/runs/{run.pk}/").json()["mode"] == "sandbox"


def test_pinning_a_live_run_is_refused(begun: Begun, alice: User, api: Api) -> None:
    """A live run does what its steps say."""
    run = begun([var("a", 1)])
    body = {"playbook": run.playbook_id, "pinned": {"set_a": 2}}
    assert api(alice).post("/api/v1/runs/", body, format="json").status_code == 422
    answer = api(alice).post("/api/v1/runs/", {**body, "mode": "sandbox"}, format="json")
    assert answer.status_code == 201 and answer.json()["mode"] == "sandbox"


@pytest.fixture
def draft(alice: User) -> Playbook:
    """An empty playbook of alice's."""
    return Playbook.draw({"name": "Draft"}, by=alice)


def document(*steps: Any, **more: Any) -> dict[str, Any]:
    """A whole document."""
    return {"handrail": 1, "name": "Draft", "description": "Tried.", "owner": "F", "steps": list(steps), **more}


def test_a_draft_is_tried_without_being_published(draft: Playbook, recorder: Recorder, alice: User, api: Api) -> None:
    """It runs in the sandbox from a version that has no number and stands in no list."""
    run = drive(
        try_draft(
            draft, document(post(recorder), var("got", "{{ steps.pay.output.body.id }}")), inputs={}, pinned={"pay": {"body": {"id": 7}}}, by=alice
        )
    )
    assert (run.status, run.mode, run.made_as) == ("completed", "sandbox", "try")
    assert output(run, "set_got") == 7 and not recorder.calls
    assert api(alice).get(f"/api/v1/playbooks/{draft.pk}/versions/").json()["count"] == 0
    assert api(alice).get(f"/api/v1/runs/{run.pk}/").json()["version"]["number"] is None
    again = try_draft(draft, document(post(recorder), var("got", "{{ steps.pay.output.body.id }}")), inputs={}, pinned={}, by=alice)
    assert again.version_id == run.version_id, "the same document is kept once"


def test_a_draft_is_tried_up_to_a_step(draft: Playbook, alice: User) -> None:
    """With `only`, what stands behind that step is left away, on every level."""
    inner = {"id": "large", "type": "condition", "if": "${{ true }}", "then": [var("b", 1), var("c", 1)], "else": []}
    run = drive(try_draft(draft, document(var("a", 1), inner, var("d", 1)), inputs={}, by=alice, only="set_b"))
    assert sorted(StepRun.objects.filter(run=run).values_list("path", flat=True)) == ["large", "large/then/set_b", "set_a"]
    branches = [{"name": "x", "steps": [var("e", 1), var("f", 1)]}, {"name": "y", "steps": [var("g", 1)]}]
    run = drive(try_draft(draft, document({"id": "both", "type": "parallel", "branches": branches}), inputs={}, by=alice, only="set_e"))
    assert sorted(StepRun.objects.filter(run=run).values_list("path", flat=True)) == ["both", "both/x/set_e", "both/y/set_g"]


def test_a_faulty_draft_is_refused_with_every_fault(draft: Playbook, alice: User) -> None:
    """Faults of the document, of the inputs, and a step that is not there."""
    with pytest.raises(Refused) as caught:
        try_draft(draft, document({"id": "x", "type": "http", "with": {}}, {"id": "y", "type": "nothing"}), inputs={}, by=alice)
    assert len(caught.value.problems) >= 2
    with pytest.raises(Refused):
        try_draft(draft, document(var("a", 1)), inputs={"b": 1}, by=alice)
    with pytest.raises(Refused):
        try_draft(draft, document(var("a", 1)), inputs={}, by=alice, only="z")


def test_chance_is_another_in_every_run(begun: Begun) -> None:
    """Two runs at the same step draw different identifiers."""
    first, second = (begun([var("id", "${{ uuid() }}")]) for _ in range(2))
    assert output(first, "set_id") != output(second, "set_id")

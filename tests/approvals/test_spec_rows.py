"""Rows of the specification about people, each from outside: the API, the machine on PostgreSQL, and the mails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from approvals_app.duties import remind_due
from approvals_app.models import Approval
from playbooks_app import clock
from playbooks_app.models import Membership, PlaybookVersion, User
from runs_app.models import OutboxMail, Run, RunEvent, StepRun, Strand
from runs_app.starting import start
from tests.approvals.racing import copies
from tests.machine import drive, tick

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
ASK = {"title": "Deploy?", "approvers": {"group": "finance-leads"}}


def log(name: str) -> dict[str, Any]:
    return {"id": name, "type": "log", "with": {"message": name}}


def run_of(published: Published, by: User, *steps: dict[str, Any]) -> Run:
    version = published({"name": "Deploy", "description": "x", "owner": "x", "steps": list(steps)})
    return drive(start(version, inputs={}, by=by, trigger="api").run)


def ask_step(**more: Any) -> dict[str, Any]:
    return {"id": "gate", "type": "approval", "with": {**ASK, **more}}


@pytest.mark.spec("S3-approval-pause", "S3-approval-resume", "S2-halt-24h", "S4-FR-3.2.1", "S4-FR-3.2.2", "S4-FR-3.2.4", "S1-P10-api-decision")
def test_the_run_stops_cleanly_and_goes_on_behind_the_gate(
    published: Published, alice: User, bob: User, lead: Callable[[str], User], api: Api
) -> None:
    """No worker runs during the wait; one mail each; another worker goes on after the gate; steps before are not repeated; no limit by default."""
    lead("dana")
    run = run_of(published, alice, log("before"), ask_step(), log("after"))

    waiting = api(alice).get(f"/api/v1/runs/{run.pk}/").json()
    assert (waiting["status"], waiting["waiting_for"][0]["cause"], waiting["waiting_for"][0]["until"]) == ("pending_approval", "approval", None)
    assert sorted(OutboxMail.objects.values_list("to", flat=True)) == ["bob@acme.example", "dana@acme.example"]
    approval = Approval.objects.get(run=run)
    assert api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "approve"}).status_code == 200
    assert api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "reject"}).status_code == 409

    assert drive(run).status == "completed"
    started = RunEvent.objects.filter(run=run, type="step_started").order_by("number").values_list("path", flat=True)
    assert list(started) == ["before", "gate", "after"]


@pytest.mark.spec("S4-FR-3.2.5")
def test_what_was_approved_is_not_asked_again_when_the_run_resumes_after_a_failure(published: Published, alice: User, bob: User, api: Api) -> None:
    """A later step fails, the run is resumed: no second question, no second mail."""
    run = run_of(published, alice, ask_step(), {"id": "broken", "type": "throw", "with": {"code": "Broken", "message": "x"}})
    approval = Approval.objects.get(run=run)
    api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "approve"})
    assert drive(run).status == "paused"
    mails = OutboxMail.objects.filter(to=bob.email).count()

    assert api(alice).post(f"/api/v1/runs/{run.pk}/resume/", {}).status_code == 200
    drive(run)

    approval.refresh_from_db()
    assert (approval.round, approval.status, OutboxMail.objects.filter(to=bob.email).count()) == (1, "approved", mails)


@pytest.mark.spec("S2-approval-refused", "S1-P10-reject-reason")
def test_a_refusal_may_end_the_run_early_and_its_reason_is_told(published: Published, alice: User, bob: User, api: Api) -> None:
    """The outputs say halted, the reason is data, the later step does not run."""
    outputs = {"status": "halted", "why": "{{ steps.gate.output.comment }}"}
    stop = {"id": "stop", "type": "condition", "if": "${{ steps.gate.output.decision != 'approve' }}"}
    ends = {**stop, "then": [{"id": "halt", "type": "return", "with": {"outputs": outputs}}], "else": []}
    run = run_of(published, alice, {**ask_step(), "on_reject": "continue"}, ends, log("agent"))
    approval = Approval.objects.get(run=run)
    api(bob).post(f"/api/v1/approvals/{approval.pk}/decide/", {"decision": "reject", "comment": "Tests are red"})

    run = drive(run)
    assert (run.status, run.outputs) == ("completed", {"status": "halted", "why": "Tests are red"})
    assert not StepRun.objects.filter(run=run, path="agent").exists()


@pytest.mark.spec("S1-P05-human_input", "S1-P10-escalation", "rule-7", "F-2")
def test_after_48_hours_of_silence_the_manager_has_the_task_and_the_run_still_waits(
    published: Published, alice: User, bob: User, carol: User, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run says until when and what happens then; the clock escalates once; nothing falls through."""
    Membership.objects.filter(user=alice).update(manager=carol)
    run = run_of(published, alice, ask_step(escalate={"after": "48h", "to": {"manager_of": "requester"}}))
    said = api(alice).get(f"/api/v1/runs/{run.pk}/").json()["waiting_for"][0]
    assert said["until"] is not None and "waits for Bob Banks to approve until" in said["sentence"]
    assert said["sentence"].endswith("then Carol Cole is asked too.")

    really = clock.now
    monkeypatch.setattr(clock, "now", lambda: really() + timedelta(hours=48, seconds=1))
    assert [remind_due(), remind_due()] == [1, 0]

    approval = Approval.objects.get(run=run)
    assert approval.is_open and Approval.objects.open_for(carol).get() == Approval.objects.open_for(bob).get() == approval
    assert OutboxMail.objects.filter(to=carol.email).count() == 1
    assert RunEvent.objects.filter(run=run, type="approval_escalated").count() == 1
    assert drive(run).status == "pending_approval"


@pytest.mark.spec("S1-P10-diff-report")
def test_the_generated_report_is_on_the_page_and_in_the_mail_escaped(
    published: Published, alice: User, bob: User, web: Callable[..., Client]
) -> None:
    """What an earlier step wrote, with markup in it: shown as text everywhere."""
    report = "diff --git a/x b/x\n-old <script>alert(1)</script>\n+new\n3 tests passed"
    made = {"id": "report", "type": "var", "with": {"name": "report", "value": report}}
    run_of(published, alice, made, ask_step(show=["vars.report"]))

    page = web(bob).get(f"/approvals/{Approval.objects.get().pk}/").content.decode()
    mail = OutboxMail.objects.get(to=bob.email)
    for html in (page, mail.html):
        assert "3 tests passed" in html and "&lt;script&gt;" in html and "<script>alert" not in html
    assert "-old <script>" in mail.text


def test_editors_of_the_data_and_people_named_in_it_may_not_decide(
    published: Published, admin: User, bob: User, carol: User, lead: Callable[[str], User], api: Api
) -> None:
    """Four eyes for who changed variables (Dana, an operator), conflict of interest for who is named (Bob); Erin decides."""
    dana, erin = lead("dana"), lead("erin")
    Membership.objects.filter(user=dana).update(role="operator")
    steps = [
        {"id": "first", "type": "approval", "with": {"title": "Begin?", "approvers": {"user": "carol"}}},
        ask_step(four_eyes=True, conflicts=["vars.buyer"]),
    ]
    made = {"id": "buyer", "type": "var", "with": {"name": "buyer", "value": {"mail": "BOB@acme.example"}}}
    run = run_of(published, admin, made, *steps)
    assert api(User.objects.get(pk=dana.pk)).patch(f"/api/v1/runs/{run.pk}/", {"vars": {"note": "x"}}).status_code == 200
    api(carol).post(f"/api/v1/approvals/{Approval.objects.get(run=run).pk}/decide/", {"decision": "approve"})
    drive(run)

    gate = Approval.objects.get(run=run, step_run__path="gate")
    barred = dict(gate.asked.exclude(barred="").values_list("person__username", "barred"))
    assert barred == {"bob": "named in the data", "dana": "changed the data of this run"}
    assert api(bob).post(f"/api/v1/approvals/{gate.pk}/decide/", {"decision": "approve"}).status_code == 403
    assert api(erin).post(f"/api/v1/approvals/{gate.pk}/decide/", {"decision": "approve"}).status_code == 200


@pytest.mark.spec("S1-P10-zero-cost-wait")
def test_waiting_costs_nothing(published: Published, alice: User, bob: User, api: Api) -> None:
    """Five hundred runs wait: no strand is queued or driven, a turn of the clock asks as little as with one, and any one of them goes on."""
    run = run_of(published, alice, ask_step(), log("after"))
    with CaptureQueriesContext(connection) as with_one:
        assert tick() + remind_due() == 0
    list(copies(Approval.objects.get(run=run), 500))

    with CaptureQueriesContext(connection) as with_many:
        assert tick() + remind_due() == 0

    assert len(with_many) == len(with_one)
    assert not Strand.objects.exclude(status="parked").exists()
    assert api(bob).post(f"/api/v1/approvals/{run.approvals.get().pk}/decide/", {"decision": "approve"}).status_code == 200
    assert drive(run).status == "completed"


@pytest.mark.spec("S1-P10-cancellable-false")
def test_a_protected_step_behind_an_approval_ends_before_the_cancel(published: Published, alice: User, bob: User, api: Api) -> None:
    """Cancelled while it deploys: the deployment ends, and nothing after it begins."""
    deploy = {"id": "deploy", "type": "delay", "with": {"for": "10m"}, "cancellable": False}
    run = run_of(published, alice, ask_step(), deploy, log("announce"))
    api(bob).post(f"/api/v1/approvals/{run.approvals.get().pk}/decide/", {"decision": "approve"})
    drive(run)

    assert api(alice).post(f"/api/v1/runs/{run.pk}/cancel/").json()["stopping"] == "cancel"
    drive(run)
    assert api(alice).get(f"/api/v1/runs/{run.pk}/").json()["status"] != "cancelled"
    api(alice).post(f"/api/v1/runs/{run.pk}/steps/deploy/wake/")
    drive(run)

    steps = {each["path"]: each["status"] for each in api(alice).get(f"/api/v1/runs/{run.pk}/steps/?flat=1").json()["results"]}
    assert (run.status, steps) == ("cancelled", {"gate": "succeeded", "deploy": "succeeded"})

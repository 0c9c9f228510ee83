"""Repairing a run is never approving it: what people decide, others do not step over, whichever door they try."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, RunEvent, StepRun
from runs_app.starting import start
from runs_app.statuses import StepStatus
from tests.machine import drive

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
Published = Callable[..., PlaybookVersion]
pytestmark = pytest.mark.django_db(transaction=True)

SIGN = {"id": "sign", "type": "approval", "with": {"title": "Pay?", "approvers": "bob"}}
PAY = {"id": "pay", "type": "log", "with": {"message": "paid"}}


def document(*steps: dict[str, Any]) -> dict[str, Any]:
    """A playbook that pays once somebody has signed."""
    return {"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Finance", "steps": [*(steps or (SIGN,)), PAY]}


def sign(**settings: Any) -> dict[str, Any]:
    """The approval with other settings."""
    return {**SIGN, "with": {"title": "Pay?", "approvers": "bob", **settings}}


@pytest.fixture
def waiting(published: Published, alice: User) -> Run:
    """Bob is asked."""
    return drive(start(published(document()), by=alice, inputs={}).run)


@pytest.fixture
def rejected(waiting: Run, bob: User) -> Run:
    """Bob has said no, and the run is held."""
    Approval.objects.get(run=waiting).decide("reject", by=bob, comment="No")
    return drive(waiting)


ROUNDABOUTS: list[tuple[str, dict[str, Any]]] = [
    ("steps/sign/skip/", {"reason": "in a hurry"}),
    ("resume/", {"override": {"path": "sign", "output": {"decision": "approve"}}}),
    ("resume/", {"override": {"path": "sign", "input": {"title": "Pay?", "approvers": "carol"}}}),
    ("steps/sign/retry/", {"input": {"title": "Pay?", "approvers": "carol"}}),
]


@pytest.mark.parametrize(("deed", "body"), ROUNDABOUTS)
@pytest.mark.parametrize("name", ["carol", "alice"])
def test_after_a_rejection_no_operator_and_no_builder_goes_round_it(
    api: Api, people: dict[str, User], rejected: Run, deed: str, body: dict[str, Any], name: str
) -> None:
    """403 at every door, and the step is as it was."""
    answer = api(people[name]).post(f"/api/v1/runs/{rejected.pk}/{deed}", body)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    step = StepRun.objects.get(run=rejected, path="sign")
    assert (step.status, step.pinned) == (StepStatus.FAILED, None)


@pytest.mark.parametrize(("deed", "body"), ROUNDABOUTS[:2])
def test_while_people_are_asked_no_operator_answers_for_them(api: Api, carol: User, waiting: Run, deed: str, body: dict[str, Any]) -> None:
    """Neither a skip nor an output takes the question away."""
    assert api(carol).post(f"/api/v1/runs/{waiting.pk}/{deed}", body).status_code == 403

    assert Approval.objects.get(run=waiting).is_open


@pytest.mark.parametrize(("deed", "fields"), [("skip", {"reason": "x"}), ("retry", {"input": '{"title": "Pay?", "approvers": "carol"}'})])
def test_the_page_is_no_way_round_either(web: Web, carol: User, rejected: Run, deed: str, fields: dict[str, str]) -> None:
    """403 for the deed, and no button that offers it."""
    shown = web(carol).get(f"/runs/{rejected.pk}/?step=sign").content.decode()

    assert web(carol).post(f"/runs/{rejected.pk}/steps/sign/{deed}/", fields).status_code == 403
    assert 'data-action="retry"' in shown
    assert 'data-action="skip"' not in shown and 'data-action="retry-edited"' not in shown


def test_asking_again_is_a_repair(api: Api, carol: User, rejected: Run) -> None:
    """A plain retry asks the same people as before."""
    assert api(carol).post(f"/api/v1/runs/{rejected.pk}/steps/sign/retry/", {}).status_code == 200
    drive(rejected)

    assert [row.person.username for row in Approval.objects.get(run=rejected).asked.filter(ended_at=None)] == ["bob"]


@pytest.mark.parametrize(("deed", "body"), ROUNDABOUTS)
def test_an_owner_may_and_it_is_on_the_record(api: Api, admin: User, rejected: Run, deed: str, body: dict[str, Any]) -> None:
    """With name, deed and reason, as an event of its own."""
    assert api(admin).post(f"/api/v1/runs/{rejected.pk}/{deed}", {**body, "reason": "in a hurry"} if "override" in body else body).status_code == 200

    event = RunEvent.objects.get(run=rejected, type="decision_passed_over")
    assert (event.path, event.by) == ("sign", admin.pk)
    assert (event.data or {})["deed"] in ("skipped", "overridden", "retried with another input")


@pytest.mark.parametrize("four_eyes", [True, "${{ 1 == 1 }}"])
@pytest.mark.parametrize(("deed", "body"), ROUNDABOUTS)
def test_with_four_eyes_not_even_the_owner_who_started_it(
    api: Api, published: Published, admin: User, deed: str, body: dict[str, Any], four_eyes: Any
) -> None:
    """Who started the run does not decide, nor pass over the decision."""
    run = drive(start(published(document(sign(four_eyes=four_eyes))), by=admin, inputs={}).run)
    Approval.objects.get(run=run).decide("reject", by=User.objects.get(username="bob"), comment="No")
    drive(run)

    assert api(admin).post(f"/api/v1/runs/{run.pk}/{deed}", body).status_code == 403


def test_without_four_eyes_the_owner_who_started_it_may(api: Api, published: Published, admin: User) -> None:
    """An expression that came to false bars nobody."""
    run = drive(start(published(document(sign(four_eyes="${{ 1 == 2 }}"))), by=admin, inputs={}).run)

    assert api(admin).post(f"/api/v1/runs/{run.pk}/steps/sign/skip/", {}).status_code == 200


def test_a_broken_container_is_not_skipped_with_the_approval_in_it(api: Api, published: Published, carol: User, admin: User) -> None:
    """A condition that cannot be evaluated hides the question that it would have asked."""
    large = {"id": "large", "type": "condition", "if": "${{ inputs.amount + 'x' > 5 }}", "then": [sign()]}
    version = published({**document(large), "inputs": [{"name": "amount", "type": "number"}]})
    run = drive(start(version, by=carol, inputs={"amount": 9000}).run)
    assert (run.status, run.pause_reason) == ("paused", "error")

    for body in ({}, {"reason": "x"}):
        assert api(carol).post(f"/api/v1/runs/{run.pk}/steps/large/skip/", body).status_code == 403
    override = {"override": {"path": "large", "output": {"branch": "else"}}}
    assert api(carol).post(f"/api/v1/runs/{run.pk}/resume/", override).status_code == 403
    assert api(admin).post(f"/api/v1/runs/{run.pk}/steps/large/skip/", {}).status_code == 200


def test_a_step_without_people_is_skipped_by_an_operator_as_ever(api: Api, published: Published, carol: User) -> None:
    """Only decisions are out of an operator's hands."""
    broken = {"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}
    run = drive(start(published(document(broken, SIGN)), by=carol, inputs={}).run)

    assert api(carol).post(f"/api/v1/runs/{run.pk}/steps/t/skip/", {}).status_code == 200
    assert not RunEvent.objects.filter(run=run, type="decision_passed_over").exists()

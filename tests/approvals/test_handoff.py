"""`handoff` tells people and waits for nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Notification, OutboxMail, Run, StepRun
from runs_app.starting import start
from tests.machine import drive

pytestmark = pytest.mark.django_db(transaction=True)


def run_with(published: Callable[..., PlaybookVersion], by: User, settings: dict[str, Any]) -> Run:
    steps = [
        {"id": "tell", "type": "handoff", "with": settings},
        {"id": "after", "type": "log", "with": {"message": "{{ steps.tell.output.notified }}"}},
    ]
    version = published({"name": "Refund", "description": "x", "owner": "Finance", "steps": steps})
    return drive(start(version, inputs={}, by=by, trigger="api").run)


@pytest.mark.spec("S3-handoff")
def test_a_department_is_told_in_the_product_and_by_mail_and_the_run_goes_on(
    published: Callable[..., PlaybookVersion], alice: User, bob: User, api: Callable[..., APIClient], settings: Any
) -> None:
    """Though no mail server answers: mail is written down first and sent when there is one."""
    settings.EMAIL_PORT = 1

    run = run_with(published, alice, {"department": "finance", "message": "Call the customer back.\nThe number is in the run."})

    assert run.status == "completed"
    assert StepRun.objects.get(run=run, path="tell").output == {"notified": ["alice", "bob"]}
    assert sorted(OutboxMail.objects.filter(reference__startswith="handoff-").values_list("to", flat=True)) == [alice.email, bob.email]
    told = api(bob).get("/api/v1/notifications/?unread=1").json()["results"]
    assert [(each["kind"], each["title"], each["address"]) for each in told] == [("handoff", "Call the customer back.", f"/runs/{run.pk}/")]
    assert api(bob).post("/api/v1/notifications/read/", {"ids": [told[0]["id"]]}).status_code == 204
    assert api(bob).get("/api/v1/notifications/?unread=1").json()["count"] == 0


def test_each_person_is_told_once_however_often_the_step_is_tried(published: Callable[..., PlaybookVersion], alice: User, bob: User) -> None:
    """Named twice, and the step repeated: one notification and one mail."""
    from approvals_app.step_types.handoff import Handoff, HandoffSettings
    from playbooks_app import clock
    from playbooks_app.language.step_type import StepContext

    run = run_with(published, alice, {"group": "finance-leads", "user": "bob", "message": "Look."})
    context = StepContext(
        config=HandoffSettings(message="Look.", group="finance-leads"), now=clock.now(), run_id=run.pk, path="tell", attempt=2,
        idempotency_key=f"run-{run.pk}/tell", timeout_seconds=60, timezone="UTC", account_id=run.account_id, step_run_id=1,
    )  # fmt: skip
    Handoff().run(context)

    assert Notification.objects.filter(person=bob, kind="handoff").count() == 1
    assert OutboxMail.objects.filter(to=bob.email).count() == 1


def test_nobody_there_is_a_failure_that_says_so(published: Callable[..., PlaybookVersion], alice: User) -> None:
    """A department without people: the step fails with NeedsPerson instead of telling nobody in silence."""
    run = run_with(published, alice, {"user": "{{ inputs.nobody | 'ghost' }}".replace("'", '"'), "message": "Look."})

    assert run.status == "paused"
    failed = StepRun.objects.get(run=run, path="tell").error
    assert failed is not None and failed["code"] == "NeedsPerson"

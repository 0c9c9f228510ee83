"""Who is told when a run ends: the starter and who follows it, once, in the product and by mail, and nobody without access."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import MailChoice, Notification, OutboxMail, Run
from runs_app.news.endings import tell_of_ends
from runs_app.starting import start
from tests.machine import drive

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]


def started(published: Published, by: User, step: dict[str, Any] | None = None, **more: Any) -> Run:
    steps = [step or {"id": "note", "type": "log", "with": {"message": "x"}}]
    version = published({"name": "Report", "description": "x", "owner": "Finance", "steps": steps}, **more)
    return start(version, inputs={}, by=by, trigger="api").run


def told(run: Run) -> list[str]:
    return sorted(Notification.objects.filter(run=run, kind="run_ended").values_list("person__username", flat=True))


@pytest.mark.spec("S0-notify-complete")
def test_the_starter_and_followers_are_told_once(
    published: Published, alice: User, bob: User, carol: User, eve: User, api: Callable[..., APIClient], web: Callable[..., Client]
) -> None:
    """One notification and one mail each; others, and other accounts, get none, however often the clock looks."""
    run = started(published, alice)
    assert api(bob).post(f"/api/v1/runs/{run.pk}/follow/", {"following": True}).status_code == 200
    assert api(eve).post(f"/api/v1/runs/{run.pk}/follow/", {}).status_code == 404
    web(carol).post(f"/runs/{run.pk}/follow/")
    web(carol).post(f"/runs/{run.pk}/follow/", {"stop": "1"})
    drive(run)

    assert [tell_of_ends(), tell_of_ends()] == [1, 0]
    assert told(run) == ["alice", "bob"]
    assert sorted(OutboxMail.objects.filter(run=run).values_list("to", flat=True)) == [alice.email, bob.email]
    page = web(alice).get("/notifications/").content.decode()
    assert f"Report #{run.pk} is done" in page and "1 thing that you have not read" in page
    note = Notification.objects.get(person=alice)
    assert web(alice).post("/notifications/", {"read": note.pk}).headers["Location"] == f"/runs/{run.pk}/"
    assert "You have read everything" in web(alice).get("/notifications/").content.decode()


def test_who_lost_sight_of_the_run_is_not_told(published: Published, alice: User, bob: User, api: Callable[..., APIClient]) -> None:
    """Sight is asked when the run ends, not when somebody began to follow it."""
    run = started(published, alice)
    api(bob).post(f"/api/v1/runs/{run.pk}/follow/", {})
    Run.objects.filter(pk=run.pk).update(visibility="private")
    drive(run)
    tell_of_ends()

    assert told(run) == ["alice"]
    assert not OutboxMail.objects.filter(to=bob.email).exists()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("NoFunds", "“Stop the payment” failed with NoFunds. Open the run: it says why."),
        ("ClientError", "“Stop the payment” failed: the system that it called refused what was sent. Open the run to read"),
    ],
)
def test_a_run_that_fails_is_told_with_its_reason_and_without_values(published: Published, alice: User, code: str, said: str) -> None:
    """Which step, what happened and what to do, in words; what the run handles stays in the run."""
    step = {"id": "stop", "name": "Stop the payment", "type": "throw", "with": {"code": code, "message": "IBAN DE02 is empty"}}
    run = started(published, alice, step)
    run.fails_outright = True
    run.save(update_fields=["fails_outright"])
    drive(run)
    tell_of_ends()

    mail = OutboxMail.objects.get(run=run)
    assert "has failed" in mail.subject and said in mail.text and "DE02" not in mail.text + mail.html


def test_mail_is_a_choice_and_the_notification_comes_anyway(published: Published, alice: User, web: Callable[..., Client]) -> None:
    """Switched off in the profile."""
    web(alice).post("/profile/mail/", {"questions": "at_once"})
    assert MailChoice.objects.get(person=alice).run_ends is False
    run = started(published, alice)
    drive(run)
    tell_of_ends()

    assert told(run) == ["alice"] and not OutboxMail.objects.exists()


def test_a_try_in_the_sandbox_tells_nobody(published: Published, alice: User) -> None:
    """Only live runs are news."""
    run = started(published, alice)
    Run.objects.filter(pk=run.pk).update(mode="sandbox")
    drive(run)

    assert [tell_of_ends(), tell_of_ends()] == [1, 0]
    assert told(run) == []

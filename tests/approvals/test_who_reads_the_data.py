"""What is decided on is for those who are asked, and for those who read the values of the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.models import Role, User, Visibility

Ask = Callable[..., Approval]
Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db

SECRETS = ("IE64 IRCE", "Confidential")


@pytest.fixture
def approval(ask: Ask) -> Approval:
    """With a summary."""
    return ask(summary="Confidential: from the board")


def seen(user: User, approval: Approval, api: Api, web: Web) -> list[str]:
    """Everything that somebody can read of it, door by door."""
    address = f"/api/v1/approvals/{approval.pk}/"
    listed = api(user).get("/api/v1/approvals/?all=1")
    pages = [web(user).get(each) for each in (f"/approvals/{approval.pk}/", f"/approvals/{approval.pk}/?pane=1", f"/approvals/?id={approval.pk}")]
    answers = [api(user).get(address), listed, *pages]
    assert {answer.status_code for answer in answers} == {200}
    return [bytes(answer.getvalue()).decode() for answer in answers]


def test_a_viewer_follows_a_decision_without_its_data(approval: Approval, api: Api, web: Web, dave: User) -> None:
    """Status, deadline and who is asked; neither what is shown nor the summary, at any door."""
    for text in seen(dave, approval, api, web):
        assert not [each for each in SECRETS if each in text]
    told = api(dave).get(f"/api/v1/approvals/{approval.pk}/").json()
    assert (told["shown"], told["summary"], told["status"], told["asked"][0]["user"]) == (None, "", "open", "bob")


def test_answers_to_questions_are_data_too(ask: Ask, api: Api, bob: User, dave: User) -> None:
    """A viewer sees that it was approved, not with which values."""
    approval = ask(form=[{"name": "cost_centre", "type": "string"}])
    approval.decide("approve", by=bob, values={"cost_centre": "X-4711"})

    assert "X-4711" not in api(dave).get(f"/api/v1/approvals/{approval.pk}/").content.decode()
    assert "X-4711" in api(bob).get(f"/api/v1/approvals/{approval.pk}/").content.decode()


@pytest.mark.parametrize("name", ["bob", "carol", "alice", "admin"])
def test_who_is_asked_or_reads_the_run_reads_it(approval: Approval, api: Api, web: Web, people: dict[str, User], name: str) -> None:
    """The person asked, operators, the starter, owners."""
    for text in seen(people[name], approval, api, web)[:3]:
        assert all(each in text for each in SECRETS)


def test_a_viewer_who_is_asked_reads_it(ask: Ask, api: Api, web: Web, dave: User) -> None:
    """Even where the run is out of sight."""
    approval = ask(approvers={"user": "dave"})
    type(approval.run).objects.filter(pk=approval.run_id).update(visibility=Visibility.PRIVATE)

    assert dave.role == Role.VIEWER
    assert "IE64 IRCE" in web(dave).get(f"/approvals/{approval.pk}/").content.decode()
    assert api(dave).get(f"/api/v1/approvals/{approval.pk}/").json()["shown"]["invoice"]["amount"] == 48200


def test_the_list_of_the_api_asks_no_more_for_many(ask: Ask, api: Api, dave: User, django_assert_max_num_queries: Any) -> None:
    """No query per row."""
    for _ in range(12):
        ask()

    with django_assert_max_num_queries(15):
        assert api(dave).get("/api/v1/approvals/?all=1").json()["count"] == 12

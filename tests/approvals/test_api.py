"""Approvals over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from approvals_app.models import Approval
from playbooks_app.models import User, Visibility

Ask = Callable[..., Approval]
Api = Callable[[User | None], APIClient]
pytestmark = pytest.mark.django_db


def url(approval: Approval, deed: str = "") -> str:
    return f"/api/v1/approvals/{approval.pk}/{f'{deed}/' if deed else ''}"


def test_the_list_has_what_the_caller_is_asked_to_decide(ask: Ask, api: Api, alice: User, bob: User) -> None:
    """Bob's is in bob's list; alice sees it with `all`, since she sees its run."""
    approval = ask()

    assert [each["id"] for each in api(bob).get("/api/v1/approvals/?status=open").json()["results"]] == [approval.pk]
    assert api(alice).get("/api/v1/approvals/").json()["count"] == 0
    assert api(alice).get(f"/api/v1/approvals/?all=1&run={approval.run_id}").json()["count"] == 1
    assert api(bob).get("/api/v1/approvals/?run=999999").json()["count"] == 0


def test_the_shape_of_an_approval(ask: Ask, api: Api, bob: User) -> None:
    """Title, what is shown and its hash, choices, who is asked and why, and what became of the mails."""
    approval = ask()

    found = api(bob).get(url(approval)).json()

    assert found["path"] == "sign"
    assert found["shown"]["invoice"]["amount"] == 48200
    assert found["payload_hash"] == approval.payload_hash
    assert [choice["value"] for choice in found["choices"]] == ["approve", "reject"]
    assert [(asked["user"], asked["why"]) for asked in found["asked"]] == [("bob", "group finance-leads")]
    assert [(mail["to"], mail["sent_at"]) for mail in found["delivery"]] == [("bob@acme.example", None)]
    assert (found["status"], found["decisions"]) == ("open", [])


@pytest.mark.spec("S1-P10-api-decision")
def test_deciding(ask: Ask, api: Api, bob: User, resolved: list[dict[str, Any]]) -> None:
    """200 with the approval as it is after the vote."""
    approval = ask()

    answer = api(bob).post(url(approval, "decide"), {"decision": "approve", "comment": "Fine", "payload_hash": approval.payload_hash})

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["decisions"][0]["by"], answer.json()["decisions"][0]["channel"]) == ("approved", "bob", "api")
    assert resolved[0]["output"]["comment"] == "Fine"


@pytest.mark.spec("S1-P10-api-decision")
def test_the_second_decision_gets_409_with_the_first(ask: Ask, api: Api, bob: User) -> None:
    """Who, what and when are in the details."""
    approval = ask()
    api(bob).post(url(approval, "decide"), {"decision": "approve"})

    answer = api(bob).post(url(approval, "decide"), {"decision": "reject"})

    assert answer.status_code == 409
    assert answer.json()["details"]["decisions"][0]["decision"] == "approve"


def test_a_stale_hash_gets_409_and_changes_nothing(ask: Ask, api: Api, bob: User) -> None:
    """The code says which of the two it was."""
    approval = ask()

    answer = api(bob).post(url(approval, "decide"), {"decision": "approve", "payload_hash": "f" * 64})

    assert (answer.status_code, answer.json()["code"]) == (409, "stale")
    assert approval.decisions.count() == 0


@pytest.mark.spec("rule-27")
def test_another_choice_gets_422(ask: Ask, api: Api, bob: User) -> None:
    """With the address of the field."""
    answer = api(bob).post(url(ask(), "decide"), {"decision": "maybe"})

    assert (answer.status_code, answer.json()["problems"][0]["address"]) == (422, "decision")


@pytest.mark.parametrize("body", [{}, {"decision": ["approve"]}, {"decision": None}, {"decision": "approve", "values": "x"}, {"decision": "a\x00b"}])
def test_bad_bodies_get_422(ask: Ask, api: Api, bob: User, body: dict[str, Any]) -> None:
    """And leave it open."""
    approval = ask()

    assert api(bob).post(url(approval, "decide"), body).status_code == 422
    assert Approval.objects.get().is_open


def test_asked_of_others_is_403_and_out_of_sight_404(ask: Ask, api: Api, alice: User, eve: User) -> None:
    """Alice sees the run, eve is of another account, nobody has to sign in first."""
    approval = ask()

    assert api(alice).post(url(approval, "decide"), {"decision": "approve"}).status_code == 403
    assert api(eve).post(url(approval, "decide"), {"decision": "approve"}).status_code == 404
    assert api(eve).get(url(approval)).status_code == 404
    assert api(None).get(url(approval)).status_code == 401


def test_who_is_asked_sees_it_even_when_the_run_is_private(ask: Ask, api: Api, bob: User, carol: User) -> None:
    """The question is shared with those who are to answer it, and with nobody else."""
    approval = ask()
    type(approval.run).objects.update(visibility=Visibility.PRIVATE)

    assert api(bob).get(url(approval)).status_code == 200
    assert api(carol).get(url(approval)).status_code == 404


def test_handing_over(ask: Ask, api: Api, alice: User, bob: User, resolved: list[dict[str, Any]]) -> None:
    """The other one decides on behalf of the first; both names stay in the record, and the first may decide no more."""
    approval = ask()
    handed = api(bob).post(url(approval, "delegate"), {"to": "alice"})
    assert [(each["user"], each.get("on_behalf_of")) for each in handed.json()["asked"]] == [("bob", None), ("alice", "bob")]

    assert api(bob).post(url(approval, "decide"), {"decision": "approve"}).status_code == 409
    answer = api(alice).post(url(approval, "decide"), {"decision": "approve"})

    assert (answer.json()["decisions"][0]["by"], answer.json()["decisions"][0]["on_behalf_of"]) == ("alice", "bob")
    assert len(resolved) == 1


def test_handing_over_to_who_may_not_decide_is_422(ask: Ask, api: Api, bob: User) -> None:
    """A viewer, an operator, somebody of another account, nobody at all, oneself."""
    approval = ask()

    for name in ("dave", "carol", "eve", "nobody", "bob"):
        assert api(bob).post(url(approval, "delegate"), {"to": name}).status_code == 422, name


def test_handing_over_to_the_starter_is_422_with_four_eyes(ask: Ask, api: Api, bob: User) -> None:
    """Four eyes cannot be got round by a hand-over."""
    assert api(bob).post(url(ask(four_eyes=True), "delegate"), {"to": "alice"}).status_code == 422


def test_handing_over_what_is_not_yours_is_403(ask: Ask, api: Api, carol: User) -> None:
    """Carol sees it, but was not asked."""
    assert api(carol).post(url(ask(), "delegate"), {"to": "alice"}).status_code == 403


def test_comments_are_kept(ask: Ask, api: Api, alice: User, bob: User) -> None:
    """Those concerned talk; the thread is part of the approval."""
    approval = ask()

    assert api(bob).post(url(approval, "comment"), {"text": "Is the account new?", "asks": True}).status_code == 201
    assert api(alice).post(url(approval, "comment"), {"text": "Yes, letter attached."}).status_code == 201

    said = api(bob).get(url(approval)).json()["comments"]
    assert [(each["by"], each["text"]) for each in said] == [("bob", "Is the account new?"), ("alice", "Yes, letter attached.")]


def test_an_empty_comment_is_422_and_a_viewers_403(ask: Ask, api: Api, bob: User, dave: User) -> None:
    """Somebody who only looks does not talk."""
    approval = ask()

    assert api(bob).post(url(approval, "comment"), {"text": "  "}).status_code == 422
    assert api(dave).post(url(approval, "comment"), {"text": "Hello"}).status_code == 403


def test_unknown_filters_are_refused(db: None, api: Api, bob: User) -> None:
    """A status or a run that means nothing gets 422 rather than everything."""
    assert api(bob).get("/api/v1/approvals/?status=opne").status_code == 422
    assert api(bob).get("/api/v1/approvals/?run=abc").status_code == 422


def test_statuses_can_be_combined(ask: Ask, api: Api, bob: User) -> None:
    """`status=open,approved`."""
    ask()
    ask().decide("approve", by=bob)

    assert api(bob).get("/api/v1/approvals/?status=open,approved").json()["count"] == 2
    assert api(bob).get("/api/v1/approvals/?status=approved").json()["count"] == 1
    assert api(bob).get("/api/v1/approvals/?status=cancelled").json()["count"] == 0


def test_a_list_costs_the_same_for_one_and_for_many(ask: Ask, api: Api, bob: User, django_assert_max_num_queries: Any) -> None:
    """No query per row."""
    for _ in range(12):
        ask()

    with django_assert_max_num_queries(10):
        assert len(api(bob).get("/api/v1/approvals/").json()["results"]) == 12


def test_only_an_open_one_can_be_claimed_and_the_others_do_not_see_it_then(ask: Ask, api: Api, bob: User, lead: Callable[[str], User]) -> None:
    """Claim and release of a group's task."""
    dana = lead("dana")
    approval = ask()

    api(bob).post(url(approval, "claim"))
    assert list(Approval.objects.open_for(dana)) == []
    assert list(Approval.objects.open_for(bob)) == [approval]
    api(bob).post(url(approval, "release"))
    assert list(Approval.objects.open_for(dana)) == [approval]

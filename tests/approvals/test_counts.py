"""Counts that always agree: inbox, tabs, badge and API, whatever people do to their tasks."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from approvals_app import permissions
from approvals_app.duties import close_gone, remind_due
from approvals_app.hooks import open_count
from approvals_app.models import Absence, Approval
from playbooks_app import clock
from playbooks_app.errors import HandrailError
from playbooks_app.models import User
from runs_app.models import StepRun

Ask = Callable[..., Approval]
Lead = Callable[[str], User]
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {"rules": [{"need": 2}]},
    {"rules": [{"approvers": "bob", "need": 1}, {"approvers": {"group": "finance-leads"}, "need": 1, "stage": 2}]},
    {"escalate": {"after": "1m", "to": {"user": "carol"}, "mode": "move"}},
    {"escalate": {"after": "1m", "to": {"user": "carol"}, "mode": "share"}},
    {"four_eyes": True, "on_silence": {"after": "2m", "do": "reject"}},
)
SEED, STEPS = 2, 24
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("approvals_app.emails.send_question", lambda *_, **__: None)
    monkeypatch.setattr("approvals_app.emails.send_outcome", lambda *_, **__: None)


def act(chance: random.Random, ask: Ask, people: list[User]) -> str:
    """One thing that somebody, or time, does; what it was. What is not allowed changes nothing."""
    found = list(Approval.objects.open().with_place())
    who, other = chance.sample(people, 2)
    deed = chance.choice(["ask", "approve", "approve", "reject", "delegate", "delegate", "claim", "claim", "release", "away", "back", "late", "skip"])
    if deed == "ask" or not found:
        ask(starter=chance.choice(people), **chance.choice(KINDS))
        return "ask"
    one = chance.choice(found)
    deeds: dict[str, Callable[[], object]] = {
        "approve": lambda: one.decide("approve", by=who),
        "reject": lambda: one.decide("reject", by=who, comment="No"),
        "delegate": lambda: permissions.may_take_over(other, one) and one.delegate(other, by=who),
        "claim": lambda: one.claim(who),
        "release": lambda: one.release(who),
        "away": lambda: Absence.objects.create(account=one.account, person=who, deputy=other, since=clock.now() - timedelta(hours=1)),
        "back": lambda: Absence.objects.filter(person=who).update(ended_at=clock.now()),
        "late": lambda: _late(one),
        "skip": lambda: StepRun.objects.filter(pk=one.step_run_id).update(status="skipped", finished_at=clock.now()) and close_gone(),
    }
    try:
        deeds[deed]()
    except HandrailError as error:
        return f"{deed} by {who.username}: {error.message}"
    return f"{deed} by {who.username} on {one.pk}"


def _late(one: Approval) -> None:
    for moment in ("silence_at", "escalate_at"):
        Approval.objects.filter(pk=one.pk).exclude(**{moment: None}).update(**{moment: one.asked_at, "next_at": one.asked_at})
    remind_due()


def check(person: User) -> set[int]:
    """What is in this person's inbox; all the ways to count it agree."""
    views = (Approval.objects.open_for(person), Approval.objects.with_colleagues(person), Approval.objects.handed_over_by(person))
    mine, others, given = (set(found.values_list("pk", flat=True)) for found in views)
    may = {each.pk for each in Approval.objects.open().with_place() if permissions.may_decide(person, each)}
    claimed = {each.pk for each in Approval.objects.open() if each.claimed_by_id not in (None, person.pk)}

    assert len(mine) == Approval.objects.open_for(person).count() == open_count(person)
    assert not mine & others and not given & (mine | others)
    assert mine == may - claimed
    assert may & claimed <= others
    assert set(Approval.objects.open().asked_of(person).values_list("pk", flat=True)) == mine | others | given
    return mine


def check_doors(person: User, web: Client, api: APIClient) -> None:
    """The page of each tab, the badge in the side bar, and the API say the same."""
    counts = {}
    for view in ("mine", "groups", "delegated", "asked", "done"):
        page = web.get(f"/approvals/?view={view}&list=1").context
        counts[view] = page["total"]
        assert len(page["rows"]) == page["total"] == sum(len(section.rows) for section in page["sections"])
        assert {name: count or 0 for name, _, count in page["views"] if name in counts and count is not None}.items() <= counts.items()
    said = api.get("/api/v1/approvals/?status=open").json()
    assert said["count"] == len(said["results"]) == counts["mine"] + counts["groups"] + counts["delegated"]
    ended = api.get("/api/v1/approvals/?status=approved,rejected,decided,expired,cancelled").json()["count"]
    assert ended <= counts["done"]
    [place] = [each for each in web.get("/profile/mail/").context["shell"]["work"] if each.place.name == "inbox"]
    assert place.count == counts["mine"]


def test_counts_agree_whatever_happens(
    ask: Ask, lead: Lead, alice: User, bob: User, carol: User, web: Callable[[User], Client], api: Callable[[User], APIClient]
) -> None:
    """And no open approval falls through: while anybody may decide it, it is in somebody's inbox."""
    chance = random.Random(SEED)
    people = [alice, bob, carol, lead("dana"), lead("erin")]
    done = [act(chance, ask, people) for _ in range(4)]
    for number in range(STEPS):
        done.append(act(chance, ask, people))
        if number % 2:
            continue
        inboxes = [check(person) for person in people]
        decidable = {each.pk for each in Approval.objects.open().with_place() if any(permissions.may_decide(who, each) for who in people)}
        assert decidable == set().union(*inboxes), done[-6:]
        if number % 6 == 0:
            who = chance.choice(people)
            check_doors(who, web(who), api(who))

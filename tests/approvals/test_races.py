"""Several people at once over REST, on PostgreSQL, each on a connection of their own: one outcome, and the losers get 409 with who decided.

A few rounds here; `make soak` runs 300 of each with 2, 8 and 20 clients (tests/soak).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from approvals_app.duties import remind_due
from approvals_app.models import Approval, Decision
from playbooks_app.models import User
from runs_app.models import RunEvent
from runs_app.statuses import StepStatus
from tests.approvals.racing import Clients, Deed, Reply, copies, decides, post

Ask = Callable[..., Approval]
Many = Callable[..., Iterator[Approval]]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))
CLIENTS = tuple(map(int, os.environ.get("SOAK_CLIENTS", "2,8").split(",")))
ENDED = ["step_succeeded", "step_failed", "step_cancelled"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither mails nor limits per minute are what is raced for, and writing twenty mails a round takes longer than the race."""
    monkeypatch.setattr("approvals_app.emails.send_question", lambda *_, **__: None)
    monkeypatch.setattr("playbooks_app.api.gate.Gate.allow_request", lambda *_: True)


@pytest.fixture(params=CLIENTS)
def clients(request: pytest.FixtureRequest) -> Iterator[Clients]:
    """As many as this race has."""
    found = Clients(request.param)
    yield found
    found.close()


@pytest.fixture
def leads(lead: Callable[[str], User], clients: Clients) -> list[User]:
    """One approver for each client."""
    return [lead(f"lead{number}") for number in range(clients.many)]


@pytest.fixture
def fresh(ask: Ask) -> Many:
    """`fresh(**settings)`: one approval for each round."""
    return lambda **settings: copies(ask(**settings), ROUNDS)


def due(approval: Approval, **moments: str) -> None:
    """The moment of a duty has come."""
    Approval.objects.filter(pk=approval.pk).update(next_at=approval.asked_at, **dict.fromkeys(moments.values(), approval.asked_at))


def check(approval: Approval, replies: list[Reply]) -> tuple[Approval, list[Decision]]:
    """At most one vote, each winner answered 200 and each loser 409 with the record; one end of the step, and events without a gap."""
    found = Approval.objects.select_related("step_run", "run").get(pk=approval.pk)
    votes = list(found.decisions.select_related("person"))
    people = [each.person.username for each in votes if each.person]
    assert [reply.status for reply in replies].count(200) == len(people) <= 1
    for late in [reply for reply in replies if reply.status != 200]:
        assert (late.status, late.body["code"]) == (409, "wrong_state"), late
        assert [each["by"] for each in late.body["details"]["decisions"] if each["by"]] == people
    events = list(RunEvent.objects.filter(run=found.run_id).order_by("number").values_list("number", "type"))
    assert [number for number, _ in events] == list(range(found.run.event_count - len(events) + 1, found.run.event_count + 1))
    assert [kind for _, kind in events if kind in ENDED] == ([] if found.is_open else [f"step_{found.step_run.status}"])
    return found, votes


def check_decided(approval: Approval, replies: list[Reply]) -> Decision:
    """Exactly one vote counts, and the step ended as it says."""
    found, votes = check(approval, replies)
    assert (len(votes), found.is_open) == (1, False)
    expected = ("approved", StepStatus.SUCCEEDED) if votes[0].decision == "approve" else ("rejected", StepStatus.FAILED)
    assert (found.status, found.step_run.status) == expected
    return votes[0]


def test_everybody_approves_at_once(fresh: Many, leads: list[User], clients: Clients) -> None:
    """One approval counts: that of the person who was answered 200."""
    for approval in fresh():
        replies = clients.at_once([decides(approval, person, "approve") for person in leads])

        made = check_decided(approval, replies)
        assert [person for person, reply in zip(leads, replies, strict=True) if reply.status == 200] == [made.person]


def test_approvals_against_rejections(fresh: Many, leads: list[User], clients: Clients) -> None:
    """Half say yes, half say no: one of them counts, and the step ends accordingly."""
    for approval in fresh():
        check_decided(approval, clients.at_once([decides(approval, person, ("approve", "reject")[n % 2]) for n, person in enumerate(leads)]))


def test_one_person_clicks_on_many_devices(fresh: Many, bob: User, clients: Clients) -> None:
    """So many clicks of one person are one vote."""
    for approval in fresh():
        check_decided(approval, clients.at_once([decides(approval, bob, "approve")] * clients.many))


def others(approval: Approval, leads: list[User]) -> list[Deed]:
    """Everybody but one client approves."""
    return [decides(approval, person, "approve") for person in leads[1:]]


def test_approving_against_cancelling(fresh: Many, alice: User, leads: list[User], clients: Clients) -> None:
    """Either a decision counts and the cancel unwinds what follows, or the cancel was first and nothing is decided."""
    for approval in fresh():
        *votes, _ = clients.at_once([*others(approval, leads), partial(post, alice, f"runs/{approval.run_id}/cancel/")])

        found, made = check(approval, votes)
        expected = ("approved", StepStatus.SUCCEEDED) if made else ("cancelled", StepStatus.CANCELLED)
        assert (found.status, found.step_run.status) == expected


def test_approving_against_the_deadline(fresh: Many, leads: list[User], clients: Clients) -> None:
    """Either a person has approved, or silence has rejected: one outcome, one event that ended the step."""
    for approval in fresh(on_silence={"after": "1m", "do": "reject"}):
        due(approval, at="silence_at")
        *votes, _ = clients.at_once([*others(approval, leads), remind_due])

        found, [made] = check(approval, votes)
        assert (found.status, made.channel) == (("approved", "api") if made.person else ("rejected", "automatic"))


def test_approving_against_escalation(fresh: Many, leads: list[User], carol: User, clients: Clients) -> None:
    """An escalation that moves the task takes it from those who are late: either one of them has approved, or it is carol's alone."""
    for approval in fresh(escalate={"after": "1m", "to": {"user": "carol"}, "mode": "move"}):
        due(approval, at="escalate_at")
        *votes, _ = clients.at_once([*others(approval, leads), remind_due])

        found, made = check(approval, votes)
        assert found.is_open != bool(made)
        assert Approval.objects.open_for(carol).filter(pk=approval.pk).exists() == found.is_open
        assert not Approval.objects.open_for(leads[0]).filter(pk=approval.pk).exists()


def test_approving_against_handing_over(fresh: Many, bob: User, alice: User, clients: Clients) -> None:
    """Either bob has decided, or it is alice's; never both, from however many devices he does it."""
    hands = clients.many - clients.many // 2
    for approval in fresh():
        decided = [decides(approval, bob, "approve")] * (clients.many // 2)
        handed: list[Deed] = [partial(post, bob, f"approvals/{approval.pk}/delegate/", to="alice")] * hands
        replies = clients.at_once([*decided, *handed])

        assert sorted(reply.status for reply in replies) == [200] + [409] * (clients.many - 1)
        assert Approval.objects.open_for(alice).filter(pk=approval.pk).exists() != approval.decisions.exists()


def test_two_of_many_are_exactly_two(fresh: Many, leads: list[User], clients: Clients) -> None:
    """With two needed, two votes count and the others come too late."""
    for approval in fresh(rules=[{"need": 2}]):
        replies = clients.at_once([decides(approval, person, "approve") for person in leads])

        assert sorted(reply.status for reply in replies) == [200, 200] + [409] * (clients.many - 2)
        assert approval.decisions.count() == 2
        assert not any(reply.body.get("code") == "stale" for reply in replies)
        assert Approval.objects.get(pk=approval.pk).status == "approved"

"""Several people at once, on PostgreSQL, each on a connection of their own: one outcome, and the losers are told who decided.

A few rounds here; `make soak` runs 300 of each with 2, 8 and 20 clients (tests/soak).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from approvals_app.deciding import Stale
from approvals_app.duties import remind_due
from approvals_app.models import Approval, Decision
from playbooks_app.errors import HandrailError, WrongState
from playbooks_app.models import User
from runs_app.models import RunEvent
from runs_app.statuses import StepStatus

Ask = Callable[..., Approval]
Deed = Callable[[], Any]
ROUNDS = int(os.environ.get("SOAK_ROUNDS", "3"))
CLIENTS = tuple(map(int, os.environ.get("SOAK_CLIENTS", "2,8").split(",")))
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails are not what is tested here, and writing eight a round takes longer than the race."""
    monkeypatch.setattr("approvals_app.emails.send_question", lambda *_, **__: None)


def at_once(deeds: list[Deed]) -> list[Any]:
    """Do all of them at the same moment, each on its own thread and connection; results or the errors, in order."""
    results: list[Any] = [None] * len(deeds)
    barrier = threading.Barrier(len(deeds))

    def run(place: int, deed: Deed) -> None:
        try:
            barrier.wait(timeout=30)
            results[place] = deed()
        except HandrailError as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def decide(approval: Approval, person: User, choice: str) -> Deed:
    return lambda: Approval.objects.get(pk=approval.pk).decide(choice, by=person, comment=f"by {person.username}")


def check_one_outcome(approval: Approval, results: list[Any]) -> Decision:
    """One decision, one event that ended the step, and every loser told who it was."""
    approval = Approval.objects.select_related("step_run").get(pk=approval.pk)
    made = approval.decisions.get()
    assert not approval.is_open
    assert [each for each in results if isinstance(each, Decision)] == [made]
    for late in [each for each in results if each != made]:
        assert isinstance(late, WrongState), late
        assert late.details["decisions"] == [{**late.details["decisions"][0], "by": made.person.username, "decision": made.decision}]  # type: ignore[union-attr]
    ended = RunEvent.objects.filter(run=approval.run, type__in=["step_succeeded", "step_failed"])
    assert [event.type for event in ended] == ["step_succeeded" if made.decision == "approve" else "step_failed"]
    return made


@pytest.mark.parametrize("clients", CLIENTS)
def test_everybody_approves_at_once(ask: Ask, lead: Callable[[str], User], clients: int) -> None:
    """One approval counts."""
    leads = [lead(f"lead{number}") for number in range(clients)]

    for _ in range(ROUNDS):
        approval = ask()
        check_one_outcome(approval, at_once([decide(approval, person, "approve") for person in leads]))


@pytest.mark.parametrize("clients", CLIENTS)
def test_approvals_against_rejections(ask: Ask, lead: Callable[[str], User], clients: int) -> None:
    """Half say yes, half say no: one of them counts, and the step ends accordingly."""
    leads = [lead(f"lead{number}") for number in range(clients)]

    for _ in range(ROUNDS):
        approval = ask()
        check_one_outcome(approval, at_once([decide(approval, person, ("approve", "reject")[n % 2]) for n, person in enumerate(leads)]))


@pytest.fixture
def leads(lead: Callable[[str], User]) -> list[User]:
    """As many approvers as the largest race has clients."""
    return [lead(f"lead{number}") for number in range(max(CLIENTS))]


def others(approval: Approval, leads: list[User], clients: int) -> list[Deed]:
    """Everybody but one client approves."""
    return [decide(approval, person, "approve") for person in leads[: clients - 1]]


def in_its_state(approval: Approval) -> Approval:
    return Approval.objects.select_related("step_run").get(pk=approval.pk)


def check_one_or_none(approval: Approval, results: list[Any]) -> None:
    """At most one approval counts; every other was told what is recorded."""
    made = list(approval.decisions.filter(person__isnull=False))
    assert [each for each in results if isinstance(each, Decision)] == made and len(made) <= 1
    for late in [each for each in results if isinstance(each, HandrailError)]:
        assert isinstance(late, WrongState) and late.http_status == 409, late
        assert [each["by"] for each in late.details["decisions"] if each["by"]] == [each.person.username for each in made if each.person]


@pytest.mark.parametrize("clients", CLIENTS)
def test_one_person_clicks_on_many_devices(ask: Ask, bob: User, clients: int) -> None:
    """So many clicks of one person are one vote."""
    for _ in range(ROUNDS):
        approval = ask()
        check_one_outcome(approval, at_once([decide(approval, bob, "approve")] * clients))


@pytest.mark.parametrize("clients", CLIENTS)
def test_approving_against_cancelling(ask: Ask, alice: User, leads: list[User], clients: int) -> None:
    """Either a decision counts and the cancel unwinds what follows, or the cancel was first and nothing is decided."""
    for _ in range(ROUNDS):
        approval = ask()
        results = at_once([*others(approval, leads, clients), lambda approval=approval: approval.run.cancel(alice)])  # type: ignore[misc]

        check_one_or_none(approval, results[:-1])
        found = in_its_state(approval)
        expected = ("approved", StepStatus.SUCCEEDED) if found.decisions.exists() else ("cancelled", StepStatus.CANCELLED)
        assert (found.status, found.step_run.status) == expected


@pytest.mark.parametrize("clients", CLIENTS)
def test_approving_against_the_deadline(ask: Ask, leads: list[User], clients: int) -> None:
    """Either a person has approved, or silence has rejected: one outcome, one event that ended the step."""
    for _ in range(ROUNDS):
        approval = ask(on_silence={"after": "1m", "do": "reject"})
        Approval.objects.filter(pk=approval.pk).update(silence_at=approval.asked_at, next_at=approval.asked_at)
        results = at_once([*others(approval, leads, clients), remind_due])

        check_one_or_none(approval, results[:-1])
        found = in_its_state(approval)
        made = found.decisions.get()
        assert (found.status, made.channel) == (("approved", "inbox") if made.person else ("rejected", "automatic"))
        assert RunEvent.objects.filter(run=approval.run, type__in=["step_succeeded", "step_failed"]).count() == 1


@pytest.mark.parametrize("clients", CLIENTS)
def test_approving_against_escalation(ask: Ask, leads: list[User], carol: User, clients: int) -> None:
    """An escalation that moves the task takes it from those who are late: either one of them has approved, or it is carol's alone."""
    for _ in range(ROUNDS):
        approval = ask(escalate={"after": "1m", "to": {"user": "carol"}, "mode": "move"})
        Approval.objects.filter(pk=approval.pk).update(escalate_at=approval.asked_at, next_at=approval.asked_at)
        results = at_once([*others(approval, leads, clients), remind_due])

        check_one_or_none(approval, results[:-1])
        found = in_its_state(approval)
        assert found.is_open != found.decisions.exists()
        assert Approval.objects.open_for(carol).filter(pk=approval.pk).exists() == found.is_open
        assert not Approval.objects.open_for(leads[0]).filter(pk=approval.pk).exists()


@pytest.mark.parametrize("clients", CLIENTS)
def test_approving_against_handing_over(ask: Ask, bob: User, alice: User, clients: int) -> None:
    """Either bob has decided, or it is alice's; never both, from however many devices he does it."""
    for _ in range(ROUNDS):
        approval = ask()
        decided = [decide(approval, bob, "approve")] * (clients // 2)
        handed: list[Deed] = [lambda approval=approval: Approval.objects.get(pk=approval.pk).delegate(alice, by=bob)] * (clients - clients // 2)  # type: ignore[misc]
        results = at_once([*decided, *handed])

        assert sum(not isinstance(each, HandrailError) for each in results) == 1
        assert all(each.http_status == 409 for each in results if isinstance(each, HandrailError))
        assert Approval.objects.open_for(alice).filter(pk=approval.pk).exists() != approval.decisions.exists()


@pytest.mark.parametrize("clients", CLIENTS)
def test_two_of_many_are_exactly_two(ask: Ask, leads: list[User], clients: int) -> None:
    """With two needed, two votes count and the others come too late."""
    for _ in range(ROUNDS):
        approval = ask(rules=[{"need": 2}])
        results = at_once([decide(approval, person, "approve") for person in leads[:clients]])

        assert sum(isinstance(each, Decision) for each in results) == approval.decisions.count() == 2
        assert not any(isinstance(each, Stale) for each in results)
        assert Approval.objects.get(pk=approval.pk).status == "approved"

"""Several people at once, on PostgreSQL, each on a connection of their own: one outcome, and the losers are told who decided.

APPROVAL_ROUNDS=300 for the long version.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from approvals_app.deciding import Stale
from approvals_app.models import Approval, Decision
from playbooks_app.errors import HandrailError, WrongState
from playbooks_app.models import User
from runs_app.models import RunEvent
from runs_app.statuses import StepStatus

Ask = Callable[..., Approval]
Deed = Callable[[], Any]
ROUNDS = int(os.environ.get("APPROVAL_ROUNDS", "30"))
CLIENTS = (2, 8)
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


def test_one_person_clicks_on_many_devices(ask: Ask, bob: User) -> None:
    """Eight clicks of one person are one vote."""
    for _ in range(ROUNDS):
        approval = ask()
        check_one_outcome(approval, at_once([decide(approval, bob, "approve")] * 8))


def test_approving_against_cancelling(ask: Ask, bob: User, alice: User) -> None:
    """Either the decision counts and the cancel unwinds what follows, or the cancel was first and nothing is decided."""
    for _ in range(ROUNDS):
        approval = ask()
        decided, _cancelled = at_once([decide(approval, bob, "approve"), lambda approval=approval: approval.run.cancel(alice)])  # type: ignore[misc]

        status = Approval.objects.select_related("step_run").get(pk=approval.pk)
        if isinstance(decided, Decision):
            assert (status.status, status.step_run.status) == ("approved", StepStatus.SUCCEEDED)
        else:
            assert isinstance(decided, WrongState)
            assert (status.status, status.step_run.status, status.decisions.count()) == ("cancelled", StepStatus.CANCELLED, 0)


def test_approving_against_handing_over(ask: Ask, bob: User, alice: User) -> None:
    """Either bob has decided, or it is alice's; never both."""
    for _ in range(ROUNDS):
        approval = ask()
        decided, handed = at_once(
            [decide(approval, bob, "approve"), lambda approval=approval: Approval.objects.get(pk=approval.pk).delegate(alice, by=bob)]  # type: ignore[misc]
        )

        assert isinstance(decided, Decision) != (not isinstance(handed, HandrailError))
        assert Approval.objects.open_for(alice).filter(pk=approval.pk).exists() == (not isinstance(decided, Decision))


def test_two_of_eight_are_exactly_two(ask: Ask, lead: Callable[[str], User]) -> None:
    """With two needed, two votes count and six come too late."""
    leads = [lead(f"lead{number}") for number in range(8)]

    for _ in range(max(1, ROUNDS // 3)):
        approval = ask(rules=[{"need": 2}])
        results = at_once([decide(approval, person, "approve") for person in leads])

        assert sum(isinstance(each, Decision) for each in results) == approval.decisions.count() == 2
        assert not any(isinstance(each, Stale) for each in results)
        assert Approval.objects.get(pk=approval.pk).status == "approved"

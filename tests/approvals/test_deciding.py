"""Who may decide, what their decision does, and what everybody else is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from approvals_app.models import Approval, Decision
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.models import User
from runs_app.models import OutboxMail, RunEvent
from runs_app.statuses import StepStatus

Ask = Callable[..., Approval]
Lead = Callable[[str], User]
Calls = list[dict[str, Any]]
pytestmark = pytest.mark.django_db


def test_approving_ends_the_step_with_who_when_and_why(ask: Ask, resolved: Calls, bob: User) -> None:
    """The output of the step is the decision."""
    approval = ask()

    made = approval.decide("approve", by=bob, comment="Checked by phone", values={})

    assert resolved == [{"path": "sign", "outcome": "done", "error": None, "by": bob, "output": resolved[0]["output"]}]
    assert resolved[0]["output"] == {"decision": "approve", "by": "bob", "at": made.at.isoformat(), "comment": "Checked by phone", "values": {}}


def test_rejecting_fails_the_step_and_tells_the_reason(ask: Ask, resolved: Calls, bob: User) -> None:
    """The message of the failure has name and comment; its code can be caught."""
    ask().decide("reject", by=bob, comment="Wrong account")

    assert resolved[0]["outcome"] == "failed"
    assert resolved[0]["error"]["code"] == "ApprovalRejected"
    assert resolved[0]["error"]["message"] == "Bob Banks rejected “Pay Kestrel Freight 48,200.00?”: Wrong account"
    assert resolved[0]["error"]["address"] == "sign"


def test_a_rejection_can_let_the_run_go_on(ask: Ask, resolved: Calls, bob: User) -> None:
    """`on_reject: continue` ends the step well, with the same output."""
    ask(on_reject="continue").decide("reject", by=bob, comment="Not this month")

    assert (resolved[0]["outcome"], resolved[0]["output"]["decision"]) == ("done", "reject")


def test_the_second_decision_is_told_who_decided(ask: Ask, bob: User, lead: Lead) -> None:
    """The first decision wins, and nothing is stored of the second."""
    dana = lead("dana")
    approval = ask()
    approval.decide("approve", by=bob, comment="Fine")

    with pytest.raises(WrongState, match="Bob Banks approved this already") as late:
        approval.decide("reject", by=dana, comment="No")

    assert late.value.details["decisions"][0]["by"] == "bob"
    assert late.value.details["decisions"][0]["comment"] == "Fine"
    assert approval.decisions.count() == 1


def test_a_second_click_changes_nothing(ask: Ask, bob: User, resolved: Calls) -> None:
    """Nor does the same person decide twice."""
    approval = ask()
    approval.decide("approve", by=bob)

    with pytest.raises(WrongState):
        approval.decide("approve", by=bob)

    assert (approval.decisions.count(), len(resolved)) == (1, 1)


def test_others_may_not_decide(ask: Ask, carol: User, eve: User) -> None:
    """Who was not asked may not, be it in the account or out of it."""
    approval = ask()

    for person in (carol, eve):
        with pytest.raises(NotAllowed, match="Others are asked"):
            approval.decide("approve", by=person)

    assert approval.is_open


def test_only_the_choices_can_be_chosen(ask: Ask, bob: User) -> None:
    """An unknown choice is refused with the known ones, and changes nothing (rule 27)."""
    approval = ask()

    with pytest.raises(Refused) as refused:
        approval.decide("perhaps", by=bob)

    assert refused.value.problems[0].hint == "One of: approve, reject."
    assert approval.decisions.count() == 0


def test_choices_of_the_author(ask: Ask, bob: User, resolved: Calls) -> None:
    """Any choice but `reject` ends the step well; the status says that it was decided."""
    approval = ask(choices=[{"value": "pay", "label": "Pay"}, "later", "reject"])

    approval.decide("later", by=bob)

    approval.refresh_from_db()
    assert (approval.status, resolved[0]["output"]["decision"]) == ("decided", "later")
    assert approval.label_of("later") == "Later"


def test_the_hash_of_what_was_shown_is_kept(ask: Ask, bob: User) -> None:
    """The decision carries the hash of exactly what its author saw."""
    approval = ask()

    made = approval.decide("approve", by=bob, payload_hash=approval.payload_hash)

    assert made.payload_hash == approval.payload_hash == approval.showings.get().payload_hash
    assert len(made.payload_hash) == 64


def test_a_decision_on_other_data_is_stale(ask: Ask, bob: User) -> None:
    """Another hash than the present one decides nothing."""
    approval = ask()

    with pytest.raises(WrongState) as stale:
        approval.decide("approve", by=bob, payload_hash="0" * 64)

    assert stale.value.code == "stale"
    assert approval.is_open


def test_a_step_that_was_ended_otherwise_cannot_be_decided(ask: Ask, bob: User) -> None:
    """Skipped or cancelled: the approval is closed by definition."""
    approval = ask()
    type(approval.step_run).objects.update(status=StepStatus.CANCELLED, finished_at=approval.created_at)

    with pytest.raises(WrongState, match="its step was ended"):
        approval.decide("approve", by=bob)

    assert Approval.objects.get().status == "cancelled"
    assert list(Approval.objects.open_for(bob)) == []


def test_two_of_three_are_needed(ask: Ask, bob: User, lead: Lead, resolved: Calls) -> None:
    """After one yes it is still open, but no longer this person's turn."""
    dana, priya = lead("dana"), lead("priya")
    approval = ask(rules=[{"need": 2}])

    approval.decide("approve", by=dana)
    assert list(Approval.objects.open_for(dana)) == []
    assert list(Approval.objects.with_colleagues(dana)) == [approval]
    assert list(Approval.objects.open_for(bob)) == [approval]
    approval.decide("approve", by=priya)

    assert [call["by"] for call in resolved] == [priya]
    assert not Approval.objects.get().is_open


def test_when_the_next_stage_is_asked_the_first_is_needed_no_more(ask: Ask, bob: User, carol: User, lead: Lead) -> None:
    """Bob has said yes for the leads; Dana, who has not answered, is left in peace."""
    dana = lead("dana")
    rules = [{"need": 1}, {"approvers": {"user": "carol"}, "need": 1, "stage": 2}]
    approval = ask(rules=rules)

    approval.decide("approve", by=bob)

    assert [Approval.objects.open_for(each).count() for each in (bob, dana, carol)] == [0, 0, 1]
    with pytest.raises(WrongState, match="your part of it is decided"):
        approval.decide("reject", by=dana, comment="Too late")
    assert approval.asked.get(person=carol).stage == 2
    assert approval.decide("approve", by=carol).approval.status == "approved"


def test_who_started_the_run_may_not_decide_with_four_eyes(ask: Ask, bob: User, lead: Lead) -> None:
    """The starter is not asked, and is told why."""
    lead("dana")
    approval = ask(starter=bob, four_eyes=True)

    with pytest.raises(NotAllowed, match="you started this run"):
        approval.decide("approve", by=bob)

    assert list(Approval.objects.open_for(bob)) == []
    assert [mail.to for mail in OutboxMail.objects.all()] == ["dana@acme.example"]


def test_who_has_left_the_account_may_decide_no_more(ask: Ask, bob: User) -> None:
    """Asked once, but gone since."""
    approval = ask()
    bob.memberships.update(active=False)

    with pytest.raises(NotAllowed):
        approval.decide("approve", by=User.objects.get(pk=bob.pk))


def test_those_asked_stay_asked(ask: Ask, bob: User, acme: Any, lead: Lead) -> None:
    """Leaving the group changes nothing; joining it does not add anybody."""
    approval = ask()
    acme.groups.get(slug="finance-leads").members.remove(bob)
    dana = lead("dana")

    assert list(Approval.objects.open_for(dana)) == []
    approval.decide("approve", by=bob)
    assert Approval.objects.get().status == "approved"


def test_everybody_asked_gets_one_mail_and_the_starter_one_with_the_outcome(ask: Ask, bob: User, lead: Lead) -> None:
    """One question each; then one answer to who asked."""
    lead("dana")
    ask().decide("approve", by=bob)

    assert sorted(OutboxMail.objects.values_list("to", flat=True)) == ["alice@acme.example", "bob@acme.example", "dana@acme.example"]
    assert OutboxMail.objects.get(to="alice@acme.example").subject == "Approved: Pay Kestrel Freight 48,200.00?"


def test_a_retried_step_asks_again(ask: Ask, bob: User, resolved: Calls) -> None:
    """After a rejection and a retry the votes of the first round count no more, and both rounds are kept."""
    approval = ask()
    approval.decide("reject", by=bob, comment="No")
    step_run = Approval.objects.get().step_run
    type(step_run).objects.filter(pk=step_run.pk).update(status=StepStatus.WAITING, finished_at=None)

    again = ask(run=approval.run, tried=step_run)

    assert (again.pk, again.round, again.status) == (approval.pk, 2, "open")
    again.decide("approve", by=bob)
    assert [made.round for made in Decision.objects.order_by("pk")] == [1, 2]
    assert [call["outcome"] for call in resolved] == ["failed", "done"]
    assert OutboxMail.objects.filter(to="bob@acme.example").count() == 2


def test_the_record_tells_it_all(ask: Ask, bob: User) -> None:
    """Asked and decided are events of the run, with who and how."""
    approval = ask()
    approval.decide("approve", by=bob, comment="Fine", channel="mail")

    asked, decided, ended = RunEvent.objects.filter(run=approval.run).order_by("number")
    assert (ended.type, ended.by) == ("step_succeeded", bob.pk)
    assert (asked.type, (asked.data or {})["asked"]) == ("approval_asked", ["bob"])
    assert (decided.type, decided.by, (decided.data or {})["channel"]) == ("approval_decided", bob.pk, "mail")

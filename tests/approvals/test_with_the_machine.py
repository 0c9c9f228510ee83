"""Approvals in real runs: the driver parks at them, and goes on at the right place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from approvals_app import duties
from approvals_app.models import Approval
from playbooks_app.errors import WrongState
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import OutboxMail, Run, RunEvent
from runs_app.starting import start
from tests.machine import drive

Published = Callable[..., PlaybookVersion]
pytestmark = pytest.mark.django_db(transaction=True)

SIGN = {"title": "Pay {{ payment.vendor }}?", "approvers": {"group": "finance-leads"}, "show": ["payment", "inputs.limit"]}
PAYMENTS = [{"vendor": "Kestrel", "amount": 9000}, {"vendor": "Norda", "amount": 10}, {"vendor": "Halden", "amount": 7000}]


def review(sign: dict[str, Any] | None = None, **beside: Any) -> dict[str, Any]:
    """An approval in a branch of a parallel in a condition in a concurrent loop."""
    people = {"name": "people", "steps": [{"id": "sign", "type": "approval", "with": {**SIGN, **(sign or {})}, **beside}]}
    note = {"name": "note", "steps": [{"id": "seen", "type": "var", "with": {"name": "seen", "value": "{{ payment.vendor }}"}}]}
    both = {"id": "both", "type": "parallel", "branches": [people, note]}
    large = {"id": "large", "type": "condition", "if": "${{ payment.amount > inputs.limit }}", "then": [both]}
    pay = {"id": "pay", "type": "var", "with": {"name": "paid", "value": "{{ payment.vendor }}"}}
    each = {
        "id": "each",
        "type": "for_each",
        "in": "${{ inputs.payments }}",
        "item": "payment",
        "concurrency": 3,
        "on_item_error": "continue",
        "steps": [large, pay],
    }
    inputs = [{"name": "payments", "type": "array"}, {"name": "limit", "type": "number", "default": 5000}]
    return {"handrail": 1, "name": "Payments", "description": "Pays.", "owner": "Finance", "inputs": inputs, "steps": [each]}


def simple(sign: dict[str, Any] | None = None, **beside: Any) -> dict[str, Any]:
    """One approval and one step after it."""
    step = {"id": "sign", "type": "approval", "with": {"title": "Go on?", "approvers": "bob", **(sign or {})}, **beside}
    after = {
        "id": "after",
        "type": "var",
        "with": {"name": "answer", "value": "{{ steps.sign.output.decision }} by {{ steps.sign.output.by | 'nobody' }}"},
    }
    return {"handrail": 1, "name": "Ask", "description": "Asks.", "owner": "Finance", "steps": [step, after]}


def begun(version: PlaybookVersion, by: User, **more: Any) -> Run:
    """Started and driven until nothing moves."""
    return drive(start(version, by=by, **{"inputs": {}, **more}).run)


@pytest.mark.spec("S3-approval-nested")
def test_nested_approvals_show_their_own_item_and_resume_at_the_right_place(published: Published, alice: User, bob: User) -> None:
    """Two of three are large: each has its own question and its own data, and each goes on by itself."""
    run = begun(published(review()), alice, inputs={"payments": PAYMENTS})
    asked = {approval.step_run.path: approval for approval in Approval.objects.with_place()}
    assert run.status == "pending_approval"
    assert {path: approval.shown["payment"]["vendor"] for path, approval in asked.items()} == {
        "each/body[0]/large/then/both/people/sign": "Kestrel", "each/body[2]/large/then/both/people/sign": "Halden",
    }  # fmt: skip
    assert asked["each/body[0]/large/then/both/people/sign"].title == "Pay Kestrel?"
    assert OutboxMail.objects.filter(to="bob@acme.example").count() == 2

    asked["each/body[2]/large/then/both/people/sign"].decide("approve", by=bob)
    drive(run)
    assert run.status == "pending_approval"
    asked["each/body[0]/large/then/both/people/sign"].decide("reject", by=bob, comment="Wrong account")
    drive(run)

    assert run.status == "completed"
    paid = run.step_runs.filter(step="pay", status="succeeded").values_list("path", flat=True)
    assert sorted(paid) == ["each/body[1]/pay", "each/body[2]/pay"]
    rejected = run.step_runs.get(path="each/body[0]/large/then/both/people/sign")
    assert (rejected.status, (rejected.error or {})["code"], "Wrong account" in (rejected.error or {})["message"]) == (
        "failed",
        "ApprovalRejected",
        True,
    )


def test_the_decision_is_data_for_later_steps(published: Published, alice: User, bob: User) -> None:
    """`steps.sign.output` has who and what."""
    run = begun(published(simple()), alice)
    Approval.objects.get().decide("approve", by=bob)

    drive(run)

    assert (run.status, run.variables.get(name="answer").value) == ("completed", "approve by bob")


@pytest.mark.spec("S2-halted-resume")
def test_a_rejection_that_nobody_handles_holds_the_run_and_a_retry_asks_again(published: Published, alice: User, bob: User) -> None:
    """The same approval in its next round; the people asked get a mail again."""
    run = begun(published(simple()), alice)
    approval = Approval.objects.get()
    approval.decide("reject", by=bob, comment="Not yet")
    drive(run)
    assert (run.status, run.pause_reason) == ("paused", "error")

    run.step_runs.get(path="sign").retry(alice)
    drive(run)
    again = Approval.objects.get()
    assert (run.status, again.round, again.status) == ("pending_approval", 2, "open")
    again.decide("approve", by=bob)
    drive(run)

    assert run.status == "completed"
    assert OutboxMail.objects.filter(to="bob@acme.example").count() == 2


def test_on_reject_continue_goes_on_with_the_answer(published: Published, alice: User, bob: User) -> None:
    """Set beside `with`."""
    run = begun(published(simple(on_reject="continue")), alice)
    Approval.objects.get().decide("reject", by=bob, comment="No")

    drive(run)

    assert (run.status, run.variables.get(name="answer").value) == ("completed", "reject by bob")


@pytest.mark.spec("S4-FR-3.2.3")
def test_an_autonomous_run_asks_nobody(published: Published, alice: User) -> None:
    """The output says that it was approved automatically, and so does the record, with who started the run so."""
    run = begun(published(simple()), alice, autonomous=True)

    assert (run.status, Approval.objects.count(), OutboxMail.objects.count()) == ("completed", 0, 0)
    assert (run.step_runs.get(path="sign").output or {})["comment"] == "auto-approved"
    assert list(run.events.filter(type="auto_approved").values_list("path", "by")) == [("sign", alice.pk)]


def test_cancelling_the_run_closes_what_was_asked(published: Published, alice: User, bob: User) -> None:
    """Nothing waits for bob any more, and too late says so."""
    run = begun(published(simple()), alice)

    run.cancel(alice)
    drive(run)

    assert (run.status, Approval.objects.get().status, list(Approval.objects.open_for(bob))) == ("cancelled", "cancelled", [])


@pytest.mark.spec("S2-pause")
def test_a_decision_during_a_pause_is_kept(published: Published, alice: User, bob: User) -> None:
    """A paused run takes the answer and goes on when it is resumed."""
    run = begun(published(simple()), alice)
    run.pause(alice)
    Approval.objects.get().decide("approve", by=bob)
    drive(run)
    assert run.status == "paused"

    run.resume(alice)
    drive(run)

    assert run.status == "completed"


def test_nobody_to_ask_holds_the_run_with_the_reason(published: Published, alice: User) -> None:
    """An empty group is mended by people; then the step is retried."""
    run = begun(published(simple({"approvers": {"group": "nobody-here"}})), alice)
    duties.remind_due()
    drive(run)

    assert (run.status, run.pause_reason) == ("paused", "error")
    assert (run.step_runs.get(path="sign").error or {})["message"] == "Nobody is there to decide: group nobody-here."


def change(run: Run, name: str, value: Any) -> None:
    """A variable gets another value while the step waits: the step looks at its data again."""
    run.variables.filter(name=name).update(value=value)
    step = run.step_runs.get(path="sign")
    type(step).objects.filter(pk=step.pk).update(input=None)
    assert step.resolve("again")


def changing() -> dict[str, Any]:
    """Two of three are to approve an amount that stands in a variable."""
    document = simple({"title": "Pay {{ vars.amount }}?", "approvers": {"group": "finance-leads"}, "rules": [{"need": 2}], "show": ["vars.amount"]})
    return {**document, "steps": [{"id": "amount", "type": "var", "with": {"name": "amount", "value": 46900}}, *document["steps"]]}


@pytest.mark.spec("S2-approval-payload", "F-1")
def test_data_that_changes_voids_the_votes_and_asks_again_with_the_difference(
    published: Published, alice: User, bob: User, lead: Callable[[str], User]
) -> None:
    """Approve exactly what you saw (F-1): the earlier vote counts no more, a mail says what was, old hashes and links decide nothing."""
    dana = lead("dana")
    run = begun(published(changing()), alice)
    approval = Approval.objects.get()
    old = approval.payload_hash
    approval.decide("approve", by=dana, comment="Fine")

    change(run, "amount", 48200)
    with pytest.raises(WrongState):
        approval.decide("approve", by=bob)
    drive(run)

    approval = Approval.objects.get()
    assert (run.status, approval.status, approval.round, approval.title, approval.payload_hash != old) == (
        "pending_approval",
        "open",
        2,
        "Pay 48200?",
        True,
    )
    again = OutboxMail.objects.filter(to="dana@acme.example").latest("pk")
    assert again.subject.startswith("Changed: ")
    assert "was 46,900.00" in again.text
    with pytest.raises(WrongState) as stale:
        approval.decide("approve", by=bob, payload_hash=old)
    assert stale.value.code == "stale"

    approval.decide("approve", by=dana)
    approval.decide("approve", by=bob)
    drive(run)
    assert run.status == "completed"
    assert [(made.round, made.payload_hash == old) for made in approval.decisions.all()] == [(1, True), (2, False), (2, False)]
    assert "approval_voided" in RunEvent.objects.filter(run=run).values_list("type", flat=True)


def test_looking_again_at_the_same_data_keeps_the_votes(published: Published, alice: User, lead: Callable[[str], User]) -> None:
    """Nobody is asked twice for nothing."""
    dana = lead("dana")
    run = begun(published(changing()), alice)
    Approval.objects.get().decide("approve", by=dana)

    change(run, "amount", 46900)
    drive(run)

    approval = Approval.objects.get()
    assert (approval.round, approval.status, approval.decisions.count()) == (1, "open", 1)
    assert OutboxMail.objects.filter(to="dana@acme.example").count() == 1


def test_what_happened_is_in_the_runs_record(published: Published, alice: User, bob: User) -> None:
    """Events in order, numbered without a gap."""
    run = begun(published(simple()), alice)
    Approval.objects.get().decide("approve", by=bob)
    drive(run)

    events = list(RunEvent.objects.filter(run=run).order_by("number").values_list("number", "type"))
    assert [number for number, _ in events] == list(range(1, len(events) + 1))
    types = [kind for _, kind in events]
    assert types.index("step_waiting") < types.index("approval_asked") < types.index("approval_decided") < types.index("run_completed")

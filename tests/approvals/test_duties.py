"""Reminders, escalation and silence, carried out by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals_app import duties
from approvals_app.models import Approval, Asked
from playbooks_app import clock
from playbooks_app.models import User
from runs_app.models import OutboxMail, RunEvent
from runs_app.statuses import StepStatus

Ask = Callable[..., Approval]
Lead = Callable[[str], User]
Calls = list[dict[str, Any]]
pytestmark = pytest.mark.django_db


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`later(hours=2)`: move product time and let the clock do its duties once; how many approvals were due."""
    start = clock.now()
    passed = timedelta(0)

    def move(**span: float) -> int:
        nonlocal passed
        passed += timedelta(**span)
        monkeypatch.setattr(clock, "now", lambda: start + passed + (datetime.now(start.tzinfo) - start))
        return duties.remind_due()

    return move


def mails_to(person: str) -> list[str]:
    return list(OutboxMail.objects.filter(to=f"{person}@acme.example").order_by("pk").values_list("subject", flat=True))


def test_nothing_is_due_before_its_time(ask: Ask, later: Callable[..., int]) -> None:
    """An approval that nobody is to be reminded of costs the clock nothing."""
    ask()
    ask(remind_every=3600.0)

    assert later(minutes=59) == 0


def test_reminders_go_to_those_whose_turn_it_still_is(ask: Ask, later: Callable[..., int], bob: User, lead: Lead) -> None:
    """One mail a beat to each, threaded under the first; missed beats are not made up for, and who has voted is left alone."""
    dana = lead("dana")
    approval = ask(remind_every=3600.0, rules=[{"need": 2}])
    approval.decide("approve", by=dana)

    later(hours=1, minutes=1)
    later(minutes=1)
    later(hours=3)

    assert [subject.startswith("Reminder: ") for subject in mails_to("bob")] == [False, True, True]
    assert len(mails_to("dana")) == 1
    first, second, _ = OutboxMail.objects.filter(to="bob@acme.example").order_by("pk")
    assert second.headers["In-Reply-To"] == first.headers["Message-ID"]
    assert Asked.objects.get(person=bob).reminders == 2


def test_escalation_asks_the_next_one_too_and_once(ask: Ask, later: Callable[..., int], bob: User, alice: User, resolved: Calls) -> None:
    """After 48 hours of silence alice has the task as well, the run still waits, and the timeline says so (rule 7)."""
    approval = ask(escalate={"after": "48h", "to": {"user": "alice"}}, starter=bob)

    later(hours=47)
    assert list(Approval.objects.open_for(alice)) == []
    later(hours=1, minutes=1)
    later(hours=10)

    assert list(Approval.objects.open_for(alice)) == list(Approval.objects.open_for(bob)) == [approval]
    assert len(mails_to("alice")) == 1
    assert mails_to("alice")[0].startswith("No answer so far: ")
    assert RunEvent.objects.filter(type="approval_escalated").count() == 1
    assert resolved == []
    approval.decide("approve", by=alice)
    assert resolved[0]["by"] == alice


def test_escalation_can_move_the_task(ask: Ask, later: Callable[..., int], bob: User, alice: User) -> None:
    """`mode: move` takes it from those who were silent; the one it moves to decides alone."""
    approval = ask(escalate={"after": "2h", "to": {"user": "alice"}, "mode": "move"}, rules=[{"need": 1}], starter=bob)

    later(hours=2, minutes=1)

    assert list(Approval.objects.open_for(bob)) == []
    approval.decide("approve", by=alice)
    assert Approval.objects.get().status == "approved"


@pytest.mark.spec("rule-7")
def test_escalation_to_nobody_leaves_those_who_were_asked(ask: Ask, later: Callable[..., int], bob: User) -> None:
    """The task never falls through."""
    approval = ask(escalate={"after": "2h", "to": {"group": "nobody-here"}, "mode": "move"})

    later(hours=3)

    assert list(Approval.objects.open_for(bob)) == [approval]


@pytest.mark.parametrize(("do", "outcome", "status"), [("approve", "done", "approved"), ("reject", "failed", "rejected")])
@pytest.mark.spec("rule-7")
def test_silence_means_what_the_author_says(ask: Ask, later: Callable[..., int], resolved: Calls, do: str, outcome: str, status: str) -> None:
    """An automatic decision by nobody, in the record as such, with an event type of its own."""
    ask(on_silence={"after": "1d", "do": do})

    later(days=1, minutes=1)
    later(days=1)

    approval = Approval.objects.get()
    made = approval.decisions.get()
    assert ([call["outcome"] for call in resolved], approval.status) == ([outcome], status)
    assert (made.person, made.channel, made.decision) == (None, "automatic", do)
    assert RunEvent.objects.filter(type="approval_decided_automatically").count() == 1


def test_silence_can_fail_the_step(ask: Ask, later: Callable[..., int], resolved: Calls) -> None:
    """With a code that can be caught; nothing was decided."""
    ask(on_silence={"after": "1d", "do": "fail"})

    later(days=1, minutes=1)

    assert (resolved[0]["error"]["code"], Approval.objects.get().status, Approval.objects.get().decisions.count()) == (
        "DeadlineExceeded",
        "expired",
        0,
    )


def test_silence_to_wait_waits(ask: Ask, later: Callable[..., int], resolved: Calls) -> None:
    """For ever, if need be."""
    ask(on_silence={"after": "1d", "do": "wait"})

    later(days=400)

    assert (resolved, Approval.objects.get().status) == ([], "open")


def test_a_question_that_nobody_can_answer_fails_and_says_why(ask: Ask, later: Callable[..., int], resolved: Calls) -> None:
    """An empty group, or more needed than there are: the run waits for somebody who mends it, not for ever."""
    ask(approvers={"group": "nobody-here"})
    ask(rules=[{"need": 3}])

    later(seconds=1)

    assert [call["error"]["message"] for call in resolved] == [
        "Nobody is there to decide: group nobody-here.",
        "3 are needed of group finance-leads, but only 1 may decide.",
    ]
    assert {call["error"]["code"] for call in resolved} == {"NeedsPerson"}


def test_a_fault_in_one_holds_up_no_other(ask: Ask, later: Callable[..., int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in a transaction of its own."""
    broken = ask(on_silence={"after": "1h", "do": "reject"})
    ask(on_silence={"after": "1h", "do": "reject"})
    look = duties.look_at

    def sometimes(approval: Approval, now: datetime) -> None:
        if approval.pk == broken.pk:
            raise RuntimeError("broken")
        look(approval, now)

    monkeypatch.setattr(duties, "look_at", sometimes)

    assert later(hours=2) == 2
    assert sorted(each.status for each in Approval.objects.all()) == ["open", "rejected"]


def test_what_was_ended_otherwise_is_put_away(ask: Ask, bob: User) -> None:
    """Lists stay small; the status is the same before and after."""
    approval = ask()
    type(approval.step_run).objects.update(status=StepStatus.SKIPPED, finished_at=clock.now())
    assert Approval.objects.get().status == "cancelled"

    assert (duties.close_gone(), duties.close_gone()) == (1, 0)

    assert (Approval.objects.get().status, Approval.objects.get().outcome) == ("cancelled", "cancelled")
    assert not approval.asked.filter(ended_at=None).exists()

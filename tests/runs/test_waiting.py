"""Why is it not done yet, and until when: one sentence for each reason (F-2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.reading.attention import attention_of
from runs_app.reading.readings import read
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder, payments_run

Web = Callable[[User | None], Client]


def waits(built: RunBuilder) -> list[dict[str, Any]]:
    """What is told of the run."""
    return [each.as_json() for each in read(built.run).waits]


@pytest.mark.parametrize(
    ("wait", "on_wake", "sentence"),
    [
        ({"cause": "approval", "name": "Bob Tanaka"}, None, "“Step 1” waits for Bob Tanaka to approve."),
        ({"cause": "timer", "name": ""}, "done", "“Step 1” waits until"),
        ({"cause": "timer", "name": "retry"}, "again", "“Step 1” is tried again at"),
        ({"cause": "event", "name": "paid"}, None, "“Step 1” waits for the event paid."),
        ({"cause": "worker", "name": "eu-documents"}, None, "“Step 1” waits for a worker of eu-documents."),
        ({"cause": "limit", "name": "the bank", "note": {"place": 12}}, None, "“Step 1” waits for the limit of the bank, 12th in line."),
        ({"cause": "window", "name": ""}, "done", "“Step 1” waits for the send window to open until"),
    ],
)
def test_each_cause_has_its_sentence(three_steps: PlaybookVersion, alice: User, wait: dict[str, Any], on_wake: str | None, sentence: str) -> None:
    """Step, cause, until when, place in line."""
    built = RunBuilder(three_steps, alice, status=RunStatus.WAITING)
    until = clock.now() + timedelta(hours=30) if on_wake else None
    built.step("s1", status=StepStatus.WAITING, end=None, wait=wait, on_wake=on_wake, wake_at=until)
    built.save()

    (told,) = waits(built)

    assert told["sentence"].startswith(sentence)
    assert (told["path"], told["cause"], told["name"]) == ("s1", wait["cause"], wait["name"])
    assert (told["until"] is not None) == (until is not None)


def test_a_held_step_waits_for_a_person_and_says_why(three_steps: PlaybookVersion, alice: User) -> None:
    """What has failed and stops the run is the first reason, with its error."""
    built = RunBuilder(three_steps, alice, status=RunStatus.PAUSED, pause_reason="error")
    held = built.step("s1", status=StepStatus.FAILED, attempt=3, error=CLOSED)
    built.hold(held)
    built.save()

    (told,) = waits(built)

    assert (told["path"], told["cause"]) == ("s1", "person")
    assert told["sentence"] == (
        "“Step 1” failed after 3 tries and waits for somebody to retry or skip it: The bank refused the payment: the receiving account is closed."
    )


def test_a_fork_is_not_a_reason_but_what_waits_inside_it_is(payments: PlaybookVersion, alice: User) -> None:
    """Loop, branches and condition are told by the approval at the bottom."""
    built = payments_run(payments, alice, 60)

    approvals = [each for each in waits(built) if each["cause"] == "approval"]

    assert [each["path"] for each in approvals] == ["each/body[20]/large/then/both/people/sign"]
    assert not [each for each in waits(built) if each["cause"] == "child"]


def test_a_queued_run_waits_for_a_worker(three_steps: PlaybookVersion, alice: User) -> None:
    """Before the first step there is a reason as well."""
    (told,) = waits(RunBuilder(three_steps, alice, status=RunStatus.QUEUED))

    assert (told["cause"], told["path"]) == ("worker", "")


def test_a_run_that_is_over_waits_for_nothing(three_steps: PlaybookVersion, alice: User) -> None:
    """No reason is left, whatever stands in its rows."""
    built = RunBuilder(three_steps, alice, status=RunStatus.CANCELLED)
    built.step("s1", status=StepStatus.CANCELLED)
    built.save()

    assert waits(built) == []


def test_a_failure_that_was_dealt_with_is_no_reason(payments: PlaybookVersion, alice: User) -> None:
    """Items set aside stay with their loop; they hold nobody."""
    attention = attention_of(payments_run(payments, alice, 100).run)

    assert not attention.held
    assert attention.items("each")[68] == "failed"
    assert attention.below("each") == "running"


def test_only_the_last_failure_of_a_held_strand_holds_it(payments: PlaybookVersion, alice: User) -> None:
    """A lane that failed twice, once dealt with and once not, is held by the second."""
    built = RunBuilder(payments, alice)
    each = built.step("each", "for_each", status=StepStatus.WAITING, end=None, items=9, next_item=2, policy="all", wait={"cause": "child"})
    built.save()
    lane = built.strand(each, block="body", is_lane=True)
    built.step("pay", "http", inside=each, block="body", iteration=0, strand=lane, status=StepStatus.FAILED, end=5, error=CLOSED)
    second = built.step("pay", "http", inside=each, block="body", iteration=1, strand=lane, status=StepStatus.FAILED, begin=6, end=9, error=CLOSED)
    built.hold(second)
    built.save()

    assert attention_of(built.run).held == {second.pk}


def test_the_page_says_it_once_for_all_items_that_wait_for_the_same(web: Web, payments: PlaybookVersion, alice: User) -> None:
    """Ten approvals of one step are one line with a count."""
    built = payments_run(payments, alice, 872)

    html = web(alice).get(f"/runs/{built.run.pk}/").content.decode()

    assert "<b>5 items</b> wait at “Sign off large payment” for Bob Tanaka to approve." in html
    assert "<b>8 items</b> of “Pay each payment” have failed and are set aside" in html

"""Asking before deciding: who is told, who waits for an answer, and where it is seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from approvals_app.models import Approval, Comment
from approvals_app.talking import unanswered
from playbooks_app.models import User
from runs_app.models import Notification, OutboxMail

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]


@pytest.mark.parametrize(
    ("thread", "waits"),
    [
        ([], []),
        ([(1, True)], [1]),
        ([(1, True), (1, False)], [1]),
        ([(1, True), (2, False)], []),
        ([(1, True), (2, True)], [2]),
        ([(1, True), (2, False), (1, True)], [1]),
    ],
)
def test_a_question_is_answered_when_somebody_else_has_spoken(thread: list[tuple[int, bool]], waits: list[int]) -> None:
    """(who, asks) in order -> who still waits for an answer."""
    said = [Comment(person_id=person, asks=asks) for person, asks in thread]

    assert [each.person_id for each in unanswered(said)] == waits


@pytest.mark.django_db
def test_a_question_reaches_who_started_it_and_the_answer_who_asked(ask: Ask, web: Web, alice: User, bob: User, dave: User) -> None:
    """Bob asks on the page; Alice has a mail, a notification and the question on her list; her answer goes to Bob in the same way; it waits on."""
    approval = ask()
    address = f"/approvals/{approval.pk}/"

    page = web(bob).post(f"{address}comment/", {"text": "Is the account <new>?", "asks": "yes"}, follow=True).content.decode()

    assert "You asked before deciding:" in page and "no answer so far" in page and "Ask Alice" in page
    asked = OutboxMail.objects.get(to=alice.email)
    assert asked.subject == "Bob Banks asks before deciding: Pay Kestrel Freight 48,200.00?"
    assert "“Is the account <new>?”" in asked.text and "Is the account &lt;new&gt;?" in asked.html and address in asked.text
    assert Notification.objects.get(person=alice).address == address
    assert "Question open" in web(alice).get("/approvals/?view=asked&list=1").content.decode()
    assert "Bob Banks asks before deciding:" in web(alice).get(address).content.decode()
    assert "&lt;new&gt;" not in web(dave).get(address).content.decode()  # a viewer follows without the data

    web(alice).post(f"{address}comment/", {"text": "Yes, letter attached."})

    answer = OutboxMail.objects.filter(to=bob.email).latest("pk")
    assert answer.subject.startswith("Alice Archer has answered you: ") and "Yes, letter attached." in answer.text
    assert "<mark>Answered</mark>" in web(bob).get("/approvals/?list=1").content.decode()
    assert "no answer so far" not in web(bob).get(address).content.decode()
    assert Approval.objects.get().is_open and not Notification.objects.exclude(person__in=[alice, bob]).exists()


@pytest.mark.django_db
def test_where_who_started_it_asks_the_others_are_told(ask: Ask, bob: User, lead: Callable[[str], User]) -> None:
    """Bob has started it and decides himself: his question goes to Dana, who is asked too; what only is said goes to nobody."""
    dana = lead("dana")
    approval = ask(starter=bob)

    approval.say("Which of us calls them?", by=bob, asks=True)
    approval.say("I have the number.", by=bob)

    assert list(Notification.objects.values_list("person", flat=True)) == [dana.pk]

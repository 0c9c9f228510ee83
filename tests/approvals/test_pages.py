"""The inbox and the decision's page, with and without JavaScript."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals_app.models import Approval
from playbooks_app import clock
from playbooks_app.models import User
from runs_app.statuses import StepStatus

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def html(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_inbox_shows_what_waits_for_me_with_its_count(ask: Ask, web: Web, bob: User, alice: User) -> None:
    """Bob has one, alice has none; the count of the tab is the count of the list."""
    approval = ask()

    shown = html(web(bob).get("/approvals/"))
    assert f'data-approval="{approval.pk}"' in shown
    assert 'For me <span class="count flat">1</span>' in shown
    assert "Nothing waits for your decision." in html(web(alice).get("/approvals/"))
    assert f'data-approval="{approval.pk}"' in html(web(alice).get("/approvals/?view=asked"))


def test_soonest_first_and_none_last(ask: Ask, web: Web, bob: User) -> None:
    """Sections by the moment an answer is expected."""
    none = ask()
    later = ask(escalate={"after": "5d", "to": {"user": "alice"}})
    soon = ask(escalate={"after": "1m", "to": {"user": "alice"}})
    assert list(Approval.objects.open_for(bob).soonest_first()) == [soon, later, none]

    shown = html(web(bob).get("/approvals/"))

    assert shown.index("Later</h2>") < shown.index("No deadline</h2>")


@pytest.mark.parametrize(("query", "hits"), [("Kestrel", 1), ("IE64 IRCE", 1), ("supplier pay", 1), ("norda", 0)])
def test_search_finds_title_playbook_and_values(ask: Ask, web: Web, bob: User, query: str, hits: int) -> None:
    """Supplier, amount, run: whatever is on the page."""
    ask()

    shown = html(web(bob).get("/approvals/", {"q": query}))

    assert shown.count('<li id="approval-') == hits


def test_approving_on_the_page_without_javascript(ask: Ask, web: Web, bob: User, resolved: list[dict[str, Any]]) -> None:
    """A form, a press, and the page that says it."""
    approval = ask()

    answer = web(bob).post(
        f"/approvals/{approval.pk}/decide/", {"decision": "approve", "comment": "Fine", "payload_hash": approval.payload_hash}, follow=True
    )

    assert answer.redirect_chain == [(f"/approvals/{approval.pk}/", 302)]
    assert "Bob Banks approved this." in html(answer)
    assert resolved[0]["output"]["by"] == "bob"


def test_rejecting_on_the_page_needs_a_comment(ask: Ask, web: Web, bob: User) -> None:
    """422 on the page itself."""
    approval = ask()

    answer = web(bob).post(f"/approvals/{approval.pk}/decide/", {"decision": "reject", "payload_hash": approval.payload_hash})

    assert answer.status_code == 422
    assert "Say why you reject it." in html(answer)


def test_too_late_keeps_what_was_typed_and_says_who(ask: Ask, web: Web, bob: User, lead: Callable[[str], User]) -> None:
    """409: the page as it stands, with the decision of the other."""
    dana = lead("dana")
    approval = ask()
    approval.decide("approve", by=dana)

    answer = web(bob).post(f"/approvals/{approval.pk}/decide/", {"decision": "reject", "comment": "No", "payload_hash": approval.payload_hash})

    assert answer.status_code == 409
    assert "Dana Whitfield approved this already." in html(answer)


def test_in_the_inbox_the_next_one_follows(ask: Ask, web: Web, bob: User) -> None:
    """htmx gets no page but the news that it was decided, and a toast."""
    approval = ask()

    answer = web(bob).post(
        f"/approvals/{approval.pk}/decide/", {"decision": "approve", "payload_hash": approval.payload_hash}, headers={"hx-request": "true"}
    )

    assert answer.status_code == 204
    assert set(json.loads(answer.headers["HX-Trigger"])) == {"inbox:decided", "toast"}


def test_in_the_inbox_too_late_shows_the_pane(ask: Ask, web: Web, bob: User, lead: Callable[[str], User]) -> None:
    """htmx gets the pane as it stands."""
    dana = lead("dana")
    approval = ask()
    approval.decide("approve", by=dana)

    answer = web(bob).post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"}, headers={"hx-request": "true"})

    assert answer.status_code == 200
    assert "Dana Whitfield approved this already" in html(answer)
    assert "<html" not in html(answer)


def test_out_of_sight_is_404_for_pages_too(ask: Ask, web: Web, eve: User) -> None:
    """Another account sees nothing; a visitor is asked to sign in."""
    approval = ask()

    assert web(eve).get(f"/approvals/{approval.pk}/").status_code == 404
    assert web(eve).post(f"/approvals/{approval.pk}/decide/", {"decision": "approve"}).status_code == 404
    assert web(None).get(f"/approvals/{approval.pk}/").status_code == 302


def test_looking_is_remembered_and_changes_nothing_else(ask: Ask, web: Web, bob: User) -> None:
    """The first look of each person in a round."""
    approval = ask()

    web(bob).get(f"/approvals/{approval.pk}/")

    assert approval.asked.get(person=bob).seen_at is not None
    assert Approval.objects.get().is_open


def test_what_is_shown_is_escaped(ask: Ask, web: Web, bob: User) -> None:
    """Data is text, whatever it says."""
    approval = ask(title="<script>alert(1)</script>", show=[{"label": "<b>x</b>", "value": {"note": "<img src=x onerror=alert(1)>"}}])

    for address in ("/approvals/", f"/approvals/{approval.pk}/"):
        shown = html(web(bob).get(address))
        assert "<script>alert(1)" not in shown
        assert "<img src=x" not in shown


def test_several_equal_questions_at_once(ask: Ask, web: Web, bob: User, resolved: list[dict[str, Any]]) -> None:
    """One comment, a result for each; only what was looked at."""
    seen, unseen = ask(), ask()
    browser = web(bob)
    browser.get(f"/approvals/{seen.pk}/")
    form = {"approval": [seen.pk, unseen.pk], "decision": "approve", "comment": "All checked", f"hash-{seen.pk}": seen.payload_hash}

    answer = browser.post("/approvals/decide/", form)

    assert "1 of 2 decided" in html(answer)
    assert "You have not looked at it yet." in html(answer)
    assert [call["output"]["comment"] for call in resolved] == ["All checked"]


def test_handing_over_on_the_page(ask: Ask, web: Web, alice: User, bob: User) -> None:
    """It leaves bob's list for the one of what he has handed over, and is in alice's, as done for somebody else."""
    approval = ask()
    line = f'data-approval="{approval.pk}"'
    assert "Handed over" not in html(web(bob).get("/approvals/?list=1"))

    web(bob).post(f"/approvals/{approval.pk}/delegate/", {"to": "alice"})

    assert list(Approval.objects.open_for(bob)) == []
    assert list(Approval.objects.open_for(alice)) == [approval]
    assert 'Handed over <span class="count flat">1</span>' in html(web(bob).get("/approvals/?list=1"))
    handed = html(web(bob).get("/approvals/?view=delegated&list=1"))
    assert line in handed and "Waits for Alice Archer" in handed
    assert line in html(web(alice).get("/approvals/?came=behalf&list=1")) and line not in html(web(alice).get("/approvals/?came=name&list=1"))


def test_taking_a_group_s_task_and_giving_it_back_on_the_page(ask: Ask, web: Web, bob: User, lead: Callable[[str], User]) -> None:
    """Dana sees who is on it, among what she has with colleagues; alone one takes nothing; the record has both."""
    alone = ask(approvers={"user": "bob"})
    dana = lead("dana")
    approval = ask()
    address, line = f"/approvals/{approval.pk}/", f'data-approval="{approval.pk}"'
    assert "Take it" in html(web(bob).get(address)) and "Take it" not in html(web(bob).get(f"/approvals/{alone.pk}/"))

    assert "You are on it" in html(web(bob).post(f"{address}claim/", follow=True))
    assert line not in html(web(dana).get("/approvals/?list=1"))
    assert "Bob Banks is on it" in html(web(dana).get("/approvals/?view=groups&list=1"))
    assert "Take it over" in html(web(dana).get(address))

    web(bob).post(f"{address}claim/", {"release": "yes"})
    assert line in html(web(dana).get("/approvals/?list=1"))
    record = b"".join(web(bob).get(f"{address}record.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Taken out of the others' lists,Bob Banks (bob)" in record and "Given back to all,Bob Banks (bob)" in record


def test_the_list_is_narrowed_and_ordered(ask: Ask, web: Web, bob: User) -> None:
    """By how it came, when it is due, and in which order; what means nothing hides nothing; each choice can be taken back."""
    named = ask(approvers={"user": "bob"}, title="Named")
    late = ask(title="Late", escalate={"after": "1m", "to": {"user": "alice"}})
    Approval.objects.filter(pk=late.pk).update(due_at=clock.now() - timedelta(minutes=1))
    far = ask(title="Far", escalate={"after": "9d", "to": {"user": "alice"}})

    def listed(query: str) -> list[int]:
        return [row.approval.pk for row in web(bob).get(f"/approvals/?list=1&{query}").context["rows"]]

    assert listed("") == listed("came=nonsense&due=x&sort=y&run=z") == [late.pk, far.pk, named.pk]
    assert listed("came=name") == [named.pk] and listed("came=group") == [late.pk, far.pk] and listed("came=behalf") == []
    assert listed("due=late") == [late.pk] and listed("due=none") == [named.pk] and listed("due=today") == []
    assert listed("sort=newest") == [far.pk, late.pk, named.pk] and listed("sort=oldest&q=a") == [named.pk, late.pk, far.pk]
    page = html(web(bob).get("/approvals/?due=late&q=Late&list=1"))
    assert 'For me <span class="count flat">3</span>' in page and "?view=mine&q=Late" in page.replace("&amp;", "&")


def test_a_comment_on_the_page(ask: Ask, web: Web, bob: User) -> None:
    """It stands in the thread, as text."""
    approval = ask()

    answer = web(bob).post(f"/approvals/{approval.pk}/comment/", {"text": "Is <b>this</b> right?"}, follow=True)

    assert "Is &lt;b&gt;this&lt;/b&gt; right?" in html(answer)


def test_home_says_how_many_decisions_wait(ask: Ask, web: Web, bob: User) -> None:
    """The side bar's count, the sentence and the list agree."""
    for _ in range(7):
        ask()

    shown = html(web(bob).get("/approvals/"))

    assert 'data-badge="inbox" aria-label="7 open">7<' in shown


def test_the_page_of_a_cancelled_step_says_so(ask: Ask, web: Web, bob: User) -> None:
    """Nothing to press."""
    approval = ask()
    type(approval.step_run).objects.update(status=StepStatus.CANCELLED, finished_at=clock.now() + timedelta(0))

    shown = html(web(bob).get(f"/approvals/{approval.pk}/"))

    assert "No decision is needed any more." in shown
    assert 'name="decision"' not in shown


def test_the_inbox_costs_the_same_for_one_and_for_many(ask: Ask, web: Web, bob: User, django_assert_max_num_queries: Any) -> None:
    """No query per row."""
    for _ in range(12):
        ask()
    browser = web(bob)
    browser.get("/approvals/")

    with django_assert_max_num_queries(32):
        browser.get("/approvals/")

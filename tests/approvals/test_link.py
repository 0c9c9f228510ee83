"""The link in a mail: looking is harmless, deciding takes two steps, and too late is told honestly."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from approvals_app.models import Approval, DecisionLink, LinkOpen
from playbooks_app import clock
from playbooks_app.models import User
from runs_app.models import OutboxMail

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def link_of(person: str) -> str:
    """The address in the newest mail to somebody, as far as the test client wants it."""
    mail = OutboxMail.objects.filter(to=f"{person}@acme.example").order_by("-pk")[0]
    found = re.search(r"(/decide/[^/\s?]+/)", mail.text)
    assert found is not None
    return found.group(1)


def buttons(html: str) -> list[tuple[str, str]]:
    """Name and value of every button, in the order of the page."""
    return re.findall(r'<button[^>]* name="([^"]*)" value="([^"]*)"', html)


def posted(html: str) -> dict[str, str]:
    """The hidden fields of the form."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.mark.spec("F-12")
def test_looking_decides_nothing_and_is_recorded(ask: Ask, bob: User, web: Web) -> None:
    """GET five times and HEAD: the approval is as it was, and six looks are in the record."""
    approval, scanner = ask(), web(None)

    for _ in range(5):
        assert scanner.get(link_of("bob"), headers={"user-agent": "Scanner/1.0"}).status_code == 200
    assert scanner.head(link_of("bob")).status_code == 200

    assert approval.decisions.count() == 0
    assert Approval.objects.get().is_open
    assert [(look.method, look.agent) for look in LinkOpen.objects.all()] == [("GET", "Scanner/1.0")] * 5 + [("HEAD", "")]


@pytest.mark.spec("F-12")
def test_a_scanner_that_presses_the_first_button_of_every_page_decides_nothing(ask: Ask, web: Web) -> None:
    """Twenty presses of the first button, wherever they lead."""
    approval, scanner = ask(), web(None)
    address = link_of("bob")
    html = scanner.get(address).content.decode()

    for _ in range(20):
        name, value = buttons(html)[0]
        answer = scanner.post(address, {**posted(html), "comment": "spam", name: value}, follow=True)
        html = answer.content.decode()

    assert approval.decisions.count() == 0
    assert DecisionLink.objects.get().used_at is None


def test_without_signing_in_it_takes_two_steps(ask: Ask, bob: User, web: Web, resolved: list[dict[str, Any]]) -> None:
    """Choose, then confirm by name; the comment goes along."""
    ask()
    browser, address = web(None), link_of("bob")
    shown = posted(browser.get(address).content.decode())

    confirm = browser.post(address, {**shown, "decision": "approve", "comment": "By phone & letter"}).content.decode()
    assert "Confirm as Bob: approve" in confirm
    assert resolved == []
    done = browser.post(address, {**posted(confirm), "comment": "By phone & letter", "confirm": "yes"}, follow=True)

    assert "You have approved this" in done.content.decode()
    assert (resolved[0]["output"]["by"], resolved[0]["output"]["comment"]) == ("bob", "By phone & letter")
    made = Approval.objects.get().decisions.get()
    assert (made.channel, made.address) == ("mail", "127.0.0.1")


def test_the_first_button_never_decides_even_when_signed_in(ask: Ask, bob: User, web: Web) -> None:
    """Twenty presses of the very first button of the page, and Enter in a field, which is the same."""
    approval, browser = ask(), web(bob)
    address = link_of("bob")
    html = browser.get(address).content.decode()

    for _ in range(20):
        first = re.findall(r"<button[^>]*>", html)[0]
        name, value = (re.findall(rf'{key}="([^"]*)"', first) or [""] for key in (" name", " value"))
        html = browser.post(address, {**posted(html), "comment": "Enter", name[0]: value[0]}, follow=True).content.decode()

    assert (approval.decisions.count(), Approval.objects.get().is_open) == (0, True)


def test_signed_in_as_the_right_person_one_press_is_enough(ask: Ask, bob: User, web: Web, resolved: list[dict[str, Any]]) -> None:
    """The session says who it is; the first button still decides nothing."""
    ask()
    browser, address = web(bob), link_of("bob")
    html = browser.get(address).content.decode()
    assert buttons(html)[0] == ("back", "look")

    browser.post(address, {**posted(html), "decision": "reject", "comment": "No"})

    assert resolved[0]["error"]["code"] == "ApprovalRejected"


def test_signed_in_as_somebody_else_shows_and_decides_nothing(ask: Ask, alice: User, web: Web, resolved: list[dict[str, Any]]) -> None:
    """A forwarded mail: the link is Bob's, and Alice is told to sign out or to use a private window."""
    approval = ask()
    browser, address = web(alice), link_of("bob")
    form = {"decision": "approve", "confirm": "yes", "payload_hash": approval.payload_hash}

    looked, pressed = browser.get(address), browser.post(address, form)

    for answer in (looked, pressed):
        html = answer.content.decode()
        assert answer.status_code == 403
        assert "This link is for Bob Banks" in html and "private window" in html
        assert "Kestrel" not in html and 'name="decision"' not in html
    assert (resolved, DecisionLink.objects.get().used_at) == ([], None)


def test_signing_out_leads_back_to_the_link(ask: Ask, alice: User, web: Web) -> None:
    """The page's own button; then it is as for anybody who holds the link."""
    ask()
    browser, address = web(alice), link_of("bob")
    form = {name: value for name, value in posted(browser.get(address).content.decode()).items() if name == "next"}

    answer = browser.post("/accounts/logout/", form, follow=True)

    assert answer.redirect_chain == [(address, 302)]
    assert 'name="decision"' in answer.content.decode()


@pytest.mark.parametrize("how", ["switched off", "left the account"])
def test_the_link_of_somebody_who_has_left_shows_nothing(ask: Ask, bob: User, web: Web, how: str) -> None:
    """Neither the question nor what it is about, to look at or by pressing."""
    approval = ask()
    address = link_of("bob")
    if how == "switched off":
        User.objects.filter(pk=bob.pk).update(is_active=False)
    else:
        bob.memberships.update(active=False)

    form = {"decision": "approve", "confirm": "yes", "payload_hash": approval.payload_hash}
    for answer in (web(None).get(address), web(None).post(address, form), web(None).post(address, {**form, "back": "look"})):
        html = answer.content.decode()
        assert answer.status_code == 403
        assert "This link has stopped working" in html
        assert "Kestrel" not in html and "48,200" not in html and "Supplier payments" not in html
    assert approval.decisions.count() == 0


def test_rejecting_needs_a_comment(ask: Ask, web: Web) -> None:
    """422, the page says so, and what was typed is kept."""
    ask()
    browser, address = web(None), link_of("bob")

    answer = browser.post(address, {**posted(browser.get(address).content.decode()), "decision": "reject", "comment": " "})

    assert answer.status_code == 422
    assert "Say why you reject it." in answer.content.decode()


def test_too_late_says_who_decided_and_why(ask: Ask, bob: User, web: Web, lead: Callable[[str], User]) -> None:
    """Decided in the inbox meanwhile: the old page gets 409 and the truth; opening the link tells the same."""
    dana = lead("dana")
    approval, browser, address = ask(), web(None), ""
    address = link_of("bob")
    shown = posted(browser.get(address).content.decode())
    approval.decide("approve", by=dana, comment="Confirmed by phone")

    late = browser.post(address, {**shown, "decision": "approve", "confirm": "yes"})

    assert late.status_code == 409
    for html in (late.content.decode(), browser.get(address).content.decode()):
        assert "Already approved, nothing left to do" in html
        assert "Dana Whitfield approved this already." in html
        assert "Confirmed by phone" in html
    assert approval.decisions.count() == 1


def test_a_link_works_once(ask: Ask, web: Web, lead: Callable[[str], User]) -> None:
    """After a vote that does not settle it, the link decides nothing more."""
    lead("dana")
    ask(rules=[{"need": 2}])
    browser, address = web(None), link_of("bob")
    form = {**posted(browser.get(address).content.decode()), "decision": "approve", "confirm": "yes"}
    browser.post(address, form)

    again = browser.post(address, form)

    assert again.status_code == 409
    assert "You approved this. Others are still to decide." in browser.get(address).content.decode()
    assert Approval.objects.get().decisions.count() == 1


def test_an_old_link_is_refused_and_says_so(ask: Ask, web: Web) -> None:
    """Past its time it shows nothing to press."""
    approval, browser = ask(), web(None)
    DecisionLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    html = browser.get(link_of("bob")).content.decode()
    browser.post(link_of("bob"), {"decision": "approve", "confirm": "yes", "payload_hash": approval.payload_hash})

    assert "This link is too old" in html
    assert Approval.objects.get().decisions.count() == 0


def test_not_me_switches_the_link_off(ask: Ask, web: Web) -> None:
    """Whoever got somebody else's mail can stop it, by a button of the one form that the page has."""
    ask()
    browser, address = web(None), link_of("bob")

    page = browser.get(address).content.decode()
    assert page.count("<form") == 1 and buttons(page)[-1] == ("not_me", "yes")
    browser.post(address, {"not_me": "yes"})

    assert "This link was switched off" in browser.get(address).content.decode()


def test_the_page_of_yesterday_decides_nothing_on_other_data(ask: Ask, web: Web) -> None:
    """The form carries the hash of what it showed."""
    ask()

    answer = web(None).post(link_of("bob"), {"decision": "approve", "confirm": "yes", "payload_hash": "0" * 64})

    assert answer.status_code == 409
    assert Approval.objects.get().decisions.count() == 0


def test_a_link_to_data_that_has_changed_shows_the_change_and_decides_nothing(ask: Ask, web: Web, bob: User) -> None:
    """Bound to the hash of what its mail showed; the newer mail has a newer link."""
    approval = ask()
    old = link_of("bob")
    ask(run=approval.run, tried=approval.step_run, show=[{"label": "invoice", "value": {"vendor": "Kestrel Freight", "amount": 51000}}])

    html = web(None).get(old).content.decode()
    answer = web(None).post(old, {"decision": "approve", "confirm": "yes", "payload_hash": Approval.objects.get().payload_hash})

    assert "This has changed since the mail" in html
    assert "<del>48,200.00</del> <ins>51,000.00</ins>" in html
    assert 'name="decision"' not in html
    assert (answer.status_code, approval.decisions.count()) == (409, 0)
    assert (
        "Confirm as Bob"
        in web(None).post(link_of("bob"), {**posted(web(None).get(link_of("bob")).content.decode()), "decision": "approve"}).content.decode()
    )


def test_a_link_that_does_not_exist_is_not_there(db: None, web: Web) -> None:
    """404, as for everything out of sight."""
    assert web(None).get("/decide/nothing-like-this/").status_code == 404


def test_the_token_is_stored_only_as_its_hash(ask: Ask) -> None:
    """256 bits, and the database does not know them."""
    ask()
    token = link_of("bob").split("/")[2]

    assert len(token) >= 43
    assert token not in str(DecisionLink.objects.values())


def test_a_form_from_elsewhere_is_refused(ask: Ask) -> None:
    """Without the CSRF token of the page nothing is taken."""
    approval = ask()

    answer = Client(enforce_csrf_checks=True).post(link_of("bob"), {"decision": "approve", "confirm": "yes", "payload_hash": approval.payload_hash})

    assert answer.status_code == 403
    assert approval.decisions.count() == 0

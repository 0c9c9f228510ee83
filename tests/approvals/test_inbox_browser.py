"""The inbox and the mail link in a real browser: keys, news, scanners that run scripts, and what assistive technology sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from approvals_app.models import Approval
from playbooks_app.models import User
from runs_app.models import OutboxMail

Ask = Callable[..., Approval]
OpenAs = Callable[..., Page]
pytestmark = pytest.mark.django_db(transaction=True)


def link_to(person: str) -> str:
    found = re.search(r"(/decide/[^/\s?]+/)", OutboxMail.objects.filter(to=f"{person}@acme.example").latest("pk").text)
    assert found is not None
    return found.group(1)


def test_two_keys_approve_and_the_next_one_has_the_focus(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """A arms and decides nothing; Enter sends; no page is loaded in between; list, counts and toast follow."""
    first, second = ask(title="Pay Kestrel?"), ask(title="Pay Halden?")
    page = open_as(bob, "/approvals/")

    page.keyboard.press("a")
    expect(page.locator(".armed")).to_have_text(re.compile("Approve"))
    assert resolved == []
    page.keyboard.press("Enter")

    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")
    expect(page.locator("#ap-title")).to_be_focused()
    expect(page.locator(f"li[data-approval='{first.pk}']")).to_have_count(0)
    expect(page.locator("#toasts")).to_contain_text("Approve: Pay Kestrel?")
    expect(page.locator("[data-view=mine] .count")).to_have_text("1")
    expect(page.locator("[data-badge=inbox]")).to_have_text("1")
    assert [call["output"]["by"] for call in resolved] == ["bob"]
    assert Approval.objects.get(pk=second.pk).is_open


def test_rejecting_by_keys_asks_for_the_comment_first(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """R goes to the comment, Enter sends it with the rejection; then the list is empty and says so."""
    ask(title="Pay Kestrel?")
    page = open_as(bob, "/approvals/")

    page.keyboard.press("r")
    expect(page.locator("textarea[name=comment]")).to_be_focused()
    page.keyboard.type("Wrong account")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Nothing waits for your decision.")).to_be_visible()
    assert "Wrong account" in resolved[0]["error"]["message"]


def test_a_late_answer_leaves_the_pane_that_was_opened_since(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """While a decision is on its way another approval is opened: that one stays, whether the answer is good or a fault, which is told."""
    first, second, third = ask(title="Pay Kestrel?"), ask(title="Pay Halden?"), ask(title="Pay Norda?")
    page = open_as(bob, "/approvals/")
    title, held = page.locator("#ap-title"), []
    page.route("**/decide/", lambda route: held.append(route))

    def decide_and_open(other: Approval) -> None:
        page.locator(".inbox-detail [data-action=approve]").click()
        page.locator(f"[data-open='{other.pk}']").click()
        expect(title).to_have_text(other.title)
        with page.expect_response("**/decide/", timeout=30_000):
            held.pop().continue_()

    decide_and_open(second)
    expect(page.locator(f"li[data-approval='{first.pk}']")).to_have_count(0)
    expect(title).to_have_text("Pay Halden?")

    second.decide("approve", by=bob)
    decide_and_open(third)
    expect(page.locator("#toasts")).to_contain_text("Pay Halden?: Bob Banks approved this already.")
    expect(title).to_have_text("Pay Norda?")


def test_late_news_do_not_bring_back_what_was_decided(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """The page asks how an approval stands, it is decided meanwhile, then the answer comes: the pane stays empty."""
    approval = ask(title="Pay Kestrel?")
    page = open_as(bob, "/approvals/")
    held: list[Route] = []
    with page.expect_request(re.compile(rf"/approvals/{approval.pk}/\?pane=1"), timeout=30_000):
        page.route(f"**/approvals/{approval.pk}/?pane=1", lambda route: held.append(route))

    page.locator(".inbox-detail [data-action=approve]").click()
    expect(page.get_by_text("Nothing waits for your decision.")).to_be_visible()
    with page.expect_response(re.compile(r"\?pane=1")) as late:
        for route in held:
            route.continue_()
    late.value.finished()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))")

    expect(page.locator("#inbox-detail")).to_contain_text("All done")
    assert len(resolved) == 1


def test_an_empty_inbox_fills_by_itself(ask: Ask, open_as: OpenAs, bob: User) -> None:
    """Whoever waits for a question sees it come, opened and ready to be answered."""
    page = open_as(bob, "/approvals/")
    expect(page.get_by_text("Nothing waits for your decision.")).to_be_visible()

    approval = ask(title="Pay Kestrel?")

    expect(page.locator(f".pane[data-approval='{approval.pk}'] #ap-title")).to_have_text("Pay Kestrel?", timeout=30_000)
    expect(page.locator(f"li[data-approval='{approval.pk}']")).to_have_count(1)


def test_rejecting_without_a_comment_is_told_at_the_place(ask: Ask, open_as: OpenAs, bob: User) -> None:
    """The pane comes back with the fault; nothing is decided."""
    approval = ask()
    page = open_as(bob, "/approvals/")

    page.locator(".inbox-detail [data-action=reject]").click()

    expect(page.locator("[data-faults]")).to_contain_text("Say why you reject it.")
    assert approval.decisions.count() == 0


def test_j_and_k_walk_the_list_and_the_address_follows(ask: Ask, open_as: OpenAs, bob: User) -> None:
    """A copied address opens the same approval."""
    first, second = ask(title="Pay Kestrel?"), ask(title="Pay Halden?")
    page = open_as(bob, "/approvals/")

    page.keyboard.press("j")
    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")
    expect(page).to_have_url(re.compile(rf"id={second.pk}"))
    page.reload()
    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")
    page.keyboard.press("k")
    expect(page.locator("#ap-title")).to_have_text("Pay Kestrel?")
    assert Approval.objects.get(pk=first.pk).asked.get().seen_at is not None


def test_handing_over_by_keys(ask: Ask, open_as: OpenAs, bob: User, alice: User) -> None:
    """D opens the list of colleagues."""
    approval = ask()
    page = open_as(bob, "/approvals/")

    page.keyboard.press("d")
    page.locator("select[name=to]").select_option("alice")
    page.get_by_role("button", name="Hand over").last.click()

    expect(page.get_by_text("Nothing waits for your decision.")).to_be_visible()
    assert list(Approval.objects.open_for(alice)) == [approval]


def test_taking_and_asking_by_keys(ask: Ask, open_as: OpenAs, bob: User, alice: User, lead: Callable[[str], User]) -> None:
    """T takes it; a question is asked beside it; what was typed stays, also when the answer comes and is looked at."""
    lead("dana")
    approval = ask()
    page = open_as(bob, "/approvals/")
    page.locator("textarea[name=comment]").fill("So far so")
    page.locator("#ap-title").click()

    page.keyboard.press("t")
    expect(page.locator("[data-claimed]")).to_contain_text("You are on it")
    page.get_by_role("textbox", name="Write to the others").fill("Is the account new?")
    page.get_by_role("button", name="Ask Alice").click()
    expect(page.locator("[data-question]")).to_contain_text("no answer so far")
    expect(page.locator("textarea[name=comment]")).to_have_value("So far so")

    approval.say("Yes, letter attached.", by=alice)
    page.get_by_role("button", name="Show how it stands").click(timeout=30_000)
    expect(page.locator(".thread")).to_contain_text("Yes, letter attached.")
    expect(page.locator("textarea[name=comment]")).to_have_value("So far so")


def test_what_others_do_is_seen_without_a_reload(ask: Ask, open_as: OpenAs, bob: User, lead: Callable[[str], User]) -> None:
    """A line that is over goes, a line that is there anew waits behind a button, and an open decision says that it has changed."""
    dana = lead("dana")
    first = ask(title="Pay Kestrel?")
    page = open_as(bob, "/approvals/")
    page.locator("textarea[name=comment]").fill("I was just")

    first.decide("approve", by=dana)
    ask(title="Pay Halden?")

    expect(page.locator(f"li[data-approval='{first.pk}']")).to_have_count(0, timeout=15_000)
    expect(page.locator("[data-outdated]")).to_contain_text("This has changed while you were looking.")
    expect(page.locator("textarea[name=comment]")).to_have_value("I was just")
    page.get_by_role("button", name="1 new, show").click()
    expect(page.get_by_text("Pay Halden?").first).to_be_visible()

    page.locator("li[data-approval] [data-open]").click()
    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")
    second = Approval.objects.get(title="Pay Halden?")
    page.locator("body").evaluate("() => document.activeElement.blur()")
    ask(title="Pay Halden less?", run=second.run, tried=second.step_run, show=[{"label": "amount", "value": 1}])
    expect(page.locator("[data-outdated]")).to_contain_text("This has changed while you were looking.", timeout=30_000)
    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")  # other data never comes under a hand that is about to approve
    expect(page.locator("li[data-approval] .t")).to_have_text("Pay Halden less?")


def test_several_at_once_after_looking_at_each(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """X selects; one comment for all."""
    ask(title="Pay Kestrel?"), ask(title="Pay Halden?")
    page = open_as(bob, "/approvals/")

    page.keyboard.press("x")
    page.keyboard.press("j")
    expect(page.locator("#ap-title")).to_have_text("Pay Halden?")
    page.keyboard.press("x")
    expect(page.locator("[data-bulk-said]")).to_have_text("2 selected")
    page.locator("[data-bulk] input[name=comment]").fill("All checked")
    page.get_by_role("button", name="Approve 2").click()

    expect(page.get_by_text("Nothing waits for your decision.")).to_be_visible()
    assert [call["output"]["comment"] for call in resolved] == ["All checked", "All checked"]


@pytest.mark.spec("F-12")
def test_a_scanner_with_a_browser_decides_nothing(ask: Ask, open_as: OpenAs, resolved: list[dict[str, Any]]) -> None:
    """It opens every link of the mail, runs the scripts, and presses the first button of each page, again and again."""
    approval = ask()
    mail = OutboxMail.objects.get()
    page = open_as(None, link_to("bob"))

    for address in re.findall(r"(/decide/\S+)", mail.text):
        page.goto(address)
        for _ in range(4):
            page.locator("button").first.click()
            page.wait_for_load_state()

    assert resolved == []
    assert (approval.decisions.count(), approval.links.get().used_at) == (0, None)
    assert approval.links.get().opens.count() >= 2


def test_from_the_mail_in_two_presses(ask: Ask, open_as: OpenAs, bob: User, resolved: list[dict[str, Any]]) -> None:
    """On a phone, without signing in."""
    ask()
    page = open_as(None, link_to("bob"), viewport={"width": 390, "height": 844})

    page.get_by_label("Comment").fill("Checked by phone")
    page.locator("button[name=decision][value=approve]").click()
    page.get_by_role("button", name="Confirm as Bob: approve").click()

    expect(page.get_by_role("heading", name="You have approved this")).to_be_visible()
    assert (resolved[0]["output"]["by"], resolved[0]["output"]["comment"]) == ("bob", "Checked by phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(ask: Ask, open_as: OpenAs, bob: User, lead: Callable[[str], User], scheme: str) -> None:
    """Inbox, decision, mail link, confirmation, decided; both themes."""
    approval = ask(rules=[{"need": 2}], escalate={"after": "2h", "to": {"user": "alice"}}, summary="Above the limit.")
    approval.say("Is it new?", by=bob)
    page = open_as(bob, "/approvals/", color_scheme=scheme)
    address = link_to("bob")

    for place in ("/approvals/", f"/approvals/{approval.pk}/", "/approvals/?view=done", address):
        page.goto(place)
        assert serious(page) == [], place
    page.context.clear_cookies()
    page.goto(address)
    page.locator("button[name=decision][value=approve]").click()
    assert serious(page) == []
    page.get_by_role("button", name="Confirm as Bob").click()
    assert serious(page) == []


def serious(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found if each["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_is_wider_than_the_screen(ask: Ask, open_as: OpenAs, bob: User, width: int) -> None:
    """Long words, ids and tables stay inside their frame."""
    rows = [{"column with a long name": "x" * 60, "n": 1} for _ in range(3)]
    approval = ask(title="Pay " + "w" * 80, show=[{"label": "invoice", "value": {"iban": "I" * 90, "rows": rows}}])
    page = open_as(bob, "/approvals/", viewport={"width": width, "height": 800})

    for place in ("/approvals/", f"/approvals/{approval.pk}/", link_to("bob")):
        page.goto(place)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place

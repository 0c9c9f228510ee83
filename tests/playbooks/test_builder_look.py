"""The builder can be seen, read aloud and used with a thumb."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import REVIEW, leave_all, open_board

OpenAs = Callable[..., Page]
PHONE = {"width": 390, "height": 844}
FAULTY = {**REVIEW, "steps": [*REVIEW["steps"], {"id": "call", "type": "http", "name": "Call the bank"}]}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def serious(page: Page) -> list[Any]:
    """What axe finds serious or critical on the page, with the places."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], [node["html"][:160] for node in each["nodes"]]) for each in found if each["impact"] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_as: OpenAs, alice: User, scheme: str) -> None:
    """Drawing, every tab of the settings, the boxes and the text pass axe in both themes."""
    board = open_board(open_as, alice, FAULTY, color_scheme=scheme)
    expect(board.page.locator(".has-fault")).to_have_count(1)
    found = serious(board.page)
    board.step("large").click()
    found += serious(board.page)
    board.step("sign").click()
    for tab in ("tab-trouble", "tab-help", "tab-settings"):
        board.press(tab)
        found += serious(board.page)
    board.page.locator('.field[data-path="with/title"] [data-action="insert-data"]').click()
    found += serious(board.page)
    board.step("pay").click()
    board.page.locator('[data-step="pay"]').press("/")
    found += serious(board.page)
    board.keys("Escape")
    board.press("publish")
    found += serious(board.page)
    board.press("dialog-cancel")
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    found += serious(board.page)
    assert found == []


def test_screen_readers_hear_what_a_step_is(open_as: OpenAs, alice: User) -> None:
    """Each item of the tree has name, kind, place and problem in words; deeds are spoken."""
    board = open_board(open_as, alice, FAULTY)
    call = board.page.locator('[data-step="call"]')
    expect(call).to_have_attribute("aria-label", "Call the bank, HTTP request, problem: “Address” is missing.")
    sign = board.page.locator('[data-step="sign"]')
    assert [sign.get_attribute(name) for name in ("role", "aria-level", "aria-posinset", "aria-setsize")] == ["treeitem", "4", "1", "1"]
    board.drag("log", "root/steps/3")
    expect(board.page.locator("#announce")).to_have_text("Added Note in the timeline")


def test_the_phone_gets_an_outline(open_as: OpenAs, alice: User) -> None:
    """On a phone the same tree is an outline that fits its width; settings open over it, steps are added from below."""
    board = open_board(open_as, alice, FAULTY, viewport=PHONE, has_touch=True)
    assert board.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    left = [board.step(step_id).evaluate("card => card.getBoundingClientRect().x") for step_id in ("each", "large", "both", "sign")]
    assert left == sorted(set(left))
    board.step("pay").tap()
    expect(board.field("url")).to_be_visible()
    board.field("url").fill("https://other.example.com/")
    board.press("close-settings")
    expect(board.field("url")).to_be_hidden()
    board.page.locator('.b-phone [data-action="insert"]').tap()
    board.page.get_by_role("option", name="E-mail").tap()
    assert board.ids_in("each/body") == ["large", "pay", "email-1"]
    board.page.locator('.b-phone [data-action="undo"]').tap()
    assert board.draft["steps"][0]["steps"][1]["with"]["url"] == "https://other.example.com/"
    assert serious(board.page) == []


@pytest.mark.parametrize("width", [1440, 1024, 861])
def test_nothing_scrolls_sideways_but_the_drawing(open_as: OpenAs, alice: User, width: int) -> None:
    """The page itself fits its window with all its tools; only the drawing scrolls, inside its frame."""
    board = open_board(open_as, alice, viewport={"width": width, "height": 800})
    for part in ('[data-action="zoom-in"]', '[data-action="fit"]', ".b-map"):
        expect(board.page.locator(part)).to_be_in_viewport(ratio=1)
    board.step("sign").click()
    board.step("pay").click(modifiers=["Control"])
    expect(board.page.get_by_role("button", name="Clear")).to_be_in_viewport(ratio=1)
    board.step("sign").click()
    assert board.page.evaluate("document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight")
    board.press("publish")
    expect(board.page.locator('[data-dialog="publish"]')).to_be_in_viewport(ratio=1)


def test_zoom_and_fit(open_as: OpenAs, alice: User) -> None:
    """The drawing is made smaller and larger, fitted into its frame, and folded as a whole; drags hit their place at any size."""
    board = open_board(open_as, alice)
    for _ in range(4):
        board.press("zoom-out")
    expect(board.page.locator('[data-part="zoom"]')).not_to_have_text("100 %")
    board.drag("log", "both/vendor/1")
    assert board.ids_in("both/vendor") == ["look", "log-1"]
    board.press("fit")
    for step_id in ("each", "note"):
        expect(board.step(step_id)).to_be_in_viewport(ratio=1)
    board.press("zoom-one")
    expect(board.page.locator('[data-part="zoom"]')).to_have_text("100 %")
    board.press("fold-all")
    assert board.ids == ["each", "note"]
    board.press("fold-all")
    assert "look" in board.ids


def test_problems_fold_to_one_line(open_as: OpenAs, alice: User) -> None:
    """The list of problems folds, and stays folded on the next visit."""
    board = open_board(open_as, alice, FAULTY)
    expect(board.page.locator(".b-prob li").first).to_be_visible()
    board.press("fold-problems")
    expect(board.page.locator(".b-prob li")).to_have_count(0)
    board.page.reload()
    expect(board.page.locator(".b-prob h2")).to_contain_text("problem")
    expect(board.page.locator(".b-prob li")).to_have_count(0)


def test_nothing_breaks_the_content_policy(open_as: OpenAs, alice: User) -> None:
    """No script, style or request of the page is refused by its policy, and nothing fails aloud."""
    board = open_board(open_as, alice)
    said: list[str] = []
    board.page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    board.page.reload()
    board.step("sign").click()
    board.drag("http", "large/else/0")
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    board.press("look-outline")
    assert [each for each in said if "WebSocket" not in each] == []  # the server of the tests has no sockets

"""The builder in one hand: a phone, fingers and no mouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import leave_all, open_board
from tests.playbooks.test_builder_saving import TWO

OpenAs = Callable[..., Page]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_a_playbook_is_built_by_touch(open_as: OpenAs, alice: User) -> None:
    """Add, fill in, move, select several, undo, see what is wrong, mend it and publish: taps and a held finger are enough."""
    board = open_board(open_as, alice, TWO, **PHONE)
    page = board.page

    def tap(action: str) -> None:
        page.locator(f'[data-action="{action}"]:visible').first.tap()

    tap("insert")
    page.locator('[data-choose="http"]').tap()
    expect(page.locator('[data-action="problems"]')).to_have_text("1")
    tap("problems")
    page.locator(".b-prob .b-go").first.tap()
    board.field("url").fill("https://a.example.com/")
    tap("step-menu")
    tap("move-up")
    tap("close-settings")
    assert board.ids == ["a", "http-1", "b"]
    expect(page.locator('[data-action="problems"]')).to_be_hidden()

    client = page.context.new_cdp_session(page)
    box = board.step("b").bounding_box()
    assert box is not None
    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": box["x"] + 60, "y": box["y"] + 20}]})
    expect(page.locator(".drag-ghost")).to_be_visible()
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator(".b-picked")).to_contain_text("1 step selected")
    board.step("http-1").tap()
    expect(page.locator(".b-picked")).to_contain_text("2 steps selected")
    expect(board.field("url")).to_be_hidden()
    tap("delete")
    assert board.ids == ["a"]
    expect(page.locator(".b-picked")).to_be_hidden()
    tap("undo")
    expect(board.step("b")).to_be_visible()

    tap("look-drawing")
    page.locator('[data-slot="root/steps/1"] button').tap()
    page.locator('[data-choose="log"]').tap()
    board.step("log-1").tap()
    board.field("message").fill("Halfway")
    tap("close-settings")
    tap("publish")
    tap("dialog-publish")
    expect(page.locator(".toast").last).to_contain_text("Published version 1")
    assert [step["id"] for step in board.draft["steps"]] == ["a", "log-1", "http-1", "b"]

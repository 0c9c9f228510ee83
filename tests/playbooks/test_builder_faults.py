"""What is wrong is seen where it is, and mended from the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import leave_all, open_board
from tests.playbooks.test_builder_forms import one

OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_faults_stand_at_step_field_and_list(open_as: OpenAs, alice: User) -> None:
    """A fault from the server is seen on the card, under its field and in the list, and goes when it is mended."""
    board = open_board(open_as, alice, one({"id": "call", "type": "http"}))
    expect(board.step("call").locator(".flt")).to_contain_text("missing")
    expect(board.page.locator(".b-prob h2")).to_contain_text("1 problem")
    board.page.locator(".b-prob li .b-go").click()
    expect(board.page.locator('.field[data-path="with/url"] > .fault')).to_be_visible()
    board.field("url").fill("https://a.example.com/")
    expect(board.page.locator(".b-prob h2")).to_contain_text("No problems")
    expect(board.step("call").locator(".flt")).to_have_count(0)


def test_a_listed_problem_is_mended_by_one_press(open_as: OpenAs, alice: User) -> None:
    """Where the right word is known the list offers it: for a kind of step, a setting and a name inside text; each is one step of undo."""
    faulty = [
        {"id": "call", "type": "http", "with": {"metod": "GET", "url": "https://a.example.com/"}},
        {"id": "say", "type": "log", "with": {"message": "{{ steps.cal.output.status }} of cal"}},
        {"id": "end", "type": "lgo", "with": {"message": "x"}},
    ]
    board = open_board(open_as, alice, one(faulty[0], steps=faulty))
    expect(board.page.locator(".b-prob h2")).to_contain_text("3 problems")
    for left in ("2 problems", "1 problem", "No problems"):
        board.page.locator('[data-action="mend"]').first.click()
        expect(board.page.locator(".b-prob h2")).to_contain_text(left)
    call, say, end = board.draft["steps"]
    assert list(call["with"].items()) == [("method", "GET"), ("url", "https://a.example.com/")]
    assert say["with"]["message"] == "{{ steps.call.output.status }} of cal"
    assert end["type"] == "log"
    for _ in range(3):
        board.press("undo")
    assert board.draft["steps"] == faulty

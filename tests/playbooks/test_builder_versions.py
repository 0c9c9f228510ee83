"""History in the builder: what changed, back into the draft, deprecated with a reason; who else is here; hints that stay away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import REVIEW, again, leave_all, open_board

OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def changed() -> dict[str, Any]:
    """The review with one step changed, one removed, one added and one moved."""
    each = REVIEW["steps"][0]
    large, pay = each["steps"]
    pay = {**pay, "with": {**pay["with"], "url": "https://other.example.com/"}}
    added = {"id": "wait", "type": "delay", "with": {"for": "1m"}}
    return {**REVIEW, "owner": "Treasury", "steps": [{**each, "steps": [pay, {**large, "then": [added]}]}]}


def test_what_changed_is_seen_on_the_drawing_and_taken_back(open_as: OpenAs, alice: User) -> None:
    """Added, removed, changed and moved steps are marked, settings show before and after; restoring is one change that can be undone."""
    board = open_board(open_as, alice)
    board.playbook.publish(by=alice, note="The first one")
    board.playbook.save_draft(changed(), by=alice)
    board.page.reload()
    board.press("history")
    expect(board.page.locator('[data-version="1"]')).to_contain_text("The first one")
    board.press("compare-draft")
    compared = board.page.locator('[data-part="compared"]')
    marks = {step: compared.locator(f'[data-step="{step}"]').get_attribute("data-diff") for step in ("wait", "look", "note", "pay", "large", "each")}
    assert marks == {"wait": "added", "look": "removed", "note": "removed", "pay": "changed", "large": "moved", "each": None}
    compared.locator('[data-step="pay"] > .card').click()
    change = board.page.locator('[data-changed="pay"]')
    expect(change.locator("del")).to_have_text("https://bank.example.com/")
    expect(change.locator("ins")).to_have_text("https://other.example.com/")
    expect(board.page.locator(".b-changes")).to_contain_text("Treasury")
    board.press("restore-version")
    assert board.draft["owner"] == "Finance" and board.ids == ["each", "large", "both", "sign", "look", "pay", "note"]
    board.press("undo")
    assert board.draft["owner"] == "Treasury"


def test_a_version_is_deprecated_with_a_reason(open_as: OpenAs, alice: User) -> None:
    """The reason stands in the history; starts can be allowed again."""
    board = open_board(open_as, alice)
    board.playbook.publish(by=alice)
    board.press("history")
    board.press("deprecate-version")
    board.field("deprecate.reason").fill("Pays twice")
    board.press("dialog-deprecate")
    expect(board.page.locator('[data-version="1"]')).to_contain_text("Deprecated by alice: Pays twice")
    assert board.playbook.versions.get().deprecation_reason == "Pays twice"
    board.press("revive-version")
    expect(board.page.locator('[data-version="1"]')).not_to_contain_text("Pays twice")


def test_others_are_seen_and_their_work_is_shown(open_as: OpenAs, alice: User, admin: User) -> None:
    """Two people see each other; who has changed nothing takes the newer draft with one press."""
    mine = open_board(open_as, alice)
    theirs = again(open_as, admin, mine.playbook)
    expect(theirs.page.locator('[data-part="faces"]')).to_have_attribute("aria-label", f"Also here: {alice.display_name}")
    theirs.step("pay").click()
    theirs.field("@name").fill("Pay them")
    theirs.saved()
    expect(mine.page.locator('[data-part="newer"]')).to_contain_text(f"{admin.display_name} saved this draft", timeout=30_000)
    expect(mine.page.locator('[data-part="faces"]')).to_have_attribute("aria-label", f"Also here: {admin.display_name}")
    mine.press("take-newer")
    expect(mine.step("pay")).to_contain_text("Pay them")
    mine.step("note").click()
    mine.field("message").fill("all paid")
    assert mine.draft["steps"][1]["with"]["message"] == "all paid"
    assert mine.draft["steps"][0]["steps"][1]["name"] == "Pay them"


def test_hints_are_put_away_for_good(open_as: OpenAs, alice: User) -> None:
    """One at a time, under the drawing and never over it; what was put away does not come back after a reload."""
    board = open_board(open_as, alice)
    expect(board.page.locator(".b-tip")).to_contain_text("1 of 4")
    edges = [board.page.locator(f".b-{part}").bounding_box() for part in ("scroll", "tips")]
    assert edges[0] and edges[1] and edges[0]["y"] + edges[0]["height"] <= edges[1]["y"] + 1
    with board.page.expect_response("**/me/tips/"):
        board.press("tip-next")
    board.page.reload()
    expect(board.page.locator(".b-tip")).to_contain_text("2 of 4")
    board.press("tips-off")
    expect(board.page.locator(".b-tip")).to_have_count(0)

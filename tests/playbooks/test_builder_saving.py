"""Drafts are saved by themselves, never lost and never overwritten unasked; a faultless one is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from playbooks_app.models import User
from tests.playbooks.board import REVIEW, again, leave_all, open_board

OpenAs = Callable[..., Page]
TWO: dict[str, Any] = {
    "handrail": 1,
    "name": "Two",
    "description": "Says two things.",
    "owner": "Finance",
    "steps": [
        {"id": "a", "type": "log", "name": "First", "with": {"message": "a"}},
        {"id": "b", "type": "log", "name": "Second", "with": {"message": "b"}},
    ],
}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_opening_changes_nothing(open_as: OpenAs, alice: User) -> None:
    """Whoever only looks and walks through all steps leaves the draft and its revision as they were."""
    board = open_board(open_as, alice)
    for step_id in board.ids:
        board.step(step_id).click()
        board.press("tab-trouble")
        board.press("tab-settings")
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    board.press("look-drawing")
    board.press("save")
    assert board.draft == REVIEW
    assert board.playbook.draft_revision == 1


def test_saved_and_opened_again_it_is_the_same(open_as: OpenAs, alice: User) -> None:
    """What was drawn is on the page again after a reload, step by step."""
    board = open_board(open_as, alice)
    board.drag("http", "large/else/0")
    board.drag(board.step("sign"), "both/vendor/1")
    ids, draft = board.ids, board.draft
    second = again(open_as, alice, board.playbook)
    assert second.ids == ids
    assert second.draft == draft


def test_it_saves_by_itself_and_says_so(open_as: OpenAs, alice: User) -> None:
    """A moment after the last change the server has it; Ctrl S saves at once."""
    board = open_board(open_as, alice, TWO)
    board.step("a").click()
    board.field("message").fill("changed")
    assert board.draft["steps"][0]["with"]["message"] == "changed"
    board.field("message").fill("again")
    board.keys("Control+s")
    board.saved()
    assert board.draft["steps"][0]["with"]["message"] == "again"


def test_without_a_connection_nothing_is_lost(open_as: OpenAs, alice: User) -> None:
    """Changes that could not be sent stay in the browser, survive its crash, and are taken up again."""
    board = open_board(open_as, alice, TWO)
    context = board.page.context
    isolated = [True]
    context.route("**/api/**", lambda route: route.abort() if isolated else route.continue_())
    board.step("a").click()
    board.field("message").fill("offline")
    expect(board.page.locator('[data-part="saved"]')).to_contain_text("No connection")
    with pytest.raises(Error):
        board.page.goto("chrome://crash")
    board.page.close()
    isolated.clear()
    board.page = context.new_page()
    board.page.goto(f"/playbooks/{board.playbook.pk}/edit/")
    expect(board.page.locator(".toast")).to_contain_text("had not been saved")
    assert board.draft["steps"][0]["with"]["message"] == "offline"


def test_a_server_that_restarts_in_the_middle_loses_nothing(open_as: OpenAs, alice: User) -> None:
    """It had written and could not say so, then it was away: typing goes on, nobody is asked about a stranger, and all is saved."""
    board = open_board(open_as, alice, TWO)
    trouble = ["lost", "away"]

    def stumble(route: Route) -> None:
        kind = trouble.pop(0) if trouble and route.request.method == "PATCH" else ""
        if kind == "lost":
            route.fetch()
        if kind:
            route.fulfill(status=503, body="") if kind == "away" else route.abort()
        else:
            route.continue_()

    board.page.context.route("**/api/v1/playbooks/*/", stumble)
    board.step("a").click()
    board.field("message").fill("first")
    expect(board.page.locator('[data-part="saved"]')).to_contain_text("kept here")
    board.field("message").fill("second")
    expect(board.page.locator('[data-part="saved"]')).to_have_attribute("data-state", "ok", timeout=30_000)
    assert board.draft["steps"][0]["with"]["message"] == "second"
    expect(board.page.locator('[data-dialog="conflict"]')).to_have_count(0)
    assert trouble == []


def test_leaving_at_once_saves(open_as: OpenAs, alice: User) -> None:
    """Whoever types and leaves the page in the same moment finds it saved."""
    board = open_board(open_as, alice, TWO)
    board.step("a").click()
    board.field("message").fill("quick")
    board.page.goto(f"/playbooks/{board.playbook.pk}/edit/")
    board.step("a").click()
    expect(board.field("message")).to_have_value("quick")
    assert board.draft["steps"][0]["with"]["message"] == "quick"


def test_two_people_who_touch_different_steps_keep_both(open_as: OpenAs, alice: User, admin: User) -> None:
    """The server is away while both type: the second save is told who was first, and changes that do not touch each other are joined."""
    mine = open_board(open_as, alice, TWO)
    theirs = again(open_as, admin, mine.playbook)
    for board, step_id, words in ((theirs, "b", "by admin"), (mine, "a", "by alice")):
        board.page.context.route("**/api/**", lambda route: route.fulfill(status=503, body=""))
        board.step(step_id).click()
        board.field("message").fill(words)
        expect(board.page.locator('[data-part="saved"]')).to_contain_text("kept here")
    for board in (theirs, mine):
        board.page.context.unroute_all()
        if board is theirs:
            board.saved()
    dialog = mine.page.locator('[data-dialog="conflict"]')
    expect(dialog).to_contain_text(f"{admin.display_name} saved this draft")
    expect(dialog).to_contain_text("First changed")
    expect(dialog).to_contain_text("Second changed")
    mine.press("dialog-both")
    messages = [step["with"]["message"] for step in mine.draft["steps"]]
    assert messages == ["by alice", "by admin"]


@pytest.mark.parametrize(
    ("choice", "kept", "before"),
    [
        ("dialog-mine", ["by alice", "b"], ["by admin", "by admin"]),
        ("dialog-theirs", ["by admin", "by admin"], ["by alice", "b"]),
        ("dialog-both", ["by admin", "by admin"], ["by admin", "by admin"]),
    ],
)
def test_two_people_who_touch_the_same_choose(open_as: OpenAs, alice: User, admin: User, choice: str, kept: list[str], before: list[str]) -> None:
    """Where both changed the same thing one is kept, on purpose, for each thing; Undo brings back what was not."""
    mine = open_board(open_as, alice, TWO)
    theirs = again(open_as, admin, mine.playbook)
    theirs.step("a").click()
    theirs.field("message").fill("by admin")
    theirs.step("b").click()
    theirs.field("message").fill("by admin")
    theirs.saved()
    mine.step("a").click()
    mine.field("message").fill("by alice")
    clash = mine.page.locator(".b-clash")
    expect(clash).to_have_count(1)
    expect(clash).to_contain_text("First: message")
    if choice == "dialog-both":
        mine.field("clash.0.theirs").check()
    mine.press(choice)
    assert [step["with"]["message"] for step in mine.draft["steps"]] == kept
    mine.press("undo")
    assert [step["with"]["message"] for step in mine.draft["steps"]] == before


def test_publishing_makes_a_version_with_a_note(open_as: OpenAs, alice: User) -> None:
    """Publish saves first, makes the next version and says its number."""
    board = open_board(open_as, alice)
    board.drag("log", "large/else/0")
    board.field("message").fill("small")
    board.press("publish")
    board.field("publish.note").fill("Small ones are noted")
    board.press("dialog-publish")
    expect(board.page.locator(".toast").last).to_contain_text("Published version 1")
    version = board.playbook.versions.get()
    assert version.note == "Small ones are noted"
    assert version.document["steps"][0]["steps"][0]["else"] == [{"id": "log-1", "type": "log", "with": {"message": "small"}}]
    expect(board.page.locator('[data-part="version"]')).to_have_text("Draft of version 2")


def test_faults_hold_publishing(open_as: OpenAs, alice: User) -> None:
    """A draft with faults is not published; the dialog lists them as it opens, with their remedies, and leads to each."""
    board = open_board(open_as, alice, {**TWO, "steps": [*TWO["steps"], {"id": "call", "type": "http", "name": "Call the bank"}]})
    expect(board.step("call")).to_contain_text("missing")
    board.press("publish")
    refused = board.page.locator(".b-refused")
    expect(refused).to_contain_text("Begins with https://")
    with board.page.expect_response("**/publish/") as answer:
        board.press("dialog-publish")
    assert answer.value.status == 422
    expect(refused).to_contain_text("It cannot be published yet")
    refused.get_by_role("button", name="Call the bank").click()
    expect(board.field("url")).to_be_focused()
    assert not board.playbook.versions.exists()


def test_who_may_not_edit_only_looks(open_as: OpenAs, alice: User, dave: User) -> None:
    """A viewer sees drawing and settings, but finds nothing that changes them."""
    board = open_board(open_as, alice)
    looking = again(open_as, dave, board.playbook)
    looking.step("pay").click()
    expect(looking.field("url")).not_to_be_editable()
    for hook in ("[data-palette]", '[data-action="publish"]', '[data-action="undo"]', '[data-action="add-row"]', ".slot button"):
        expect(looking.page.locator(hook)).to_have_count(0)
    looking.page.locator('[data-step="pay"]').focus()
    looking.keys("Delete", "Alt+ArrowUp")
    assert looking.ids == board.ids


def test_it_is_not_there_for_others(web: Callable[..., Any], alice: User, eve: User, published: Callable[..., Any]) -> None:
    """Another account gets the same answer as for a playbook that never was."""
    version = published(TWO, alice, visibility="account")
    assert web(eve).get(f"/playbooks/{version.playbook_id}/edit/").status_code == 404
    assert web(alice).get("/playbooks/999999/edit/").status_code == 404
    assert web(None).get(f"/playbooks/{version.playbook_id}/edit/").status_code == 302

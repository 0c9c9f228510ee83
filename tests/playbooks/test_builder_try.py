"""Trying the draft from the builder: nothing is published, nothing is sent, and each step says what it gave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import Playbook, User
from runs_app.models import Run
from tests.machine import drive
from tests.playbooks.board import Board, leave_all, open_board

OpenAs = Callable[..., Page]
PATIENCE_SECONDS = 30.0
DOCUMENT: dict[str, Any] = {
    "handrail": 1,
    "name": "Check a customer",
    "description": "Looks one up and notes what was found.",
    "owner": "Finance",
    "inputs": [{"name": "customer", "type": "string", "required": True}, {"name": "limit", "type": "number", "default": 10}],
    "steps": [
        {"id": "look", "type": "http", "with": {"url": "https://register.example.com/{{ inputs.customer }}"}},
        {"id": "rich", "type": "condition", "if": "${{ get('steps.look.output.body.worth', 0) > inputs.limit }}", "then": [], "else": []},
        {"id": "note", "type": "log", "with": {"message": "{{ inputs.customer }}"}},
    ],
}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def run_begun(playbook: Playbook, after: int = 0) -> Run:
    """The run that the page has started, once it is there."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        run: Run | None = Run.objects.filter(playbook=playbook, pk__gt=after).order_by("pk").first()
        if run is not None:
            return run
        time.sleep(0.05)
    raise AssertionError("the page has started no run")


def tried(board: Board) -> Run:
    """Press start, drive the run to its end, wait until the page has seen it."""
    board.press("try-start")
    run = drive(run_begun(board.playbook))
    expect(board.page.locator('[data-action="try-again"]')).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
    return run


def test_the_draft_is_tried_in_the_sandbox(open_as: OpenAs, alice: User) -> None:
    """With sample inputs; the drawing shows each step's state, the settings its output; no version is published and nothing is sent."""
    board = open_board(open_as, alice, DOCUMENT)
    board.press("try")
    expect(board.page.locator(".b-set")).to_contain_text("Nothing is sent.")
    board.press("try-start")
    expect(board.page.locator('.field[data-path="inputs/customer"] .fault')).to_be_visible()
    board.field("try.customer").fill("Acme")
    run = tried(board)
    assert run.mode == "sandbox" and run.inputs["customer"] == "Acme"
    assert not board.playbook.versions.filter(number__gt=0).exists()
    expect(board.page.locator('[data-step="look"]')).to_have_attribute("data-state", "succeeded")
    board.step("note").click()
    board.press("tab-last")
    expect(board.field("last.output")).to_have_value('{\n  "level": "info",\n  "message": "Acme"\n}')
    board.press("try-close")
    expect(board.page.locator('[data-step="look"]')).not_to_have_attribute("data-state", "succeeded")


def test_a_pinned_output_stands_in_for_its_step(open_as: OpenAs, alice: User) -> None:
    """It is kept on the server with the draft, decides which way a try goes, and is the value that pickers and previews show."""
    board = open_board(open_as, alice, DOCUMENT)
    board.step("look").click()
    board.press("tab-last")
    board.field("last.output").fill('{"body": {"worth": 50, "name": "Acme Ltd"}}')
    board.press("pin-output")
    expect(board.page.locator(".b-set")).to_contain_text("Pinned")
    board.playbook.refresh_from_db()
    assert board.playbook.pinned["steps"] == {"look": {"body": {"worth": 50, "name": "Acme Ltd"}}} and "pinned" not in str(board.draft)
    board.step("note").click()
    board.press("tab-settings")
    board.field("message").fill("")
    board.page.locator('.field[data-path="with/message"] [data-action="insert-data"]').click()
    option = board.page.locator('[data-reference="steps.look.output.body.name"]')
    expect(option).to_contain_text("Acme Ltd")
    option.click()
    expect(board.page.locator('.field[data-path="with/message"] .b-preview')).to_contain_text("Acme Ltd")
    board.press("try")
    board.field("try.customer").fill("Acme")
    run = tried(board)
    assert run.step_runs.get(step="rich").output == {"branch": "then"}


def test_errors_show_as_one_types(open_as: OpenAs, alice: User) -> None:
    """Half an expression is told at its field before anything is saved; a value that is not known is not an error."""
    board = open_board(open_as, alice, DOCUMENT)
    board.step("note").click()
    line = board.page.locator('.field[data-path="with/message"] .b-preview')
    board.field("message").fill("${{ inputs.limit * }}")
    expect(line).to_have_attribute("data-tone", "bad")
    board.field("message").fill("${{ inputs.limit * 2 }}")
    expect(line).to_have_text("= 20")
    board.field("message").fill("{{ steps.look.output.status }}")
    expect(line).to_have_attribute("data-tone", "missing")


def test_data_is_dragged_into_a_field(open_as: OpenAs, alice: User) -> None:
    """A name from the picker, dropped on another field, is written there."""
    board = open_board(open_as, alice, DOCUMENT)
    board.step("note").click()
    board.field("message").fill("")
    board.page.locator('.field[data-path="with/message"] [data-action="insert-data"]').click()
    board.page.locator('[data-reference="inputs.customer"]').drag_to(board.field("message"))
    expect(board.field("message")).to_have_value("{{ inputs.customer }}")
    assert board.draft["steps"][2]["with"]["message"] == "{{ inputs.customer }}"

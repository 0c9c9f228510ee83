"""Everything in the builder can be done by keyboard alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import REVIEW, Board, leave_all, open_board

OpenAs = Callable[..., Page]
THREE: dict[str, Any] = {
    "name": "Three",
    "steps": [{"id": name, "type": "log", "name": name.title(), "with": {"message": name}} for name in ("first", "second", "third")],
}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def focused(board: Board) -> str:
    """The id of the step that has the focus, "" if none has."""
    found: str = board.page.evaluate("document.activeElement.dataset.step ?? ''")
    return found


def to(board: Board, step_id: str) -> None:
    """Give the focus to a step as Tab and arrows would."""
    board.page.locator(f'[data-step="{step_id}"]').focus()
    board.page.locator(f'[data-step="{step_id}"] > .card').click()


def test_one_tab_stop_and_arrows(open_as: OpenAs, alice: User) -> None:
    """The tree is one stop of Tab; arrows walk the flow, into branches, across them and back to the step around."""
    board = open_board(open_as, alice)
    assert board.page.locator('[role=treeitem][tabindex="0"]').count() == 1
    to(board, "each")
    walked = []
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "End", "ArrowUp", "Home"):
        board.keys(key)
        walked.append(focused(board))
    assert walked == ["large", "both", "sign", "look", "sign", "both", "note", "pay", "each"]


def test_slash_adds_after(open_as: OpenAs, alice: User) -> None:
    """`/`, a word, Enter: a step of that kind stands after the one that had the focus, and has it now."""
    board = open_board(open_as, alice, THREE)
    to(board, "first")
    board.keys("/")
    board.page.keyboard.type("e-mail")
    board.keys("Enter")
    assert board.ids == ["first", "email-1", "second", "third"]
    assert focused(board) == "email-1"


def test_slash_fills_an_empty_branch(open_as: OpenAs, alice: User) -> None:
    """With the focus on a container the box also offers the inside of each of its branches."""
    board = open_board(open_as, alice)
    to(board, "large")
    board.keys("/")
    board.page.keyboard.type("http")
    board.field("insert.where").select_option(label="into No")
    board.page.get_by_role("combobox", name="Find a step").press("Enter")
    assert board.ids_in("large/else") == ["http-1"]


def test_alt_arrows_move(open_as: OpenAs, alice: User) -> None:
    """Alt with an arrow moves a step along the flow, into and out of containers, and the focus goes with it."""
    board = open_board(open_as, alice)
    to(board, "note")
    board.keys("Alt+ArrowRight")
    assert board.ids_in("each/body") == ["large", "pay", "note"]
    board.keys("Alt+ArrowUp", "Alt+ArrowRight")
    assert board.ids_in("large/then") == ["both", "note"]
    board.keys("Alt+ArrowRight", "Alt+ArrowRight")
    assert board.ids_in("both/vendor") == ["look", "note"]
    board.keys("Alt+ArrowLeft", "Alt+ArrowLeft", "Alt+ArrowDown")
    assert board.ids_in("each/body") == ["large", "note", "pay"]
    assert focused(board) == "note"


def test_undo_and_redo_have_no_end(open_as: OpenAs, alice: User) -> None:
    """Every deed is one step of undo, also across saves; redo brings all of them back."""
    board = open_board(open_as, alice, THREE)
    to(board, "first")
    for _ in range(12):
        board.keys("Control+d")
    board.saved()
    assert len(board.ids) == 15
    for _ in range(12):
        board.keys("Control+z")
    assert board.ids == ["first", "second", "third"]
    for _ in range(12):
        board.keys("Control+y")
    assert len(board.ids) == 15


def test_copy_cut_paste_delete(open_as: OpenAs, alice: User) -> None:
    """Steps are copied with ids of their own, cut steps keep theirs, and what they read among themselves follows."""
    document = {
        "name": "Pair",
        "steps": [
            {"id": "ask", "type": "http", "with": {"url": "https://a.example.com"}},
            {"id": "say", "type": "log", "with": {"message": "{{ steps.ask.output.status }}"}},
        ],
    }
    board = open_board(open_as, alice, document)
    to(board, "ask")
    board.keys("Shift+ArrowDown", "Control+c", "Control+v")
    expect(board.page.locator("[data-step]")).to_have_count(4)
    assert board.ids == ["ask", "say", "ask_2", "say_2"]
    assert board.draft["steps"][3]["with"]["message"] == "{{ steps.ask_2.output.status }}"
    board.keys("Delete")
    assert board.ids == ["ask", "say"]
    to(board, "ask")
    board.keys("Control+x")
    assert board.ids == ["say"]
    board.keys("Control+v")
    expect(board.page.locator("[data-step]")).to_have_count(2)
    assert board.ids == ["say", "ask"]


def test_steps_go_from_playbook_to_playbook_as_text(open_as: OpenAs, alice: User) -> None:
    """What is copied is text that the next playbook understands, and that can be read in any field."""
    board = open_board(open_as, alice)
    to(board, "both")
    board.keys("Control+c")
    other = open_board(open_as, alice, THREE)
    to(other, "third")
    other.keys("Control+v")
    expect(other.step("sign")).to_be_visible()
    both = REVIEW["steps"][0]["steps"][0]["then"][0]
    assert other.draft["steps"][3] == both
    to(other, "first")
    other.field("message").fill("")
    other.field("message").focus()
    other.keys("Control+v")
    assert json.loads(other.field("message").input_value()) == {"steps": [both]}


def test_space_folds(open_as: OpenAs, alice: User) -> None:
    """Space folds a container and says what is hidden; right unfolds it."""
    board = open_board(open_as, alice)
    to(board, "both")
    board.keys("Space")
    expect(board.step("both")).to_contain_text("2 steps in 2 branches")
    assert "sign" not in board.ids
    expect(board.page.locator('[data-step="both"]')).to_have_attribute("aria-expanded", "false")
    board.keys("ArrowRight")
    assert "sign" in board.ids


def test_dot_opens_settings_and_f2_renames(open_as: OpenAs, alice: User) -> None:
    """`.` goes to the settings of the step, F2 to its name; what is typed stands on the card."""
    board = open_board(open_as, alice, THREE)
    to(board, "second")
    board.keys(".")
    expect(board.field("@name")).to_be_focused()
    to(board, "second")
    board.keys("F2")
    board.page.keyboard.type("Tell them")
    expect(board.step("second")).to_contain_text("Tell them")
    assert board.draft["steps"][1]["name"] == "Tell them"


def test_f8_walks_the_problems(open_as: OpenAs, alice: User) -> None:
    """F8 goes from problem to problem, to the very field."""
    document = {**THREE, "description": "x", "owner": "x", "steps": [*THREE["steps"], {"id": "call", "type": "http"}]}
    board = open_board(open_as, alice, document)
    expect(board.step("call")).to_contain_text("missing")
    board.keys("F8")
    expect(board.page.locator('[data-step="call"]')).to_have_attribute("aria-selected", "true")
    expect(board.field("url")).to_be_focused()


def test_letters_never_act_while_typing(open_as: OpenAs, alice: User) -> None:
    """In a field a slash is a slash, Delete deletes a letter, and Ctrl Z takes back typing."""
    board = open_board(open_as, alice, THREE)
    to(board, "second")
    board.field("message").fill("a/b")
    board.field("message").focus()
    board.keys("End", "/", "Backspace", "Backspace")
    expect(board.field("message")).to_have_value("a/")
    assert board.ids == ["first", "second", "third"]


def test_the_library_by_keys(open_as: OpenAs, alice: User) -> None:
    """In the library a word and Enter put the first hit after the selected step; every kind is a button with a name."""
    board = open_board(open_as, alice, THREE)
    to(board, "first")
    search = board.page.get_by_role("searchbox", name="Find a step")
    search.fill("for each")
    search.press("Enter")
    assert board.ids == ["first", "for_each-1", "second", "third"]
    search.fill("")
    board.page.get_by_role("button", name="Condition").press("Enter")
    assert board.ids[2] == "condition-1"


def test_the_menu_of_a_step(open_as: OpenAs, alice: User) -> None:
    """The menu of rare deeds opens beside the settings, by the right mouse button and by keys, and works by first letters; `?` tells every key."""
    board = open_board(open_as, alice, THREE)
    to(board, "second")
    board.press("step-menu")
    board.keys("d", "Enter")
    assert board.ids == ["first", "second", "second_2", "third"]
    board.step("first").click(button="right")
    board.keys("d", "d", "Enter")
    assert board.ids == ["second", "second_2", "third"]
    board.keys("Shift+F10", "d", "Enter")
    assert board.ids == ["second", "second_3", "second_2", "third"]
    for way in ("?", ""):
        board.keys(way) if way else board.press("keys")
        sheet = board.page.locator("#keys[open]")
        for deed in ("add a step after this one", "move along the flow", "contents: fold, unfold, go", "search or jump"):
            expect(sheet).to_contain_text(deed)
        board.keys("Escape")


def test_the_focus_is_always_at_a_step(open_as: OpenAs, alice: User) -> None:
    """After deleting: what took the place; after undo: what came back; after a move: what moved; with nothing left: the first press."""
    board = open_board(open_as, alice, THREE)
    to(board, "second")
    walked = []
    for key in ("Delete", "Delete", "Control+z", "Control+z", "Control+y", "Control+z", "Alt+ArrowUp", "Control+z", "Control+d", "Control+z"):
        board.keys(key)
        walked.append(focused(board))
    assert walked == ["third", "first", "third", "second", "third", "second", "second", "second", "second_2", "second"]
    board.keys("Control+a", "Delete")
    expect(board.page.locator(".b-first")).to_be_focused()
    board.keys("Control+z")
    assert focused(board) in ("first", "second", "third")
    board.press("fold-all")
    assert board.ids == ["first", "second", "third"]


def test_several_steps_have_a_bar(open_as: OpenAs, alice: User) -> None:
    """Two or more selected steps say how many they are; mouse and keys move, copy, duplicate, delete and leave them."""
    board = open_board(open_as, alice, THREE)
    bar = board.page.locator(".b-picked")
    to(board, "first")
    expect(bar).to_be_hidden()
    board.keys("Shift+ArrowDown")
    expect(bar).to_contain_text("2 steps selected")
    expect(board.page.locator("#announce")).to_have_text("2 steps selected")
    board.keys("Tab", "Tab", "ArrowRight", "Enter")
    assert board.ids == ["third", "first", "second"]
    bar.get_by_role("button", name="Duplicate").click()
    assert board.ids == ["third", "first", "second", "first_2", "second_2"]
    bar.get_by_role("button", name="Delete").click()
    assert board.ids == ["third", "first", "second"]
    board.step("third").click()
    board.step("second").click(modifiers=["Control"])
    board.page.get_by_role("button", name="Leave out Third").click()
    expect(bar).to_be_hidden()
    board.step("third").click(modifiers=["Control"])
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(board.page.locator('[aria-selected="true"]')).to_have_count(0)


def test_letters_can_be_switched_off(open_as: OpenAs, alice: User) -> None:
    """Whoever has switched single keys off in the profile is safe from them; all else goes on."""
    board = open_board(open_as, alice, THREE)
    board.page.context.add_cookies([{"name": "keys", "value": "off", "url": board.page.url}])
    board.page.reload()
    to(board, "first")
    board.keys("/", ".", "t")
    assert focused(board) == "first"
    expect(board.page.locator("dialog[open]")).to_have_count(0)
    board.keys("Control+d")
    assert board.ids == ["first", "first_2", "second", "third"]

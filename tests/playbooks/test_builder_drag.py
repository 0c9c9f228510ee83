"""Steps are put into place by dragging; a real mouse in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import leave_all, open_board

OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_a_step_goes_into_a_branch_of_a_branch(open_as: OpenAs, alice: User) -> None:
    """A kind of step is dragged from the library to where it shall stand, at any depth, and gets an id of its kind."""
    board = open_board(open_as, alice)
    board.drag("email", "both/vendor/1")
    assert board.ids_in("both/vendor") == ["look", "email-1"]
    branches = board.draft["steps"][0]["steps"][0]["then"][0]["branches"]
    assert branches[1]["steps"][1] == {"id": "email-1", "type": "email"}


def test_a_container_comes_with_its_branches(open_as: OpenAs, alice: User) -> None:
    """A parallel step from the library has two branches at once, and they take steps."""
    board = open_board(open_as, alice, {"name": "Empty", "steps": []})
    board.drag("parallel", "root/steps/0")
    board.drag("http", "parallel-1/branch-2/0")
    board.drag("log", "root/finally/0")
    assert board.draft["steps"][0]["branches"] == [
        {"name": "branch-1", "steps": []},
        {"name": "branch-2", "steps": [{"id": "http-1", "type": "http"}]},
    ]
    assert board.draft["finally"] == [{"id": "log-1", "type": "log"}]


def test_a_step_moves_with_all_that_is_in_it(open_as: OpenAs, alice: User) -> None:
    """Dragging a card moves its step; what stands inside comes along, everything else keeps its place."""
    board = open_board(open_as, alice)
    board.drag(board.step("large"), "root/steps/2")
    steps = board.draft["steps"]
    assert [step["id"] for step in steps] == ["each", "note", "large"]
    assert [step["id"] for step in steps[2]["then"]] == ["both"]
    assert [step["id"] for step in steps[0]["steps"]] == ["pay"]


def test_nothing_goes_into_itself(open_as: OpenAs, alice: User) -> None:
    """While a step is dragged the places inside it are no places: dropping there does not lose it."""
    board = open_board(open_as, alice)
    before = board.ids
    board.take(board.step("large"))
    board.over("both/vendor/0")
    expect(board.page.locator('[data-slot="both/vendor/0"]')).not_to_have_class("hot")
    board.page.mouse.up()
    assert sorted(board.ids) == sorted(before)
    assert board.ids_in("both/vendor") == ["look"]


def test_escape_puts_it_back(open_as: OpenAs, alice: User) -> None:
    """Esc ends a drag without a change; so does dropping outside of the drawing."""
    board = open_board(open_as, alice)
    before = board.ids
    board.take("http")
    board.over("large/else/0")
    expect(board.page.locator(".slot.hot")).to_have_count(1)
    board.keys("Escape")
    board.page.mouse.up()
    expect(board.page.locator(".drag-ghost")).to_have_count(0)
    board.take("http")
    board.page.mouse.move(1400, 500)
    board.page.mouse.up()
    assert board.ids == before


def test_a_twitch_is_a_press(open_as: OpenAs, alice: User) -> None:
    """Moving the mouse by less than five pixels selects and drags nothing."""
    board = open_board(open_as, alice)
    box = board.step("pay").bounding_box()
    assert box is not None
    board.page.mouse.move(box["x"] + 50, box["y"] + 20)
    board.page.mouse.down()
    board.page.mouse.move(box["x"] + 53, box["y"] + 22)
    expect(board.page.locator(".drag-ghost")).to_have_count(0)
    board.page.mouse.up()
    expect(board.page.locator('[data-step="pay"]')).to_have_attribute("aria-selected", "true")


def test_control_copies(open_as: OpenAs, alice: User) -> None:
    """With Ctrl held at the drop a copy with an id of its own is made and the step stays."""
    board = open_board(open_as, alice)
    board.take(board.step("pay"))
    board.page.keyboard.down("Control")
    board.over("large/else/0")
    board.page.mouse.up()
    board.page.keyboard.up("Control")
    large, pay = board.draft["steps"][0]["steps"]
    assert pay["id"] == "pay"
    assert large["else"] == [{**pay, "id": "pay_2"}]


def test_all_legal_places_show_and_nothing_moves(open_as: OpenAs, alice: User) -> None:
    """A drag shows every place, makes the nearest within reach hot and leaves all cards where they are."""
    board = open_board(open_as, alice)
    where = "cards => cards.map(each => { const box = each.getBoundingClientRect(); return [box.x, box.y]; })"
    before = board.page.eval_on_selector_all(".flow .card", where)
    board.take("http")
    board.over("both/people/0")
    shown = board.page.eval_on_selector_all(
        ".flow .slot", "slots => slots.filter(each => getComputedStyle(each, '::before').content !== 'none').length"
    )
    assert shown == board.page.locator(".flow .slot").count()
    expect(board.page.locator(".slot.hot")).to_have_attribute("data-slot", "both/people/0")
    assert board.page.eval_on_selector_all(".flow .card", where) == before
    board.keys("Escape")
    board.page.mouse.up()


def test_folded_steps_take_steps(open_as: OpenAs, alice: User) -> None:
    """A folded container offers a place for each of its blocks."""
    board = open_board(open_as, alice)
    board.step("both").locator(".fold").click()
    expect(board.step("sign")).to_have_count(0)
    board.drag("log", "both/vendor/1")
    assert [step["id"] for step in board.draft["steps"][0]["steps"][0]["then"][0]["branches"][1]["steps"]] == ["look", "log-1"]


def test_a_place_that_breaks_a_reference_warns(open_as: OpenAs, alice: User) -> None:
    """Before the step whose output it reads, a step may be dropped, but the place says what it needs."""
    board = open_board(open_as, alice)
    board.take(board.step("note"))
    board.over("root/steps/0")
    expect(board.page.locator(".slot.hot")).to_contain_class("hot warns")
    expect(board.page.locator(".drag-say")).to_contain_text("needs “For each payment” before it")
    board.page.mouse.up()
    assert [step["id"] for step in board.draft["steps"]] == ["note", "each"]


def test_the_drawing_scrolls_at_its_edge(open_as: OpenAs, alice: User) -> None:
    """Held near the lower border the drawing scrolls on, so that far places are reached in one drag."""
    document = {"name": "Long", "steps": [{"id": f"log-{n}", "type": "log", "with": {"message": "x"}} for n in range(1, 31)]}
    board = open_board(open_as, alice, document)
    board.take("http")
    frame = board.page.locator(".b-scroll").bounding_box()
    assert frame is not None
    board.page.mouse.move(frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] - 10, steps=3)
    expect(board.page.locator('[data-slot="root/steps/30"]')).to_be_in_viewport(timeout=30_000)
    board.page.wait_for_function(
        "() => { const at = document.querySelector('.b-scroll'); return at.scrollTop + at.clientHeight >= at.scrollHeight - 2; }"
    )
    board.over("root/steps/30")
    board.page.mouse.up()
    assert board.draft["steps"][-1]["id"] == "http-1"


def test_several_steps_move_together(open_as: OpenAs, alice: User) -> None:
    """Steps selected with Ctrl are dragged, and taken back, as one."""
    document = {"name": "Four", "steps": [{"id": name, "type": "log", "with": {"message": name}} for name in ("a", "b", "c", "d")]}
    board = open_board(open_as, alice, document)
    board.step("a").click()
    board.step("c").click(modifiers=["Control"])
    board.drag(board.step("c"), "root/steps/4")
    assert board.ids == ["b", "d", "a", "c"]
    board.press("undo")
    assert board.ids == ["a", "b", "c", "d"]


def test_a_touch_is_held_and_then_drags(open_as: OpenAs, alice: User) -> None:
    """A finger that rests for 220 ms takes hold of a step; one that moves at once scrolls."""
    board = open_board(open_as, alice, viewport={"width": 1024, "height": 900}, has_touch=True)
    client = board.page.context.new_cdp_session(board.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    box = board.step("pay").bounding_box()
    goal = board.page.locator('[data-slot="large/else/0"]').bounding_box()
    assert box is not None and goal is not None
    touch("touchStart", (box["x"] + 60, box["y"] + 20))
    expect(board.page.locator(".drag-ghost")).to_be_attached()
    touch("touchMove", (goal["x"], goal["y"] + goal["height"] / 2))
    expect(board.page.locator(".slot.hot")).to_have_attribute("data-slot", "large/else/0")
    touch("touchEnd")
    assert board.ids_in("large/else") == ["pay"]


def many(number: int) -> dict[str, Any]:
    """A playbook with so many steps, some of them nested three deep."""
    made = 0

    def step(depth: int) -> dict[str, Any]:
        nonlocal made
        made += 1
        own = made
        if depth < 3 and own % 7 == 0:
            return {
                "id": f"c{own}",
                "type": "condition",
                "if": "${{ inputs.a }}",
                "then": [step(depth + 1), step(depth + 1)],
                "else": [step(depth + 1)],
            }
        return {"id": f"s{own}", "type": "log", "with": {"message": f"number {own}"}}

    steps = []
    while made < number:
        steps.append(step(0))
    return {"name": "Large", "description": "x", "owner": "x", "inputs": [{"name": "a", "type": "any"}], "steps": steps}


def test_a_drag_among_five_hundred_steps_touches_what_is_in_sight(open_as: OpenAs, alice: User) -> None:
    """Only places in sight are lit, however many there are, and others as the drawing scrolls: the bench measures that this keeps it fluent."""
    board = open_board(open_as, alice, many(500))
    board.take(board.step("s3"))
    lit = board.page.locator(".slot.offer")
    expect(board.page.locator('[data-slot="root/steps/0"]')).to_contain_class("offer")
    few = lit.count()
    assert 3 < few < 60
    board.page.mouse.wheel(0, 2000)
    expect(lit).not_to_have_count(few)
    assert lit.count() < 120
    board.keys("Escape")
    board.page.mouse.up()
    expect(lit).to_have_count(0)

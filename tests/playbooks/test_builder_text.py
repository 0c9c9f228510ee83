"""The same document as text: two ways, with the same refusals as every other door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.language.reading import read_text
from playbooks_app.models import User
from tests.playbooks.board import REVIEW, leave_all, open_board

OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_drawn_pasted_and_sent_are_identical(open_as: OpenAs, alice: User, api: Callable[..., Any]) -> None:
    """A playbook drawn by mouse, the one that its own text makes and the one that the API makes of it are the same document."""
    about = {"handrail": 1, "name": "Same", "description": "x", "owner": "x", "inputs": [{"name": "a", "type": "number"}]}
    drawn = open_board(open_as, alice, {**about, "steps": []})
    drawn.drag("condition", "root/steps/0")
    drawn.code("if").fill("inputs.a > 1")
    drawn.drag("parallel", "condition-1/then/0")
    drawn.drag("http", "parallel-1/branch-1/0")
    drawn.field("url").fill("https://a.example.com/")
    drawn.press("look-text")
    expect(drawn.field("source")).not_to_have_value("")
    assert read_text(drawn.field("source").input_value(), "yaml") == drawn.draft
    pasted = open_board(open_as, alice, {"name": "Other", "steps": []})
    pasted.press("look-text")
    pasted.field("source").fill(drawn.field("source").input_value())
    pasted.press("apply-text")
    expect(pasted.page.locator(".toast")).to_contain_text("Applied")
    pasted.press("look-drawing")
    assert pasted.ids == drawn.ids
    assert pasted.draft == drawn.draft
    sent = api(alice).post("/api/v1/playbooks/", {"document": drawn.draft}, format="json").json()
    assert sent["document"] == drawn.draft


def test_the_text_reads_in_order(open_as: OpenAs, alice: User) -> None:
    """However a draft is stored, its text begins with what it is and ends with what stands inside."""
    board = open_board(open_as, alice)
    board.drag("log", "large/else/0")
    board.saved()
    board.page.reload()
    board.press("look-text")
    expect(board.field("source")).to_have_value(re.compile("^handrail: 1\nname: Payment review\n"))
    text = board.field("source").input_value()
    places = [
        text.index(word)
        for word in ("owner:", "inputs:", "steps:", "id: each", "type: for_each", "name: For each", "in: ${{", "id: large", "id: pay")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("way", ["yaml", "json"])
def test_text_can_be_changed(open_as: OpenAs, alice: User, way: str) -> None:
    """What is applied in the text is drawn; Undo takes it back in both."""
    board = open_board(open_as, alice)
    board.press("look-text")
    board.press(f"as-{way}")
    expect(board.field("source")).to_have_value(re.compile("For each payment"))
    text = board.field("source").input_value()
    board.field("source").fill(text.replace("For each payment", "All payments"))
    board.press("apply-text")
    board.press("look-drawing")
    expect(board.step("each")).to_contain_text("All payments")
    assert board.draft["steps"][0]["name"] == "All payments"
    board.press("undo")
    assert board.draft == REVIEW


BAD = {
    "no YAML": "steps: [",
    "a tag": "name: !!python/object/apply:os.system [ls]",
    "an alias bomb": "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\nsteps: []",
    "a duplicate key": "name: a\nname: b\nsteps: []",
    "no object": "- 1\n- 2",
    "an endless number": "name: x\nsteps: []\nn: 1e400",
    "too deep": "name: x\nsteps: " + "[" * 5000 + "]" * 5000,
    "an escaped NUL": 'name: "a\\0b"\nsteps: []',
    "a lone surrogate": 'name: "\\uD800"\nsteps: []',
}


def test_bad_text_gives_marks_never_a_broken_page(open_as: OpenAs, alice: User) -> None:
    """Text that cannot be read is kept, its faults are listed, and the drawing stays as it was."""
    board = open_board(open_as, alice)
    broken: list[Any] = []
    board.page.on("pageerror", lambda error: broken.append(error))
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    for why, text in BAD.items():
        board.field("source").fill(text)
        with board.page.expect_response("**/documents/text/") as answer:
            board.press("apply-text")
        assert answer.value.status == 422, why
        expect(board.page.locator(".b-source-faults li").first, why).to_be_visible()
        expect(board.field("source"), why).to_have_value(text)
    board.press("look-drawing")
    assert board.ids[0] == "each"
    assert board.draft == REVIEW
    assert broken == []


STRANGE = {
    "unknown type": {"steps": [{"id": "a", "type": "teleport"}]},
    "duplicate ids": {"steps": [{"id": "a", "type": "log", "with": {"message": "x"}}, {"id": "a", "type": "log", "with": {"message": "x"}}]},
    "missing reference": {"steps": [{"id": "a", "type": "log", "with": {"message": "{{ steps.b.output }}"}}]},
    "steps no list": {"steps": {"a": 1}},
    "steps of texts": {"steps": ["a", 5, None, []]},
    "branches of nonsense": {"steps": [{"id": "a", "type": "parallel", "branches": [1, None, {"steps": 5}, {"name": 7, "steps": [{}]}]}]},
    "wrong kinds everywhere": {
        "name": ["x"],
        "inputs": {"a": 1},
        "catch": 5,
        "finally": {},
        "steps": [{"id": 7, "type": 9, "name": {}, "with": [], "retry": "x", "on_error": 5}],
    },
}


@pytest.mark.parametrize("document", STRANGE.values(), ids=STRANGE.keys())
def test_faulty_documents_are_drawn_with_marks(open_as: OpenAs, alice: User, document: dict[str, Any]) -> None:
    """A draft with any fault opens, every card and setting can be looked at, and nothing in it changes."""
    whole = {"name": "Faulty", "description": "x", "owner": "x", **document}
    board = open_board(open_as, alice, whole)
    broken: list[Any] = []
    board.page.on("pageerror", lambda error: broken.append(error))
    expect(board.page.locator(".b-prob h2")).to_contain_text("problem")
    for card in board.page.locator(".flow .card").all():
        card.click()
        for tab in ("tab-trouble", "tab-help", "tab-settings"):
            board.press(tab)
    for _ in range(3):
        board.keys("F8")
    assert broken == []
    assert board.draft == whole


def test_a_fault_leads_to_its_line(open_as: OpenAs, alice: User) -> None:
    """While somebody types faults are listed, and pressing one puts the caret where it is."""
    board = open_board(open_as, alice)
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    board.field("source").fill("name: A\nsteps:\n  - id: call\n    type: http\n")
    fault = board.page.locator(".b-source-faults li", has_text="Address")
    fault.get_by_role("button").click()
    selected = board.field("source").evaluate("area => area.value.slice(area.selectionStart, area.selectionEnd)")
    assert "call" in selected


def test_the_text_can_be_taken_along(open_as: OpenAs, alice: User) -> None:
    """Download gives the file under the playbook's name, cURL a command that starts it; a file of one's own can be opened."""
    board = open_board(open_as, alice)
    board.press("look-text")
    expect(board.field("source")).not_to_have_value("")
    with board.page.expect_download() as waiting:
        board.press("download-text")
    assert waiting.value.suggested_filename == "payment-review.yaml"
    assert waiting.value.path().read_text() == board.field("source").input_value()
    board.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    board.press("copy-curl")
    expect(board.page.locator(".toast").last).to_contain_text("Copied")
    command = board.page.evaluate("navigator.clipboard.readText()")
    assert "/api/v1/runs/" in command and f'"playbook":{board.playbook.pk}' in command and "$HANDRAIL_TOKEN" in command
    board.page.locator('[data-field="source.file"]').set_input_files(
        {"name": "x.yaml", "mimeType": "text/yaml", "buffer": b"name: From a file\nsteps: []\n"}
    )
    board.press("apply-text")
    expect(board.page.locator('[data-part="name"]')).to_have_text("From a file")


def test_the_text_completes_and_marks_lines(open_as: OpenAs, alice: User) -> None:
    """Keys, kinds of steps and data are offered where they may stand; a fault is marked at its line."""
    board = open_board(open_as, alice)
    board.press("look-text")
    expect(board.field("source")).to_have_value(re.compile("For each payment"))
    board.field("source").focus()
    board.keys("Control+End")
    offered = board.page.locator('.b-complete [role="option"]')
    board.page.keyboard.type("- id: call\nty")
    expect(offered).to_have_text(re.compile("^type"))
    board.keys("Tab")
    board.page.keyboard.type(": ht")
    expect(offered).to_have_text(re.compile("^http"))
    board.keys("Enter")
    board.page.keyboard.type("\nwith:\nu")
    board.keys("Tab")
    board.page.keyboard.type(": https://a.example.com/{{ inputs.li")
    board.keys("Tab")
    board.page.keyboard.type(" }}\nmetod: GET\n")
    text = board.field("source").input_value()
    whole = "- id: call\n  type: http\n  with:\n    url: https://a.example.com/{{ inputs.limit }}\n    metod: GET\n    "
    assert text.endswith(whole)
    line = text.count("\n", 0, text.index("metod")) + 1
    expect(board.page.locator(f'.b-gutter-mark[data-line="{line}"]')).to_be_attached()
    expect(board.page.locator('.b-ink-lines [data-level="error"]')).to_contain_text("There is no setting")
    expect(board.page.locator(".b-ink-lines .ink-type", has_text="http").last).to_be_attached()


def test_text_drawing_and_settings_follow_each_other(open_as: OpenAs, alice: User) -> None:
    """The caret chooses the step, what is typed is drawn by itself, what is set beside the text is written into it, and one Undo takes back each."""
    board = open_board(open_as, alice)
    board.step("pay").click()
    board.press("look-text")
    expect(board.page.locator(".b-source-crumbs")).to_contain_text("Pay")
    board.page.keyboard.press("Control+f")
    board.page.keyboard.type("for each payment")
    board.keys("Enter", "Escape")
    expect(board.field("@name")).to_have_value("For each payment")
    board.page.keyboard.type("All of them")
    expect(board.page.locator('[data-part="state"]')).to_have_text("The drawing follows")
    assert board.draft["steps"][0]["name"] == "All of them"
    board.field("item").fill("row")
    expect(board.field("source")).to_have_value(re.compile("item: row\n"))
    board.press("undo")
    board.press("undo")
    expect(board.field("source")).to_have_value(re.compile("name: For each payment\n(.*\n)*.*item: payment\n"))
    assert board.draft == REVIEW


def test_find_and_replace(open_as: OpenAs, alice: User) -> None:
    """Every place is counted and coloured; all are replaced at once, and the browser's own undo takes that back."""
    board = open_board(open_as, alice)
    board.press("look-text")
    expect(board.field("source")).to_have_value(re.compile("For each payment"))
    before = board.field("source").input_value()
    board.press("find-text")
    board.field("source.find").fill("payment")
    expect(board.page.locator(".b-find-count")).to_have_text(f"1 of {before.lower().count('payment')}")
    expect(board.page.locator(".b-ink mark.on")).to_have_text(re.compile("payment", re.IGNORECASE))
    board.field("source.replace").fill("invoice")
    board.press("replace-all")
    expect(board.field("source")).to_have_value(re.compile("inputs.invoices"))
    assert "payment" not in board.field("source").input_value().lower()
    board.field("source").focus()
    board.keys("Control+z")
    expect(board.field("source")).to_have_value(before)


def test_the_contents_fold_and_lead(open_as: OpenAs, alice: User) -> None:
    """Beside the text stand its parts and steps: pressing one goes to its line, folding one leaves the text as it is."""
    board = open_board(open_as, alice)
    board.press("look-text")
    source = board.field("source")
    expect(source).to_have_value(re.compile("For each payment"))
    before = source.input_value()
    items = board.page.locator('.b-contents [role="treeitem"]')
    expect(items).to_have_count(6 + 7)
    items.filter(has_text="Pay").last.click()
    here = "area => area.value.slice(area.selectionStart).split('\\n')[0]"
    assert source.evaluate(here).strip() == "- id: pay"
    source.focus()
    board.keys("Control+Shift+O", "Home", "ArrowDown", "End")
    expect(items.last).to_be_focused()
    board.keys("ArrowUp", "ArrowLeft", "ArrowLeft")
    expect(items).to_have_count(6 + 2)
    expect(board.page.locator('.b-contents [data-name="step each"]')).to_have_attribute("aria-expanded", "false")
    board.keys("Enter", "Escape")
    assert source.evaluate(here).strip() == "- id: each"
    expect(source).to_be_focused()
    board.press("as-json")
    expect(source).to_have_value(re.compile("^{"))
    expect(items).to_have_count(6 + 2)
    assert board.draft == REVIEW
    board.press("as-yaml")
    expect(source).to_have_value(before)


def test_text_that_cannot_be_read_survives(open_as: OpenAs, alice: User) -> None:
    """Half-written text is kept in this browser: it is there again after a reload, and what was changed meanwhile beside it is joined."""
    board = open_board(open_as, alice)
    board.press("look-text")
    expect(board.field("source")).to_have_value(re.compile("For each payment"))
    text = board.field("source").input_value()
    board.field("source").fill(text.replace("name: Payment review", 'name: "Half'))
    expect(board.page.locator('[data-part="state"]')).to_have_text(re.compile("Cannot be read yet"))
    board.page.reload()
    board.step("note").click()
    board.field("message").fill("Beside")
    board.press("look-text")
    expect(board.field("source")).to_have_value(re.compile('name: "Half\n'))
    board.field("source").fill(text.replace("name: Payment review", 'name: "Whole"'))
    expect(board.page.locator('[data-part="state"]')).to_have_text("The drawing follows")
    expect(board.field("source")).to_have_value(re.compile("name: Whole\n(.*\n)*.*message: Beside"))
    assert board.draft == {**REVIEW, "name": "Whole", "steps": [REVIEW["steps"][0], {**REVIEW["steps"][1], "with": {"message": "Beside"}}]}

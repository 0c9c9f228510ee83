"""The settings of a step are a form made from its description; what is typed is the document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from playbooks_app.secrecy import keeping
from tests.playbooks.board import REVIEW, Board, leave_all, open_board

OpenAs = Callable[..., Page]


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def one(step: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A playbook with one step."""
    return {"name": "One", "description": "x", "owner": "x", "steps": [step], **more}


def test_text_choice_json_and_map(open_as: OpenAs, alice: User) -> None:
    """Fields write where the description says, with the types of the document; emptied ones leave nothing behind."""
    board = open_board(open_as, alice, one({"id": "pay", "type": "http", "with": {"url": "https://old.example.com"}}))
    board.step("pay").click()
    board.field("url").fill("https://bank.example.com/{{ run.id }}")
    board.field("method").select_option("POST")
    fields = board.page.locator('[data-field="json.fields"]')
    for row, (key, value) in enumerate((("amount", "12.5"), ("tags", '["a"]'), ("code", '"7"'))):
        fields.locator('[data-action="add-row"]').click()
        fields.locator(f'[data-row="{row}"] [data-part="key"]').fill(key)
        fields.locator(f'[data-row="{row}"] [data-part="value"]').fill(value)
    board.page.locator('[data-field="query"] [data-action="add-row"]').click()
    board.page.locator('[data-field="query"] [data-part="key"]').fill("mode")
    board.page.locator('[data-field="query"] [data-part="value"]').fill("fast")
    wanted = {
        "url": "https://bank.example.com/{{ run.id }}",
        "method": "POST",
        "json": {"amount": 12.5, "tags": ["a"], "code": "7"},
        "query": {"mode": "fast"},
    }
    assert board.draft["steps"][0]["with"] == wanted
    board.field("method").select_option("")
    expect(board.json("json")).to_have_value(re.compile('"amount": 12.5'))
    board.field("json").fill("")
    assert set(board.draft["steps"][0]["with"]) == {"url", "query"}


def test_broken_json_is_kept_and_said(open_as: OpenAs, alice: User) -> None:
    """Half-typed JSON is marked, stays in its field and does not reach the document."""
    board = open_board(open_as, alice, one({"id": "pay", "type": "http", "with": {"url": "https://a.example.com", "json": {"a": 1}}}))
    board.step("pay").click()
    board.json("json").fill('{"a": 1, ')
    expect(board.field("json")).to_have_attribute("aria-invalid", "true")
    assert board.draft["steps"][0]["with"]["json"] == {"a": 1}
    expect(board.field("json")).to_have_value('{"a": 1, ')


def test_people_and_what_stands_beside(open_as: OpenAs, alice: User) -> None:
    """People are chosen by kind with suggestions; a setting that belongs beside `with` is written there."""
    board = open_board(open_as, alice, one({"id": "ask", "type": "approval"}))
    board.step("ask").click()
    board.field("title").fill("Pay?")
    who = board.page.locator('[data-field="approvers"]')
    who.locator('[data-part="kind"]').select_option("group")
    assert "finance-leads" in who.locator("datalist option").evaluate_all("found => found.map(each => each.value)")
    who.locator('[data-part="value"]').fill("finance-leads")
    who.locator('[data-action="add-row"]').click()
    who.locator('[data-row="1"] [data-part="kind"]').select_option("user")
    who.locator('[data-row="1"] [data-part="value"]').fill("bob")
    board.field("on_reject").select_option("continue")
    board.field("four_eyes").check()
    step = board.draft["steps"][0]
    assert step["with"] == {"title": "Pay?", "approvers": [{"group": "finance-leads"}, {"user": "bob"}], "four_eyes": True}
    assert step["on_reject"] == "continue"


@pytest.mark.spec("S1-P09-conditions")
def test_conditions_as_rows_and_as_code(open_as: OpenAs, alice: User) -> None:
    """Rows, groups inside groups and the expression say the same, whichever is changed; what rows cannot say stays as it is written."""
    board = open_board(open_as, alice)
    board.step("large").click()
    rows = board.page.locator(".cond-row")
    expect(rows.locator('[data-part="left"]')).to_have_value("payment.amount")
    rows.locator('[data-part="comparison"]').select_option(">=")
    rows.locator('[data-part="right"]').fill("100")
    assert board.draft["steps"][0]["steps"][0]["if"] == "${{ payment.amount >= 100 }}"
    board.press("add-condition")
    board.page.locator('.cond-row[data-row="1"] [data-part="left"]').fill("payment.vendor")
    board.page.locator('.cond-row[data-row="1"] [data-part="right"]').fill("Acme Ltd")
    board.page.locator('[data-part="join"]').select_option("||")
    assert board.draft["steps"][0]["steps"][0]["if"] == '${{ payment.amount >= 100 || payment.vendor == "Acme Ltd" }}'
    board.press("add-group")
    group = board.page.locator('.cond-group[data-depth="1"]')
    group.locator('[data-row="2"] [data-part="left"]').fill("inputs.limit")
    group.locator('[data-row="2"] [data-part="comparison"]').select_option("null")
    group.locator('[data-row="3"] [data-part="left"]').fill("payment.paid")
    group.locator('[data-row="3"] [data-part="comparison"]').select_option("false")
    grouped = 'payment.amount >= 100 || payment.vendor == "Acme Ltd" || (inputs.limit == null && !payment.paid)'
    expect(board.code("if")).to_have_value(grouped)
    board.press("as-rows")
    expect(rows).to_have_count(4)
    assert board.draft["steps"][0]["steps"][0]["if"] == f"${{{{ {grouped} }}}}"
    board.code("if").fill("len(payment.lines) > 3 && payment.paid")
    board.press("as-rows")
    expect(rows.locator('[data-part="code"]')).to_have_value("len(payment.lines) > 3")
    rows.nth(1).locator('[data-part="comparison"]').select_option("false")
    assert board.draft["steps"][0]["steps"][0]["if"] == "${{ len(payment.lines) > 3 && !payment.paid }}"


def test_rows_lose_nothing(open_as: OpenAs, alice: User) -> None:
    """A condition that is shown as rows is the same condition when it is written again."""
    codes = [
        "a.b > 5",
        'inputs.x == "y"',
        "inputs.x == null",
        "!vars.done",
        'contains(inputs.tags, "red")',
        'inputs.x in ["a", "b"]',
        "a.b > 5 && c.d != true",
        'x.y == "12"',
        "x.y == inputs.z",
        'a.b > 5 && (c.d == 1 || !(x.y || a.c == "x"))',
        "a.b and c.d or x.y",
        "((a.b == 1))",
        "len(a.b) > 2 || x.y ? c.d : a.b",
        "a.b if c.d else x.y",
        "(a.b",
    ]
    board = open_board(open_as, alice, one({"id": "log-1", "type": "log", "with": {"message": "x"}}))
    script = """async codes => { const { treeOf, codeOf } = await import("/static/js/builder/condition_code.js");
        return codes.map(code => codeOf(treeOf(code), new Set(["inputs", "vars", "a", "c", "x"]))); }"""
    assert board.page.evaluate(script, codes) == codes


def pick(board: Board, field: str, word: str) -> None:
    """Insert data into a field through the picker, by keyboard."""
    board.page.locator(f'.field:has([data-field="{field}"])').last.locator('[data-action="insert-data"]').click()
    board.page.get_by_role("combobox", name="Find data").fill(word)
    board.keys("Enter")


def test_the_picker_lists_what_can_be_read_here(open_as: OpenAs, alice: User) -> None:
    """The loop's item, the inputs and earlier steps with their outputs are offered; later steps and other branches are not."""
    board = open_board(open_as, alice)
    board.step("pay").click()
    board.page.locator('.field[data-path="with/url"] [data-action="insert-data"]').click()
    offered = board.page.locator(".pickdata [role=option]").evaluate_all("found => found.map(each => each.dataset.reference)")
    assert {"payment", "index", "inputs.payments", "inputs.limit", "steps.large.output.branch", "steps.look.output.body", "run.id"} <= set(offered)
    assert not [name for name in offered if name.startswith(("steps.note", "steps.pay", "steps.each"))]


def test_the_picker_writes_the_reference(open_as: OpenAs, alice: User) -> None:
    """A picked name stands at the caret, in braces in text and bare in code; ids that are no plain words get brackets."""
    document = one({"id": "http-1", "type": "http", "with": {"url": "https://a.example.com"}})
    document["steps"].append({"id": "tell", "type": "log", "with": {"message": "Status: !"}, "when": "${{ true }}"})
    board = open_board(open_as, alice, document)
    board.step("tell").click()
    board.field("message").focus()
    board.field("message").evaluate("input => input.setSelectionRange(8, 8)")
    pick(board, "message", "status")
    expect(board.field("message")).to_have_value('Status: {{ steps["http-1"].output.status }}!')
    board.press("tab-trouble")
    board.code("when").fill("")
    pick(board, "when", "status")
    tell = board.draft["steps"][1]
    assert tell["with"]["message"] == 'Status: {{ steps["http-1"].output.status }}!'
    assert tell["when"] == '${{ steps["http-1"].output.status }}'
    expect(board.page.locator(".b-prob")).to_contain_text("No problems")


def test_guards(open_as: OpenAs, alice: User) -> None:
    """Retry, time limit, once and the answers to failures are written as the language wants them, and taken away again."""
    board = open_board(open_as, alice, one({"id": "pay", "type": "http", "with": {"url": "https://a.example.com"}}))
    board.step("pay").click()
    board.press("tab-trouble")
    board.field("timeout").fill("30s")
    board.field("once").check()
    board.field("retry").check()
    board.field("max_attempts").fill("5")
    board.field("on.0").fill("Timeout")
    board.field("on_error").select_option("continue")
    board.page.locator('[data-field="on_error.codes"] [data-action="add-row"]').click()
    board.field("on_error.codes.0.code").fill("ClientError")
    board.field("on_error.codes.0.act").select_option("stop")
    step = board.draft["steps"][0]
    assert step["timeout"] == "30s" and step["once"] is True
    assert step["retry"]["max_attempts"] == 5 and step["retry"]["on"] in ("Timeout", ["Timeout"])
    assert step["on_error"] == {"ClientError": "stop", "*": "continue"}
    expect(board.page.locator(".b-prob")).to_contain_text("No problems")
    board.field("retry").uncheck()
    board.page.locator("summary", has_text="What it may see").click()
    board.field("access").check()
    board.field("access.data").select_option("names")
    board.field("access.data.names.0").fill("customer")
    board.field("access.config").select_option("true")
    board.field("access.audit").select_option("false")
    step = board.draft["steps"][0]
    assert "retry" not in step and step["access"] == {"data": ["customer"], "config": True, "audit": False}


def test_branches_are_added_named_ordered_and_removed(open_as: OpenAs, alice: User) -> None:
    """The branches of a step are a list in its settings; the drawing follows, steps inside stay with their branch."""
    board = open_board(open_as, alice)
    board.step("both").click()
    board.press("add-clause-branches")
    board.field("branches.2.name").fill("fraud")
    board.drag("http", "both/fraud/0")
    board.step("both").click()
    board.page.locator('[data-clause="2"] [data-action="clause-up"]').click()
    board.page.locator('[data-clause="0"] [data-action="remove-clause"]').click()
    both = board.draft["steps"][0]["steps"][0]["then"][0]
    assert [branch["name"] for branch in both["branches"]] == ["fraud", "vendor"]
    assert [step["id"] for step in both["branches"][0]["steps"]] == ["http-1"]


def test_the_playbook_itself(open_as: OpenAs, alice: User) -> None:
    """Name, owner, inputs, outputs and rules of the playbook have a form of their own."""
    board = open_board(open_as, alice, {"handrail": 1, "name": "", "steps": []})
    board.press("playbook-settings")
    board.field("playbook.name").fill("Refunds")
    board.field("playbook.description").fill("Pay back what was paid twice.")
    board.field("playbook.owner").fill("Finance")
    board.page.locator('[data-field="inputs"] > [data-action="add-row"]').click()
    board.field("inputs.0.name").fill("refunds")
    board.field("inputs.0.type").select_option("array")
    board.field("inputs.0.required").check()
    board.page.get_by_text("Rules for its runs").click()
    board.field("settings.on_failure").select_option("fail")
    assert board.draft == {
        "handrail": 1, "name": "Refunds", "steps": [], "description": "Pay back what was paid twice.", "owner": "Finance",
        "inputs": [{"name": "refunds", "type": "array", "required": True}], "settings": {"on_failure": "fail"}}  # fmt: skip
    expect(board.page.locator('[data-part="name"]')).to_have_text("Refunds")
    expect(board.page.locator(".cap").first).to_have_text("Starts with 1 input")


def test_another_id_is_followed(open_as: OpenAs, alice: User) -> None:
    """Whatever reads a step reads it under its other id; a taken id is refused."""
    board = open_board(open_as, alice)
    board.step("each").click()
    board.page.get_by_text("Name in expressions:").click()
    board.field("@id").fill("note")
    board.field("@id").press("Tab")
    expect(board.page.locator('.field[data-path="id"] .fault')).to_contain_text("Another step has this name")
    board.field("@id").fill("payments")
    board.field("@id").press("Tab")
    steps = board.draft["steps"]
    assert steps[0]["id"] == "payments"
    assert steps[1]["with"]["message"] == "{{ steps.payments.output.completed }} paid"


def test_unknown_things_are_kept(open_as: OpenAs, alice: User) -> None:
    """Keys, types and shapes that the builder does not know come out as they went in."""
    strange = {
        "id": "odd",
        "type": "teleport",
        "with": {"beam": [1, {"a": None}]},
        "x-note": "mine",
        "inside": [{"id": "log-9", "type": "log", "with": {"message": "x", "more": 1}}],
    }
    document = one(strange, **{"x-team": {"colour": "red"}, "steps": [strange, {"id": "say", "type": "log", "with": {"message": "a"}, "x-keep": 2}]})
    board = open_board(open_as, alice, document)
    board.step("say").click()
    board.field("message").fill("b")
    expected = {**document, "steps": [strange, {**document["steps"][1], "with": {"message": "b"}}]}
    assert board.draft == expected
    expect(board.step("log-9")).to_be_visible()


def test_undo_takes_back_typing_as_one_deed(open_as: OpenAs, alice: User) -> None:
    """What was typed into one field without leaving it is one step of undo, and the form shows the old value again."""
    board = open_board(open_as, alice)
    board.step("note").click()
    board.field("message").press_sequentially(" at last")
    board.press("undo")
    expect(board.field("message")).to_have_value(REVIEW["steps"][1]["with"]["message"])
    expect(board.page.locator('[data-action="undo"]').first).to_have_attribute("aria-disabled", "true")


def test_what_happens_when_the_run_fails(open_as: OpenAs, alice: User) -> None:
    """The playbook itself can catch faults; steps there read what went wrong and what ran before."""
    board = open_board(open_as, alice)
    board.press("add-catch")
    board.drag("log", "root/catch/0")
    pick(board, "message", "what happened")
    board.press("playbook-settings")
    board.field("catch.0.code").fill("Timeout")
    board.field("catch.0.then").select_option("recover")
    step = {"id": "log-1", "type": "log", "with": {"message": "{{ error.message }}"}}
    assert board.draft["catch"] == [{"code": "Timeout", "steps": [step], "then": "recover"}]
    expect(board.page.locator(".b-prob h2")).to_contain_text("No problems")


def test_a_nameless_step_keeps_the_name_it_is_read_by(open_as: OpenAs, alice: User) -> None:
    """Steps without an id go by the one that publishing gives them; once something reads one it has it for good."""
    document = one({"type": "http", "with": {"url": "https://a.example.com"}})
    document["steps"] += [
        {"id": "named", "type": "http", "with": {"url": "https://b.example.com"}},
        {"type": "http", "with": {"url": "https://c.example.com"}},
    ]
    document["steps"].append({"id": "tell", "type": "log", "with": {"message": ""}})
    board = open_board(open_as, alice, document)
    assert board.ids == ["http-1", "named", "http-3", "tell"]
    board.step("tell").click()
    pick(board, "message", "http-3 status")
    steps = board.draft["steps"]
    assert steps[3]["with"]["message"] == '{{ steps["http-3"].output.status }}'
    assert [step.get("id") for step in steps] == [None, "named", "http-3", "tell"]


def test_short_forms_are_shown_and_written_out(open_as: OpenAs, alice: User) -> None:
    """`var: total` is a step like any other; it is written in full as soon as it is changed, and not before."""
    short = {"var": "total", "value": "${{ 1 + 1 }}"}
    board = open_board(open_as, alice, one(short))
    board.page.locator(".flow .card").first.click()
    expect(board.field("name")).to_have_value("total")
    assert board.draft["steps"] == [short]
    board.field("value").fill("${{ 2 }}")
    assert board.draft["steps"] == [{"type": "var", "with": {"name": "total", "value": "${{ 2 }}"}}]


def test_a_connection_is_chosen_and_its_key_is_not_seen(open_as: OpenAs, alice: User) -> None:
    """With one of the account's connections a path is enough. Secrets are offered by name where they may stand, never with a value."""
    assert alice.account is not None
    keeping.add_connection(alice.account, by=alice, name="House bank", base_url="https://bank.example.com/v1")
    keeping.add_secret(alice.account, by=alice, name="bank", value="s3cret-s3cret")
    board = open_board(open_as, alice, one({"id": "pay", "type": "http"}))
    expect(board.page.locator(".b-prob h2")).to_contain_text("1 problem")
    board.step("pay").click()
    board.field("connection").select_option("House bank")
    expect(board.page.locator('.field[data-path="with/url"] .hint')).to_contain_text("https://bank.example.com/v1")
    expect(board.page.locator(".b-prob h2")).to_have_text("No problems")
    board.field("url").fill("/payments")
    board.page.locator("summary", has_text="More settings").click()
    headers = board.page.locator('[data-field="headers"]')
    headers.locator('[data-action="add-row"]').click()
    headers.locator('[data-part="key"]').fill("X-Key")
    headers.locator('[data-action="insert-data"]').click()
    board.page.keyboard.type("secret")
    board.keys("Enter")
    expect(headers.locator('[data-part="value"]')).to_have_value("{{ secrets.bank }}")
    assert "s3cret" not in board.page.content()
    wanted = {"connection": "House bank", "url": "/payments", "headers": {"X-Key": "{{ secrets.bank }}"}}
    assert board.draft["steps"][0]["with"] == wanted
    expect(board.page.locator(".b-prob h2")).to_have_text("No problems")


def test_a_deadline_has_a_form_and_steps_of_its_own(open_as: OpenAs, alice: User) -> None:
    """Time, what comes then, and steps that are drawn beside the step, dragged into like any other, and undone with it."""
    board = open_board(open_as, alice, one({"id": "pay", "type": "log", "with": {"message": "x"}}))
    board.step("pay").click()
    board.press("tab-trouble")
    board.field("deadline").check()
    board.field("deadline.after").fill("30m")
    board.field("deadline.then").select_option("continue")
    board.field("deadline.steps").check()
    board.drag("log", "pay/deadline/0")
    board.field("message").fill("{{ error.message }}")
    late = [{"id": "log-1", "type": "log", "with": {"message": "{{ error.message }}"}}]
    assert board.draft["steps"][0]["deadline"] == {"after": "30m", "then": "continue", "steps": late}
    expect(board.page.locator(".b-prob h2")).to_have_text("No problems")
    board.press("look-text")
    expect(board.page.locator(".b-source-crumbs")).to_contain_text("Note in the timeline")
    board.press("look-drawing")
    for _ in range(5):
        board.press("undo")
    assert "deadline" not in board.draft["steps"][0]

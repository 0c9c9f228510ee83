"""The main job of the builder: a whole playbook, drawn from nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import User
from tests.playbooks.board import leave_all, open_board

OpenAs = Callable[..., Page]

APPROVAL = {
    "id": "approval-1",
    "type": "approval",
    "with": {"title": "Pay {{ payment.vendor }} {{ payment.amount }}?", "approvers": {"group": "finance-leads"}, "show": ["payment"]},
}
LOOK = {"id": "http-1", "type": "http", "with": {"url": "https://vendors.example.com/{{ payment.vendor }}"}}
PARALLEL = {
    "id": "parallel-1",
    "type": "parallel",
    "branches": [{"name": "branch-1", "steps": [APPROVAL]}, {"name": "branch-2", "steps": [LOOK]}],
}
PAY = {
    "id": "http-2",
    "type": "http",
    "with": {"url": "https://bank.example.com/payments", "method": "POST", "json": {"id": "{{ payment.id }}", "amount": "{{ payment.amount }}"}},
}
EACH = {
    "id": "for_each-1",
    "type": "for_each",
    "in": "${{ inputs.payments }}",
    "item": "payment",
    "concurrency": 8,
    "steps": [{"id": "condition-1", "type": "condition", "if": "${{ payment.amount > 5000 }}", "then": [PARALLEL]}, PAY],
}


@pytest.fixture(autouse=True)
def _finish(transactional_db: None, open_as: OpenAs) -> Iterator[None]:
    """The browser's requests come on connections of their own, and none outlives its test."""
    yield
    leave_all()


def test_a_payment_review_is_drawn_and_published(open_as: OpenAs, alice: User) -> None:
    """Loop, condition, parallel, approval, calls and a report: dragged, filled in, published, and exactly what a hand would have written."""
    board = open_board(open_as, alice, {"handrail": 1, "name": "Payment review", "description": "", "owner": "Finance", "inputs": [], "steps": []})
    board.field("playbook.description").fill("Pays what is small or approved.")
    board.page.locator('[data-field="inputs"] > [data-action="add-row"]').click()
    board.field("inputs.0.name").fill("payments")
    board.field("inputs.0.type").select_option("array")
    board.field("inputs.0.required").check()

    board.drag("for_each", "root/steps/0")
    board.field("in").fill("inputs.payments")
    board.field("item").fill("payment")
    board.field("concurrency").fill("8")
    board.drag("condition", "for_each-1/body/0")
    board.code("if").fill("payment.amount > 5000")
    board.drag("parallel", "condition-1/then/0")
    board.drag("approval", "parallel-1/branch-1/0")
    board.field("title").fill("Pay {{ payment.vendor }} {{ payment.amount }}?")
    board.page.locator('[data-field="approvers"] [data-part="value"]').fill("finance-leads")
    board.page.locator('[data-field="show"] [data-part="value"]').fill("payment")
    board.drag("http", "parallel-1/branch-2/0")
    board.field("url").fill("https://vendors.example.com/{{ payment.vendor }}")
    board.drag("http", "for_each-1/body/1")
    board.field("url").fill("https://bank.example.com/payments")
    board.field("method").select_option("POST")
    board.json("json").fill('{"id": "{{ payment.id }}", "amount": "{{ payment.amount }}"}')
    board.drag("email", "root/steps/1")
    board.field("to.0").fill("{{ run.started_by.email }}")
    board.field("subject").fill("Payments done")
    board.field("body").fill('{{ steps["for_each-1"].output.completed }} paid')

    expect(board.page.locator(".b-prob h2")).to_contain_text("No problems")
    board.press("publish")
    board.press("dialog-publish")
    expect(board.page.locator(".toast").last).to_contain_text("Published version 1")
    assert board.draft["steps"][0] == EACH
    assert board.playbook.versions.get().document["steps"][0] == EACH
    assert board.draft["inputs"] == [{"name": "payments", "type": "array", "required": True}]

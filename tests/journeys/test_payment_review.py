"""The main job, as people do it: alice draws a playbook, 872 payments go through it, bob decides, workers are killed, the report is right.

Everything happens in a real browser against the product as `python3 run.py demo` starts it. docs/tour.md tells the same story
with the code beside it.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.demo import Demo, eventually
from tests.journeys.payments import LIMIT, file_in, rows_of
from tests.playbooks.board import Board
from tests.recorder import Recorder

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """The bank and the vendors' register."""
    with Recorder() as running:
        running.answer(200, delay_seconds=0.02)
        yield running


@pytest.fixture
def demo(tmp_path: Path, recorder: Recorder) -> Iterator[Demo]:
    """The whole product."""
    running = Demo(tmp_path, recorder.url.removeprefix("http://"))
    yield running
    running.stop()


def sign_in(new_context: NewContext, demo: Demo, username: str) -> Page:
    """A browser of that person's own."""
    page = new_context(base_url=demo.url, viewport={"width": 1440, "height": 1000}).new_page()
    page.goto("/accounts/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", "demo")
    page.press("input[name=password]", "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Good")
    return page


def draw(page: Page, bank: str) -> None:
    """Draw *Payment review* by dragging, fill in the forms, publish."""
    page.goto("/playbooks/new/")
    page.fill("input[name=name]", "Payment review")
    page.press("input[name=name]", "Enter")
    board = Board(page, None)  # type: ignore[arg-type]
    board.press("playbook-settings")
    board.field("playbook.description").fill("Ask above the limit, then pay.")
    board.field("playbook.owner").fill("Finance")
    page.locator('[data-field="inputs"] > [data-action="add-row"]').click()
    board.field("inputs.0.name").fill("payments")
    board.field("inputs.0.type").select_option("array")
    board.field("inputs.0.required").check()
    draw_steps(board, bank)
    expect(page.locator(".b-prob")).to_contain_text("No problems")
    board.saved()
    board.press("publish")
    board.press("dialog-publish")
    expect(page.locator("body")).to_contain_text("version 1")


def draw_steps(board: Board, bank: str) -> None:
    """One step after the other, from the library to its place."""
    board.drag("for_each", "root/steps/0")
    fill(board, "for_each-1", {"in": "inputs.payments", "item": "payment", "concurrency": "8"}, {"on_item_error": "continue"})
    board.drag("condition", "for_each-1/body/0")
    fill(board, "condition-1", {"if": f"payment.amount > {LIMIT}"})
    board.drag("parallel", "condition-1/then/0")
    board.drag("approval", "parallel-1/branch-1/0")
    fill(board, "approval-1", {"title": "Pay {{ payment.supplier }} {{ payment.amount }}?"})
    who = board.field("approvers")
    who.locator('[data-part="kind"]').select_option("group")
    who.locator('[data-part="value"]').fill("finance-leads")
    board.drag("http", "parallel-1/branch-2/0")
    fill(board, "http-1", {"url": f"{bank}/vendors"})
    board.drag("http", "for_each-1/body/1")
    fill(
        board,
        "http-2",
        {"url": f"{bank}/pay", "json": '{"supplier": "{{ payment.supplier }}", "amount": "{{ payment.amount }}"}'},
        {"method": "POST"},
    )
    board.drag("email", "root/steps/1")
    paid = "${{ round(sum([p.amount for p in inputs.payments]) - sum([e.item.amount for e in get('steps.for_each-1.output.errors')]), 2) }}"
    fill(
        board,
        "email-1",
        {
            "subject": "Payments done",
            "body": f"{{{{ steps.for_each-1.output.completed }}}} paid, {{{{ steps.for_each-1.output.failed }}}} refused, {paid} in all",
        },
    )
    to = board.page.locator('.field[data-path="with/to"]')
    to.locator("input").first.fill("{{ run.started_by.email }}")


def fill(board: Board, step: str, texts: dict[str, str], choices: dict[str, str] | None = None) -> None:
    """Open a step and fill in its form."""
    board.step(step).click()
    for name, choice in (choices or {}).items():
        board.field(name).select_option(choice)
    for name, text in texts.items():
        {"if": board.code, "json": board.json}.get(name, board.field)(name).fill(text)


def begin(page: Page, file: Path) -> int:
    """Start from the playbook's page with a file; returns the run's number."""
    page.get_by_role("link", name="Playbooks").first.click()
    page.get_by_role("link", name="Payment review").first.click()
    page.get_by_role("link", name=re.compile("^Start")).first.click()
    page.set_input_files("input[type=file]", file)
    page.locator('[data-action="start-watch"]').click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    return int(re.findall(r"/runs/(\d+)/", page.url)[0])


def decide_from_mail(new_context: NewContext, demo: Demo, mail: dict[str, Any]) -> str:
    """Open the link of a mail without signing in, approve, confirm; returns the question."""
    link = re.search(r'href="([^"]*/decide/[^"]+)"', mail["html"])
    assert link is not None
    page = new_context(base_url=demo.url, viewport={"width": 390, "height": 844}).new_page()
    page.goto(html.unescape(link[1]))
    question = page.get_by_role("heading", level=1).inner_text()
    page.locator("button[name=decision][value=approve]").click()
    expect(page.locator("[data-confirm]")).to_be_visible()
    page.locator("[data-confirm] button[type=submit], [data-confirm] button.approve").first.click()
    expect(page.locator("body")).to_contain_text("pproved")
    page.context.close()
    return question


def decide_in_inbox(page: Page, decision: str, comment: str) -> str:
    """Approve or reject the first question of the inbox; returns the question."""
    page.goto("/approvals/")
    pane = page.locator(".pane[data-approval]")
    question = pane.get_by_role("heading").first.inner_text()
    decided = pane.get_attribute("data-approval")
    pane.locator("textarea[name=comment]").fill(comment)
    pane.locator(f"button[name=decision][value={decision}]").click()
    expect(page.locator(f'.pane[data-approval="{decided}"]')).to_have_count(0)
    return question


def test_payment_review(new_context: NewContext, demo: Demo, recorder: Recorder, tmp_path: Path) -> None:
    """Every approved or small payment is posted once under one key, no refused one is, the report is right, the page follows without a reload."""
    file = file_in(tmp_path)
    payments = rows_of(file)
    large = [row for row in payments if float(row["amount"]) > LIMIT]
    alice, bob = sign_in(new_context, demo, "alice"), sign_in(new_context, demo, "bob")
    draw(alice, recorder.url)

    run_id = begin(alice, file)
    alice.evaluate("window.neverReloaded = true")
    bob_address = demo.facts["users"]["bob"]["email"]
    eventually(lambda: len(demo.mails_to(bob_address)), lambda count: count >= 3, 60, "mails to bob")
    demo.kill_worker()
    for mail in demo.mails_to(bob_address)[:3]:
        decide_from_mail(new_context, demo, mail)
    demo.kill_worker()
    for _ in range(2):
        decide_in_inbox(bob, "approve", "")
    refused = [decide_in_inbox(bob, "reject", "Not without an order number.") for _ in range(2)]
    approve_the_rest(demo, run_id, kill_at=20)

    with demo.api("alice") as api:
        run = eventually(
            lambda: api.get(f"runs/{run_id}/").json(), lambda found: found["status"] in ("completed", "failed", "paused"), 180, "the end"
        )
    assert run["status"] == "completed", run
    posted = Counter((call.json["supplier"], float(call.json["amount"]), call.key) for call in recorder.calls if call.path == "/pay")
    keys = Counter(key for _, _, key in posted)
    assert len(keys) == len(payments) - 2
    assert set(keys.values()) == {1}, "one payment per key"
    for question in refused:
        supplier, amount = question.removeprefix("Pay ").rstrip("?").rsplit(" ", 1)
        wanted = sum(1 for row in payments if row["supplier"] == supplier and float(row["amount"]) == float(amount))
        assert sum(1 for s, a, _ in posted if s == supplier and a == float(amount)) == wanted - refused.count(question)
    check_report(demo, payments, refused)
    assert len(large) == 49
    expect(alice.locator("[data-run-status=completed]").first).to_be_visible(timeout=15_000)
    assert alice.evaluate("window.neverReloaded") is True


def approve_the_rest(demo: Demo, run_id: int, kill_at: int) -> None:
    """Bob's own program approves what is left; once more a worker dies in the middle."""
    decided = 0
    with demo.api("bob") as api:
        while True:
            found = eventually(
                lambda: (
                    api.get("approvals/", params={"status": "open", "run": run_id}).json()["results"],
                    api.get(f"runs/{run_id}/").json()["status"],
                ),
                lambda seen: bool(seen[0]) or seen[1] == "completed",
                120,
                "open approvals",
            )
            if not found[0]:
                return
            for approval in found[0]:
                answer = api.post(f"approvals/{approval['id']}/decide/", json={"decision": "approve", "payload_hash": approval["payload_hash"]})
                assert answer.status_code == 200, answer.text
                decided += 1
                if decided == kill_at:
                    demo.kill_worker()


def check_report(demo: Demo, payments: list[dict[str, str]], refused: list[str]) -> None:
    """The mail to alice has the totals."""
    address = demo.facts["users"]["alice"]["email"]
    mails = eventually(lambda: [mail for mail in demo.mails_to(address) if mail["subject"] == "Payments done"], bool, 30, "the report")
    total = sum(float(row["amount"]) for row in payments) - sum(float(question.rstrip("?").rsplit(" ", 1)[1]) for question in refused)
    text = mails[0]["text"]
    assert f"{len(payments) - 2} paid, 2 refused" in text
    said = re.search(r"refused, ([\d.]+) in all", text)
    assert said is not None, text
    assert float(said[1]) == pytest.approx(total, abs=0.01)

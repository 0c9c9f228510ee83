"""The start page and the form of a schedule in a browser: what the server says arrives while somebody types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from config.demo.services.book import addresses
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, Schedule
from tests.runs.test_start_page import DOCUMENT

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_MS = 30_000


def serious(page: Page) -> list[str]:
    """What axe finds that keeps people out."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in ("serious", "critical")]


def test_faults_come_and_go_and_the_inputs_go_on_to_the_schedule(
    open_as: Callable[..., Page], carol: User, published: Callable[..., PlaybookVersion]
) -> None:
    """A wrong number is named under its field and the focus stays; mended, the word is gone; “Schedule…” keeps it and shows the next times."""
    version = published(DOCUMENT)
    page = open_as(carol, f"/playbooks/{version.playbook_id}/start/")

    page.locator("#in-amount").press_sequentially("12")
    expect(page.locator("#said-amount")).to_contain_text("at most 10", timeout=PATIENCE_MS)
    expect(page.locator("#in-amount")).to_be_focused()
    page.locator("#in-amount").fill("9")
    expect(page.locator("#said-amount .fault")).to_have_count(0, timeout=PATIENCE_MS)
    assert serious(page) == []

    page.get_by_role("button", name="Schedule").click()
    expect(page.locator("#in-amount")).to_have_value("9", timeout=PATIENCE_MS)
    page.get_by_label("How often").select_option("month")
    expect(page.locator("#schedule-times")).to_contain_text("Every month on day 1", timeout=PATIENCE_MS)
    expect(page.locator("#schedule-times li")).to_have_count(5)
    assert serious(page) == []
    page.get_by_role("button", name="Start by the clock").click()
    expect(page.locator("body")).to_contain_text("Every month on day 1 at 08:00", timeout=PATIENCE_MS)

    assert (Schedule.objects.get().inputs["amount"], Run.objects.count()) == (9, 0)


def test_an_empty_account_has_a_run_after_three_clicks(open_as: Callable[..., Page], eve: User, settings: Any) -> None:
    """Home, gallery, “Run it once”: the third click leads to the run; the pages on the way keep nobody out."""
    settings.SERVICES = addresses(9001)
    page = open_as(eve, "/")

    page.get_by_role("link", name="Choose a ready playbook").click()
    expect(page.locator(".gallery-card").first).to_be_visible(timeout=PATIENCE_MS)
    assert serious(page) == []
    page.get_by_role("link", name="Charge with a second").click()
    expect(page.locator(".diagram")).to_be_visible(timeout=PATIENCE_MS)
    assert serious(page) == []
    page.get_by_role("button", name="Run it once").click()

    expect(page.locator("#run")).to_be_visible(timeout=PATIENCE_MS)
    assert Run.objects.get().trigger == "gallery"

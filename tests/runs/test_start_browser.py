"""The start page and the form of a schedule in a browser: what the server says arrives while somebody types."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

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


def test_a_newcomer_has_a_run_after_one_click(open_as: Callable[..., Page], eve: User) -> None:
    """Home of an empty account leads to a run, ticks that step and lets the list be put away; the gallery is in the side bar and found by capability.

    No page on the way keeps anybody out.
    """
    page = open_as(eve, "/")
    steps = page.get_by_role("region", name="First steps")
    assert serious(page) == []
    page.get_by_role("button", name=re.compile("^Run .* once$")).first.click()
    expect(page.locator("#run")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("status")).to_contain_text("This is the sandbox")
    assert (Run.objects.get().trigger, Run.objects.get().mode) == ("gallery", "sandbox")

    page.goto("/")
    expect(steps.get_by_text("Run a ready one (done)")).to_be_visible(timeout=PATIENCE_MS)
    steps.get_by_role("button", name="Put away").click()
    expect(page.get_by_role("heading", name="Good")).to_be_visible(timeout=PATIENCE_MS)
    expect(steps).to_have_count(0)

    page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Gallery").click()
    page.get_by_role("link", name=re.compile("^Has a stand-in")).click()
    expect(page.locator(".gallery-card")).to_have_count(2, timeout=PATIENCE_MS)
    assert serious(page) == []
    page.get_by_role("link", name="Charge with a second").click()
    expect(page.locator(".diagram")).to_be_visible(timeout=PATIENCE_MS)
    assert serious(page) == []

"""The run page in a browser: keys, folding, details, and what assistive technology finds."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import StepRun
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder, payments_run

OpenAs = Callable[..., Page]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(open_as: OpenAs, payments: PlaybookVersion, alice: User) -> Page:
    """A run of 100 payments in full swing."""
    built = payments_run(payments, alice, 100)
    found = open_as(alice, f"/runs/{built.run.pk}/")
    expect(found.locator("#timeline")).to_be_visible()
    return found


def test_an_item_unfolds_without_a_reload_and_back_folds_it(page: Page) -> None:
    """The address says what is open; Back undoes it."""
    page.evaluate("window.stayed = true")
    item = page.locator('[data-kind="item"]').first
    path = item.get_attribute("data-path")

    item.locator("a.nm").click()
    expect(page.locator(f'[data-path="{path}/pay"]')).to_be_visible()
    assert "open=" in page.url
    page.go_back()
    expect(page.locator(f'[data-path="{path}/pay"]')).to_have_count(0)

    assert page.evaluate("window.stayed") is True


def test_the_timeline_is_walked_with_keys(page: Page) -> None:
    """Arrows move and unfold, Enter opens the details, Escape closes them and gives the focus back."""
    page.locator('#tl-rows > [tabindex="0"]').focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(page.locator('[data-path="note"]')).to_be_focused()

    page.keyboard.press("Enter")
    expect(page.locator("#drawer-h")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_have_count(0)
    expect(page.locator('[data-path="note"]')).to_be_focused()

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(page.locator('[data-path="each"]')).to_have_attribute("aria-expanded", "false")
    expect(page.locator('[data-path="each"]')).to_be_focused()


def test_n_walks_what_needs_a_person_and_f_shows_only_failures(page: Page) -> None:
    """One key to the next that needs somebody."""
    page.keyboard.press("n")
    expect(page.locator("#tl-rows > :focus")).to_have_attribute("data-needs-person", "")

    page.keyboard.press("f")
    expect(page.locator('#tl-rows [data-state="running"][data-path]')).to_have_count(0)
    expect(page.locator('#tl-rows [data-state="failed"][data-path]').first).to_be_visible()


def test_a_chip_shows_only_the_items_in_that_state(page: Page) -> None:
    """With its count, and the rest a press away."""
    page.get_by_role("button", name="Only failed 1").click()

    expect(page.locator('[data-kind="item"]')).to_have_count(1)
    expect(page.locator('[data-kind="item"]')).to_have_attribute("data-state", "failed")


def test_the_search_finds_an_item_by_its_value(page: Page) -> None:
    """While typing, without a reload."""
    page.locator("#find").fill("Supplier 42")

    expect(page.locator('[data-path="each/body[41]"]')).to_be_visible()
    expect(page.locator('[data-kind="item"]')).to_have_count(1)


def test_a_press_on_retry_repairs_without_a_reload(open_as: OpenAs, three_steps: PlaybookVersion, alice: User) -> None:
    """The toast says what was done; the failure is gone from the page."""
    built = RunBuilder(three_steps, alice, status=RunStatus.PAUSED, pause_reason="error")
    held = built.step("s1", status=StepStatus.FAILED, error=CLOSED, attempt=3)
    built.hold(held)
    built.save()
    page = open_as(alice, f"/runs/{built.run.pk}/?step=s1")
    page.evaluate("window.stayed = true")

    page.locator('#drawer [data-action="retry"]').click()

    expect(page.locator(".toast").last).to_contain_text("Trying again")
    expect(page.locator("#drawer-fault")).to_have_count(0)
    assert page.evaluate("window.stayed") is True
    assert StepRun.objects.get(run=built.run).status != StepStatus.FAILED


def test_cancelling_asks_first_and_the_safe_button_has_the_focus(page: Page) -> None:
    """Nothing happens by accident."""
    page.locator('[data-action="cancel"]').click()

    expect(page.get_by_role("alertdialog")).to_be_visible()
    expect(page.get_by_text("Keep running")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("alertdialog")).to_be_hidden()


def test_everything_works_without_scripts(open_as: OpenAs, payments: PlaybookVersion, alice: User) -> None:
    """Folding, details and filters are links."""
    built = payments_run(payments, alice, 100)
    page = open_as(alice, f"/runs/{built.run.pk}/", java_script_enabled=False)

    page.locator('[data-kind="item"] a.nm').first.click()
    page.locator('[data-kind="step"] a.nm').last.click()

    expect(page.locator("#drawer-h")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/", "/runs/", "run", "start"])
def test_no_serious_finding_of_axe(open_as: OpenAs, payments: PlaybookVersion, alice: User, address: str, scheme: str) -> None:
    """Contrast, names, roles: home, list, run with details, start."""
    built = payments_run(payments, alice, 60)
    known = {"run": f"/runs/{built.run.pk}/?step=each/body[20]/large", "start": f"/playbooks/{payments.playbook_id}/start/"}
    page = open_as(alice, known.get(address, address), color_scheme=scheme)

    found = Axe().run(page).response["violations"]

    serious = [(each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found if each["impact"] in ("serious", "critical")]
    assert serious == []


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("address", ["/", "/runs/", "run"])
def test_no_page_scrolls_sideways(open_as: OpenAs, payments: PlaybookVersion, alice: User, address: str, width: int) -> None:
    """Desktop, tablet and phone."""
    built = payments_run(payments, alice, 60)
    page = open_as(alice, f"/runs/{built.run.pk}/" if address == "run" else address, viewport={"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_ten_thousand_step_runs_show_their_first_screen_soon(open_as: OpenAs, payments: PlaybookVersion, alice: User) -> None:
    """From the request to the painted timeline: within a second on a quiet machine, which a test cannot count on."""
    built = payments_run(payments, alice, 5_000)
    assert built.run.step_runs.count() >= 9_900
    page = open_as(alice, "/runs/")  # the scripts and styles are in the cache, as for anybody who works with it

    begun = time.perf_counter()
    page.goto(f"/runs/{built.run.pk}/", wait_until="domcontentloaded")
    expect(page.locator('[data-kind="item"]').first).to_be_visible()
    took = time.perf_counter() - begun

    assert re.search(r"5,000 items", page.locator('[data-path="each"]').inner_text())
    assert took < 10

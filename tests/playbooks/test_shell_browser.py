"""The frame of every page in a real browser: keys, dialogs, themes, phones, without scripts. Barriers: tests/runs/test_every_page.py."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from playbooks_app.models import Playbook, User
from tests.playbooks.documents import FAULTY, document

Open = Callable[..., Page]
PHONE = {"width": 390, "height": 844}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """A playbook with two versions and a faulty draft."""
    playbook = Playbook.draw(document(), by=alice)
    playbook.publish(by=alice)
    playbook.save_draft(document(description="Other words."), by=alice)
    playbook.publish(by=alice)
    playbook.save_draft(FAULTY, by=alice)
    return playbook


def test_the_phone_has_a_tab_bar_and_the_desk_a_side_bar(alice: User, open_as: Open) -> None:
    """Never both."""
    phone, desk = open_as(alice, "/playbooks/", viewport=PHONE), open_as(alice, "/playbooks/")

    expect(phone.get_by_role("navigation", name="Main, phone")).to_be_visible()
    expect(phone.get_by_role("navigation", name="Main", exact=True)).to_be_hidden()
    expect(desk.get_by_role("navigation", name="Main", exact=True)).to_be_visible()
    expect(desk.get_by_role("navigation", name="Main, phone")).to_be_hidden()


def test_keys_lead_everywhere(drawn: Playbook, alice: User, open_as: Open) -> None:
    """? shows them, G P goes to the playbooks, Ctrl K jumps; none of them while typing."""
    page = open_as(alice, "/profile/")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/playbooks/")
    page.keyboard.press("Control+k")
    page.keyboard.type("daily")
    expect(page.get_by_role("dialog", name="Search or jump to").get_by_role("link")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/playbooks/{drawn.pk}/")

    page.goto("/profile/")
    page.get_by_label("First name").fill("gp?")
    assert page.url.endswith("/profile/") and not page.get_by_role("dialog", name="Keys").is_visible()


def test_keys_can_be_switched_off(alice: User, open_as: Open) -> None:
    """For people whose tools send letters; Ctrl K still works."""
    page = open_as(alice, "/profile/")

    page.get_by_label("Single keys").uncheck()
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog", name="Search or jump to")).to_be_visible()


def test_a_dialog_takes_the_focus_and_gives_it_back(drawn: Playbook, alice: User, open_as: Open) -> None:
    """To the control that opened it; sharing from it works."""
    page = open_as(alice, f"/playbooks/{drawn.pk}/")
    opener = page.get_by_role("link", name="Share")

    opener.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("radio", name="Everyone")).to_be_focused()
    expect(dialog.get_by_label("Which department")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

    opener.click()
    dialog.get_by_role("radio", name="Department").check()
    expect(dialog.get_by_label("Which department")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Everyone in Finance sees it.")


def test_a_menu_is_walked_by_arrows_and_letters(drawn: Playbook, alice: User, open_as: Open) -> None:
    """Esc closes it and gives the focus back."""
    page = open_as(alice, f"/playbooks/{drawn.pk}/")
    menu = page.locator("summary[aria-label^='More about']")

    menu.press("Enter")
    expect(page.get_by_role("link", name="Export as YAML")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Export as JSON")).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Archive")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()


def test_the_theme_is_kept_without_a_flash(alice: User, open_as: Open) -> None:
    """The server draws the next page in it; "as the system" takes it back."""
    page = open_as(alice, "/profile/", color_scheme="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")

    page.get_by_label("Dark").check()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto("/playbooks/")

    assert dark != light and page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    page.goto("/profile/")
    page.get_by_label("As the system").check()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == light


def test_searching_keeps_the_focus_and_the_address(drawn: Playbook, alice: User, open_as: Open) -> None:
    """The list changes under the field; a copied address shows the same."""
    Playbook.draw(document(name="Other"), by=alice)
    page = open_as(alice, "/playbooks/")

    page.get_by_label("Search playbooks").press_sequentially("other")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_label("Search playbooks")).to_be_focused()
    page.wait_for_url("**/playbooks/?q=other")
    page.reload()
    expect(page.get_by_role("row")).to_have_count(2)


def test_everything_works_without_scripts(drawn: Playbook, alice: User, open_as: Open) -> None:
    """Dialogs are pages, menus open, forms post."""
    page = open_as(alice, f"/playbooks/{drawn.pk}/", java_script_enabled=False)

    page.get_by_role("link", name="Share").click()
    page.get_by_label("Only the owner").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Only Alice Archer")
    page.locator("summary[aria-label^='More about']").click()
    page.get_by_role("button", name="Archive").click()
    expect(page.get_by_role("status")).to_contain_text("in the archive")

"""The builder's page as tests use it: by mouse, touch and keys, never by calling into its script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page, expect

from playbooks_app.models import Playbook, User

REVIEW: dict[str, Any] = {
    "handrail": 1,
    "name": "Payment review",
    "description": "Check each payment, ask above the limit, pay.",
    "owner": "Finance",
    "inputs": [{"name": "payments", "type": "array", "required": True}, {"name": "limit", "type": "number", "default": 5000}],
    "steps": [
        {
            "id": "each",
            "type": "for_each",
            "name": "For each payment",
            "in": "${{ inputs.payments }}",
            "item": "payment",
            "steps": [
                {
                    "id": "large",
                    "type": "condition",
                    "if": "${{ payment.amount > inputs.limit }}",
                    "then": [
                        {
                            "id": "both",
                            "type": "parallel",
                            "branches": [
                                {
                                    "name": "people",
                                    "steps": [{"id": "sign", "type": "approval", "with": {"title": "Pay?", "approvers": {"group": "finance-leads"}}}],
                                },
                                {
                                    "name": "vendor",
                                    "steps": [{"id": "look", "type": "http", "with": {"method": "GET", "url": "https://vendors.example.com/"}}],
                                },
                            ],
                        }
                    ],
                    "else": [],
                },
                {
                    "id": "pay",
                    "type": "http",
                    "name": "Pay",
                    "with": {"method": "POST", "url": "https://bank.example.com/", "json": {"id": "{{ payment.id }}"}},
                },
            ],
        },
        {"id": "note", "type": "log", "with": {"message": "{{ steps.each.output.completed }} paid"}},
    ],
}


OPEN: list[Board] = []


def leave_all() -> None:
    """Let every open builder finish saving, so that no request outlives its test."""
    while OPEN:
        page = OPEN.pop().page
        if page.is_closed():
            continue
        saved = "() => ['ok', 'bad'].includes(document.querySelector('[data-part=saved]')?.dataset.state ?? 'ok')"
        page.wait_for_function(saved)
        page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('left')); }")  # not even the word of leaving
        page.wait_for_function("() => !document.querySelector('[data-asks]')")


class Board:
    """One open builder. Places are named as in the page: `root/steps/0`, `large/then/0`, `both/vendor/1`."""

    def __init__(self, page: Page, playbook: Playbook) -> None:
        self.page = page
        self.playbook = playbook
        OPEN.append(self)
        expect(page.locator(".builder[data-ready]")).to_be_attached()

    def step(self, step_id: str) -> Locator:
        """The card of a step."""
        return self.page.locator(f'[data-step="{step_id}"] > .card')

    def field(self, name: str) -> Locator:
        """A field of the open settings."""
        return self.page.locator(f'[data-field="{name}"]')

    def code(self, name: str) -> Locator:
        """A condition of the open settings, shown as an expression."""
        box = self.page.locator(f'.condition:has([data-field="{name}"])').last
        box.locator('[data-action="as-code"]').click()
        return box.locator(f'[data-field="{name}"]')

    def json(self, name: str) -> Locator:
        """A value of the open settings, shown as JSON."""
        box = self.page.locator(f'.b-either:has([data-field="{name}"])').last
        box.locator('[data-action="look-json"]').click()
        return box.locator(f'[data-field="{name}"]')

    def press(self, action: str) -> None:
        """Press the (only visible) button of a deed."""
        self.page.locator(f'[data-action="{action}"]:visible').first.click()

    @property
    def ids(self) -> list[str]:
        """Ids of the steps in the order of the drawing."""
        found: list[str] = self.page.eval_on_selector_all("[data-step]", "found => found.map(each => each.dataset.step)")
        return found

    def ids_in(self, place: str) -> list[str]:
        """Ids of the steps of a block such as `large/then`."""
        script = "slot => [...slot.closest('.seq').children].filter(each => each.dataset.step).map(each => each.dataset.step)"
        found: list[str] = self.page.locator(f'[data-slot="{place}/0"]').first.evaluate(script)
        return found

    def take(self, source: str | Locator) -> None:
        """Press the mouse on a kind of step (`http`) or a card and move just far enough to drag."""
        thing = self.page.locator(f'[data-palette="{source}"]') if isinstance(source, str) else source
        thing.scroll_into_view_if_needed()
        box = thing.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 24, box["y"] + 14)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 30, box["y"] + 20)

    def over(self, place: str) -> None:
        """Move the mouse over a slot."""
        box = self.page.locator(f'[data-slot="{place}"]').first.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)

    def drag(self, source: str | Locator, place: str) -> None:
        """Drag a kind of step or a card to a slot."""
        self.page.locator(f'[data-slot="{place}"]').first.scroll_into_view_if_needed()
        self.take(source)
        self.over(place)
        self.page.mouse.up()

    def keys(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def saved(self) -> None:
        """Wait until the server has what the page shows."""
        expect(self.page.locator('[data-part="saved"]')).to_have_attribute("data-state", "ok")
        expect(self.page.locator('[data-part="saved"]')).to_contain_text("Saved")

    @property
    def draft(self) -> dict[str, Any]:
        """What the server holds once everything is saved."""
        self.saved()
        self.playbook.refresh_from_db()
        assert isinstance(self.playbook.draft, dict)
        return self.playbook.draft


def open_board(open_as: Callable[..., Page], user: User, document: Any = REVIEW, **options: Any) -> Board:
    """The builder of a playbook of this person with this draft."""
    assert user.account is not None
    playbook = Playbook.objects.create(account=user.account, owner=user, name="Payment review", draft=document, visibility="account")
    return again(open_as, user, playbook, **options)


def again(open_as: Callable[..., Page], user: User, playbook: Playbook, **options: Any) -> Board:
    """The builder of a playbook that is there, in a browser of its own."""
    page = open_as(user, f"/playbooks/{playbook.pk}/edit/", **{"viewport": {"width": 1440, "height": 1000}, **options})
    return Board(page, playbook)

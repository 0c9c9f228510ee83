"""What holds on every page, in one walk for each kind of person: no barriers, one heading, a name, and nothing that a phone must scroll sideways."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from playbooks_app.models import Calendar, Playbook, User
from runs_app.starting import start
from tests.playbooks.documents import FAULTY, document

Open = Callable[..., Page]
LONG = "Quarterly reconciliation of intercompany receivables of the northern subsidiary"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1024, "height": 768}
IMPACTS = {"moderate", "serious", "critical"}
CONTRAST: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
NOT_FOUND = 404

PLAIN = """
/playbooks/ /playbooks/?q=zzzz /playbooks/new/ /playbooks/import/ /gallery/?q=zzzz /approvals/policy/ /profile/mail/ /profile/security/
/settings/people/invite/ /settings/departments/new/ /settings/groups/new/ /settings/calendars/new/ /settings/connections/new/ /settings/secrets/
/settings/secrets/new/ /settings/webhooks/new/ /settings/mail/ /settings/audit/?q=zzzz /jump/?q=d /runs/?q=zzzz /approvals/away/
"""
LOOKED_AT = """
/ /playbooks/ /playbooks/new/ /gallery/ /gallery/lead-triage/ /notifications/ /profile/ /settings/people/ /settings/calendars/
/settings/connections/ /settings/tokens/ /settings/webhooks/ /settings/audit/ /system/ /nowhere/
"""
PARTS = ("", "share/", "versions/", "schedules/", "start/")
FORMS = ("tags/", "hand-over/", "publish/", "versions/1/2/")
NEWCOMER = ("/", "/playbooks/", "/runs/")
NOBODY = ("/accounts/login/", "/decide/cut-off/", "/nowhere/")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """A playbook with a long name, two versions, a run and a faulty draft."""
    playbook = Playbook.draw(document(LONG, inputs=[{"name": "amount", "type": "number", "min": 0}]), by=alice)
    playbook.publish(by=alice)
    start(playbook.publish(by=alice, note="The same again."), inputs={"amount": 1}, by=alice)
    playbook.save_draft(FAULTY, by=alice)
    Calendar.objects.create(account=playbook.account, name="Berlin office", timezone="Europe/Berlin", hours={"mon": ["09:00-17:00"]})
    return playbook


def test_every_page_says_what_it_is(drawn: Playbook, admin: User, web: Callable[[User | None], Client]) -> None:
    """One heading of the first level, one main part that the skip link leads to, and a title of its own."""
    addresses = [*PLAIN.split(), *LOOKED_AT.split(), *(f"/playbooks/{drawn.pk}/{part}" for part in (*PARTS, *FORMS))]
    faults = {}

    for address in addresses:
        text = web(admin).get(address).content.decode()
        said = len(re.findall(r"<h1[ >]", text)), text.count('id="main"'), text.count('class="skip" href="#main"')
        title = text.partition("<title>")[2].partition("</title>")[0].strip()
        if said != (1, 1, 1) or not title.endswith(" · Handrail") or len(title) < len("x · Handrail"):
            faults[address] = (said, title)

    assert faults == {}


def test_no_page_has_barriers(drawn: Playbook, people: dict[str, User], open_as: Open) -> None:
    """Axe finds nothing from moderate on, in light, nor a weak contrast in the dark on a phone; no script complains."""
    run = drawn.runs.get().pk
    of_playbook = [f"/playbooks/{drawn.pk}/{part}" for part in PARTS]
    walks = {"admin": [*LOOKED_AT.split(), *of_playbook, f"/runs/{run}/"], "eve": NEWCOMER, "": NOBODY}

    found = {f"{name} {address}": faults for name, walk in walks.items() for address, faults in _walked(open_as(people.get(name)), walk)}

    assert {place: faults for place, faults in found.items() if faults} == {}


def _walked(page: Page, addresses: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Each address with what is wrong there."""
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None)
    found = []
    for address in addresses:
        complaints.clear()
        page.set_viewport_size(DESK)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        answer = page.goto(address)
        assert answer is not None and answer.status in (200, NOT_FOUND), address
        found.append((address, [*_barriers(page), *_narrow(page), *complaints]))
    page.context.close()
    return found


def _barriers(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    violations = Axe().run(page, options=options).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in violations if each["impact"] in IMPACTS]


def _narrow(page: Page) -> list[str]:
    """The same page in the dark on a phone: nothing wider than it, and colours that can be told apart."""
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*([f"{width} wide on a phone"] if width > PHONE["width"] else []), *(f"dark: {each}" for each in _barriers(page, CONTRAST))]

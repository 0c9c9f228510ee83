"""Takes the pictures in docs/pictures from a running demo: `python -m tests.pictures DATA_DIR`.

The demo must have a run of *Payment review* that waits for approvals, and eve must not have begun: her home is the first page of an empty account.
Each page is taken in light, and those that people look at most in the dark and on a phone as well, in few colours so that the files stay small.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests import browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SETTLE_MILLISECONDS = 1200
COLOURS = 128
EVERY_LOOK = {"home", "first-page", "playbooks", "playbook", "builder", "start", "gallery", "runs", "run", "inbox", "decision", "decision-from-mail"}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def addresses(facts: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
    """Name of the picture -> who looks, at what."""
    headers = {"Authorization": f"Token {facts['users']['bob']['api_token']}"}
    with httpx.Client(base_url=f"{facts['base_url']}/api/v1/", headers=headers, timeout=30) as api:
        approvals = api.get("approvals/", params={"status": "open"}).json()["results"]
        approval = next((each for each in approvals if each["title"].startswith("Pay ")), approvals[0])
        run = api.get(f"runs/{approval['run']}/").json()
        mails = api.get("demo/mailbox/").json()["results"]
    link = re.search(r'href="([^"]*/decide/[^"]+)"', next(mail["html"] for mail in mails if "/decide/" in mail["html"]))
    assert link is not None
    playbook = run["playbook"]
    return {
        "sign-in": (None, "/accounts/login/"),
        "home": ("bob", "/"),
        "first-page": ("eve", "/"),
        "playbooks": ("alice", "/playbooks/"),
        "playbook": ("alice", f"/playbooks/{playbook}/"),
        "versions": ("alice", f"/playbooks/{playbook}/versions/"),
        "share": ("alice", f"/playbooks/{playbook}/share/"),
        "schedules": ("alice", f"/playbooks/{playbook}/schedules/"),
        "gallery": ("alice", "/gallery/"),
        "gallery-entry": ("alice", "/gallery/lead-triage/"),
        "builder": ("alice", f"/playbooks/{playbook}/edit/"),
        "start": ("alice", f"/playbooks/{playbook}/start/"),
        "runs": ("alice", "/runs/"),
        "run": ("alice", f"/runs/{run['id']}/"),
        "inbox": ("bob", "/approvals/"),
        "decision": ("bob", f"/approvals/{approval['id']}/"),
        "decision-from-mail": (None, link[1]),
        "mailbox": ("bob", "/demo/mailbox/"),
        "notifications": ("alice", "/notifications/"),
        "people": ("alice", "/settings/people/"),
        "calendars": ("admin", "/settings/calendars/"),
        "connections": ("admin", "/settings/connections/"),
        "tokens": ("admin", "/settings/tokens/"),
        "audit": ("admin", "/settings/audit/"),
        "system": ("admin", "/system/"),
        "not-found": ("alice", "/runs/999999/"),
    }


def sign_in(chromium: Browser, base_url: str, username: str | None, look: dict[str, Any]) -> Page:
    """A page of that person's, or of nobody's."""
    page = chromium.new_context(base_url=base_url, reduced_motion="reduce", **look).new_page()
    if username is not None:
        page.goto("/accounts/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", "demo")
        page.press("input[name=password]", "Enter")
        page.wait_for_load_state()
    return page


def take(page: Page, address: str, file: Path) -> None:
    """One picture, once the page has settled."""
    page.goto(address)
    page.wait_for_timeout(SETTLE_MILLISECONDS)
    page.screenshot(path=file)
    with Image.open(file) as picture:
        fewer = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    fewer.save(file, optimize=True)


def main(data_dir: str) -> None:
    """Take them all; one browser window for each person and look."""
    facts = json.loads((Path(data_dir) / "demo.json").read_text())
    FOLDER.mkdir(exist_ok=True)
    wanted = addresses(facts)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.installed(), args=browser.FLAGS)
        for look, options in LOOKS.items():
            windows: dict[str | None, Page] = {}
            for name, (username, address) in wanted.items():
                if look != "light" and name not in EVERY_LOOK:
                    continue
                if username not in windows:
                    windows[username] = sign_in(chromium, facts["base_url"], username, options)
                take(windows[username], address, FOLDER / (f"{name}.png" if look == "light" else f"{name}-{look}.png"))
            for page in windows.values():
                page.context.close()


if __name__ == "__main__":
    main(sys.argv[1])

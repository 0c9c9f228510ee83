"""Takes the pictures in docs/pictures from a running demo: `python -m tests.pictures DATA_DIR`.

The demo must have a run of *Payment review* that waits for approvals; the pages are shown to alice and bob in light, dark and on a phone.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests import browser

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
SETTLE_MILLISECONDS = 1200
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


def addresses(facts: dict[str, Any]) -> dict[str, tuple[str | None, str]]:
    """Name of the picture -> who looks, at what."""
    headers = {"Authorization": f"Token {facts['users']['bob']['api_token']}"}
    with httpx.Client(base_url=f"{facts['base_url']}/api/v1/", headers=headers, timeout=30) as api:
        run = api.get("runs/").json()["results"][0]
        approval = api.get("approvals/", params={"status": "open"}).json()["results"][0]
        mails = api.get("demo/mailbox/").json()["results"]
    link = re.search(r'href="([^"]*/decide/[^"]+)"', next(mail["html"] for mail in mails if "/decide/" in mail["html"]))
    assert link is not None
    playbook = run["playbook"]
    return {
        "sign-in": (None, "/accounts/login/"),
        "home": ("bob", "/"),
        "playbooks": ("alice", "/playbooks/"),
        "playbook": ("alice", f"/playbooks/{playbook}/"),
        "builder": ("alice", f"/playbooks/{playbook}/edit/"),
        "start": ("alice", f"/playbooks/{playbook}/start/"),
        "runs": ("alice", "/runs/"),
        "run": ("alice", f"/runs/{run['id']}/"),
        "inbox": ("bob", "/approvals/"),
        "decision": ("bob", f"/approvals/{approval['id']}/"),
        "decision-from-mail": (None, link[1]),
        "mailbox": ("bob", "/demo/mailbox/"),
        "people": ("alice", "/settings/people/"),
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


def main(data_dir: str) -> None:
    """Take them all."""
    facts = json.loads((Path(data_dir) / "demo.json").read_text())
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.installed(), args=browser.FLAGS)
        for name, (username, address) in addresses(facts).items():
            for look, options in LOOKS.items():
                page = sign_in(chromium, facts["base_url"], username, options)
                page.goto(address)
                page.wait_for_timeout(SETTLE_MILLISECONDS)
                page.screenshot(path=FOLDER / (f"{name}.png" if look == "light" else f"{name}-{look}.png"))
                page.context.close()


if __name__ == "__main__":
    main(sys.argv[1])

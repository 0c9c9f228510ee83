"""The gallery as somebody uses it who only presses buttons: forms without JavaScript, and the API to look at what came of it."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.journeys.demo import Demo, eventually

OVER = ("completed", "failed", "cancelled", "paused")
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


class Visitor:
    """Somebody who is signed in."""

    def __init__(self, demo: Demo, username: str) -> None:
        self.demo = demo
        self.api = demo.api(username)
        self._pages = httpx.Client(base_url=demo.url, timeout=60)
        self.press("/accounts/login/", {"username": username, "password": "demo"})

    def press(self, page: str, fields: dict[str, str], to: str = "") -> str:
        """Send the form of a page; the path that the answer leads to."""
        token = TOKEN.search(self._pages.get(page).text)
        assert token, page
        answer = self._pages.post(to or page, data={**fields, "csrfmiddlewaretoken": token[1]}, headers={"Referer": self.demo.url})
        assert answer.status_code == 302, (answer.status_code, answer.text[:2000])
        return str(answer.headers["Location"])

    def run_once(self, slug: str, sample: int = 0) -> int:
        """Press “Run it once”; the number of the run."""
        where = self.press(f"/gallery/{slug}/", {"sample": str(sample)}, f"/gallery/{slug}/run/")
        return int(where.strip("/").rpartition("/")[2])

    def run(self, number: int) -> dict[str, Any]:
        """As the API tells it."""
        found: dict[str, Any] = self.api.get(f"runs/{number}/").json()
        return found

    def ended(self, number: int, seconds: float = 120) -> dict[str, Any]:
        """The run, once it is over or needs a hand."""
        found: dict[str, Any] = eventually(lambda: self.run(number), lambda run: run["status"] in OVER, seconds, f"run {number}")
        return found

    def approve(self, number: int, seconds: float = 120) -> int:
        """Wait until it asks, and say yes; the number of the approval."""
        eventually(lambda: self.run(number)["status"], lambda status: status == "pending_approval", seconds, f"run {number}")
        asked = self.api.get("approvals/", params={"status": "open", "run": number}).json()["results"][0]
        assert self.api.post(f"approvals/{asked['id']}/decide/", json={"decision": "approve"}).status_code == 200
        return int(asked["id"])

    def told(self, number: int, service: str = "") -> list[dict[str, Any]]:
        """What a run told the services, oldest first."""
        found = self.api.get("demo/services/", params={"run": number, "service": service}).json()["results"]
        return sorted(found, key=lambda call: int(call["number"]))

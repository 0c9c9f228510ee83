"""The whole product as its users start it, with a recorder for the calls that steps make."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.processes import wait_until

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180


class Demo:
    """`manage.py demo` on a free port; `JOURNEY_DEMO=<data dir>` uses one that runs already."""

    def __init__(self, folder: Path, egress_allow: str) -> None:
        given = os.environ.get("JOURNEY_DEMO")
        self.folder = Path(given) if given else folder / "demo data"
        self._process: subprocess.Popen[bytes] | None = None
        if given is None:
            self._start(folder, egress_allow)

    def _start(self, folder: Path, egress_allow: str) -> None:
        environment = {**os.environ, "EGRESS_ALLOW": egress_allow}
        for name in ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "EMAIL_URL", "SECRET_KEY"):
            environment.pop(name, None)
        command = [sys.executable, "manage.py", "demo", "--port", str(_free_port()), "--data-dir", str(self.folder)]
        with (folder / "demo.log").open("wb") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        wait_until(lambda: "READY" in (folder / "demo.log").read_text(), START_SECONDS, "READY")

    @property
    def facts(self) -> dict[str, Any]:
        """demo.json, as it is at present."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return found

    @property
    def url(self) -> str:
        """Where its pages are."""
        return str(self.facts["base_url"])

    def api(self, username: str) -> httpx.Client:
        """A REST client with that person's token."""
        token = self.facts["users"][username]["api_token"]
        return httpx.Client(base_url=f"{self.url}/api/v1/", headers={"Authorization": f"Token {token}"}, timeout=30)

    def kill_worker(self) -> None:
        """SIGKILL; returns when another worker has taken its place."""
        before = self.facts["pids"]["worker"]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.facts["pids"]["worker"] != before, 60, "another worker")

    def mails_to(self, address: str) -> list[dict[str, Any]]:
        """What the demo's mailbox holds for somebody, oldest first."""
        with self.api("admin") as client:
            found = client.get("demo/mailbox/", params={"to": address}).json()["results"]
        return sorted((mail for mail in found if address in mail["to"]), key=lambda mail: str(mail["at"]))

    def stop(self) -> None:
        """End everything."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(60)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(ask: Any, holds: Any, seconds: float, what: str) -> Any:
    """Ask again and again until the answer holds; returns it."""
    end = time.monotonic() + seconds
    while not holds(answer := ask()):
        assert time.monotonic() < end, f"{what}: still {answer!r:.300}"
        time.sleep(0.3)
    return answer

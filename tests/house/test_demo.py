"""The demo as a machine: it is ready when it says so, brings back what dies, and leaves nothing running."""

from __future__ import annotations

import json
import os
import signal
import smtplib
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.house.source import ROOT
from tests.processes import alive, wait_until

NAMES = ("web", "worker", "clock", "database")
START_SECONDS = 90.0
AGAIN_SECONDS = 10.0  # the product promises 2; a busy test machine gets more


@dataclass
class Demo:
    """A running demo."""

    process: subprocess.Popen[str]
    folder: Path

    @property
    def record(self) -> dict[str, Any]:
        """demo.json as it is at this moment."""
        found: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        return found

    def get(self, address: str, user: str | None = "alice") -> Any:
        """The JSON at an address of the product."""
        headers = {"Authorization": f"Token {self.record['users'][user]['api_token']}"} if user else {}
        with urllib.request.urlopen(urllib.request.Request(self.record["base_url"] + address, headers=headers), timeout=10) as answer:
            return json.load(answer)

    def manage(self, *arguments: str) -> str:
        """What `manage.py` says, called from outside as DOORS.md describes it."""
        record = self.record
        command = [record["python"], "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env={**os.environ, **record["environment"]}, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One for all tests of this file, in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("demo data")
    started = _start(folder)
    yield started
    pids = [pid for pid in started.record["pids"].values() if pid]
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(30) == 0
    wait_until(lambda: not alive(pids), 20, "the end of all processes")


def test_it_says_ready_when_everything_answers(demo: Demo) -> None:
    """READY means that database, web, worker and clock are at work."""
    with urllib.request.urlopen(demo.record["base_url"] + "/readyz", timeout=10) as answer:
        assert json.load(answer) == {"database": True, "worker": True, "clock": True}


def test_its_record_tells_how_to_reach_it(demo: Demo) -> None:
    """demo.json has people with tokens that work, the processes, and what manage.py needs; only its owner may read it."""
    record = demo.record
    assert set(record["users"]) == {"admin", "alice", "bob", "carol", "dave", "eve"}
    assert record["users"]["bob"]["password"] == "demo" and record["users"]["bob"]["email"] == "bob@acme.example"
    assert set(record["accounts"]) == {"acme", "globex"}
    assert alive([record["pids"][name] for name in NAMES]) == sorted(record["pids"][name] for name in NAMES)
    assert (demo.folder / "demo.json").stat().st_mode & 0o077 == 0
    assert demo.get("/api/v1/demo/mailbox/", "eve") is not None


def test_a_mail_that_is_sent_is_in_the_mailbox(demo: Demo) -> None:
    """A real SMTP server takes it; the envelope says whom it went to."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Handrail <handrail@localhost>", "undisclosed:;", "Größe 5"
    mail.set_content("As text")
    mail.add_alternative("<p>As <b>HTML</b></p>", subtype="html")
    where = urlsplit(demo.record["environment"]["EMAIL_URL"])
    with smtplib.SMTP(where.hostname or "", where.port or 0) as server:
        server.send_message(mail, to_addrs=["zoe@acme.example"])
    (found,) = demo.get("/api/v1/demo/mailbox/?to=zoe@acme")["results"]
    assert set(found) == {"to", "from", "subject", "text", "html", "at"}
    assert (found["to"], found["subject"], found["text"].strip()) == (["zoe@acme.example"], "Größe 5", "As text")
    assert "<b>HTML</b>" in found["html"]


def test_the_mailbox_is_not_for_strangers(demo: Demo) -> None:
    """Not even the demo shows mails to somebody who has not signed in."""
    with pytest.raises(urllib.error.HTTPError) as refusal:
        demo.get("/api/v1/demo/mailbox/", user=None)
    assert refusal.value.code == 401


@pytest.mark.parametrize("name", NAMES)
def test_what_dies_is_started_again(demo: Demo, name: str) -> None:
    """After kill -9 there is another one, demo.json names it, and everything answers again."""
    old = demo.record["pids"][name]
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: demo.record["pids"][name] not in (old, None), AGAIN_SECONDS)
    wait_until(lambda: _answers(demo), START_SECONDS)


def test_a_database_that_dies_again_and_again_keeps_nobody_waiting(demo: Demo) -> None:
    """What the database was in the middle of when it died differs each time; the worker comes back each time."""
    for _ in range(3):
        test_what_dies_is_started_again(demo, "database")


def test_a_held_worker_is_not_started(demo: Demo) -> None:
    """As long as the file hold.worker is there."""
    hold = demo.folder / "hold.worker"
    hold.touch()
    os.kill(demo.record["pids"]["worker"], signal.SIGKILL)
    wait_until(lambda: demo.record["pids"]["worker"] is None, AGAIN_SECONDS)
    hold.unlink()
    wait_until(lambda: demo.record["pids"]["worker"] is not None, AGAIN_SECONDS)
    wait_until(lambda: _answers(demo), START_SECONDS)


def test_product_time_moves_for_everybody(demo: Demo) -> None:
    """Offsets add up; back is refused."""
    assert demo.manage("clock_offset", "+4h").split("time is ")[1] == "4:00:00 ahead.\n"
    assert demo.manage("clock_offset", "+1800s").split("time is ")[1] == "4:30:00 ahead.\n"
    with pytest.raises(subprocess.CalledProcessError):
        demo.manage("clock_offset", "-1h")


def test_a_second_demo_in_the_same_folder_is_told_so(demo: Demo) -> None:
    """One sentence, exit code 1, and the first one goes on."""
    done = _run("--port", "0", "--data-dir", str(demo.folder))
    assert done.returncode == 1 and "Another Handrail is using" in done.stderr and "Traceback" not in done.stderr
    assert demo.process.poll() is None and demo.record["pids"]["web"]


def test_a_taken_port_is_told_so(demo: Demo, tmp_path: Path) -> None:
    """Before anything is started or made."""
    port = str(urlsplit(demo.record["base_url"]).port)
    done = _run("--port", port, "--data-dir", str(tmp_path / "x"))
    assert done.returncode == 1 and "--port" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(demo: Demo, number: signal.Signals) -> None:
    """After Ctrl-C and even kill -9 all its processes are gone, and the same folder serves again."""
    pids = [pid for pid in demo.record["pids"].values() if pid]
    demo.process.send_signal(number)
    assert demo.process.wait(30) == (-9 if number == signal.SIGKILL else 0)
    wait_until(lambda: not alive(pids), 20, "the end of all processes")

    demo.process = _start(demo.folder).process

    assert _answers(demo)


def _start(folder: Path) -> Demo:
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "EMAIL_URL"}}
    command = [sys.executable, "manage.py", "demo", "--port", "0", "--data-dir", str(folder)]
    with open(folder / "demo.err", "w") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("READY http://127.0.0.1:"), (folder / "demo.err").read_text()
    return Demo(process, folder)


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "manage.py", "demo", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=START_SECONDS)


def _answers(demo: Demo) -> bool:
    try:
        with urllib.request.urlopen(demo.record["base_url"] + "/readyz", timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False

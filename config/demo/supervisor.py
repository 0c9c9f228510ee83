"""Starts the database, the mail sink, the pretended services, web, worker and clock; starts again whatever dies; stops everything at the end."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType
from typing import Any

from config.demo import record
from config.demo.service import Order, Service
from config.demo.services.server import Services
from config.demo.sink import MailSink
from config.embedded_postgres import DatabaseTrouble, EmbeddedPostgres
from config.lifeline import Lifeline

LOOK_SECONDS = 0.1
READY_SECONDS = 120.0
STOP_SECONDS = 8.0
COMMANDS = Path("runs_app/management/commands")


class DemoTrouble(RuntimeError):
    """The demo cannot start; the message says why and what to do."""


class Stopped(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


class Supervisor:
    """One demo in one data folder."""

    def __init__(self, root: Path, folder: Path, port: int, environment: dict[str, str]) -> None:
        self._root, self._folder, self._port = root, folder, port
        self._environment = {**environment, "HANDRAIL_DATA_DIR": str(folder)}
        self._lifeline = Lifeline()
        self._postgres: EmbeddedPostgres | None = None
        self._sink: MailSink | None = None
        self._outside: Services | None = None
        self._services: list[Service] = []
        self._seeded: dict[str, Any] = {}
        self._is_ready = False

    def run(self) -> int:
        """Until SIGINT, SIGTERM or SIGHUP. Raises DemoTrouble and DatabaseTrouble when something cannot start."""
        self._take_folder()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _stop)
        try:
            self._start()
            while True:
                self._look_after()
                time.sleep(LOOK_SECONDS)
        except Stopped:
            return 0
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            self._stop_everything()

    def _start(self) -> None:
        began = time.monotonic()
        self._say(f"Starting Handrail in {self._folder} ...")
        self._start_database()
        self._start_sink()
        self._start_outside()
        self._seeded = self._prepare()
        self._services = self._make_services()
        for service in self._services:
            if service.is_due():
                service.start()
        self._wait_until_ready()
        self._record()
        self._is_ready = True
        self._say(f"Sign in as alice, bob, carol, dave, eve or admin with the password demo. Mails: {self._address}/demo/mailbox/")
        self._say(f"Ready playbooks to start with one press: {self._address}/gallery/")
        self._say(f"Started in {time.monotonic() - began:.1f} s; Ctrl-C stops everything.")
        print(f"READY {self._address}", flush=True)

    def _take_folder(self) -> None:
        """Make it ours for as long as this process lives."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DemoTrouble(f"Another Handrail is using {self._folder}: stop it, or choose another folder with --data-dir.") from None
        except FileExistsError:
            raise DemoTrouble(f"{self._folder} is a file: choose a folder with --data-dir.") from None
        except OSError as error:
            raise DemoTrouble(f"{self._folder} cannot be used ({error.strerror}): choose another folder with --data-dir.") from error
        (self._folder / "demo.json").unlink(missing_ok=True)

    def _start_database(self) -> None:
        if "DATABASE_URL" in self._environment:
            return
        self._postgres = EmbeddedPostgres(self._folder / "postgres", lifeline=self._lifeline)
        self._postgres.start()
        self._postgres.create_database()
        self._environment["DATABASE_URL"] = self._postgres.url()

    def _start_sink(self) -> None:
        if "EMAIL_URL" in self._environment:
            return
        self._sink = MailSink(self._folder / "mail")
        self._environment["EMAIL_URL"] = self._sink.start()

    def _start_outside(self) -> None:
        """Every account finds the services as `config.services.…`, and steps may reach them (and nothing else on this machine)."""
        if "SERVICES" in self._environment:
            return
        self._outside = Services(self._folder / "services")
        port, addresses = self._outside.start()
        self._environment["SERVICES"] = json.dumps(addresses)
        allowed = self._environment.get("EGRESS_ALLOW", "")
        self._environment["EGRESS_ALLOW"] = ",".join(filter(None, (allowed, f"127.0.0.1:{port}")))

    def _prepare(self) -> dict[str, Any]:
        """Migrate, collect static files, seed; who is there, as `manage.py prepare_demo` tells it."""
        command = [sys.executable, "manage.py", "prepare_demo"]
        done = subprocess.run(command, cwd=self._root, env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise DemoTrouble(f"The demo could not be prepared:\n{done.stderr.strip() or done.stdout.strip()}")
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    def _make_services(self) -> list[Service]:
        web = [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(self._port), "config.asgi:application"]
        there = [name for name in ("worker", "clock") if (self._root / COMMANDS / f"{name}.py").exists()]
        return [self._service("web", web, DATABASE_POOL="8"), *(self._service(name, [sys.executable, "manage.py", name]) for name in there)]

    def _service(self, name: str, command: list[str], **variables: str) -> Service:
        environment = {**self._environment, **variables, "PYTHONPATH": str(self._root)}
        order = Order(name, command, environment, self._root, self._folder / "logs" / f"{name}.log", self._folder / f"hold.{name}")
        return Service(order, self._lifeline)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while waiting := self._not_answering():
            self._look_after()
            if time.monotonic() > deadline:
                words = "\n\n".join(service.last_words() for service in self._services if service.name in waiting)
                silent = f"No answer from {', '.join(waiting)} within {READY_SECONDS:.0f} s."
                raise DemoTrouble(f"{silent} The logs in {self._folder / 'logs'} end with:\n{words}")
            time.sleep(0.05)

    def _not_answering(self) -> list[str]:
        """Names of the services that /readyz does not call well; all of them while web itself is silent."""
        wanted = [service.name for service in self._services if not service.is_held]
        try:
            with contextlib.closing(urllib.request.urlopen(f"{self._address}/readyz", timeout=5)) as answer:
                found = json.load(answer)
        except urllib.error.HTTPError as error:
            found = json.load(error) if error.code == 503 else {}
        except (OSError, ValueError):
            return wanted
        return [name for name in wanted if not found.get(name, name == "web")]

    def _look_after(self) -> None:
        """Start again what has ended since the last look; takes note of it for whoever watches from outside."""
        changed = self._look_after_database()
        for service in self._services:
            code = service.notice_death()
            if code is not None:
                self._say(f"{service.name} ended ({_how(code)}).")
                changed = True
            if service.is_due():
                service.start()
                changed = True
        if changed and self._is_ready:
            self._record()

    def _look_after_database(self) -> bool:
        if self._postgres is None or self._postgres.is_running:
            return False
        self._say("The database ended; starting it again.")
        try:
            self._postgres.start()
        except DatabaseTrouble as trouble:
            self._say(str(trouble))
        return True

    def _record(self) -> None:
        pids = {service.name: service.pid for service in self._services}
        pids["database"] = self._postgres.pid if self._postgres else None
        record.write(self._folder / "demo.json", self._address, self._seeded, pids, self._environment)

    def _stop_everything(self) -> None:
        (self._folder / "demo.json").unlink(missing_ok=True)
        for service in self._services:
            service.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        for service in self._services:
            service.stop(deadline)
        if self._outside:
            self._outside.stop()
        if self._sink:
            self._sink.stop()
        if self._postgres:
            self._postgres.stop()
        self._lifeline.close()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _say(self, sentence: str) -> None:
        """On the error stream: READY is the only line of the output."""
        with contextlib.suppress(OSError):  # whoever listened may be gone
            print(sentence, file=sys.stderr, flush=True)


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"

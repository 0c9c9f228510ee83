"""The product's own processes on a durable embedded PostgreSQL, for the bench."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from config.embedded_postgres import EmbeddedPostgres
from config.lifeline import Lifeline

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 0.02  # looking costs the machine as well


class Stack:
    """PostgreSQL, web, worker and clock."""

    def __init__(self, port: int) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
        self.lifeline = Lifeline()
        self.postgres = EmbeddedPostgres(self.folder / "postgres", lifeline=self.lifeline)
        self.postgres.start()
        self.postgres.create_database()
        self.port = port
        os.environ.update(
            DATABASE_URL=self.postgres.url(),
            HANDRAIL_DATA_DIR=str(self.folder),
            STEP_TYPES="tests.bench.kinds:KINDS",
            BASE_URL=f"http://127.0.0.1:{port}",
            EGRESS_ALLOW="127.0.0.1/32",
            DJANGO_SETTINGS_MODULE="config.settings",
            PYTHONPATH=str(ROOT),
        )
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *arguments: str) -> None:
        """Run one command of manage.py to its end."""
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def begin(self, name: str, *command: str) -> None:
        """Start one process of the product."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        self.lifeline.hold(process.pid, signal.SIGKILL)
        self.processes[name] = process

    def start(self) -> None:
        """All of them; returns when workers reside."""
        self.begin("worker", "manage.py", "worker")
        self.begin("clock", "manage.py", "clock")
        self.begin("web", "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "config.asgi:application")

    def memory_mebibytes(self) -> dict[str, float]:
        """Proportional set size of each of the product's process groups: shared pages are counted once."""
        found: dict[str, float] = {}
        for name, process in self.processes.items():
            total = 0
            for entry in Path("/proc").glob("[0-9]*"):
                try:
                    if os.getpgid(int(entry.name)) == process.pid:
                        lines = (entry / "smaps_rollup").read_text().splitlines()
                        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
                except (ProcessLookupError, FileNotFoundError, PermissionError):
                    continue
            found[name] = total / 1024
        return found

    def close(self) -> None:
        """End everything and leave nothing behind."""
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.postgres.stop()
        self.lifeline.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait_until(holds: object, what: str, seconds: float = 2 * PATIENCE_SECONDS) -> None:
    """Poll until it holds."""
    end = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not happen within {seconds:g} s")
        time.sleep(LOOK_EVERY_SECONDS)

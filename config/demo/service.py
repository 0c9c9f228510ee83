"""One child process of the demo, leader of a process group of its own, so that whatever it starts ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from config.lifeline import Lifeline

LOG_LIMIT_BYTES = 10_000_000
QUICK_DEATH_SECONDS = 2.0  # who dies sooner is broken rather than killed: wait before the next start
PAUSE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """What to run from which folder, and where its output goes. While the file `hold` exists, it is not started."""

    name: str
    command: list[str]
    environment: dict[str, str]
    root: Path
    log: Path
    hold: Path


class Service:
    """An order that is carried out again and again."""

    def __init__(self, order: Order, lifeline: Lifeline) -> None:
        self.name, self._order, self._lifeline = order.name, order, lifeline
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._not_before = 0.0

    @property
    def pid(self) -> int | None:
        """None while it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else None

    @property
    def is_held(self) -> bool:
        """Somebody asks not to start it."""
        return self._order.hold.exists()

    def start(self) -> None:
        """Start it. Its output is appended to its log."""
        order = self._order
        order.log.parent.mkdir(parents=True, exist_ok=True)
        if order.log.exists() and order.log.stat().st_size > LOG_LIMIT_BYTES:
            order.log.unlink()
        with open(order.log, "ab") as log:
            self._process = subprocess.Popen(
                order.command, cwd=order.root, env=order.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._started = time.monotonic()
        self._lifeline.hold(self._process.pid)

    def notice_death(self) -> int | None:
        """The exit code of a process that has ended since the last look, else None. What it left of its group is killed."""
        if self._process is None or (code := self._process.poll()) is None:
            return None
        self._kill_group(self._process.pid)
        died_soon = time.monotonic() - self._started < QUICK_DEATH_SECONDS
        self._not_before = time.monotonic() + PAUSE_SECONDS if died_soon and code >= 0 else 0.0
        self._process = None
        return code

    def is_due(self) -> bool:
        """Whether it should be started at this moment."""
        return self._process is None and not self.is_held and time.monotonic() >= self._not_before

    def ask_to_stop(self) -> None:
        """SIGTERM; it ends its own children in the order that it knows."""
        if self._process is not None:
            self._process.terminate()

    def stop(self, deadline: float) -> None:
        """Wait for it until the deadline (time.monotonic), then kill what is left."""
        if self._process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.1, deadline - time.monotonic()))
        self._kill_group(self._process.pid)
        self._process.wait()
        self._process = None

    def last_words(self, count: int = 15) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self._order.log.read_text(errors="replace").splitlines()[-count:])
        return ""

    def _kill_group(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        self._lifeline.release(pid)

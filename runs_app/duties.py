"""What the clock process does over and over. Apps above register theirs in AppConfig.ready."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()


@dataclass(slots=True)
class Duty:
    """One thing to do every so often; it may be done twice, and by several clocks at once."""

    name: str
    do: Callable[[], object]
    every_seconds: float
    done_at: float = field(default=float("-inf"))

    def do_if_due(self) -> None:
        """Do it if its time has come; what goes wrong is logged and tried again."""
        if time.monotonic() - self.done_at < self.every_seconds:
            return
        self.done_at = time.monotonic()
        try:
            self.do()
        except Exception:
            log.exception("duty_failed", duty=self.name)


slow_duties: list[Duty] = []  # may block: mail, reminders


def register(name: str, do: Callable[[], object], every_seconds: float) -> None:
    """Have the clock do this every so many seconds, of the machine's time."""
    if all(each.name != name for each in slow_duties):
        slow_duties.append(Duty(name, do, every_seconds))

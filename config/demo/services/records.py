"""What the services received, and how they behave: two small files, written by the demo's process and by web, read by both."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from config.demo.services.book import BEHAVIOURS, BY_KEY, SERVICES

LONGEST_BYTES = 5_000_000  # then the record begins anew
LOOKED_AT_BYTES = 400_000
LONGEST_BODY = 4_000
_RUN = re.compile(r"run-(\d+)/(.*)")


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `at` is ISO 8601 in UTC, of the machine's clock; `again`: answered before under the same key, and answered the same."""

    number: int
    at: str
    service: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    key: str
    status: int
    again: bool = False

    @property
    def title(self) -> str:
        """The service's own name."""
        return BY_KEY[self.service].title if self.service in BY_KEY else self.service

    @property
    def run(self) -> int | None:
        """Number of the run that called, as its key says."""
        found = _RUN.match(self.key)
        return int(found[1]) if found else None

    @property
    def step(self) -> str:
        """Path of the step."""
        found = _RUN.match(self.key)
        return found[2] if found else ""

    @property
    def told(self) -> str:
        """What was sent, in a line."""
        if self.body not in (None, ""):
            return json.dumps(self.body, ensure_ascii=False) if not isinstance(self.body, str) else self.body
        return ", ".join(f"{name}: {value}" for name, value in self.query.items())


class Records:
    """The two files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._calls, self._behaviours = folder / "calls.jsonl", folder / "behaviours.json"

    def write(self, call: Call) -> None:
        """Add a line. What is very long is cut."""
        with contextlib.suppress(OSError):
            if self._calls.stat().st_size > LONGEST_BYTES:
                self._calls.unlink()
        said = asdict(call)
        if len(json.dumps(said["body"])) > LONGEST_BODY:
            said["body"] = json.dumps(said["body"], ensure_ascii=False)[:LONGEST_BODY] + "…"
        with self._calls.open("a") as file:
            file.write(json.dumps(said, ensure_ascii=False) + "\n")

    def newest(self, most: int, service: str = "", run: int | None = None) -> list[Call]:
        """Newest first; of one service, or of one run."""
        found = [call for call in self._read() if service in ("", call.service) and run in (None, call.run)]
        return found[::-1][:most]

    def behaviours(self) -> dict[str, str]:
        """Of every service: as somebody has chosen, else as at first."""
        chosen: Any = {}
        with contextlib.suppress(OSError, ValueError):
            chosen = json.loads(self._behaviours.read_text())
        return {each.key: chosen[each.key] if chosen.get(each.key) in BEHAVIOURS else each.behaviour for each in SERVICES}

    def choose(self, service: str, behaviour: str) -> None:
        """Let it behave so from here on. Unknown names raise KeyError."""
        BY_KEY[service], BEHAVIOURS[behaviour]
        unfinished = self._behaviours.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({**self.behaviours(), service: behaviour}))
        unfinished.replace(self._behaviours)

    def as_at_first(self) -> None:
        """Forget what was chosen."""
        self._behaviours.unlink(missing_ok=True)

    def _read(self) -> list[Call]:
        try:
            with self._calls.open("rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - LOOKED_AT_BYTES))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return []
        return [call for line in lines if (call := _call(line))]


def _call(line: str) -> Call | None:
    """None for a line that is cut off."""
    try:
        return Call(**json.loads(line))
    except (ValueError, TypeError):
        return None

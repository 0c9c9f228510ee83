"""For tests that start, kill and watch real processes."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Collection
from pathlib import Path


def wait_until(holds: Callable[[], object], seconds: float, what: str = "it") -> None:
    """Ask again and again until it holds; fails the test after that many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:g} s"
        time.sleep(0.02)


def alive(groups: Collection[int]) -> list[int]:
    """Which of these process groups have a process that is more than a zombie."""
    return sorted({group for group, state in _groups() if group in groups and state != "Z"})


def _groups() -> list[tuple[int, str]]:
    """(process group, state) of every process of the machine."""
    if not Path("/proc/self/stat").exists():
        listed = subprocess.run(["ps", "axo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
        return [(int(line.split()[0]), line.split()[1][0]) for line in listed.splitlines()]
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
        except OSError:  # ended in the meantime
            continue
        found.append((int(group), state))
    return found

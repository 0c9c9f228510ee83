"""Ends processes when the one that started them is gone, even by SIGKILL: nothing is left running behind a demo or a test run.

`Lifeline` starts this file as a small process of its own and writes to its standard input: `+<pid> <signal>` for a process group to watch over,
`-<pid>` for one that has ended. When that pipe closes, because its writer ended in whatever way, the groups that are left get their signal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time

GRACE_SECONDS = 5.0


class Lifeline:
    """The writing end. Every process given to `hold` leads a group of its own (`start_new_session=True`)."""

    def __init__(self) -> None:
        self._watcher = subprocess.Popen([sys.executable, "-I", "-S", __file__], stdin=subprocess.PIPE, start_new_session=True)

    def hold(self, pid: int, end_with: signal.Signals = signal.SIGTERM) -> None:
        """End group `pid` with that signal when this process is gone."""
        self._write(f"+{pid} {int(end_with)}")

    def release(self, pid: int) -> None:
        """It has ended: its number may belong to somebody else."""
        self._write(f"-{pid}")

    def close(self) -> None:
        """End what is still held, and the watcher."""
        assert self._watcher.stdin is not None
        self._watcher.stdin.close()
        self._watcher.wait(GRACE_SECONDS * 2)

    def _write(self, line: str) -> None:
        assert self._watcher.stdin is not None
        try:
            self._watcher.stdin.write(line.encode() + b"\n")
            self._watcher.stdin.flush()
        except BrokenPipeError:  # somebody ended the watcher; ordinary stopping still works
            pass


def watch() -> None:
    """The watcher's life: read until the pipe closes, then end what is left."""
    for quiet in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(quiet, signal.SIG_IGN)
    held: dict[int, int] = {}
    for line in sys.stdin:
        pid = int(line[1:].split()[0])
        if line.startswith("+"):
            held[pid] = int(line.split()[1])
        else:
            held.pop(pid, None)
    for pid, number in held.items():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)  # the leader ends its own children in the order that it knows
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_alive(pid) for pid in held) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in held:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _alive(pid: int) -> bool:
    try:
        os.killpg(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


if __name__ == "__main__":
    watch()

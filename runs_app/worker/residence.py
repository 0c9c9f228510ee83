"""Keeps residents in django-q2's worker processes: rings for them, sees when they stay away, and ends them with the process that started them."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import threading
import time

from django.conf import settings

from runs_app.models import Executor

LOOK_EVERY_SECONDS = 0.5
RING_EVERY_SECONDS = 3.0
GIVE_UP_SECONDS = 20.0  # without any resident: django-q2's queue is stuck, start it again
MAIN = "HANDRAIL_WORKER_MAIN"  # pid of `manage.py worker`, handed to the processes below it


def executor_name(main: int, pid: int) -> str:
    """How an executor is called: host, worker, process."""
    return f"{platform.node()}:{main}:{pid}"


class Keeper:
    """The main process's view of its residents."""

    def __init__(self, main: int) -> None:
        self.prefix = executor_name(main, 0)[:-1]
        self._rung = 0.0
        self._seen = time.monotonic()

    def missing(self) -> int:
        """How many residents are to be rung for at present."""
        here = Executor.objects.filter(alive=True, name__startswith=self.prefix).count()
        if here:
            self._seen = time.monotonic()
        wanted = int(str(settings.Q_CLUSTER["workers"])) - here
        if wanted <= 0 or time.monotonic() - self._rung < RING_EVERY_SECONDS:
            return 0
        self._rung = time.monotonic()
        return wanted

    def has_given_up(self) -> bool:
        """Whether nobody has come for so long that the cluster must be started again."""
        return time.monotonic() - self._seen > GIVE_UP_SECONDS

    def send_away(self) -> None:
        """Ask all residents to end politely."""
        for pid in Executor.objects.filter(alive=True, name__startswith=self.prefix).values_list("pid", flat=True):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def die_with(main: int) -> None:
    """End this process, and django-q2's processes beside it, as soon as the worker that started them is gone."""

    def watch() -> None:
        while _is_alive(main):
            time.sleep(0.1)
        if os.getpgrp() == main:
            os.killpg(main, signal.SIGKILL)
        os.kill(os.getppid(), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def _is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as status:
            return status.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False if os.path.isdir("/proc/self") else _answers(pid)
    except ProcessLookupError:
        return False


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

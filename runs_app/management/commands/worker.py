"""`manage.py worker`: django-q2's cluster, whose workers reside and drive the runs."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from runs_app.worker.queue import Worker
from runs_app.worker.residence import LOOK_EVERY_SECONDS


class Command(BaseCommand):
    """Runs in the foreground; SIGTERM lets steps in hand end first."""

    requires_system_checks = ()  # they load every page, and 40 MiB with them; the web process is checked
    help = "Drive the runs. Start as many as you like."

    def handle(self, *args: Any, **options: Any) -> None:
        """Start the cluster and look after its residents until told to stop."""
        worker, stopping = Worker(), threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        try:
            worker.look()
            while not stopping.wait(LOOK_EVERY_SECONDS):
                worker.look()
            worker.stop()
        finally:
            worker.abandon()  # after a fault: at its end Python waits for every process that was started here

"""django-q2, used as a bell: a task is a hint that there may be work (law 7). The only import of django_q."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
from collections.abc import Iterator
from types import FrameType

import psutil
import structlog
from django.db import DatabaseError, connections
from django_q.cluster import Cluster
from django_q.models import OrmQ
from django_q.tasks import async_task

from runs_app.worker import residence
from runs_app.worker.driver import Driver

log = structlog.get_logger()

RESIDE = "runs_app.worker.queue.reside"
END_SECONDS = 5.0  # for killed processes to be gone


def ring(times: int = 1) -> None:
    """Say that there may be work: a free django-q2 worker takes up residence and drives. Losing or doubling it costs latency only."""
    for _ in range(times):
        async_task(RESIDE)


def forget_hints() -> None:
    """Drop hints left over from an earlier cluster, which nobody needs."""
    OrmQ.objects.all().delete()


def reside() -> None:
    """The task: stay in this worker process and drive whatever is ready, until the process is told to stop."""
    residence.die_with(int(os.environ[residence.MAIN]))
    driver = Driver()

    def leave(_number: int, _frame: FrameType | None) -> None:
        driver.stop()

    signal.signal(signal.SIGTERM, leave)
    driver.run()


class Worker:
    """`manage.py worker`: django-q2's cluster and whoever resides in it. While the database is away there is no cluster."""

    def __init__(self) -> None:
        os.environ[residence.MAIN] = str(os.getpid())
        self.keeper = residence.Keeper(os.getpid())
        self.cluster: Cluster | None = None

    def look(self) -> None:
        """Ring for residents who are missing; start the cluster, and start it again if nobody comes."""
        try:
            if self.keeper.has_given_up():
                self.abandon()
            if self.cluster is None:
                self._begin()
            ring(self.keeper.missing())
        except DatabaseError:
            if self.cluster is not None:
                log.warning("worker_lost_the_database")
            self.abandon()

    def stop(self) -> None:
        """Let steps in hand end, then end everything."""
        if self.cluster is None:
            return
        try:
            self.keeper.send_away()
            self.cluster.stop()
        except DatabaseError:
            self.abandon()

    def abandon(self) -> None:
        """End all processes below this one at once. Those of django-q2 do not survive the loss of the database in working order, and outlive us."""
        below = psutil.Process().children(recursive=True) if self.cluster is not None else []
        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(below, timeout=END_SECONDS)
        self.cluster = None
        connections.close_all()

    def _begin(self) -> None:
        forget_hints()
        connections.close_all()  # forked processes must not share it
        gc.collect()
        gc.freeze()  # what is loaded stays shared with the processes below: the collector would touch, and so copy, every page
        self.keeper = residence.Keeper(os.getpid())
        with _our_signals():
            self.cluster = Cluster()
        self.cluster.start()


@contextlib.contextmanager
def _our_signals() -> Iterator[None]:
    """Keep the signals' handlers: a Cluster sets its own when it is made."""
    ours = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in ours.items():
        signal.signal(number, handler)

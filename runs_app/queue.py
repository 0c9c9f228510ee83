"""django-q2, used as a bell: a task is a hint that there may be work (law 7). The only import of django_q."""

from __future__ import annotations

import gc
import os
import signal
from types import FrameType

from django.db import connections
from django_q.cluster import Cluster
from django_q.models import OrmQ
from django_q.tasks import async_task

from runs_app import residence
from runs_app.driver import Driver

RESIDE = "runs_app.queue.reside"


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
    """`manage.py worker`: django-q2's cluster and whoever resides in it."""

    def __init__(self) -> None:
        os.environ[residence.MAIN] = str(os.getpid())
        forget_hints()
        self._begin()

    def _begin(self) -> None:
        connections.close_all()  # forked processes must not share it
        gc.collect()
        gc.freeze()  # what is loaded stays shared with the processes below: the collector would touch, and so copy, every page
        self.keeper = residence.Keeper(os.getpid())
        self.cluster = Cluster()
        self.cluster.start()

    def look(self) -> None:
        """Ring for residents who are missing; start the cluster again if nobody comes."""
        if self.keeper.has_given_up():
            self.cluster.stop()
            self._begin()
        ring(self.keeper.missing())

    def stop(self) -> None:
        """Let steps in hand end, then end everything."""
        self.keeper.send_away()
        self.cluster.stop()

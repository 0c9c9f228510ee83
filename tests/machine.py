"""Drives runs inside a test: a real driver on PostgreSQL in this process, and the clock's work beside it."""

from __future__ import annotations

import time
from collections.abc import Callable

from playbooks_app import clock
from runs_app.models import Run, Strand
from runs_app.statuses import RUN_OVER
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.driver import Driver

PATIENCE_SECONDS = 30.0


def drive(run: Run, until: Callable[[Run], bool] | None = None) -> Run:
    """Drive until the run is over, or `until` holds, or nothing of it can go on."""
    driver, end = Driver(threads=8), time.monotonic() + PATIENCE_SECONDS

    def is_done() -> bool:
        assert time.monotonic() < end, f"run {run.pk} is still {run.status}"
        if driver.driving or driver.hint:
            return False
        run.refresh_from_db()
        if until is not None and until(run):
            return True
        return run.status in RUN_OVER or not Strand.objects.filter(run=run, status__in=["queued", "driven"]).exists()

    driver.run(until=is_done)
    run.refresh_from_db()
    return run


def tick() -> int:
    """What the clock does: end the waits whose time has come."""
    return DatabaseJournal().due(clock.now())

"""A worker process as the others see it: registered, locked, heard from; and its ear for NOTIFY."""

from __future__ import annotations

import os
import threading
import time

import psycopg
import structlog
from django.conf import settings
from django.db import connection

from runs_app.worker import statements
from runs_app.worker.residence import MAIN, executor_name

log = structlog.get_logger()

NEWS_EVERY_SECONDS = 0.1  # pages hear of progress at most this often


def session() -> psycopg.Connection[tuple[object, ...]]:
    """A connection of its own, in autocommit."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)


class Presence:
    """Holds the session whose end says that we died, beats the heart, and tells the pages which runs have news."""

    def __init__(self, touched: set[int]) -> None:
        self.executor = 0
        self.was_buried = False
        self._touched = touched
        self._session = session()
        self._session.execute("LISTEN handrail_work")
        self._gone = threading.Event()
        self._heart: threading.Thread | None = None

    def enter(self) -> int:
        """Register (again); returns the executor's id."""
        self._session.execute("SELECT pg_advisory_unlock_all()")
        name = executor_name(int(os.environ.get(MAIN, os.getpid())), os.getpid())
        row = self._session.execute(statements.REGISTER, (name, os.getpid())).fetchone()
        assert row is not None
        self.executor = int(str(row[0]))
        self._session.execute(statements.ADVISORY_LOCK, (self.executor,))
        self.was_buried = False
        if self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="heart", daemon=True)
            self._heart.start()
        return self.executor

    def leave(self) -> None:
        """Say that we are gone: our strands need not wait for the lease."""
        self._gone.set()
        self._session.execute("UPDATE runs_app_executor SET alive = false WHERE id = %s", (self.executor,))
        self._session.close()

    def fileno(self) -> int:
        """Readable when somebody notified."""
        return self._session.fileno()

    def has_news(self) -> bool:
        """Whether somebody said that there is work."""
        return bool(list(self._session.notifies(timeout=0)))

    def _beat(self) -> None:
        """Heartbeat a third of the lease; news ten times a second."""
        own = session()
        beaten = 0.0
        while not self._gone.wait(NEWS_EVERY_SECONDS):
            try:
                if time.monotonic() - beaten > settings.LEASE_SECONDS / 3:
                    beaten = time.monotonic()
                    self.was_buried = own.execute(statements.HEARTBEAT, (self.executor,)).fetchone() is None
                self._tell(own)
            except psycopg.OperationalError:
                log.warning("heart_lost_the_database")
                self.was_buried = True
                return
        own.close()

    def _tell(self, own: psycopg.Connection[tuple[object, ...]]) -> None:
        if not self._touched:
            return
        runs = [self._touched.pop() for _ in range(len(self._touched))]
        own.execute("SELECT pg_notify('handrail_news', id || ':' || event_count) FROM runs_app_run WHERE id = ANY (%s)", (runs,))

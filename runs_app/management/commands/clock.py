"""`manage.py clock`: ends waits whose time has come, finds dead workers, sends mail, reminds people (law 8)."""

from __future__ import annotations

import signal
import threading
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection

from playbooks_app import clock
from runs_app.duties import Duty, slow_duties
from runs_app.entry import admission, entering, lapsing
from runs_app.worker.database_journal import DatabaseJournal

log = structlog.get_logger()

TICK_SECONDS = 0.05
ENTRY_SECONDS = 0.1  # how long a lock that was given back may lie idle


class Command(BaseCommand):
    """Runs in the foreground; several may run at once."""

    requires_system_checks = ()  # they load every page, and 40 MiB with them; the web process is checked
    help = "Tick: timers, leases, deadlines, outbox."

    def handle(self, *args: Any, **options: Any) -> None:
        """Tick until told to stop."""
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        threading.Thread(target=_slowly, args=(stopping,), name="slow duties", daemon=True).start()
        quick = _quick(DatabaseJournal(keeps_plans=True))
        while not stopping.wait(TICK_SECONDS):
            _round(quick)


def _quick(journal: DatabaseJournal) -> list[Duty]:
    """What cannot wait for a slow mail server."""
    if_at_hand = [
        Duty("due", lambda: journal.due(clock.now()), TICK_SECONDS),
        Duty("bury", journal.bury_the_dead, TICK_SECONDS),
        Duty("entries", entering.look_after, ENTRY_SECONDS),
        Duty("starts", admission.begin_due, ENTRY_SECONDS),
    ]
    return [
        Duty("look", lambda: _look(journal, if_at_hand), TICK_SECONDS),
        Duty("lapsing", lapsing.look_after, 1.0),
        Duty("net", lambda: _report(journal.wake_the_stranded()), 5.0),
    ]


def _look(journal: DatabaseJournal, duties: list[Duty]) -> None:
    at_hand = journal.at_hand(clock.now())
    _round([duty for duty in duties if duty.name in at_hand])


def _round(duties: list[Duty]) -> None:
    for duty in duties:
        duty.do_if_due()
    if connection.connection is not None and connection.connection.closed:
        connection.close()


def _slowly(stopping: threading.Event) -> None:
    journal = DatabaseJournal(keeps_plans=True)
    while not stopping.wait(0.25):
        try:
            journal.make_ready()
            _round(slow_duties)
        except OperationalError:
            connection.close()


def _report(stranded: int) -> None:
    if stranded:
        log.error("stranded_strands_woken", count=stranded)

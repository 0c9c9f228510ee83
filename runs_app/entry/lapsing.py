"""Locks stay taken while their run shows life, and lapse after their TTL when it shows none (rule 19, S4-FR-7.5).

A run shows life while there is a worker for it, and also while it needs none: one that waits or is paused, by a person or by an error, keeps its
locks, since what they protect is half done and only a person can say what becomes of it. It lapses when work is to be done and no worker is alive to
do it. The run is paused then, so that it is never inside without its lock, goes to the end of the line, and is resumed when it is let in again.
"""

from __future__ import annotations

from django.db import transaction

from playbooks_app import clock
from runs_app.entry import entering
from runs_app.models import Entry, Executor, FreedEntry, Run
from runs_app.worker.database_journal import DatabaseJournal

SHOWS_LIFE = """
UPDATE runs_app_entry e SET expires_at = %s + make_interval(secs => e.ttl_seconds)
WHERE e.since IS NOT NULL AND e.expires_at < %s + interval '30 seconds' AND e.expires_at < %s + make_interval(secs => e.ttl_seconds / 2)
  AND (EXISTS (SELECT FROM runs_app_executor WHERE alive) OR NOT EXISTS (
    SELECT FROM runs_app_strand s WHERE s.run_id = e.run_id AND s.status IN ('queued', 'driven')))
RETURNING e.id"""


def look_after() -> int:
    """The clock's duty: renew, then take back what nothing has renewed; whoever has lost it stands in line again when a worker is there."""
    journal, now = DatabaseJournal(), clock.now()
    journal.sql(SHOWS_LIFE, now, now, now)
    expired = Entry.objects.filter(since__isnull=False, expires_at__lte=now).values_list("pk", "run_id")[: entering.MOST]
    lapsed = sum(_lapse(entry, run) for entry, run in list(expired))
    waiting = Entry.objects.filter(since__isnull=True, lost=True)
    if Executor.objects.filter(alive=True).exists() and waiting.exists():
        FreedEntry.objects.bulk_create(FreedEntry(account_id=account) for account in set(waiting.values_list("account_id", flat=True)))
    return lapsed


def _lapse(entry_id: int, run_id: int) -> bool:
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).only("pk").get(pk=run_id)
        entry = Entry.objects.filter(pk=entry_id, since__isnull=False, expires_at__lte=clock.now()).first()
        if entry is None or Executor.objects.filter(alive=True).exists():
            return False
        Entry.objects.filter(pk=entry_id).update(since=None, expires_at=None, told=False, lost=True, asked_at=clock.now())
        FreedEntry.objects.create(account_id=entry.account_id)
        DatabaseJournal().pause(run_id, reason=f"It has lost {entry.words or 'its place'}: no worker was there for {entry.ttl_seconds:g} s.")
    return True

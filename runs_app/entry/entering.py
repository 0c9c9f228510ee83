"""Lets runs and scopes in: locks and limits, granted all at once or not at all, first come first served (rule 19, S4-FR-7).

Whoever asks or lets in holds one lock of the database for the rest of the transaction, so that two never decide at once. A run's lock may be held
when it is asked for, and never the other way round: letting in writes entries only, and the runs are told after the commit. What is free is granted
in the transaction that asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from playbooks_app import clock, wording
from playbooks_app.errors import WrongState
from playbooks_app.language.locks import Locks, covers_of
from runs_app.advisory import Advisory
from runs_app.engine.policies.line import Line, Seat
from runs_app.engine.records import LIVE
from runs_app.models import Entry, Executor, FreedEntry, Run, StepRun
from runs_app.worker.database_journal import DatabaseJournal

CAUSE = "lock"
MOST = 200  # told, or lost, in one round


class LockHeld(WrongState):
    """Somebody else is inside, and the author wants to be refused rather than to wait; or waiting would never end."""

    code = "LockHeld"
    hint = "Try again when that run is over, or set `on_lock: wait`."


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. limits: (key, how many at once). ttl_seconds: how long it stays taken while nothing of the run shows life."""

    locks: Locks = Locks()
    limits: tuple[tuple[str, int], ...] = ()
    refuse: bool = False
    ttl_seconds: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.locks.keys or self.limits)


def ask(run: Run, wish: Wish, *, step_run: int = 0, path: str = "") -> tuple[Entry, str]:
    """Stand in line, or go in. Returns the entry and what it waits for: "" (it is inside), lock, limit. Raises LockHeld. Inside a transaction."""
    _alone()
    known = Entry.objects.filter(run=run, step_run=step_run).first()
    if known is not None:  # asked for before a crash
        return known, "" if known.since else CAUSE
    entry = Entry(account_id=run.account_id, run=run, step_run=step_run, path=path, priority=run.priority, asked_at=clock.now())
    entry.names, entry.paths = list(wish.locks.names), list(wish.locks.paths)
    entry.covers = sorted({cover for key in wish.locks.keys for cover in covers_of(key)})
    entry.limits, entry.limit_keys = [list(each) for each in wish.limits], [key for key, _ in wish.limits]
    entry.above, entry.ttl_seconds = _above(run, path), wish.ttl_seconds or settings.LOCK_TTL_SECONDS
    cause = _cause(entry, wish)
    if not cause:
        _let_in(entry, told=True)
    entry.save(force_insert=True)
    return entry, cause


def ask_for_scope(run: Run, step: StepRun, note: Mapping[str, Any]) -> None:
    """A scope has come to its locks: its wait ends at once if they are free, if it is to be refused, and in the sandbox.

    Inside the transaction that parks it.
    """
    if run.mode != LIVE:
        step.resolve("done", output={})
        return
    locks = Locks(tuple(note["names"]), tuple(note["paths"]))
    wish = Wish(locks, refuse=note["on_lock"] == "refuse", ttl_seconds=note["ttl"])
    try:
        with transaction.atomic():
            cause = ask(run, wish, step_run=step.pk, path=step.path)[1]
    except LockHeld as held:
        step.resolve("failed", error={**held.as_json(), "address": step.path})
        return
    if not cause:
        step.resolve("done", output={})


def _cause(entry: Entry, wish: Wish) -> str:
    near = Entry.objects.filter(account=entry.account_id).filter(Q(covers__overlap=entry.covers) | Q(limit_keys__overlap=entry.limit_keys))
    seat, line = seat_of(entry), line_of(near.filter(Q(since__isnull=False) | Q(priority__gte=entry.priority)))
    if not line.keeps_out(seat, by_lock=True):
        return "limit" if line.keeps_out(seat, by_lock=False) else ""
    blocker = Entry.objects.get(pk=line.blockers(seat)[0].id)
    if wish.refuse:
        raise LockHeld(sentence(entry, blocker), details=_details(blocker))
    is_inside_another = len(entry.above) > 1 or entry.step_run
    if is_inside_another and line_of(Entry.objects.filter(account=entry.account_id)).locks_up(seat):
        said = f"{sentence(entry, blocker)} It waits for what this run holds, so neither would ever go on."
        raise LockHeld(said, hint="Take all locks in one list, or in the same order everywhere.", details=_details(blocker))
    return CAUSE


def look_after() -> int:
    """The clock's duty: let in whoever may go in, and tell them."""
    return pass_on() + tell()


def pass_on() -> int:
    """Let in whoever may go in since somebody left. Returns how many."""
    if not FreedEntry.objects.exists():
        return 0
    with transaction.atomic():
        _alone()
        notes = list(FreedEntry.objects.values_list("pk", "account_id"))
        FreedEntry.objects.filter(pk__in=[pk for pk, _ in notes]).delete()
        return sum(_pass_on(account) for account in {account for _, account in notes})


def _pass_on(account: int) -> int:
    entries = {entry.pk: entry for entry in in_order(Entry.objects.filter(account=account))}
    line, granted = Line(), 0
    for entry in entries.values():
        seat = seat_of(entry)
        if not seat.is_in and line.is_free(seat):
            _let_in(entry, told=False)
            entry.save(update_fields=["since", "expires_at", "told"])
            granted += 1
            seat = seat_of(entry)
        line.add(seat)
    return granted


def tell() -> int:
    """Tell those that were let in: the run begins, the scope goes on, the run that had lost it is resumed."""
    journal, told = DatabaseJournal(), 0
    for entry in Entry.objects.filter(since__isnull=False, told=False).order_by("id")[:MOST]:
        if entry.lost:
            journal.resume(entry.run_id, reason=f"It has {entry.words or 'its place'} again.")
        elif entry.step_run:
            journal.resolve(entry.step_run, "done", output={})
        else:
            open_gate(entry.run_id)
        told += Entry.objects.filter(pk=entry.pk).update(told=True, lost=False)
    return told


def open_gate(run_id: int) -> None:
    """Nothing keeps the run back any more: its time counts, and a worker may take its main line."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.is_over or not run.gate:
            return
        run.gate = ""
        run.deadline_at = clock.now() + run.timeout_after if run.timeout_after else None
        run.save(update_fields=["gate", "deadline_at"])
        journal = DatabaseJournal()
        for strand in run.strands.values_list("pk", flat=True):
            journal.sql("SELECT handrail_wake(%s, %s)", clock.now(), strand)
        journal.sql("SELECT handrail_news(%s)", run.pk)


def in_order(entries: Any) -> Iterable[Entry]:
    """Those inside, then those in line; whoever has lost its place and has nobody to drive it stays outside."""
    found = list(entries.filter(lost=False)) + (list(entries.filter(lost=True)) if Executor.objects.filter(alive=True).exists() else [])
    return sorted(found, key=lambda entry: (entry.since is None, -entry.priority, entry.asked_at, entry.pk))


def line_of(entries: Any) -> Line:
    """The seats of these entries."""
    return Line(seat_of(entry) for entry in in_order(entries))


def seat_of(entry: Entry) -> Seat:
    """As the rules see it."""
    limits = tuple((str(key), int(most)) for key, most in entry.limits)
    return Seat(entry.pk or 0, entry.place, tuple(entry.keys), limits, tuple(entry.above), entry.since is not None)


def sentence(entry: Entry, other: Entry) -> str:
    """Who keeps it out, since when."""
    met = [key for key in entry.keys if any(key in covers_of(each) or each in covers_of(key) for each in other.keys)]
    shown = ", ".join(key.removeprefix("=") for key in met)
    if other.since is None:
        return f"Run {other.run_id} waits for the lock “{shown}” before this one."
    return f"The lock “{shown}” is held by run {other.run_id} since {wording.until(other.since)}."


def _details(other: Entry) -> dict[str, Any]:
    since = (other.since or other.asked_at).isoformat()
    return {"run": other.run_id, "since": since, "path": other.path or None, "names": other.names, "paths": other.paths}


def _let_in(entry: Entry, *, told: bool) -> None:
    entry.since, entry.told = clock.now(), told
    entry.expires_at = entry.since + timedelta(seconds=entry.ttl_seconds)


def _above(run: Run, path: str) -> list[str]:
    """This place, and those that wait for it: the steps that started this run, up to the first that did not wait."""
    found, at, step = [f"{run.pk}:{path}"], run.pk, run.parent_step
    while step:
        above = StepRun.objects.filter(pk=step).values("run_id", "path", "wait", "run__parent_step").first()
        if above is None or ((above["wait"] or {}).get("note") or {}).get("detach"):
            break
        found.append(f"{above['run_id']}:{above['path']}/{at}")
        at, step = above["run_id"], above["run__parent_step"]
    return found


def _alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [Advisory.ENTRIES])

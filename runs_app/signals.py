"""Tells runs what happened outside, and keeps it for those that have not come to wait for it yet (S2-wait-event).

Sending and beginning to wait exclude each other by one lock of the database: whoever comes second finds what the first has left. It is held for one
insertion by senders, who ask for no other lock meanwhile, and shared by those who begin to wait.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import check_json
from playbooks_app.language.step_type import Json
from playbooks_app.models import Account, User
from runs_app.advisory import Advisory
from runs_app.models import Run, Signal, StepRun, TakenSignal
from runs_app.permissions import may_operate
from runs_app.statuses import StepStatus
from runs_app.timeline import record

KEPT = timedelta(days=7)
EVENT = "event"  # cause of the wait for one


def send_to_run(run: Run, name: str, payload: Json, *, key: str = "", by: User) -> bool:
    """For this run alone; True if a step waited for it, else it is kept. Raises WrongState when the run is over, Refused."""
    _require_fit(name, key, payload)
    if run.is_over:
        raise WrongState(f"Run {run.pk} is {run.get_status_display().lower()}; it waits for nothing any more.")
    signal = _keep(Signal(account_id=run.account_id, run=run, name=name, key=key, payload=payload, sender=by, at=clock.now()))
    record(run, "signal_received", by=by, data={"name": name, "key": key})
    return deliver(signal) > 0


def send_to_all(account: Account, name: str, payload: Json, *, key: str = "", by: User) -> int:
    """For every run that `by` may operate and that waits for it, or will within seven days. Returns how many did. Raises Refused."""
    _require_fit(name, key, payload)
    return deliver(_keep(Signal(account=account, name=name, key=key, payload=payload, sender=by, at=clock.now())))


def deliver(signal: Signal) -> int:
    """Wake the steps that wait for it, one in each run."""
    waiting = StepRun.objects.filter(status=StepStatus.WAITING, policy=None, wait__cause=EVENT, wait__name=signal.name).select_related("run")
    waiting = waiting.filter(run=signal.run_id) if signal.run_id else waiting.filter(run__account=signal.account_id)
    return sum(_is_for(signal, step, step.run) and _give(signal, step) for step in waiting.order_by("run_id", "id"))


def take_kept(step_run: int) -> None:
    """A step begins to wait: give it the oldest that is kept for it. Inside the transaction that parks the step."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [Advisory.SIGNALS])
    step = StepRun.objects.select_related("run").get(pk=step_run)
    wait, run = step.wait or {}, step.run
    kept = Signal.objects.filter(account=run.account_id, name=wait["name"], at__gt=clock.now() - KEPT).filter(Q(run=run) | Q(run=None))
    if not wait["note"]["key"]:
        kept = kept.filter(at__gte=run.created_at)
    for signal in kept.exclude(taken__run=run).select_related("sender").order_by("at", "id"):
        if _is_for(signal, step, run) and _give(signal, step):
            return


def forget_old() -> int:
    """The clock's duty: nothing is kept for longer than seven days."""
    return Signal.objects.filter(at__lte=clock.now() - KEPT).delete()[0]


def _keep(signal: Signal) -> Signal:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [Advisory.SIGNALS])
        signal.save(force_insert=True)
    return signal


def _is_for(signal: Signal, step: StepRun, run: Run) -> bool:
    """By key, where the step names one; a signal for one run may leave it out. One for all reaches only runs that its sender may operate."""
    wanted = ((step.wait or {}).get("note") or {}).get("key", "")
    if wanted and signal.key != wanted and not (signal.run_id and not signal.key):
        return False
    return signal.run_id is not None or (signal.sender is not None and may_operate(signal.sender, run))


def _give(signal: Signal, step: StepRun) -> bool:
    """End the wait with it, unless the run has taken it, or somebody else has ended the wait."""
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).only("pk").get(pk=step.run_id)
        _, is_first = TakenSignal.objects.get_or_create(signal=signal, run_id=step.run_id, defaults={"step_run": step})
        if is_first and not step.resolve("done", output=signal.payload, by=signal.sender):
            transaction.set_rollback(True)
            return False
    return is_first


def _require_fit(name: str, key: str, payload: Json) -> None:
    problems = [
        Problem(f"payload/{each.address}".rstrip("/"), each.code, each.message, each.hint) for each in check_json(payload) if each.level == "error"
    ]
    if not name.strip() or len(name) > 100 or "\x00" in name:
        problems.append(Problem("name", "WrongValue", "An event needs a name of at most 100 characters.", "Shorten it."))
    if len(key) > 200 or "\x00" in key:
        problems.append(Problem("key", "WrongValue", "A key has at most 200 characters.", "Shorten it."))
    if problems:
        raise Refused(problems)

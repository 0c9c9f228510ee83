"""When a run may begin: at its time, when there is room under its limit, and when it has its locks (`Run.gate` says what keeps it back)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from playbooks_app import clock
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language import durations
from playbooks_app.language.document import Document
from playbooks_app.language.locks import HINT, NoLock, read_locks
from playbooks_app.language.playbook_settings import MOST_KEY
from playbooks_app.language.problem import Problem
from playbooks_app.language.scope import Missing
from playbooks_app.language.step_type import Json, StepFailed
from playbooks_app.language.template import render
from playbooks_app.language.values import text_of
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.records import LIVE
from runs_app.entry import entering
from runs_app.entry.entering import LockHeld, Wish
from runs_app.models import Run, Strand
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.documents import document_of
from runs_app.worker.payload import dump

START = "start"
MOST = 200  # runs begun in one round


def gate_of(run: Run, document: Document) -> str:
    """What keeps a run back that could begin by its time: "", limit, lock. It stands in line then. Raises LockHeld, Refused. Inside a transaction.

    Nothing does in the sandbox: a run there touches nothing that others could touch.
    """
    if not may_be_kept_back(run, document):
        return ""
    wish = wish_of(run, document)
    return "" if wish.is_empty else entering.ask(run, wish)[1]


def may_be_kept_back(run: Run, document: Document) -> bool:
    """Whether a run names any locks or limits; in the sandbox none counts."""
    return run.mode == LIVE and bool(document.settings.get("locks") or document.settings.get("concurrency") or run.concurrency)


def wish_of(run: Run, document: Document) -> Wish:
    """The locks and limits of a run, its inputs filled in. Raises Refused."""
    settings = document.settings
    scope = _Given(run.inputs, run.config)
    try:
        locks = read_locks(_filled(settings.get("locks") or [], "settings/locks", scope))
    except NoLock as wrong:
        raise Refused([Problem(f"settings/locks/{wrong.args[0]}", "WrongValue", wrong.args[1], HINT)]) from None
    limits = [_limit(run, settings["concurrency"], scope)] if settings.get("concurrency") else []
    if run.concurrency:
        limits.append((str(run.concurrency["key"]), int(run.concurrency["max"])))
    return Wish(locks, tuple(limits), settings.get("on_lock") == "refuse", durations.seconds(settings.get("lock_ttl")))


def begin_due() -> int:
    """Let runs begin whose time has come. Returns how many. The clock's duty."""
    due = Run.objects.filter(gate=START, start_at__lte=clock.now(), finished_at=None).order_by("-priority", "start_at", "pk")
    return sum(_begin(pk) for pk in due.values_list("pk", flat=True)[:MOST])


def reschedule(run: Run, start_at: datetime, by: User) -> None:
    """Another start for a run that waits for its start. Raises WrongState."""
    with transaction.atomic():
        changed = Run.objects.filter(pk=run.pk, gate=START, finished_at=None).update(start_at=start_at)
        if not changed:
            raise WrongState(f"Run {run.pk} does not wait for its start.", hint="Only a run that has not begun can be put off.")
        timeline.record(run, "run_rescheduled", by=by, data={"until": start_at.isoformat()})
    run.refresh_from_db()


def _begin(run_id: int) -> bool:
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True, of=("self",)).select_related("version").get(pk=run_id)
        if run.gate != START or run.start_at is None or run.start_at > clock.now() or run.is_over:
            return False
        try:
            with transaction.atomic():
                gate = gate_of(run, document_of(run.version))
        except (LockHeld, Refused) as refused:
            _end_before_begun(run, {**refused.as_json(), "address": "settings/locks"})
            return True
        if gate:
            Run.objects.filter(pk=run.pk).update(gate=gate)
            return True
    entering.open_gate(run_id)
    return True


def _end_before_begun(run: Run, error: Mapping[str, Any]) -> None:
    """It was to be refused rather than to wait, and nobody is there any more to be told but its record."""
    Run.objects.filter(pk=run.pk).update(gate="")
    Strand.objects.filter(run=run).update(status="failed")
    DatabaseJournal().sql("SELECT handrail_end_run(%s, %s, 'failed', %s::jsonb)", clock.now(), run.pk, dump(dict(error)))


def _limit(run: Run, written: Mapping[str, Json], scope: _Given) -> tuple[str, int]:
    """All runs of the playbook count where no key is given."""
    key = text_of(_filled(written["key"], "settings/concurrency/key", scope)) if written.get("key") else f"playbook {run.playbook_id}"
    return key[:MOST_KEY], int(written["max"])


def _filled(value: Json, address: str, scope: _Given) -> Json:
    try:
        return render(value, scope)
    except StepFailed as failure:
        raise Refused([Problem(address, failure.code, failure.message, failure.hint)]) from None


class _Given:
    """All there is to read before a run begins."""

    def __init__(self, inputs: Mapping[str, Json], config: Mapping[str, Json]) -> None:
        self._roots = {"inputs": inputs, "config": config}

    def lookup(self, root: str, name: str | None) -> Json:
        """See `Scope`."""
        found = self._roots.get(root, {})
        if name is None:
            return dict(found)
        if name not in found:
            raise Missing(f"{root}.{name}")
        return found[name]

"""When a run ends, its starter and who follows it are told, once each: in the product, and by mail (S0-notify-complete).

The clock does it, so that no worker waits for it. A failed run that is retried and ends again is a new ending. Runs that other runs wait for, and
runs outside of live mode, tell nobody.
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse

from playbooks_app import clock, wording
from playbooks_app.models import User
from runs_app.models import Follower, Run
from runs_app.news import failures, telling
from runs_app.statuses import RunStatus

log = structlog.get_logger()
AT_ONCE = 100
DEEDS = {RunStatus.COMPLETED: "is done", RunStatus.FAILED: "has failed", RunStatus.CANCELLED: "was cancelled"}


def tell_of_ends(limit: int = AT_ONCE) -> int:
    """Tell of every run that has ended and was not told; how many there were. One transaction each."""
    ended = list(_untold().order_by("finished_at").values_list("pk", flat=True)[:limit])
    for pk in ended:
        try:
            with transaction.atomic():
                run = (
                    _untold()
                    .select_for_update(of=("self",), no_key=True, skip_locked=True)
                    .select_related("playbook", "account", "version")
                    .filter(pk=pk)
                    .first()
                )
                if run is not None:
                    _tell(run)
        except Exception:
            log.exception("run_end_not_told", run=pk)
    return len(ended)


def followers_of(run: Run) -> QuerySet[User]:
    """Who started it, and who follows it or its playbook."""
    following = Follower.objects.filter(Q(run=run) | Q(playbook=run.playbook_id))
    return User.objects.filter(Q(pk=run.owner_id) | Q(pk__in=following.values("person")), is_active=True)


def _untold() -> QuerySet[Run]:
    """Served by the index run_end_untold."""
    never = Q(end_told_at=None) | Q(end_told_at__lt=F("finished_at"))
    found: QuerySet[Run] = Run.objects.filter(never, finished_at__isnull=False)
    return found


def _tell(run: Run) -> None:
    if run.mode == "live" and run.parent_step is None:
        _tell_each(run, [person for person in followers_of(run) if Run.objects.visible_to(person).filter(pk=run.pk).exists()])
    Run.objects.filter(pk=run.pk).update(end_told_at=max(clock.now(), run.finished_at or clock.now()))


def _tell_each(run: Run, people: Iterable[User]) -> None:
    title = f"{run.playbook.name} #{run.pk} {DEEDS.get(RunStatus(run.status), 'has ended')}"
    told = {
        "title": title,
        "text": _text(run),
        "address": reverse("run", args=[run.pk]),
        "reference": f"run-{run.pk}-ended-{run.event_count}",
        "run": run,
    }
    for person in people:
        if telling.tell(person, kind="run_ended", **told) and telling.wants_run_ends(person):  # type: ignore[arg-type]
            telling.mail(person, run.account, subject=title, **told)  # type: ignore[arg-type]


def _text(run: Run) -> str:
    """What came of it, in a sentence. No values: who is told may see the run, but perhaps not what it handles."""
    seconds = (run.finished_at - (run.started_at or run.created_at)).total_seconds() if run.finished_at else 0.0
    took = f"It took {wording.duration(max(seconds, 0.0))}."
    return f"{failures.reason(run)} {took}" if run.status == RunStatus.FAILED else took

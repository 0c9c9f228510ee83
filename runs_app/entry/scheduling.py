"""Schedules: making and changing them, and starting what is due.

The clock process asks every half second. A time is done in one transaction under the schedule's row lock, with an Occasion that is unique for
schedule and time and a run whose key names both: two clocks, a crash in between and a repeat start one run.

After a downtime the newest of the missed times is made up for, once; its Occasion says since when times were missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from playbooks_app import audit, clock
from playbooks_app.errors import HandrailError, Refused, WrongState
from playbooks_app.language.cron import HINT, check_cron, next_after
from playbooks_app.language.problem import Problem
from playbooks_app.language.timezones import zone_called
from playbooks_app.models import Playbook, User
from playbooks_app.permissions import may_start
from runs_app.models import Run
from runs_app.models.schedule import Occasion, Outcome, Overlap, Schedule
from runs_app.starting import input_problems, start
from runs_app.statuses import RUN_OPEN

AT_ONCE = 50  # schedules that one round of the clock takes, so that other duties have their turn
LOOKED_BACK = tuple(timedelta(days=days) for days in (1 / 24, 1, 8, 40, 400))  # spans in which the newest missed time is looked for
MOST_PER_PLAYBOOK = 100
FIELDS = ("cron", "timezone", "enabled", "overlap", "inputs", "labels")


def make(playbook: Playbook, by: User, **given: Any) -> Schedule:
    """A schedule of this playbook from FIELDS and `version` (None, or left out: the newest at each time).

    Raises Refused with every fault, WrongState when there are too many.
    """
    if playbook.schedules.count() >= MOST_PER_PLAYBOOK:
        raise WrongState(f"A playbook has at most {MOST_PER_PLAYBOOK} schedules.", hint="Remove one that is off.")
    schedule = Schedule(account=playbook.account, playbook=playbook, timezone=given.pop("timezone", "") or playbook.account.timezone)
    return _saved(schedule, by, "schedule.made", given)


def change(schedule: Schedule, by: User, **given: Any) -> Schedule:
    """Change what is given; its runs belong to `by` from here on. Raises Refused."""
    with transaction.atomic():
        locked = Schedule.objects.select_for_update(of=("self",)).select_related("playbook__account", "version").get(pk=schedule.pk)
        return _saved(locked, by, "schedule.changed", given)


def remove(schedule: Schedule, by: User) -> None:
    """No run starts by it any more; those that were started go on."""
    with transaction.atomic():
        audit.note(by, "schedule.removed", schedule, old=_as_json(schedule))
        schedule.delete()


def next_times(cron: str, timezone: str, count: int = 5) -> list[datetime]:
    """The next times, in UTC. Raises ValueError for a cron expression or a zone that is none."""
    found, after = [], clock.now()
    for _ in range(count):
        after = next_after(cron, after, timezone)
        found.append(after)
    return found


def faults_of(schedule: Schedule) -> list[Problem]:
    """Everything that is wrong with it, with the inputs checked against the version that would start."""
    problems = []
    if (said := check_cron(str(schedule.cron))) is not None:
        problems.append(Problem("cron", "WrongValue", said, HINT))
    if zone_called(schedule.timezone) is None:
        problems.append(Problem("timezone", "WrongValue", f"There is no time zone “{str(schedule.timezone)[:40]}”.", "Write it as in Europe/Berlin."))
    if schedule.overlap not in Overlap.values:
        problems.append(
            Problem("overlap", "WrongValue", f"“{str(schedule.overlap)[:40]}” is not known here.", f"One of: {', '.join(Overlap.values)}.")
        )
    for name in ("inputs", "labels"):
        if not isinstance(getattr(schedule, name), dict):
            problems.append(Problem(name, "WrongType", f"“{name}” is an object.", "Write {} for none."))
            return problems
    version = schedule.version or schedule.playbook.newest
    if version is None:
        return [*problems, Problem("playbook", "WrongState", "This playbook has no published version.", "Publish it first.")]
    return problems + input_problems(version, schedule.inputs)


def start_due() -> int:
    """Do every time that has come, and those that waited for a run to end; how many were done."""
    done = 0
    while done < AT_ONCE and _one(Schedule.objects.due().order_by("next_at"), _do_due):
        done += 1
    for pk in Schedule.objects.filter(buffered_at__isnull=False).values_list("pk", flat=True)[:AT_ONCE]:
        done += _one(Schedule.objects.filter(pk=pk, buffered_at__isnull=False), _do_buffered)
    return done


def _one(schedules: Any, deed: Any) -> bool:
    """Lock one that nobody else has in hand, and do it. False when there is none."""
    with transaction.atomic():
        found = schedules.select_for_update(of=("self",), skip_locked=True).select_related("playbook__account", "owner", "version").first()
        if found is not None:
            deed(found)
        return found is not None


def _do_due(schedule: Schedule) -> None:
    now, first = clock.now(), schedule.next_at
    assert first is not None
    try:
        due = _newest(schedule, first, now)
        schedule.next_at = next_after(schedule.cron, now, schedule.timezone)
    except ValueError:  # it never comes again, or its rules have become stricter
        due, schedule.next_at, schedule.enabled = first, None, False
    schedule.save(update_fields=["next_at", "enabled"])
    missed = f"Times from {first:%Y-%m-%d %H:%M} UTC on were missed; this one makes up for them." if due != first else ""
    previous = _open_run(schedule)
    if previous is None or schedule.overlap == Overlap.ALLOW:
        _start(schedule, due, missed)
    elif schedule.overlap == Overlap.CANCEL_PREVIOUS:
        _cancel(previous)
        _start(schedule, due, missed)
    elif schedule.overlap == Overlap.BUFFER_ONE and schedule.buffered_at is None:
        schedule.buffered_at = due
        schedule.save(update_fields=["buffered_at"])
        _note(schedule, due, Outcome.BUFFERED, f"Run {previous.pk} is not over yet.")
    else:
        _note(schedule, due, Outcome.SKIPPED, f"Run {previous.pk} was not over yet.")


def _do_buffered(schedule: Schedule) -> None:
    if _open_run(schedule) is not None:
        return
    due, schedule.buffered_at = schedule.buffered_at, None
    assert due is not None
    schedule.save(update_fields=["buffered_at"])
    _start(schedule, due, "")


def _newest(schedule: Schedule, first: datetime, now: datetime) -> datetime:
    """The newest time from `first` to `now`."""
    for span in LOOKED_BACK:
        found, after = None, max(first, now - span)
        while (after := next_after(schedule.cron, after, schedule.timezone)) <= now:
            found = after
        if found is not None or now - span <= first:
            return found or first
    return first


def _open_run(schedule: Schedule) -> Run | None:
    return Run.objects.filter(occasion__schedule=schedule, status__in=RUN_OPEN).order_by("-pk").first()


def _cancel(run: Run) -> None:
    try:
        run.cancel(None, "The next time of its schedule has come.")
    except WrongState:  # it has ended meanwhile
        return


def _start(schedule: Schedule, due: datetime, note: str) -> None:
    """Start the run, or say why it cannot be: nobody is there to be told at once, so it stands with the schedule."""
    try:
        with transaction.atomic():
            run = _run(schedule, due)
    except HandrailError as refusal:
        _note(schedule, due, Outcome.REFUSED, " ".join(_said(refusal)))
        return
    _note(schedule, due, Outcome.STARTED, note, run)


def _run(schedule: Schedule, due: datetime) -> Run:
    owner, playbook = schedule.owner, schedule.playbook
    if playbook.archived_at is not None:
        raise WrongState("The playbook is in the archive.")
    if owner is None or not may_start(owner, playbook):
        who = owner.display_name if owner else "Whoever made this schedule"
        raise WrongState(f"{who} may not start this playbook any more.", hint="Save the schedule again: it goes by the rights of who saved it last.")
    version = schedule.version or playbook.newest
    if version is None:
        raise WrongState("It has no version that can be started.")
    version.playbook = playbook
    key = f"schedule-{schedule.pk}-{due:%Y%m%dT%H%M%SZ}"
    return start(version, inputs=schedule.inputs, by=owner, trigger="schedule", labels=schedule.labels, idempotency_key=key).run


def _said(refusal: HandrailError) -> list[str]:
    return [problem.message for problem in refusal.problems[:3]] if isinstance(refusal, Refused) else [str(refusal), refusal.hint]


def _note(schedule: Schedule, due: datetime, outcome: str, note: str, run: Run | None = None) -> None:
    Occasion.objects.update_or_create(schedule=schedule, at=due, defaults={"outcome": outcome, "note": note, "run": run, "done_at": clock.now()})


def _saved(schedule: Schedule, by: User, action: str, given: Mapping[str, Any]) -> Schedule:
    old = _as_json(schedule) if schedule.pk else None
    schedule.owner = by
    for name, value in given.items():
        setattr(schedule, name, value)
    problems = faults_of(schedule)
    if problems:
        raise Refused(problems, "The schedule has faults; nothing was changed.")
    schedule.next_at = next_after(schedule.cron, clock.now(), schedule.timezone) if schedule.enabled else None
    if not schedule.enabled or schedule.overlap != Overlap.BUFFER_ONE:
        schedule.buffered_at = None
    with transaction.atomic():
        schedule.save()
        audit.note(by, action, schedule, old=old, new=_as_json(schedule))
    return schedule


def _as_json(schedule: Schedule) -> dict[str, Any]:
    return {"playbook": schedule.playbook_id, **{name: getattr(schedule, name) for name in FIELDS}}

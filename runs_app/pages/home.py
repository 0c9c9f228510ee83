"""Home: decisions first, then what has stopped, what runs, what ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from playbooks_app import clock, wording
from playbooks_app.models import Playbook, User
from playbooks_app.pages.finding import viewer
from playbooks_app.pages.gallery import cards_to_run
from playbooks_app.permissions import OPERATES, has_role, may_create, may_start
from runs_app.models import Run, Schedule, Strand
from runs_app.pages import panels
from runs_app.pages.figures import Figure
from runs_app.pages.first_steps import first_steps_of
from runs_app.reading.hiding import hide_from
from runs_app.reading.standing import Standing, standings_of
from runs_app.statuses import RUN_OPEN, RUN_OVER, RunStatus

SHOWN = 5
LOOKED_AT = 60  # newest stopped runs that are put together by cause
READY_SHOWN = 3  # ready playbooks on the first page of somebody without runs
STARTABLE_SHOWN = 5
NEXT_SHOWN = 2  # times at which something starts by itself
FEWEST = 10  # runs that have ended, for a share that says something
DAYS = 7
AT_WORK = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.PENDING_APPROVAL)


@dataclass(frozen=True, slots=True)
class Cause:
    """What stopped one run or several of a playbook, with the newest of them."""

    newest: Standing
    runs: int


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """`/`."""
    return render(request, "runs_app/home.html", {**home_of(viewer(request)), "panels": panels.home_panels(request)})


def home_of(user: User) -> dict[str, Any]:
    """What home shows; the number of queries does not follow the number of runs."""
    runs = cast("QuerySet[Run]", Run.objects.visible_to(user).counted().filter(archived_at=None))
    rows = runs.select_related("playbook", "version", "owner", "account")
    stopped = rows.filter(_stopped()).order_by("-id")
    first = rows.filter(parent_step=None)  # what a run has started shows in that run
    at_work = first.filter(status__in=AT_WORK).exclude(pk__in=stopped.values("pk")).order_by("-id")
    ended = first.filter(status__in=RUN_OVER, finished_at__isnull=False).order_by("-finished_at")  # as the index run_recent has them
    counts = {"stopped": stopped.count(), "at_work": at_work.count()}
    shown = [list(stopped[:LOOKED_AT]), list(at_work[: SHOWN - 1]), list(ended[:SHOWN])]
    hide_from(user, [run for part in shown for run in part])
    standings = {each.run.pk: each for each in standings_of([run for part in shown for run in part])}
    need, now, recent = ([standings[run.pk] for run in part] for part in shown)
    if not (need or now or recent):
        return {"greeting": _greeting(user), "headlines": panels.headlines(user), **_first_page(user)}
    return {
        "has_runs": True,
        "greeting": _greeting(user),
        "headlines": [*panels.headlines(user), *_headline(counts["stopped"])],
        "figures": _figures(user, runs, counts["stopped"], need[-1].run if need else None),
        "need": causes_of(need)[:SHOWN],
        "now": now,
        "recent": recent,
        "counts": {**counts, "more_at_work": max(0, counts["at_work"] - len(now))},
        "may_start": _may_start_any(user),
        **_steps(user),
        "next": Schedule.objects.visible_to(user)
        .filter(enabled=True, next_at__isnull=False)
        .select_related("playbook")
        .order_by("next_at")[:NEXT_SHOWN],
    }


def causes_of(stopped: Sequence[Standing]) -> list[Cause]:
    """Runs of one playbook that failed with the same words become one row, in the order of their newest."""
    alike: dict[tuple[int, str], list[Standing]] = {}
    for each in stopped:
        same = (each.run.playbook_id, each.sentence) if each.state.key == "failed" and each.sentence else (-each.run.pk, "")
        alike.setdefault(same, []).append(each)
    return [Cause(rows[0], len(rows)) for rows in alike.values()]


def _first_page(user: User) -> dict[str, Any]:
    """For who sees no run yet: first steps, ready playbooks that can run at once, and those that this person may start."""
    draws = may_create(user)
    in_sight = Playbook.objects.visible_to(user).current()
    published = in_sight.with_people().with_newest().filter(newest_number__isnull=False).order_by("name")[: 2 * STARTABLE_SHOWN]
    return {
        "may_draw": draws,
        "playbook_count": in_sight.count(),
        "startable": [each for each in published if may_start(user, each)][:STARTABLE_SHOWN],
        "ready": cards_to_run()[:READY_SHOWN] if draws else [],
        **_steps(user),
    }


def _steps(user: User) -> dict[str, Any]:
    steps = first_steps_of(user)
    return {"steps": steps, "steps_done": sum(each.done for each in steps)}


def _may_start_any(user: User) -> bool:
    return user.account is not None and has_role(user, user.account.pk, OPERATES) and Playbook.objects.visible_to(user).current().exists()


def _stopped() -> Q:
    """Held by an error or by a person, or with a branch that is held while others go on."""
    return Q(status=RunStatus.PAUSED) | Q(Exists(Strand.objects.filter(run=OuterRef("pk"), held=True)), status__in=RUN_OPEN)


def _greeting(user: User) -> str:
    hour = timezone.localtime(clock.now()).hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
    return f"Good {part}, {user.first_name or user.display_name}"


def _headline(stopped: int) -> list[str]:
    return [f"{wording.count(stopped, 'run has', 'runs have')} stopped and {'needs' if stopped == 1 else 'need'} a hand."] if stopped else []


def _figures(user: User, runs: QuerySet[Run], stopped: int, oldest: Run | None) -> list[Figure]:
    """Runs today, what went through, what is stopped: one query; and what the apps above have registered."""
    today = timezone.localtime(clock.now()).date()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    since = timezone.make_aware(timezone.datetime(days[0].year, days[0].month, days[0].day))  # type: ignore[attr-defined]
    made, ended, well = Counter[date](), Counter[date](), Counter[date]()
    by_day = runs.filter(created_at__gte=since, parent_step=None).annotate(day=TruncDate("created_at")).order_by().values_list("day", "status")
    for day, status, number in by_day.annotate(Count("id")):
        made[day] += number
        ended[day] += number if status in RUN_OVER else 0
        well[day] += number if status == RunStatus.COMPLETED else 0
    return [_runs_today(days, made), _through(days, ended, well), *panels.figures(user), _need_hand(stopped, oldest)]


def _runs_today(days: list[date], made: Counter[date]) -> Figure:
    usual = sum(made[day] for day in days[:-1]) / max(1, len(days) - 1)
    most = max([made[day] for day in days], default=0) or 1
    said = f"Runs a day, last week: {', '.join(str(made[day]) for day in days)}"
    line = tuple(made[day] / most for day in days)
    return Figure("Runs today", wording.figure(made[days[-1]]), f"{usual:.0f} on an average day", "accent", line, said)


def _through(days: list[date], ended: Counter[date], well: Counter[date]) -> Figure:
    total, good = sum(ended.values()), sum(well.values())
    if total < FEWEST:
        value = f"{good} of {total}" if total else "–"
        return Figure("Went through, last 7 days", value, "too few for a share" if total else "no run has ended yet", "quiet")
    line = tuple(well[day] / ended[day] if ended[day] else good / total for day in days)
    words = f"of {wording.count(total, 'run')} that ended"
    return Figure("Went through, last 7 days", wording.percent(good / total), words, "ok", line, "Share by day")


def _need_hand(stopped: int, oldest: Run | None) -> Figure:
    if not stopped or oldest is None:
        return Figure("Stopped, need a person", "0", "nothing is stuck", "quiet")
    since = wording.when(oldest.started_at or oldest.created_at)
    return Figure("Stopped, need a person", wording.figure(stopped), f"since {since}" if stopped == 1 else f"the oldest shown since {since}", "bad")

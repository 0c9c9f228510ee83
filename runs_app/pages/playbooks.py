"""What the pages of playbooks show about runs: bars and figures in the list, the newest runs and the uses of each version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import median

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from playbooks_app import clock, wording
from playbooks_app.models import Playbook, User
from playbooks_app.pages import badges, jump, panels
from playbooks_app.pages.finding import viewer
from runs_app.models import Run
from runs_app.pages.charts import runs_chart, time_chart
from runs_app.reading.hiding import hide_from
from runs_app.reading.insights import DAYS, FEWEST_FOR_RATES, Week, averages, insights_of, sorted_by, standouts, weeks_of
from runs_app.reading.standing import standings_of
from runs_app.reading.words import run_state
from runs_app.statuses import RUN_OPEN, RUN_OVER, RunStatus

SORTS = ("runs", "succeeded", "takes")
MOST_MEASURED = 50  # newest runs of a playbook that its usual duration is taken from
SHOWN = 5
LEAST_HEIGHT = 0.12


def register_all() -> None:
    """Once, when the app starts."""
    panels.register_figures(figures)
    panels.register_panel(insights)
    panels.register_panel(newest_runs)
    panels.register_sort(SORTS, sorted_by)
    panels.register_hint(hint)
    panels.register_tab(runs_tab)
    panels.register_tab(schedules_tab)
    panels.register_uses(uses)
    badges.register("runs", stopped_count)
    jump.register(found)


def figures(user: User, playbooks: Sequence[int]) -> Mapping[int, panels.RunFigures]:
    """For the rows of the list. Four queries, and a fifth for averages."""
    counted = _counted(user, playbooks)
    bars: dict[int, list[Run]] = defaultdict(list)
    took: dict[int, list[float]] = defaultdict(list)
    for run in _newest(user, playbooks):
        if len(bars[run.playbook_id]) < panels.MOST_BARS:
            bars[run.playbook_id].append(run)
        if run.status == RunStatus.COMPLETED:
            took[run.playbook_id].append(_seconds(run, clock.now()))
    average = averages(user, playbooks)
    return {pk: replace(_figures(counted.get(pk, (0, 0, 0)), bars[pk], took[pk]), average_seconds=average.get(pk)) for pk in playbooks}


def newest_runs(request: HttpRequest, playbook: Playbook) -> SafeString:
    """The playbook's page: its newest runs; "" before the first."""
    runs = Run.objects.visible_to(viewer(request)).counted().filter(playbook=playbook, archived_at=None)
    rows = list(runs.select_related("playbook", "version", "owner", "account").order_by("-id")[:SHOWN])
    if not rows:
        return SafeString()
    hide_from(viewer(request), rows)
    return render_to_string("runs_app/_newest_runs.html", {"standings": standings_of(rows), "playbook": playbook}, request=request)


def insights(request: HttpRequest, playbook: Playbook) -> SafeString:
    """The playbook's page: figures and charts of its runs; "" before the first. Four queries."""
    found, weeks = insights_of(viewer(request), playbook), weeks_of(viewer(request), playbook)
    if not found.runs and not any(week.runs for week in weeks):
        return SafeString()
    context = {"insights": found, "weeks": weeks, "fewest": FEWEST_FOR_RATES, **_charts(weeks, playbook)}
    return render_to_string("runs_app/_insights.html", context, request=request)


def _charts(weeks: Sequence[Week], playbook: Playbook) -> dict[str, object]:
    """Both charts, with the days on which versions came out, and the average of the weeks since the first run. One query."""
    out = [(timezone.localtime(at).date(), number) for at, number in playbook.versions.order_by("number").values_list("published_at", "number")]
    begun = next((place for place, week in enumerate(weeks) if week.runs), 0)
    average = round(sum(week.runs for week in weeks) / (len(weeks) - begun))
    return {"average_week": average, "runs_chart": runs_chart(weeks, out), "time_chart": time_chart(weeks, out)}


def hint(request: HttpRequest) -> SafeString:
    """The list of playbooks: a sentence on the most useful and the weakest one; "" while there is nothing to say."""
    useful, weak = standouts(viewer(request))
    return render_to_string("runs_app/_standouts.html", {"useful": useful, "weak": weak}) if useful or weak else SafeString()


def runs_tab(user: User, playbook: Playbook) -> panels.Tab:
    """The playbook's page: its runs, with the number of the open ones."""
    open_runs = Run.objects.visible_to(user).counted().filter(playbook=playbook, status__in=RUN_OPEN).count()
    return panels.Tab("Runs", f"{reverse('runs')}?playbook={playbook.pk}", open_runs)


def schedules_tab(user: User, playbook: Playbook) -> panels.Tab:
    """The playbook's page: when it starts by itself, with the number of schedules that are on."""
    return panels.Tab("Schedules", reverse("playbook_schedules", args=[playbook.pk]), playbook.schedules.filter(enabled=True).count())


def uses(user: User, playbook: Playbook) -> Mapping[int, str]:
    """Words for each version that has any runs. One query."""
    rows = Run.objects.visible_to(user).counted().filter(playbook=playbook).order_by().values_list("version")
    numbers = rows.annotate(total=Count("id"), at_work=Count("id", filter=Q(status__in=RUN_OPEN)))
    return {pk: wording.count(total, "run") + (f", {at_work:,} open" if at_work else "") for pk, total, at_work in numbers}


def stopped_count(user: User) -> int:
    """Beside "Runs" in the side bar: runs that an error has stopped."""
    return Run.objects.visible_to(user).counted().filter(status=RunStatus.PAUSED, pause_reason="error", archived_at=None).count()


def found(user: User, text: str) -> list[jump.Hit]:
    """Search or jump to: a run by its number, else the newest of playbooks with that name."""
    runs = Run.objects.visible_to(user).select_related("playbook")
    number = text.removeprefix("#")
    hits = runs.filter(pk=int(number)) if number.isdecimal() and len(number) < 18 else runs.filter(playbook__name__icontains=text).order_by("-id")
    return [jump.Hit(f"{run.playbook.name} #{run.pk}", "run", reverse("run", args=[run.pk]), "run") for run in hits[: jump.MOST]]


def _counted(user: User, playbooks: Sequence[int]) -> dict[int, tuple[int, int, int]]:
    """playbook -> runs, ended, ended well, in the last 30 days."""
    recent = Run.objects.visible_to(user).counted().filter(playbook__in=playbooks, created_at__gte=clock.now() - timedelta(days=DAYS))
    rows = recent.order_by().values_list("playbook")
    ended, well = Count("id", filter=Q(status__in=RUN_OVER)), Count("id", filter=Q(status=RunStatus.COMPLETED))
    return {pk: (total, over, good) for pk, total, over, good in rows.annotate(total=Count("id"), ended=ended, well=well)}


def _newest(user: User, playbooks: Sequence[int]) -> list[Run]:
    """The newest runs of each playbook, newest first. Their numbers are taken from the end of an index, however many runs there are."""
    own = Run.objects.visible_to(user).counted().filter(playbook=OuterRef("pk")).order_by("-id").values("pk")[:MOST_MEASURED]
    numbers = Playbook.objects.filter(pk__in=playbooks).annotate(newest=ArraySubquery(own)).values_list("newest", flat=True)
    wanted = ("playbook", "status", "pause_reason", "stopping", "code", "created_at", "started_at", "finished_at")
    return list(Run.objects.filter(pk__in=[pk for each in numbers for pk in each]).only(*wanted).order_by("-id"))


def _figures(counted: tuple[int, int, int], newest: list[Run], took: list[float]) -> panels.RunFigures:
    total, ended, well = counted
    now = clock.now()
    longest = max((_seconds(run, now) for run in newest), default=0.0) or 1.0
    bars = [panels.Bar(run_state(run).key, max(LEAST_HEIGHT, _seconds(run, now) / longest)) for run in reversed(newest)]
    share = well / ended if ended >= FEWEST_FOR_RATES else None
    return panels.RunFigures(bars, total, share, median(took) if took else None)


def _seconds(run: Run, now: datetime) -> float:
    return ((run.finished_at or now) - (run.started_at or run.created_at)).total_seconds()

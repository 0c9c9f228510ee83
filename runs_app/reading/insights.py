"""What the runs of playbooks tell: how many, how many went well, how long they took. Figures are exact; who asks sees what is in their sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Avg, Case, Count, DurationField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, TruncWeek
from django.utils import timezone

from playbooks_app import clock
from playbooks_app.models import Playbook, User
from runs_app.models import Run
from runs_app.statuses import RUN_OVER, RunStatus

DAYS = 30  # of the list
WEEKS = 12  # of the charts
FEWEST_FOR_RATES = 10
TOOK = ExpressionWrapper(F("finished_at") - Coalesce("started_at", "created_at"), output_field=DurationField())
WELL = Q(status=RunStatus.COMPLETED)
ENDED = Q(status__in=RUN_OVER)
TOOK_WELL = Case(When(WELL, then=TOOK))  # null, which percentiles pass over, for the others


class Percentile(Aggregate):
    """The span below which this share of the runs lies: `Percentile(TOOK, share=0.5)` is the median."""

    function = "percentile_cont"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday on; `usual_seconds` None: none of its runs has completed."""

    monday: date
    runs: int
    failed: int
    usual_seconds: float | None


@dataclass(frozen=True, slots=True)
class Insights:
    """Of one playbook since a moment. Rates are 0..1, None before the first end; times are of those that completed, in seconds."""

    since: datetime
    runs: int
    ended: int
    completed: int
    failed: int
    cancelled: int
    success_rate: float | None
    average_seconds: float | None
    usual_seconds: float | None
    slowest_of_twenty_seconds: float | None
    most_failures: tuple[str, int] | None  # code, how many


def insights_of(user: User, playbook: Playbook, days: int = DAYS) -> Insights:
    """Two queries."""
    since = clock.now() - timedelta(days=days)
    runs = _runs(user).filter(playbook=playbook, created_at__gte=since)
    found = runs.aggregate(**_counts(), average=Avg(TOOK, filter=WELL))
    times = _percentiles(runs.filter(WELL), 0.5, 0.95)
    worst = (
        runs.filter(status=RunStatus.FAILED).exclude(code="").order_by().values_list("code").annotate(number=Count("id")).order_by("-number", "code")
    )
    top = worst.first() if found["failed"] else None
    ended = found["ended"]
    return Insights(
        since=since,
        runs=found["total"],
        ended=ended,
        completed=found["completed"],
        failed=found["failed"],
        cancelled=found["cancelled"],
        success_rate=found["completed"] / ended if ended else None,
        average_seconds=_seconds(found["average"]),
        usual_seconds=times[0],
        slowest_of_twenty_seconds=times[1],
        most_failures=(top[0], top[1]) if top else None,
    )


def weeks_of(user: User, playbook: Playbook) -> list[Week]:
    """The last twelve weeks, the present one last. One query."""
    today = timezone.localtime(clock.now()).date()
    mondays = [today - timedelta(days=today.weekday() + 7 * back) for back in range(WEEKS - 1, -1, -1)]
    since = datetime(mondays[0].year, mondays[0].month, mondays[0].day, tzinfo=timezone.get_current_timezone())
    runs = _runs(user).filter(playbook=playbook, created_at__gte=since).annotate(monday=TruncWeek("created_at")).order_by().values("monday")
    rows = runs.annotate(total=Count("id"), failed=Count("id", filter=Q(status=RunStatus.FAILED)), usual=Percentile(TOOK_WELL, share=0.5))
    found = {row["monday"].date(): row for row in rows}
    return [_week(monday, found.get(monday, {})) for monday in mondays]


def sorted_by(user: User, playbooks: QuerySet[Playbook], key: str) -> QuerySet[Playbook]:
    """By `runs`, `succeeded` or `takes` of the last 30 days; those without come last, whichever way. A minus turns it round."""
    down, name = key.startswith("-"), key.lstrip("-")
    runs = _runs(user).filter(playbook=OuterRef("pk"), created_at__gte=clock.now() - timedelta(days=DAYS)).order_by().values("playbook")
    values: dict[str, Any] = {
        "runs": runs.annotate(value=Count("id")),
        "succeeded": runs.annotate(over=Count("id", filter=ENDED), value=Count("id", filter=WELL) * 1.0 / Count("id", filter=ENDED)).filter(
            over__gte=FEWEST_FOR_RATES
        ),
        "takes": runs.filter(WELL).annotate(value=Avg(TOOK)),
    }
    order = F("sorted_by").desc(nulls_last=True) if down else F("sorted_by").asc(nulls_last=True)
    return playbooks.annotate(sorted_by=Subquery(values[name].values("value")[:1])).order_by(order, "name", "pk")


def averages(user: User, playbooks: Any) -> Mapping[int, float]:
    """playbook -> how long a completed run took on average, in the last 30 days. One query."""
    runs = _runs(user).filter(WELL, playbook__in=playbooks, created_at__gte=clock.now() - timedelta(days=DAYS))
    return {pk: took.total_seconds() for pk, took in runs.order_by().values_list("playbook").annotate(took=Avg(TOOK))}


def standouts(user: User) -> tuple[tuple[Playbook, int] | None, tuple[Playbook, float, int] | None]:
    """The playbook with most completed runs, and the one with the worst rate below 95 % among those with enough runs. Two queries."""
    runs = _runs(user).filter(created_at__gte=clock.now() - timedelta(days=DAYS), playbook__archived_at=None)
    rows = list(runs.order_by().values_list("playbook").annotate(ended=Count("id", filter=ENDED), well=Count("id", filter=WELL)))
    useful = max((row for row in rows if row[2]), key=lambda row: (row[2], -row[0]), default=None)
    weak = min(
        (row for row in rows if row[1] >= FEWEST_FOR_RATES and row[2] / row[1] < 0.95), key=lambda row: (row[2] / row[1], row[0]), default=None
    )
    named = Playbook.objects.in_bulk([row[0] for row in (useful, weak) if row is not None])
    return (
        (named[useful[0]], useful[2]) if useful else None,
        (named[weak[0]], weak[2] / weak[1], weak[1]) if weak else None,
    )


def _runs(user: User) -> QuerySet[Run]:
    return Run.objects.visible_to(user).counted()


def _counts() -> dict[str, Count]:
    return {
        "total": Count("id"),
        "ended": Count("id", filter=ENDED),
        "completed": Count("id", filter=WELL),
        "failed": Count("id", filter=Q(status=RunStatus.FAILED)),
        "cancelled": Count("id", filter=Q(status=RunStatus.CANCELLED)),
    }


def _percentiles(runs: QuerySet[Run], *shares: float) -> list[float | None]:
    found = runs.aggregate(**{f"p{number}": Percentile(TOOK, share=share) for number, share in enumerate(shares)})
    return [_seconds(found[f"p{number}"]) for number in range(len(shares))]


def _week(monday: date, row: Mapping[str, Any]) -> Week:
    return Week(monday, row.get("total", 0), row.get("failed", 0), _seconds(row.get("usual")))


def _seconds(span: timedelta | None) -> float | None:
    return span.total_seconds() if span is not None else None

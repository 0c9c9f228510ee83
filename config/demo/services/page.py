"""What the demo's services received, with a lever for each. Only with HANDRAIL_DEMO=1, and only for somebody signed in."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.demo.services.book import BEHAVIOURS, BY_KEY, SERVICES
from config.demo.services.records import Records
from playbooks_app.errors import OutOfSight

SHOWN = 40


def records() -> Records:
    """Those of this demo."""
    return Records(settings.DATA_DIR / "services")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def services(request: HttpRequest) -> HttpResponse:
    """`/demo/services/?service=&run=`: the newest calls, and every service with its behaviour; a POST changes one."""
    if request.method == "POST":
        return _changed(request)
    chosen, run = request.GET.get("service", ""), request.GET.get("run", "")
    kept = records()
    calls = kept.newest(SHOWN, chosen, int(run) if run.isdecimal() else None)
    behaviours = kept.behaviours()
    context = {
        "calls": [(call, parse_datetime(call.at)) for call in calls],
        "services": [(each, behaviours[each.key], behaviours[each.key] != each.behaviour) for each in SERVICES],
        "chosen": BY_KEY.get(chosen),
        "run": run if run.isdecimal() else "",
        "behaviours": BEHAVIOURS,
    }
    return render(request, "demo/services.html", context)


def _changed(request: HttpRequest) -> HttpResponse:
    service, behaviour = request.POST.get("service", ""), request.POST.get("behaviour", "")
    if "reset" in request.POST:
        records().as_at_first()
        messages.success(request, "Every service behaves as it did at first.")
    elif service in BY_KEY and behaviour in BEHAVIOURS:
        records().choose(service, behaviour)
        messages.success(request, f"{BY_KEY[service].title}: {BEHAVIOURS[behaviour].lower()}.")
    else:
        raise OutOfSight("There is no such service or behaviour.")
    return redirect("demo_services")


class ServicesView(APIView):
    """`GET /api/v1/demo/services/?service=&run=`."""

    @extend_schema(
        parameters=[OpenApiParameter("service", str, description="one service"), OpenApiParameter("run", int, description="calls of one run")],
        responses={200: dict[str, Any]},
    )
    def get(self, request: Request) -> Response:
        """`{results: [{number, at, service, method, path, query, body, key, status, again}]}`, newest first."""
        run = request.query_params.get("run", "")
        found = records().newest(5_000, request.query_params.get("service", ""), int(run) if run.isdecimal() else None)
        return Response({"results": [asdict(call) for call in found]})

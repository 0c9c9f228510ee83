"""System: how the installation is, for those who operate it; also as JSON, and as text for Prometheus."""

from __future__ import annotations

import hmac
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playbooks_app import audit, clock
from playbooks_app.errors import NotAllowed, OutOfSight
from playbooks_app.models import User
from runs_app import system
from runs_app.models import OutboxMail

MOST_MAILS = 50


@login_required
@require_safe
@never_cache
def system_page(request: HttpRequest) -> HttpResponse:
    """`/system/`, or with `?as=json` its figures."""
    _require_staff(request)
    found = system.figures()
    if request.GET.get("as") == "json":
        return JsonResponse(found)
    return render(request, "runs_app/system.html", {**found, "failed_mails": system.failed_mails()[:MOST_MAILS]})


@login_required
@require_POST
def mail_resend(request: HttpRequest, pk: int) -> HttpResponse:
    """`/system/mails/<id>/send-again/`: one that was given up is tried again."""
    by = _require_staff(request)
    if not system.failed_mails().filter(pk=pk).update(given_up_at=None, due_at=clock.now(), tries=0, last_error=""):
        raise OutOfSight("There is no such mail, or it is on its way.")
    audit.note(by, "mail.sent_again", OutboxMail.objects.get(pk=pk), request=request)
    messages.success(request, "It is tried again within a second.")
    return redirect("system")


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """`/metrics`: figures only, no names. With METRICS_TOKEN set, for whoever sends it as a bearer token."""
    wanted = f"Bearer {settings.METRICS_TOKEN}"
    if settings.METRICS_TOKEN and not hmac.compare_digest(request.headers.get("Authorization", "").encode(), wanted.encode()):
        return HttpResponse("A token is needed.\n", status=401, content_type="text/plain")
    return HttpResponse(system.prometheus(), content_type="text/plain; version=0.0.4; charset=utf-8")


def _require_staff(request: HttpRequest) -> User:
    """Who runs the installation. Raises NotAllowed."""
    user = cast(User, request.user)
    if not user.is_staff:
        raise NotAllowed("Only those who operate this installation see this page.", hint="Ask them if something is slow.")
    return user

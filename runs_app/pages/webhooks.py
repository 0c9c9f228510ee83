"""Settings, Webhooks: who is told of what, and what came of it; and the test of a connection."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Connection
from playbooks_app.pages import programs
from playbooks_app.pages.finding import viewer
from playbooks_app.permissions import may_keep_secrets, require
from runs_app.models import Webhook
from runs_app.news import webhooks
from runs_app.trying_connections import try_connection

MOST_SHOWN = 50  # deliveries


@login_required
def webhook_list(request: HttpRequest) -> HttpResponse:
    """`/settings/webhooks/`."""
    _account(request)
    found = Webhook.objects.visible_to(viewer(request)).select_related("owner")
    return render(request, "runs_app/webhooks.html", {"found": found, **programs.tabs(viewer(request), "webhooks")})


@login_required
def webhook_new(request: HttpRequest) -> HttpResponse:
    """`/settings/webhooks/new/`: the secret is shown in the answer that makes it."""
    account = _account(request)
    if request.method != "POST":
        return _page(request, None)
    try:
        made, secret = webhooks.make(account, by=viewer(request), **_given(request))
    except Refused as refused:
        return _page(request, None, problems=refused.problems)
    return _page(request, made, secret=secret)


@login_required
def webhook_page(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/webhooks/<id>/`: what it is about, and its deliveries; POST changes it."""
    found = _found(request, pk)
    if request.method != "POST":
        return _page(request, found)
    try:
        webhooks.change(found, by=viewer(request), enabled="enabled" in request.POST, **_given(request))
    except Refused as refused:
        return _page(request, found, problems=refused.problems)
    messages.success(request, "Saved")
    return redirect("webhook", pk)


@require_POST
@login_required
def webhook_deed(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """`/settings/webhooks/<id>/rotate|test|delete/`."""
    found, user = _found(request, pk), viewer(request)
    if deed == "rotate":
        return _page(request, found, secret=webhooks.renew_secret(found, by=user))
    if deed == "delete":
        webhooks.delete(found, by=user)
        messages.success(request, "Deleted the webhook")
        return redirect("webhooks")
    webhooks.send_test(found, by=user)
    messages.success(request, "A test is on its way")
    return redirect("webhook", pk)


@require_POST
@login_required
def delivery_again(request: HttpRequest, pk: int, delivery: int) -> HttpResponse:
    """`/settings/webhooks/<id>/deliveries/<id>/again/`."""
    found = webhooks.deliveries_of(_found(request, pk)).filter(pk=delivery).first()
    if found is None:
        raise OutOfSight("There is no such delivery of this webhook.")
    webhooks.deliver_again(found, by=viewer(request))
    messages.success(request, "It is delivered once more")
    return redirect("webhook", pk)


@require_POST
@login_required
def connection_test(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/connections/<id>/test/`: call it once, and say what came back."""
    found = Connection.objects.filter(account=_account(request), pk=pk).first()
    if found is None:
        raise OutOfSight("There is no such connection in your account.")
    try_connection(found, by=viewer(request))
    (messages.success if found.test_ok else messages.error)(request, f"{found.name}: {found.test_said}")
    return redirect("connections")


def _account(request: HttpRequest) -> Account:
    user = viewer(request)
    if user.account is None:
        raise OutOfSight("You work in no account.")
    require(may_keep_secrets(user, user.account), "handle webhooks and connections")
    return user.account


def _found(request: HttpRequest, pk: int) -> Webhook:
    _account(request)
    found = Webhook.objects.visible_to(viewer(request)).select_related("owner").filter(pk=pk).first()
    if found is None:
        raise OutOfSight("There is no such webhook in your account, or it is not yours.")
    return found


def _given(request: HttpRequest) -> dict[str, Any]:
    asked = request.POST
    return {"url": asked.get("url", ""), "description": asked.get("description", "")[:200], "events": asked.getlist("events")}


def _page(request: HttpRequest, webhook: Webhook | None, *, problems: list[Problem] | None = None, secret: str = "") -> HttpResponse:
    typed = _given(request) if problems else {"url": webhook.url, "description": webhook.description, "events": webhook.events} if webhook else {}
    deliveries = webhooks.deliveries_of(webhook)[:MOST_SHOWN] if webhook else []
    events = [*webhooks.KINDS.items(), ("*", "Everything")]
    context = {"webhook": webhook, "typed": typed, "problems": problems or [], "secret": secret, "deliveries": deliveries, "events": events}
    answer = render(request, "runs_app/webhook.html", context, status=422 if problems else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer

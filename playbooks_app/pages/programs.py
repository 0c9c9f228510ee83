"""Settings, API tokens: the keys of programs; and the tabs that the pages of connections have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_POST

from playbooks_app import clock
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from playbooks_app.models.api_token import Scope
from playbooks_app.pages.finding import viewer
from playbooks_app.permissions import may_keep_secrets
from playbooks_app.secrecy import tokens

LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))
TABS = (("connections", "Connections"), ("secrets", "Secrets"), ("webhooks", "Webhooks"), ("tokens", "API tokens"))


def tabs(user: User, current: str) -> dict[str, Any]:
    """`{tabs: [(address, label, whether it is this one)]}`: those that the viewer may open."""
    keeps = user.account is not None and may_keep_secrets(user, user.account)
    found = [(_address(name), label, name == current) for name, label in TABS if keeps or name == "tokens"]
    return {"tabs": [each for each in found if each[0]]}


@login_required
def token_list(request: HttpRequest) -> HttpResponse:
    """`/settings/tokens/`: POST makes one; its key is shown in that answer, and never again."""
    problems, key = _made(request) if request.method == "POST" else ([], "")
    user = viewer(request)
    found = tokens.tokens_visible_to(user).filter(revoked_at=None).order_by("-pk")[:200]
    typed = {"name": request.POST.get("name", ""), "scopes": request.POST.getlist("scopes"), "days": request.POST.get("days", "90")}
    context = {"found": found, "key": key, "problems": problems, "typed": typed, "scopes": _scopes(), "lives": LIVES, **tabs(user, "tokens")}
    answer = render(request, "playbooks_app/tokens.html", context, status=422 if problems else 200)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@require_POST
@login_required
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/tokens/<id>/revoke/`."""
    found = tokens.tokens_visible_to(viewer(request)).filter(pk=pk).first()
    if found is None:
        raise OutOfSight("There is no such token, or it is not yours.")
    tokens.revoke(found, by=viewer(request))
    messages.success(request, f"Revoked {found.name}")
    return redirect("tokens")


def _made(request: HttpRequest) -> tuple[list[Problem], str]:
    days, scopes = request.POST.get("days", ""), request.POST.getlist("scopes")
    faults = tokens.faults_of_scopes(scopes)
    if days not in dict(LIVES):
        faults.append(Problem("days", "NotOneOf", "Choose how long it lives."))
    if faults:
        return faults, ""
    ends = clock.now() + timedelta(days=int(days)) if days else None
    try:
        return [], tokens.make(viewer(request), name=request.POST.get("name", "")[:100], scopes=scopes, expires_at=ends)[1]
    except Refused as refused:
        return refused.problems, ""


def _scopes() -> list[tuple[str, str, str]]:
    """(value, name, what it opens)."""
    return [(value, *label.split(": ", 1)) for value, label in Scope.choices]  # type: ignore[misc]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""

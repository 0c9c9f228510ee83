"""`/profile/security/`: second factors, and the browsers in which one is signed in."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from playbooks_app import wording
from playbooks_app.entrance import sessions
from playbooks_app.errors import OutOfSight
from playbooks_app.pages.finding import viewer


@require_safe
@never_cache
@login_required
def security(request: HttpRequest) -> HttpResponse:
    """What protects this person, and where they are signed in."""
    user = viewer(request)
    found = {each.type: each.wrap() for each in Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN)}
    context = {
        "app": found.get(Authenticator.Type.TOTP),
        "codes": found.get(Authenticator.Type.RECOVERY_CODES),
        "keys": Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).order_by("pk"),
        "sessions": sessions.sessions_of(user, request.session.session_key),
    }
    return render(request, "playbooks_app/security.html", context)


@require_POST
@login_required
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """One browser is signed out."""
    if not sessions.end(viewer(request), pk):
        raise OutOfSight("This browser is not signed in any more.")
    messages.success(request, "That browser is signed out.")
    return redirect("security")


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """All other browsers are signed out."""
    ended = sessions.end_others(viewer(request), request.session.session_key)
    messages.success(request, f"{wording.count(ended, 'other browser')} signed out.")
    return redirect("security")

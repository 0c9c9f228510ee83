"""Signing in and out, noted in the audit log, whichever way a person signs in: Django tells of each."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import signals
from django.db.models import Q
from django.http import HttpRequest

from playbooks_app import audit
from playbooks_app.models import User


def watch() -> None:
    """Called once, when everything is loaded."""
    signals.user_logged_in.connect(_came_in, dispatch_uid="audit-came-in")
    signals.user_logged_out.connect(_went_out, dispatch_uid="audit-went-out")
    signals.user_login_failed.connect(_was_refused, dispatch_uid="audit-was-refused")


def _came_in(sender: Any, user: User, request: HttpRequest, **more: Any) -> None:
    audit.note(user, "login.succeeded", user, request=request)


def _went_out(sender: Any, user: User | None, request: HttpRequest, **more: Any) -> None:
    if user is not None:
        audit.note(user, "login.ended", user, request=request)


def _was_refused(sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **more: Any) -> None:
    """Of a name that nobody has, the name is not kept: what people type there is sometimes their password."""
    name = str(credentials.get("username") or "").replace("\0", "")
    known = User.objects.filter(Q(email__iexact=name) | Q(username__iexact=name)).first() if name else None
    audit.note(None, "login.refused", known, request=request)

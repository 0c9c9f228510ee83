"""Fetching what a page is about: out of sight is 404, whoever asks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playbooks_app.errors import NotAllowed, OutOfSight
from playbooks_app.models import Playbook, User


def viewer(request: HttpRequest) -> User:
    """Who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)
    return request.user


def playbook_in_sight(request: HttpRequest, pk: int) -> Playbook:
    """With its people, in one query. Archived ones are found as well: their pages say so. Raises OutOfSight."""
    require_plan(request)
    found: Playbook | None = Playbook.objects.visible_to(request.user).with_people().filter(pk=pk).first()
    if found is None:
        raise OutOfSight(f"There is no playbook {pk}, or it is not shared with you.")
    return found


def require_plan(request: HttpRequest) -> None:
    """Raises NotAllowed where the account's plan has no playbooks (S0-plan-gate)."""
    account = viewer(request).account
    if account is not None and not account.playbooks_enabled:
        raise NotAllowed(f"Playbooks are not part of {account}'s plan.", hint="Ask an owner of your account to switch them on.")


def render_part(request: HttpRequest, page: str, part: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """The whole page, or for htmx and dialogs its changing part alone, from the same context."""
    return render(request, part if getattr(request, "htmx", False) else page, context, status=status)

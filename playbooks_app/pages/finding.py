"""Fetching what a page is about: out of sight is 404, whoever asks."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from playbooks_app.errors import NotAllowed
from playbooks_app.models import Playbook, User


def viewer(request: HttpRequest) -> User:
    """Who is signed in; for views behind `login_required`."""
    assert isinstance(request.user, User)
    return request.user


def playbook_in_sight(request: HttpRequest, pk: int) -> Playbook:
    """With its people, in one query. Archived ones are found as well: their pages say so. Raises Http404."""
    require_plan(request)
    return get_object_or_404(Playbook.objects.visible_to(request.user).with_people(), pk=pk)


def require_plan(request: HttpRequest) -> None:
    """Raises NotAllowed where the account's plan has no playbooks (S0-plan-gate)."""
    account = viewer(request).account
    if account is not None and not account.playbooks_enabled:
        raise NotAllowed(f"Playbooks are not part of {account}'s plan.", hint="Ask an owner of your account to switch them on.")

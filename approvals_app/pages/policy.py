"""The policy tester's page: pick a playbook, a step, who asks and when; see who is asked, reminded and escalated to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from approvals_app import people, questions, trying
from approvals_app.pages.request import SignedIn
from playbooks_app import clock
from playbooks_app.errors import HandrailError
from playbooks_app.models import Playbook, PlaybookVersion, User

MOST = 500
ICONS = {"asked": "inbox", "deputy": "forward", "barred": "lock", "reminded": "mail", "escalated": "up", "silence": "hourglass"}
WORDS = {"asked": "is asked", "deputy": "stands in", "barred": "may not decide", "reminded": "is reminded", "escalated": "is asked next"}


@login_required
@require_GET
def policy(request: SignedIn) -> HttpResponse:
    """`/approvals/policy/?playbook=&step=&requester=&at=&value-<input>=`; the inputs that say who is asked."""
    playbook, at = _playbook(request), _at(request)
    context: dict[str, Any] = {"playbooks": _playbooks(request.user), "playbook": playbook, "at": at, "requester": _requester(request, playbook)}
    tried = _chosen(request, playbook, context["requester"], at) if playbook is not None else {}
    return render(request, "approvals_app/policy.html", {**context, **tried})


def _chosen(request: SignedIn, playbook: Playbook, requester: User, at: datetime) -> dict[str, Any]:
    """Its steps, the people who may start it, and what would happen at the chosen step."""
    steps = trying.steps_that_ask(playbook)
    colleagues = list(people.working_in(playbook.account_id).distinct().order_by("first_name")[:MOST])
    chosen = request.GET.get("step", "") or (steps[0].id if steps else "")
    typed = {name.removeprefix("value-"): str(text) for name, text in request.GET.items() if name.startswith("value-")}
    tried = {"step": chosen, **_tried(playbook, chosen, requester, at, typed)} if chosen else {}
    return {"steps": steps, "colleagues": colleagues, **tried}


def _tried(playbook: Playbook, step: str, requester: User, at: datetime, typed: Mapping[str, str]) -> dict[str, Any]:
    inputs = trying.inputs_that_matter(playbook, step)
    asked = {"questions": [questions.field_of(each, typed or None) for each in inputs]}
    try:
        trial = trying.try_policy(playbook, step, requester, at, trying.taken(inputs, typed))
    except HandrailError as error:
        return {**asked, "error": error}
    lines = [{"moment": each, "icon": ICONS[each.what], "words": WORDS.get(each.what, "")} for each in trial.moments]
    return {**asked, "trial": trial, "lines": lines, "asked": any(each.what == "asked" for each in trial.moments)}


def _playbooks(viewer: User) -> list[Playbook]:
    published = PlaybookVersion.objects.filter(number__isnull=False).values("playbook")
    found = Playbook.objects.visible_to(viewer).filter(archived_at=None, pk__in=published).order_by("name")
    return list(found[:MOST])


def _playbook(request: SignedIn) -> Playbook | None:
    wanted = request.GET.get("playbook", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
        return None
    found: Playbook | None = Playbook.objects.visible_to(request.user).select_related("account").filter(pk=int(wanted)).first()
    return found


def _requester(request: SignedIn, playbook: Playbook | None) -> User:
    name = request.GET.get("requester", "")
    return (people.find(name, playbook.account_id) if name and playbook else None) or request.user


def _at(request: SignedIn) -> datetime:
    try:
        found = datetime.fromisoformat(request.GET.get("at", ""))
    except ValueError:
        return clock.now()
    return found if timezone.is_aware(found) else timezone.make_aware(found)

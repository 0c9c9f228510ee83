"""Running a ready playbook once, to see what it does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from playbooks_app import audit
from playbooks_app.gallery import copying
from playbooks_app.gallery.reading import Entry
from playbooks_app.models import Playbook, PlaybookVersion, User
from playbooks_app.pages.finding import require_plan, viewer
from playbooks_app.pages.gallery import entry_at, needs_of
from playbooks_app.permissions import may_create, may_start, require
from runs_app.starting import start


@require_POST
@login_required
def gallery_run(request: HttpRequest, slug: str) -> HttpResponse:
    """`/gallery/<slug>/run/`: takes a copy unless there is one that stands unchanged, starts it with a sample, and leads to the run."""
    require_plan(request)
    found, user = entry_at(slug), viewer(request)
    number = request.POST.get("sample", "0")
    sample = found.samples[int(number) if number.isdecimal() and int(number) < len(found.samples) else 0]
    started = start(_version(found, user), inputs=sample.inputs, by=user, trigger="gallery", **_where(found, user))
    audit.note(user, "run.started", started.run, request=request)
    if started.run.mode == "sandbox":
        messages.info(request, "This is the sandbox: its services are not connected, so samples answer in their place and nothing leaves Handrail.")
    return redirect("run", started.run.pk)


def _where(found: Entry, user: User) -> dict[str, Any]:
    """How it is started: for real, or, while a service that it calls has no address, in the sandbox with the entry's sample answers."""
    missing = [each.name for each in needs_of(found, user) if not each.address]
    if not missing:
        return {}
    services = user.account.whole_config.get("services", {}) if user.account else {}
    named = {"services": {**services, **{name: f"https://{name.replace('_', '-')}.example" for name in missing}}}
    return {"mode": "sandbox", "pinned": dict(found.answers), "config": named}


def _version(found: Entry, user: User) -> PlaybookVersion:
    """Of a copy that this person may start. Raises NotAllowed."""
    playbook = copying.unchanged_copy(found, user) or _copy(found, user)
    require(may_start(user, playbook), "start it")
    version = playbook.newest
    assert version is not None
    return version


def _copy(found: Entry, user: User) -> Playbook:
    require(may_create(user), "draw playbooks")
    return copying.take(found, by=user, publish=True)

"""One playbook: what it is, who sees it, its versions, and what the machine shows about its runs."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from playbooks_app.drafting.differences import differences
from playbooks_app.drafting.exporting import exported
from playbooks_app.errors import Refused
from playbooks_app.language.document import normalise
from playbooks_app.models import Playbook, PlaybookVersion, User
from playbooks_app.pages.finding import playbook_in_sight, render_part, viewer
from playbooks_app.pages.panels import panels_of, tabs_of, uses_of
from playbooks_app.permissions import may_edit, may_publish, may_share, may_start, require

SHOWN_VERSIONS = 5


@login_required
def playbook_page(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/`."""
    playbook = playbook_in_sight(request, pk)
    return render(
        request, "playbooks_app/playbook.html", {**frame_of(request, playbook), **_draft_of(playbook), "panels": panels_of(request, playbook)}
    )


@login_required
def playbook_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/versions/`."""
    playbook = playbook_in_sight(request, pk)
    return render(request, "playbooks_app/versions.html", {**frame_of(request, playbook, most=None), "draft": _draft_of(playbook)})


@login_required
def playbook_compare(request: HttpRequest, pk: int, old: int, new: int) -> HttpResponse:
    """`/playbooks/<id>/versions/<old>/<new>/`: what is different, step by step."""
    playbook = playbook_in_sight(request, pk)
    before, after = (get_object_or_404(playbook.versions, number=number) for number in (old, new))
    changes = differences(before.document, after.document)
    return render(request, "playbooks_app/compare.html", {**frame_of(request, playbook), "before": before, "after": after, "changes": changes})


@login_required
def playbook_export(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/export/?as=yaml|json&version=&usual=1`."""
    asked = request.GET
    return exported(playbook_in_sight(request, pk), asked.get("version", ""), asked.get("as", "yaml"), by=viewer(request), usual="usual" in asked)


@login_required
def playbook_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/publish/`: asks for a word on what is different; 422 shows every fault of the draft."""
    playbook = playbook_in_sight(request, pk)
    require(may_publish(request.user, playbook), "publish this playbook")
    problems = []
    if request.method == "POST":
        try:
            version = playbook.publish(by=viewer(request), note=request.POST.get("note", "").replace("\0", "")[:2000])
            messages.success(request, f"Version {version.number} is out. Runs that have begun stay on theirs.")
            return redirect("playbook", pk)
        except Refused as refused:
            problems = refused.problems
    context = {"playbook": playbook, "problems": problems, "next": _next_number(playbook)}
    return render_part(request, "playbooks_app/publish.html", "playbooks_app/_publish.html", context, status=422 if problems else 200)


@require_POST
@login_required
def version_deprecate(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """`/playbooks/<id>/versions/<n>/deprecate/`: the same address takes it back with `revive`."""
    playbook = playbook_in_sight(request, pk)
    require(may_publish(request.user, playbook), "deprecate versions of this playbook")
    version = get_object_or_404(playbook.versions, number=number)
    if "revive" in request.POST:
        version.revive(by=viewer(request))
        messages.success(request, f"Version {number} can start again.")
    else:
        version.deprecate(by=viewer(request), reason=request.POST.get("reason", "").replace("\0", "")[:2000])
        messages.success(request, f"Nothing starts with version {number} any more. Runs that have begun go on.")
    return redirect("playbook_versions", pk)


@require_POST
@login_required
def version_restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """`/playbooks/<id>/versions/<n>/restore/`: the draft says what this version says, and nothing is published; on to the builder."""
    playbook = playbook_in_sight(request, pk)
    require(may_edit(request.user, playbook), "change the draft of this playbook")
    version = get_object_or_404(playbook.versions, number=number)
    playbook.save_draft(version.document, by=viewer(request))
    messages.success(request, f"The draft is version {number} again. Publish it when it is right.")
    return redirect("playbook_edit", pk)


@require_POST
@login_required
def playbook_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/archive/`: the same address takes it out with `restore`."""
    playbook = playbook_in_sight(request, pk)
    require(may_edit(request.user, playbook), "archive this playbook")
    if "restore" in request.POST:
        playbook.restore(by=viewer(request))
        messages.success(request, f"“{playbook}” is back.")
        return redirect("playbook", pk)
    playbook.archive(by=viewer(request))
    messages.success(request, f"“{playbook}” is in the archive. Its runs and versions stay.")
    return redirect("playbooks")


def frame_of(request: HttpRequest, playbook: Playbook, most: int | None = SHOWN_VERSIONS) -> dict[str, Any]:
    """What every page of a playbook shows: head, tabs, versions, and what the viewer may do."""
    user = viewer(request)
    versions = list(playbook.versions.select_related("published_by", "deprecated_by").defer("document"))
    uses = uses_of(user, playbook)
    shown = [(version, uses.get(version.pk, "")) for version in versions[:most]]
    return {
        "playbook": playbook,
        "versions": shown,
        "version_count": len(versions),
        "newest": next((version for version in versions if version.deprecated_at is None), None),
        "tabs": tabs_of(user, playbook),
        "can": _deeds(user, playbook),
    }


def _deeds(user: User, playbook: Playbook) -> dict[str, bool]:
    """What the viewer may do with it; little with one in the archive."""
    current = playbook.archived_at is None
    return {
        "edit": may_edit(user, playbook) and current,
        "archive": may_edit(user, playbook),
        "publish": may_publish(user, playbook) and current,
        "share": may_share(user, playbook) and current,
        "start": may_start(user, playbook) and current,
    }


def _draft_of(playbook: Playbook) -> dict[str, Any]:
    """Whether the draft is ahead of the newest version, and how many faults it has."""
    faults = [problem for problem in playbook.problems() if problem.level == "error"]
    newest = playbook.newest
    ahead = newest is None or bool(faults) or normalise(playbook.draft) != newest.document
    return {"faults": faults, "ahead": ahead, "next": _next_number(playbook)}


def _next_number(playbook: Playbook) -> int:
    newest: PlaybookVersion | None = playbook.versions.order_by("-number").first()
    return newest.number + 1 if newest else 1

"""Deciding who sees a playbook: one dialog, with the consequence in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from playbooks_app import drawing
from playbooks_app.errors import Refused
from playbooks_app.models import Department, Group, Playbook, Visibility
from playbooks_app.pages.finding import playbook_in_sight, render_part, viewer
from playbooks_app.permissions import may_share, require
from playbooks_app.wording import count


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to share, and how many people it means."""

    visibility: str
    label: str
    icon: str
    meaning: str


@login_required
def playbook_share(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/share/`: the page, or its form alone for the dialog."""
    playbook = playbook_in_sight(request, pk)
    require(may_share(request.user, playbook), "decide who sees this playbook")
    problems, chosen = [], _chosen(request, playbook)
    if request.method == "POST":
        try:
            drawing.share(playbook, by=viewer(request), **chosen)
            messages.success(request, f"Saved. {said(playbook)}")
            return redirect("playbook", pk)
        except Refused as refused:
            problems = refused.problems
    context = {"playbook": playbook, "problems": problems, "chosen": chosen, **_choices(playbook)}
    return render_part(request, "playbooks_app/share.html", "playbooks_app/_share.html", context, status=422 if problems else 200)


def said(playbook: Playbook) -> str:
    """Who sees it, as a sentence."""
    match playbook.visibility:
        case Visibility.PRIVATE:
            return f"Only {playbook.owner.display_name if playbook.owner else 'its owner'} and the admins of {playbook.account} see it."
        case Visibility.DEPARTMENT:
            return f"Everyone in {playbook.department} sees it."
        case Visibility.GROUP:
            return f"Everyone in the group {playbook.group} sees it."
    return f"Everyone at {playbook.account} sees it."


def _chosen(request: HttpRequest, playbook: Playbook) -> dict[str, str]:
    if request.method == "POST":
        return {key: request.POST.get(key, "").replace("\0", "") for key in ("visibility", "department", "group")}
    return {
        "visibility": playbook.visibility,
        "department": playbook.department.slug if playbook.department else "",
        "group": playbook.group.slug if playbook.group else "",
    }


def _choices(playbook: Playbook) -> dict[str, object]:
    """Three queries: departments and groups with their people, and the account's."""
    active = Q(memberships__active=True)
    departments = list(Department.objects.filter(account=playbook.account).annotate(people=Count("memberships", filter=active)).order_by("name"))
    groups = list(Group.objects.filter(account=playbook.account).annotate(people=Count("members")).order_by("name"))
    people = playbook.account.memberships.filter(active=True).count()
    mine = playbook.department or (playbook.owner.membership.department if playbook.owner and playbook.owner.membership else None)
    in_mine = next((each.people for each in departments if mine and each.pk == mine.pk), 0)
    choices = [
        Choice(Visibility.PRIVATE, "Only the owner", "lock", "nobody else"),
        Choice(Visibility.DEPARTMENT, "Department", "building", f"{mine}, {count(in_mine, 'person', 'people')}" if mine else "choose one"),
        Choice(Visibility.GROUP, "Group", "people", "choose one" if groups else "there is none yet"),
        Choice(Visibility.ACCOUNT, "Everyone", "globe", f"at {playbook.account}, {count(people, 'person', 'people')}"),
    ]
    return {"choices": choices, "departments": departments, "groups": groups, "mine": mine.slug if mine else ""}

"""Deciding who sees a playbook: one dialog, with the consequence for each person in words. The dialog of runs is made of the same parts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from playbooks_app.drafting import drawing
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Membership, Playbook, PlaybookGrant, Role, User, Visibility
from playbooks_app.pages.finding import playbook_in_sight, render_part, viewer
from playbooks_app.permissions import may_share, require
from playbooks_app.rights import sharing
from playbooks_app.rights.share_form import chosen_in, form_of, wishes_in
from playbooks_app.wording import count


@login_required
def playbook_share(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/share/`: the page, or its form alone for the dialog; with `preview` nothing is kept."""
    playbook = playbook_in_sight(request, pk)
    require(may_share(request.user, playbook), "decide who sees this playbook")
    posted, faults = request.POST if request.method == "POST" else None, []
    if posted is not None and "preview" not in posted and not (faults := _save(posted, playbook, viewer(request))):
        messages.success(request, f"Saved. {said(playbook)}")
        return redirect("playbook", pk)
    context = {"playbook": playbook, **form_of(posted, viewer(request), playbook, PlaybookGrant)}
    context["problems"] = faults or context["problems"]
    return render_part(request, "playbooks_app/share.html", "playbooks_app/_share.html", context, status=422 if context["problems"] else 200)


@login_required
def playbook_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """`/playbooks/<id>/hand-over/`: choose another owner."""
    playbook = playbook_in_sight(request, pk)
    require(may_share(request.user, playbook), "hand this playbook over")
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            playbook.hand_over(_builder(playbook, request.POST.get("to", "")), by=viewer(request))
            messages.success(request, f"{playbook.owner.display_name if playbook.owner else ''} looks after “{playbook}” from here on.")
            return redirect("playbook", pk)
        except Refused as refused:
            problems = refused.problems
    context = {"playbook": playbook, "problems": problems, "builders": builders_of(playbook)}
    return render_part(request, "playbooks_app/hand_over.html", "playbooks_app/_hand_over.html", context, status=422 if problems else 200)


def said(playbook: Playbook) -> str:
    """Who sees it, as a sentence."""
    more = playbook.grants.count()
    also = f" {count(more, 'right')} beside that." if more else ""
    match playbook.visibility:
        case Visibility.PRIVATE:
            return f"Only {playbook.owner.display_name if playbook.owner else 'its owner'} and the admins of {playbook.account} see it.{also}"
        case Visibility.DEPARTMENT:
            return f"Everyone in {playbook.department} sees it.{also}"
        case Visibility.GROUP:
            return f"Everyone in the group {playbook.group} sees it.{also}"
    return f"Everyone at {playbook.account} sees it.{also}"


def builders_of(playbook: Playbook) -> list[User]:
    """Who could look after it, by name, the present owner left out."""
    places = Membership.objects.filter(account=playbook.account, active=True, role__in=(Role.OWNER, Role.ADMIN, Role.BUILDER))
    people = User.objects.filter(pk__in=places.values("user"), is_active=True)
    return list(people.exclude(pk=playbook.owner_id or 0).order_by("first_name", "username"))


def _save(posted: QueryDict, playbook: Playbook, by: User) -> list[Problem]:
    """All of it or nothing; what is wrong with it."""
    try:
        with transaction.atomic():
            drawing.share(playbook, by=by, **chosen_in(posted, playbook))
            sharing.set_grants(playbook, sharing.wishes_to_grants(playbook, wishes_in(posted), PlaybookGrant), by=by)
    except Refused as refused:
        return refused.problems
    return []


def _builder(playbook: Playbook, username: str) -> User:
    found = next((each for each in builders_of(playbook) if each.username == username), None)
    if found is None:
        raise Refused([Problem("to", "NotOneOf", "Choose who is to look after it.")])
    return found

"""One decision: its page, and the deeds on it. With htmx the same as a pane of the inbox."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from approvals_app import deciding, links, people, permissions, reading
from approvals_app.models import Approval
from approvals_app.pages.answers import Answer
from approvals_app.pages.request import SignedIn
from playbooks_app import clock
from playbooks_app.errors import HandrailError, OutOfSight, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import User


@login_required
@require_GET
def show(request: SignedIn, approval_id: int) -> HttpResponse:
    """`/approvals/<id>/`; `?pane=1` only what the inbox shows beside its list."""
    approval = in_sight(request, approval_id)
    note_seen(approval, request.user)
    return answer(request, approval)


@login_required
@require_POST
def decide(request: SignedIn, approval_id: int) -> HttpResponse:
    """One press, one vote. Too late or outdated: the page as it is, saying so (409)."""
    approval = in_sight(request, approval_id)
    given = Answer.of(request.POST)
    try:
        approval.decide(given.decision, by=request.user, channel="inbox", address=links.address_of(request), **given.checked(approval))
    except (WrongState, Refused) as error:
        return answer(request, in_sight(request, approval_id), error=error, given=given)
    said = f"{approval.label_of(given.decision)}: {approval.title}"
    if request.htmx:
        return inbox_goes_on(said, approval_id)
    messages.success(request, said)
    return redirect("approval", approval_id)


@login_required
@require_POST
def comment(request: SignedIn, approval_id: int) -> HttpResponse:
    """Say something to everybody concerned."""
    approval = in_sight(request, approval_id)
    permissions.require(permissions.may_comment(request.user, approval), "comment on this")
    approval.say(request.POST.get("text", ""), by=request.user, asks="asks" in request.POST)
    return as_it_stands(request, approval_id)


@login_required
@require_POST
def delegate(request: SignedIn, approval_id: int) -> HttpResponse:
    """Hand over to the person named in `to`."""
    approval = in_sight(request, approval_id)
    deciding.asked_or_refuse(approval, request.user)
    to = heir(approval, request.POST.get("to", ""))
    approval.delegate(to, by=request.user)
    said = f"Handed over to {to.display_name}: {approval.title}"
    if request.htmx:
        return inbox_goes_on(said, approval_id)
    messages.success(request, said)
    return redirect("inbox")


@login_required
@require_POST
def claim(request: SignedIn, approval_id: int) -> HttpResponse:
    """Take it, or (with `release`) give it back to the group."""
    approval = in_sight(request, approval_id)
    (approval.release if "release" in request.POST else approval.claim)(request.user)
    return as_it_stands(request, approval_id)


def as_it_stands(request: SignedIn, approval_id: int) -> HttpResponse:
    """After a deed that decides nothing: the pane with what was typed so far, or the page."""
    if not request.htmx:
        return redirect("approval", approval_id)
    return answer(request, in_sight(request, approval_id), given=Answer.of(request.POST))


def heir(approval: Approval, name: str) -> User:
    """Who is to take it over. Raises Refused when there is no such person or they may not decide."""
    to = people.find(name.strip(), approval.account_id) if name.strip() else None
    if to is None:
        said = f"There is no “{name}” in this account." if name.strip() else "Say to whom."
        raise Refused([Problem("to", "choice", said, "Give a username or an e-mail.")])
    if not permissions.may_take_over(to, approval):
        hint = "Choose somebody whose role allows it, who has not started the run, and who does not decide here already."
        raise Refused([Problem("to", "choice", f"{to.display_name} may not decide this.", hint)])
    return to


def in_sight(request: SignedIn, approval_id: int) -> Approval:
    """The approval, if the viewer may see it. Raises OutOfSight."""
    approval = Approval.objects.visible_to(request.user).with_place().filter(pk=approval_id).first()
    if approval is None:
        raise OutOfSight("There is no such approval, or it is not yours to see.")
    return approval


def note_seen(approval: Approval, viewer: User) -> None:
    """The first look in a round is kept: later changes are shown against it."""
    approval.asked.filter(person=viewer, round=approval.round, seen_at=None).update(seen_at=clock.now())


def answer(request: SignedIn, approval: Approval, *, error: HandrailError | None = None, given: Answer | None = None) -> HttpResponse:
    """The page, or the pane when htmx asks. A pane with an error is shown as it is (200), since htmx drops other answers."""
    context: dict[str, Any] = {**reading.read(approval, request.user), "error": error, "given": given, "heirs": heirs(approval, request.user)}
    context["questions"] = reading.fields(approval, given.values if given else None)
    if request.htmx or "pane" in request.GET:
        return render(request, "approvals_app/_pane.html", context)
    return render(request, "approvals_app/decision.html", context, status=error.http_status if error else 200)


def heirs(approval: Approval, viewer: User) -> list[User]:
    """To whom it can be handed over, for the menu; at most 200."""
    candidates = people.working_in(approval.account_id).filter(memberships__role__in=permissions.DECIDES).exclude(pk=viewer.pk)
    if approval.policy.get("four_eyes") and approval.requester_id:
        candidates = candidates.exclude(pk=approval.requester_id)
    return list(candidates.distinct().order_by("first_name", "username")[:200])


def inbox_goes_on(said: str, approval_id: int) -> HttpResponse:
    """After a decision in the inbox: the page asks for its list, and the next approval gets the focus where this one is still open."""
    response = HttpResponse(status=204)
    response.headers["HX-Trigger"] = trigger("inbox:decided", said, approval_id)
    return response


def trigger(event: str, said: str, approval_id: int) -> str:
    """An HX-Trigger header: our event about this approval, and a toast."""
    return json.dumps({event: {"text": said, "approval": approval_id}, "toast": {"text": said}})

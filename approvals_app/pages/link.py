"""The link in a mail. Looking decides nothing; without a session a choice leads to one more page; the first button of a page never decides."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods

from approvals_app import deciding, emails, links, permissions, reading, sentences
from approvals_app.models import Approval, DecisionLink, MailRules
from approvals_app.pages.answers import Answer
from playbooks_app import clock
from playbooks_app.errors import HandrailError, NotAllowed, Refused, WrongState
from playbooks_app.models import User


@never_cache
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """`/decide/<token>/`: GET shows, POST chooses, and confirms where nobody is signed in."""
    link = DecisionLink.objects.with_token(token)
    if link is None:
        return _unknown(request)
    with timezone.override(emails.zone_of(link.person, link.approval)):
        response = _answer(request, link, token)
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _unknown(request: HttpRequest) -> HttpResponse:
    """404 for a link that never was, most often one that a mail program has cut."""
    cut = "Nothing was decided. Some mail programs cut long links: copy the whole of it, or sign in and look under Approvals."
    said = {"headline": "This link does not work", "explained": cut, "unknown": True}
    return render(request, "approvals_app/link_refused.html", said, status=404)


def _answer(request: HttpRequest, link: DecisionLink, token: str) -> HttpResponse:
    is_press = request.method == "POST"
    if not is_press:
        links.note_open(link, request)
    if is_press and "not_me" in request.POST:
        return _switch_off(link, token)
    if why := _refused_because(request, link):
        return _refused(request, why, link, token)
    if not _signed_in_as(request, link) and (explained := _sign_in_because(link)):
        context = {"approval": link.approval, "link": link, "explained": explained}
        return render(request, "approvals_app/link_sign_in.html", context, status=403 if is_press else 200)
    return _choose(request, link, token) if is_press else _page(request, link, token)


def shows_data(request: HttpRequest, link: DecisionLink, approval: Approval) -> bool:
    """Whether the page of this link shows what is decided on: to who may see it, while it is open."""
    if _refused_because(request, link) or (not _signed_in_as(request, link) and _sign_in_because(link)):
        return False
    return _closed_because(link, approval) in ("", "changed")


def _refused_because(request: HttpRequest, link: DecisionLink) -> str:
    """Why whoever holds the link sees nothing of what it is about; "" when they may."""
    if not permissions.works_in(link.person, link.approval.account_id):
        return "left"
    return "somebody_else" if request.user.is_authenticated and not _signed_in_as(request, link) else ""


def _refused(request: HttpRequest, why: str, link: DecisionLink, token: str) -> HttpResponse:
    """Nothing of the question, nor of who is asked besides the name that the link is for."""
    if why == "left":
        said = {"headline": "This link has stopped working", "explained": "It was for somebody who does not work here any more."}
    else:
        name, viewer = link.person.display_name, request.user
        own = viewer.display_name if isinstance(viewer, User) else ""
        explained = f"You are signed in as {own}, and nobody decides for somebody else. {name} opens it after you sign out, or in a private window."
        said = {"headline": f"This link is for {name}", "explained": explained}
    return render(request, "approvals_app/link_refused.html", {**said, "token": token, "somebody_else": why == "somebody_else"}, status=403)


def _switch_off(link: DecisionLink, token: str) -> HttpResponse:
    """Whoever got somebody else's mail says so."""
    DecisionLink.objects.filter(pk=link.pk, used_at=None, revoked_at=None).update(revoked_at=clock.now())
    return redirect("decision_link", token)


def _page(request: HttpRequest, link: DecisionLink, token: str, *, error: HandrailError | None = None, given: Answer | None = None) -> HttpResponse:
    """What is true at present: the question, or what became of it."""
    approval = Approval.objects.with_place().get(pk=link.approval_id)
    context = _context(request, link, token, approval)
    if why := _closed_because(link, approval):
        context = {**context, "why": why, "error": error, **told(why, link, approval)}
        return render(request, "approvals_app/decided.html", context, status=error.http_status if error else 200)
    context = {**context, "error": error, "given": given, "chosen": request.GET.get("choice", "")}
    context["questions"] = reading.fields(approval, given.values if given else None)
    return render(request, "approvals_app/link.html", context, status=error.http_status if error else 200)


def _choose(request: HttpRequest, link: DecisionLink, token: str) -> HttpResponse:
    """A button was pressed."""
    given = Answer.of(request.POST)
    approval = Approval.objects.with_place().get(pk=link.approval_id)
    if "back" in request.POST:
        return _page(request, link, token, given=given)
    try:
        _check(link, approval, given)
        if not (_signed_in_as(request, link) or request.POST.get("confirm") == "yes"):
            return _confirm(request, link, token, approval, given)
        if not _signed_in_as(request, link) and not links.has_typed_code(link, token, request.POST.get("code", "")):
            return _confirm(request, link, token, approval, given, wrong_code=True)
        approval.decide(given.decision, by=link.person, channel="mail", address=links.address_of(request), **given.checked(approval))
    except (WrongState, Refused, NotAllowed) as error:
        return _page(request, link, token, error=error, given=given)
    DecisionLink.objects.filter(pk=link.pk).update(used_at=clock.now())
    return redirect("decision_link", token)


def _confirm(request: HttpRequest, link: DecisionLink, token: str, approval: Approval, given: Answer, *, wrong_code: bool = False) -> HttpResponse:
    """The second page of who is not signed in; after too many wrong codes the link is worthless."""
    if wrong_code and not DecisionLink.objects.filter(pk=link.pk, revoked_at=None).exists():
        return redirect("decision_link", token)
    context = {**_context(request, link, token, approval), "given": given, "answer": approval.label_of(given.decision), "wrong_code": wrong_code}
    return render(request, "approvals_app/link_confirm.html", context, status=422 if wrong_code else 200)


def _sign_in_because(link: DecisionLink) -> str:
    """Why this account wants a sign-in; "" when the link does, or link and code."""
    rules = MailRules.of(link.approval.account_id)
    if rules.decisions == MailRules.Decisions.SIGN_IN:
        return "Your account decides signed in only. Opening this link decided nothing."
    if rules.decisions == MailRules.Decisions.CODE and not link.code_hash and link.is_live:
        return "Your account asks for a code, and your mail is older than that rule."
    return ""


def _check(link: DecisionLink, approval: Approval, given: Answer) -> None:
    """Faults before the second page rather than after it. Raises Refused, WrongState."""
    deciding.checked_answer(approval, given.decision, given.comment, given.values, from_form=True)
    given.checked(approval)
    if why := _closed_because(link, approval):
        raise WrongState(why)


def _closed_because(link: DecisionLink, approval: Approval) -> str:
    """Why this link decides nothing any more; "" when it does."""
    if approval.asking_of(link.person) is None or not approval.is_open:
        return "over"
    if link.used_at is not None:
        return "used"
    if link.revoked_at is not None:
        return "revoked"
    if link.expires_at <= clock.now():
        return "expired"
    return "changed" if (link.round, link.payload_hash) != (approval.round, approval.payload_hash) else ""


def told(why: str, link: DecisionLink, approval: Approval) -> dict[str, str]:
    """Headline and explanation of a link that decides nothing any more."""
    if why == "over" and not approval.is_open:
        return {"headline": _over_headline(link, approval), "explained": _over_explained(link, approval)}
    said = {
        "over": ("Your part is done", _own_part(link, approval)),
        "used": ("This link was used", "It works once. Sign in to see how things stand."),
        "revoked": ("This link was switched off", "Somebody said that it was not for them. Sign in to decide."),
        "expired": ("This link is too old", "Sign in to decide; the question is still open."),
        "changed": ("This has changed since the mail", "We have sent you a new mail with what is true at present: use its link, or sign in."),
    }[why]
    return {"headline": said[0], "explained": said[1]}


def _over_headline(link: DecisionLink, approval: Approval) -> str:
    if approval.status == "cancelled":
        return "No decision is needed any more"
    if approval.status == "expired":
        return "Closed without an answer"
    if _voted(link, approval):
        return f"You have {sentences.chose(approval, approval.decision)} this" if approval.status != "decided" else "Your answer is recorded"
    return f"Already {'decided' if approval.status == 'decided' else approval.status}, nothing left to do"


def _over_explained(link: DecisionLink, approval: Approval) -> str:
    if _voted(link, approval) and approval.status != "expired":
        return "Recorded with your name, the time and the fingerprint. There is nothing left to do."
    return f"{deciding.over(approval)} Your vote was not needed any more, and this link has stopped working."


def _voted(link: DecisionLink, approval: Approval) -> bool:
    return approval.decisions.filter(round=approval.round, person=link.person).exists()


def _own_part(link: DecisionLink, approval: Approval) -> str:
    vote = approval.decisions.filter(round=approval.round, person=link.person).first()
    return f"You {sentences.chose(approval, vote.decision)} this. Others are still to decide." if vote else "You are not asked any more."


def _signed_in_as(request: HttpRequest, link: DecisionLink) -> bool:
    return bool(request.user.is_authenticated and request.user.pk == link.person_id)


def _context(request: HttpRequest, link: DecisionLink, token: str, approval: Approval) -> dict[str, Any]:
    return {
        **reading.read(approval, since_round=link.round if link.round < approval.round else None),
        "link": link,
        "token": token,
        "person": link.person,
        "signed_in": _signed_in_as(request, link),
        "files_at": reverse("decision_link_file", args=[token, "-"])[:-2],
    }

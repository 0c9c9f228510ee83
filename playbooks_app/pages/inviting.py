"""Inviting people, and the page behind the link in an invitation."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from playbooks_app import wording
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import Department, Group, Invitation, Role, User
from playbooks_app.pages.audit import account_managed_by
from playbooks_app.pages.finding import render_part, viewer
from playbooks_app.people import inviting

BACKEND = "playbooks_app.entrance.sign_in.EmailOrUsername"


class JoinForm(SetPasswordForm):  # type: ignore[type-arg]  # generic for the checker only
    """Who one is, and a password of one's own."""

    first_name = forms.CharField(max_length=150, label="First name")
    last_name = forms.CharField(max_length=150, label="Last name", required=False)
    username = forms.CharField(max_length=150, label="Name for signing in", validators=[UnicodeUsernameValidator()])
    field_order = ["first_name", "last_name", "username", "new_password1", "new_password2"]

    def clean_username(self) -> str:
        """One that nobody has, whatever its case."""
        name: str = self.cleaned_data["username"]
        others = User.objects.exclude(pk=self.user.pk or 0)
        if others.filter(Q(username__iexact=name) | Q(email__iexact=name)).exists():
            raise forms.ValidationError("Somebody has this name already.")
        return name

    def filled(self) -> User:
        """The person, with password, not stored yet."""
        for field in ("first_name", "last_name", "username"):
            setattr(self.user, field, self.cleaned_data[field])
        self.user.is_active = True
        self.user.set_password(self.cleaned_data["new_password1"])
        return cast(User, self.user)


@login_required
def person_invite(request: HttpRequest) -> HttpResponse:
    """`/settings/people/invite/`: by e-mail, with a role, a department and groups."""
    account = account_managed_by(viewer(request))
    problems: list[Problem] = []
    if request.method == "POST":
        try:
            invitation = inviting.invite(account, by=viewer(request), **_asked(request))
            messages.success(request, f"Invited {invitation.email}. The link in the mail works until {wording.when(invitation.expires_at)}.")
            return redirect("people")
        except Refused as refused:
            problems = refused.problems
    departments, groups = (kind.objects.filter(account=account).order_by("name") for kind in (Department, Group))
    context = {"problems": problems, "roles": Role.choices, "departments": departments, "groups": groups, "asked": request.POST}
    context["chosen_groups"] = request.POST.getlist("groups")
    return render_part(request, "playbooks_app/invite.html", "playbooks_app/_invite.html", context, status=422 if problems else 200)


def _asked(request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    return {
        "email": form.get("email", ""),
        "role": form.get("role", ""),
        "department": form.get("department") or None,
        "groups": form.getlist("groups"),
    }


@require_POST
@login_required
def invitation_send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/invitations/<id>/send-again/`: a new link; the old one stops working."""
    invitation = _open_one(request, pk)
    inviting.send_again(invitation, by=viewer(request))
    messages.success(request, f"Sent to {invitation.email} again. Only the newest link works.")
    return redirect("people")


@require_POST
@login_required
def invitation_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """`/settings/invitations/<id>/withdraw/`."""
    invitation = _open_one(request, pk)
    inviting.withdraw(invitation, by=viewer(request))
    messages.success(request, f"Withdrew the invitation of {invitation.email}.")
    return redirect("people")


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """`/join/<token>/`: name and password of a new person; who has one here signs in and takes the place.

    Who was switched off everywhere chooses name and password anew: the link proves the address, as it does for a forgotten password.
    """
    invitation = inviting.invitation_behind(token)
    known = User.objects.filter(email__iexact=invitation.email).first()
    if known is not None and known.is_active:
        return _join_as(request, invitation, known)
    form = JoinForm(known or User(email=invitation.email), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        member = inviting.accept(invitation, form.filled())
        login(request, member.user, backend=BACKEND)
        return redirect("/")
    return render(request, "registration/join.html", {"invitation": invitation, "form": form}, status=422 if form.errors else 200)


def _join_as(request: HttpRequest, invitation: Invitation, known: User) -> HttpResponse:
    """For somebody who is here already: signed in, signed out, or signed in as somebody else."""
    is_signed_in = request.user.pk == known.pk
    if request.method == "POST" and is_signed_in:
        inviting.accept(invitation, known)
        messages.success(request, f"You work with {invitation.account} from here on.")
        return redirect("/")
    context = {"invitation": invitation, "known": known, "is_signed_in": is_signed_in, "next": request.path}
    return render(request, "registration/join_known.html", context)


def _open_one(request: HttpRequest, pk: int) -> Invitation:
    account_managed_by(viewer(request))
    found = inviting.invitations_of(viewer(request)).filter(pk=pk).first()
    if found is None:
        raise OutOfSight("There is no such invitation, or it is over.")
    return found

"""Settings, Deciding by mail: what a link needs besides itself, and whether answers to mails count. For owners and admins."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals_app import links
from approvals_app.models import MailRules
from approvals_app.models.mail_rules import new_secret
from approvals_app.pages.request import SignedIn
from playbooks_app import audit
from playbooks_app.errors import OutOfSight
from playbooks_app.models import Account
from playbooks_app.permissions import may_manage_account, require


class MailRulesForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """The rules."""

    class Meta:
        model = MailRules
        fields = ["decisions", "replies", "reply_address"]

    def clean(self) -> None:
        """Answers need an address to go to, and a link that decides without more."""
        given = self.cleaned_data
        if given.get("replies") and not given.get("reply_address"):
            self.add_error("reply_address", "Say at which address answers arrive.")
        if given.get("replies") and given.get("decisions") != MailRules.Decisions.LINK:
            self.add_error("replies", "An answer carries neither code nor sign-in: choose the link alone, or switch answers off.")


@login_required
def mail_rules(request: SignedIn) -> HttpResponse:
    """`/settings/mail/`; POST with `renew` makes another secret, shown this once."""
    account = _account(request)
    rules = MailRules.of(account.pk)
    if request.method == "POST" and "renew" in request.POST:
        return _renewed(request, rules)
    form = MailRulesForm(request.POST or None, instance=rules)
    if request.method == "POST" and form.is_valid():
        audit.note(request.user, "mail_rules.changed", form.save(), new=form.cleaned_data)
        messages.success(request, "Saved")
        return redirect("mail_rules")
    return _page(request, form)


def _renewed(request: SignedIn, rules: MailRules) -> HttpResponse:
    rules.reply_secret = new_secret()
    rules.save()
    audit.note(request.user, "mail_rules.secret_renewed", rules)
    answer = _page(request, MailRulesForm(instance=rules), rules.secret)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _page(request: SignedIn, form: MailRulesForm, secret: str = "") -> HttpResponse:
    account = _account(request)
    door = links.absolute(reverse("mail_reply", args=[account.slug]))
    context = {"form": form, "kinds": MailRules.Decisions.choices, "door": door, "secret": secret, "account": account}
    return render(request, "approvals_app/mail_rules.html", context, status=422 if form.errors else 200)


def _account(request: SignedIn) -> Account:
    account = request.user.account
    if account is None:
        raise OutOfSight("You work in no account.")
    require(may_manage_account(request.user, account), "change how decisions are made by mail")
    return account

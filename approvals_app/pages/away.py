"""Out of office: who stands in for the viewer, and for how long."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from approvals_app import people
from approvals_app.models import Absence
from approvals_app.pages.request import SignedIn
from approvals_app.permissions import DECIDES
from playbooks_app import clock
from playbooks_app.errors import NotAllowed
from playbooks_app.models import User


class AwayForm(forms.Form):
    """Whole days, in the viewer's zone; the last day is included."""

    deputy = forms.ModelChoiceField(User.objects.none(), error_messages={"required": "Choose who stands in for you."})
    since = forms.DateField(error_messages={"required": "From which day?", "invalid": "Write a date such as 2026-11-23."})
    until = forms.DateField(required=False, error_messages={"invalid": "Write a date such as 2026-11-27, or leave it empty."})
    note = forms.CharField(required=False, max_length=200)

    def __init__(self, viewer: User, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        account = viewer.account
        everybody = people.working_in(account.pk) if account else User.objects.none()
        choices = everybody.filter(memberships__role__in=DECIDES).exclude(pk=viewer.pk).distinct().order_by("first_name", "username")
        self.fields["deputy"].queryset = choices  # type: ignore[attr-defined]

    def clean(self) -> None:
        """The last day is not before the first."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first.")


@login_required
def away(request: SignedIn) -> HttpResponse:
    """`/approvals/away/`: say that one is away, and see or take back what was said."""
    form = AwayForm(request.user, request.POST if request.method == "POST" and "end" not in request.POST else None)
    if request.method == "POST" and _taken(request, form):
        return redirect("away")
    now = clock.now()
    standing = Absence.objects.filter(person=request.user, ended_at=None).exclude(until__lte=now).select_related("deputy").order_by("since")
    context = {"form": form, "standing": standing, "today": timezone.localtime(now).date()}
    return render(request, "approvals_app/away.html", context, status=422 if form.errors else 200)


def _taken(request: SignedIn, form: AwayForm) -> bool:
    """Whether what was sent has been carried out."""
    account = request.user.account
    if account is None:
        raise NotAllowed("You work in no account.")
    if request.POST.get("end", "").isdigit():
        Absence.objects.filter(pk=int(request.POST["end"][:15]), person=request.user, ended_at=None).update(ended_at=clock.now())
        messages.success(request, "Taken back: you are asked yourself again.")
        return True
    if not form.is_valid():
        return False
    given = form.cleaned_data
    until = _midnight(given["until"] + timedelta(days=1)) if given["until"] else None
    Absence.objects.create(
        account=account,
        person=request.user,
        deputy=given["deputy"],
        since=_midnight(given["since"]),
        until=until,
        note=given["note"],
        made_by=request.user,
    )
    messages.success(request, f"{given['deputy'].display_name} stands in for you.")
    return True


def _midnight(day: object) -> datetime:
    """The beginning of a day in the viewer's zone."""
    return timezone.make_aware(datetime.combine(day, time()))  # type: ignore[arg-type]

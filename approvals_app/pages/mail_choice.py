"""Profile, Mail: how the viewer wants to be asked and told."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render

from approvals_app import mail_choices
from approvals_app.pages.request import SignedIn
from runs_app.models import MailChoice


class MailChoiceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """The choice."""

    daily_at = forms.IntegerField(min_value=0, max_value=23, required=False, error_messages={"invalid": "Choose an hour from 0 to 23."})

    class Meta:
        model = MailChoice
        fields = ["questions", "daily_at", "run_ends"]

    def clean_daily_at(self) -> int:
        """Eight in the morning where nothing is said."""
        found: int | None = self.cleaned_data["daily_at"]
        return 8 if found is None else found


@login_required
def mail_choice(request: SignedIn) -> HttpResponse:
    """`/profile/mail/`."""
    choice = MailChoice.objects.filter(person=request.user).first() or MailChoice(person=request.user)
    form = MailChoiceForm(request.POST or None, instance=choice)
    if request.method == "POST" and form.is_valid():
        mail_choices.choose(form.save(commit=False))
        messages.success(request, "Saved")
        return redirect("mail_choice")
    context = {"form": form, "choice": choice, "kinds": MailChoice.Questions.choices, "hours": range(24)}
    return render(request, "approvals_app/mail_choice.html", context, status=422 if form.errors else 200)

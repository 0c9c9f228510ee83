"""Signing in and out, forgotten passwords, and one's own profile."""

from __future__ import annotations

import zoneinfo
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import perform_login
from allauth.socialaccount.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from playbooks_app import audit
from playbooks_app.entrance import throttle
from playbooks_app.errors import NotAllowed
from playbooks_app.models import User


class SignInForm(AuthenticationForm):
    """Name or e-mail, password, and whether this device remembers."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": "Name and password do not match.",
        "inactive": "This account is switched off.",
    }
    stay = forms.BooleanField(required=False, initial=True)


class SignIn(views.LoginView):
    """`/accounts/login/`; answers 422 with what was typed kept when it does not match."""

    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        """With the services of single sign-on."""
        return super().get_context_data(services=get_adapter().list_providers(self.request), **more)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """On to the second factor, if there is one. Without "stay signed in" the session ends with the browser."""
        if not form.cleaned_data.get("stay"):
            self.request.session.set_expiry(0)
        answer: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The same page, with its fault."""
        answer = super().form_invalid(form)
        answer.status_code = 422
        return answer


def admin_door(request: HttpRequest) -> HttpResponse:
    """`/admin/login/`: to our own sign-in, which asks for the second factor. Raises NotAllowed for who is signed in without being staff."""
    if request.user.is_authenticated and not request.user.is_staff:
        raise NotAllowed("The administration is for those who run the installation.", hint="Ask them, or an owner of your account.")
    return redirect(f"{reverse('login')}?{request.GET.urlencode()}")


class ForgottenForm(PasswordResetForm):
    """Its link leads to BASE_URL, whatever host the request named: whoever asks for the mail of somebody else does not choose where it leads."""

    def save(self, *args: Any, **options: Any) -> None:
        """Send it."""
        home = urlsplit(settings.BASE_URL)
        super().save(*args, **{**options, "domain_override": home.netloc, "use_https": home.scheme == "https"})


class ForgottenPassword(views.PasswordResetView):
    """`/accounts/password_reset/`: every mail that is asked for counts, whether or not there is somebody to get it."""

    form_class = ForgottenForm

    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        """Raises TooMany."""
        throttle.count("reset", form.cleaned_data["email"], self.request)
        return super().form_valid(form)


class ChosenPassword(views.PasswordResetConfirmView):
    """`/accounts/reset/…/`: a person chooses a password after a mail."""

    def get_user(self, uidb64: str) -> User | None:
        """Whoever was switched off meanwhile chooses none: it would open the door on the day they are let in again."""
        found: User | None = super().get_user(uidb64)
        return found if found is not None and found.is_active else None

    def form_valid(self, form: SetPasswordForm[User]) -> HttpResponse:
        """The deed and its record together."""
        with transaction.atomic():
            audit.note(self.user, "password.reset", self.user, request=self.request)
            return super().form_valid(form)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """What a person may change of themselves."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "timezone"]

    def clean_timezone(self) -> str:
        """An IANA name, or "" for the account's zone."""
        name: str = self.cleaned_data["timezone"].strip()
        if name and name not in zoneinfo.available_timezones():
            raise forms.ValidationError("There is no zone of this name. An example: Europe/Berlin.")
        return name


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """`/profile/`: name, zone, theme, keys; also the "More" of the phone."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved")
        return redirect("profile")
    return render(
        request, "playbooks_app/profile.html", {"form": form, "zones": sorted(zoneinfo.available_timezones())}, status=422 if form.errors else 200
    )

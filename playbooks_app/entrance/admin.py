"""What the admin shows of second factors and single sign-on: that they are there, never their secrets. It can take a lost one away."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpRequest

from playbooks_app.admin_base import Audited

for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class Watched(Audited):
    """Nothing is added or changed here; removing is how a lost phone or a leaver is dealt with."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By the person alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By nobody."""
        return False


@admin.register(Authenticator)
class AuthenticatorAdmin(Watched):
    """Second factors."""

    fields = list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username", "user__email")


@admin.register(SocialAccount)
class SocialAccountAdmin(Watched):
    """Who was let in by which service."""

    fields = list_display = ("user", "provider", "uid", "date_joined", "last_login")
    list_filter = ("provider",)
    search_fields = ("user__username", "user__email", "uid")

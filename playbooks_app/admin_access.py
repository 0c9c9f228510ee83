"""How people and programs get in, and who may do what, for those who run the installation. No key, link or sealed value is shown anywhere."""

from __future__ import annotations

from allauth.mfa import admin as second_factors  # registers its page, which is taken away below
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest
from rest_framework.authtoken.models import TokenProxy

from playbooks_app import audit, clock
from playbooks_app.admin_base import ReadOnly, confirmed
from playbooks_app.models import ApiToken, CallCount, Connection, Editor, Invitation, KeptAnswer, LoginAttempt, PlaybookGrant, Secret

assert second_factors
for model in (TokenProxy, Authenticator):  # their own pages show keys
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly):
    """Keys of programs; the keys themselves are kept nowhere."""

    hidden = ("digest",)
    list_display = ("name", "shown", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "last_used_at")
    search_fields = ("name", "shown", "user__username", "user__email")
    list_select_related = ("user",)
    actions = ("revoke",)

    @confirmed("Revoke", "Programs with these tokens are refused from the next call on. That cannot be undone.")
    def revoke(self, request: HttpRequest, token: ApiToken) -> None:
        """At once."""
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
            audit.note(request.user, "token.revoked", token, request=request)


@admin.register(Secret)
class SecretAdmin(ReadOnly):
    """That there is one, never what it is."""

    hidden = ("sealed",)
    list_display = ("name", "account", "set_at", "set_by", "last_used_at")
    list_filter = ("account",)
    search_fields = ("name",)
    list_select_related = ("account", "set_by")


@admin.register(Connection)
class ConnectionAdmin(ReadOnly):
    """Where steps reach out to."""

    hidden = ("sealed",)
    list_display = ("name", "kind", "base_url", "account", "tested_at", "test_ok", "last_used_at")
    list_filter = ("account", "kind", "test_ok")
    search_fields = ("name", "base_url")
    list_select_related = ("account",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    """Who was invited; the links are kept nowhere."""

    hidden = ("digest",)
    list_display = ("email", "account", "role", "invited_by", "sent_at", "expires_at", "accepted_at", "withdrawn_at")
    list_filter = ("account", "role", ("accepted_at", admin.EmptyFieldListFilter))
    search_fields = ("email",)
    list_select_related = ("account", "invited_by")


@admin.register(PlaybookGrant)
class PlaybookGrantAdmin(ReadOnly):
    """Rights on playbooks; given and taken back in the product, where the log hears of it."""

    list_display = ("playbook", "user", "group", "department", "level", "values", "made_by", "made_at")
    list_filter = ("level", "values")
    search_fields = ("playbook__name", "user__username", "group__slug", "department__slug")
    list_select_related = ("playbook", "user", "group", "department", "made_by")


@admin.register(LoginAttempt)
class LoginAttemptAdmin(ReadOnly):
    """Tries at doors; only digests of the names that were tried."""

    list_display = ("__str__", "tries", "since")
    list_filter = ("since",)
    actions = ("reset",)

    @confirmed("Reset", "Whoever was shut out for too many tries may try again at once.")
    def reset(self, request: HttpRequest, attempt: LoginAttempt) -> None:
        """Forget them."""
        attempt.delete()
        audit.note(request.user, "login.reset", None, request=request)


@admin.register(Editor)
class EditorAdmin(ReadOnly):
    """Who has a builder open."""

    list_display = ("playbook", "user", "seen_at")
    search_fields = ("playbook__name", "user__username")
    list_select_related = ("playbook", "user")


@admin.register(CallCount)
class CallCountAdmin(ReadOnly):
    """Calls of the present minutes."""

    list_display = ("key", "minute", "calls")
    search_fields = ("key",)


@admin.register(KeptAnswer)
class KeptAnswerAdmin(ReadOnly):
    """Answers kept for idempotency keys, without their content."""

    hidden = ("body", "headers")
    list_display = ("user", "status", "created_at", "taken_at")
    list_filter = ("status", "created_at")
    search_fields = ("user__username",)
    list_select_related = ("user",)

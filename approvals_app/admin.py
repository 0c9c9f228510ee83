"""The admin shows all of it and changes nothing: a decision is not edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from approvals_app.models import Absence, Approval, Asked, Comment, Decision, DecisionLink, LinkOpen, MailRules, Showing, ShownFile
from playbooks_app.admin_base import Audited


class LookOnly:
    """No adding, no changing, no deleting."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Made by the product only."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Kept as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Kept for ever."""
        return False


class LookOnlyInline(LookOnly, admin.TabularInline[Any, Any]):
    """Rows below an approval."""

    extra = 0
    show_change_link = True


class AskedInline(LookOnlyInline):
    """Who was asked."""

    model = Asked
    fields = ("person", "why", "round", "stage", "barred", "stands_in_for", "at", "seen_at", "reminders", "ended_at")


class DecisionInline(LookOnlyInline):
    """The votes."""

    model = Decision
    fields = ("person", "on_behalf_of", "decision", "comment", "channel", "address", "at", "round", "payload_hash")


class CommentInline(LookOnlyInline):
    """What was said."""

    model = Comment
    fields = ("person", "text", "asks", "at")


class ShowingInline(LookOnlyInline):
    """What was shown."""

    model = Showing
    fields = ("round", "why", "title", "payload_hash", "at")


class LinkInline(LookOnlyInline):
    """The links of the mails."""

    model = DecisionLink
    fields = ("person", "round", "created_at", "expires_at", "used_at", "revoked_at")


@admin.register(Approval)
class ApprovalAdmin(LookOnly, admin.ModelAdmin[Approval]):
    """Everything about one question."""

    list_display = ("title", "run", "status", "created_at", "due_at", "closed_at", "outcome")
    list_filter = ("outcome", "account")
    search_fields = ("title", "run__playbook__name")
    list_select_related = ("run__playbook", "step_run")
    date_hierarchy = "created_at"
    inlines = (ShowingInline, AskedInline, DecisionInline, CommentInline, LinkInline)


@admin.register(Decision)
class DecisionAdmin(LookOnly, admin.ModelAdmin[Decision]):
    """The votes of all approvals."""

    list_display = ("approval", "decision", "person", "on_behalf_of", "channel", "at")
    list_filter = ("decision", "channel")
    list_select_related = ("approval", "person", "on_behalf_of")
    search_fields = ("approval__title", "person__username", "comment")


@admin.register(Asked)
class AskedAdmin(LookOnly, admin.ModelAdmin[Asked]):
    """Who was asked, when, and by which rule."""

    list_display = ("approval", "person", "why", "round", "at", "ended_at", "barred")
    list_select_related = ("approval", "person")
    search_fields = ("approval__title", "person__username")


@admin.register(Comment, Showing, LinkOpen)
class RecordAdmin(LookOnly, admin.ModelAdmin[Any]):
    """The rest of the record."""

    list_display = ("__str__", "at")
    list_filter = ("at",)


@admin.register(ShownFile)
class ShownFileAdmin(LookOnly, admin.ModelAdmin[ShownFile]):
    """Files that were shown; their content is on the page of the approval, for who may read it."""

    list_display = ("name", "approval", "media_type", "sha256", "at")
    list_select_related = ("approval",)
    list_filter = ("media_type",)
    search_fields = ("name", "sha256", "approval__title")
    exclude = ("content",)


@admin.register(DecisionLink)
class DecisionLinkAdmin(LookOnly, admin.ModelAdmin[DecisionLink]):
    """Links of mails; the token is in the mail only."""

    list_display = ("person", "approval", "round", "created_at", "expires_at", "used_at", "revoked_at")
    list_select_related = ("approval", "person")
    search_fields = ("person__username", "approval__title")
    exclude = ("token_hash", "reply_hash", "code_hash")


@admin.register(MailRules)
class MailRulesAdmin(LookOnly, admin.ModelAdmin[MailRules]):
    """How accounts decide by mail; changed on the settings page, which writes the audit log."""

    list_display = ("account", "decisions", "replies", "reply_address")
    list_filter = ("decisions", "replies")
    exclude = ("reply_secret",)


@admin.register(Absence)
class AbsenceAdmin(Audited):
    """Who stands in for whom; may be set by an admin."""

    list_display = ("person", "deputy", "since", "until", "ended_at", "made_by")
    list_filter = ("account", "since")
    search_fields = ("person__username", "deputy__username")
    list_select_related = ("person", "deputy", "made_by")

"""What leaves the house, and rights on single runs, for those who run the installation."""

from __future__ import annotations

from django.contrib import admin

from playbooks_app.admin_base import ReadOnly
from runs_app.models import Effect, FreedEntry, Override, RunGrant, Webhook, WebhookDelivery, WebhookNews


@admin.register(Effect)
class EffectAdmin(ReadOnly):
    """The ledger of effects; what was sent is with the run, for those who may read it."""

    hidden = ("body",)
    list_display = ("run", "path", "attempt", "method", "target", "outcome", "begun_at", "ended_at")
    list_filter = ("outcome", "method")
    search_fields = ("=run__id", "path", "target")
    list_select_related = ("run",)


@admin.register(Override)
class OverrideAdmin(ReadOnly):
    """What somebody said ahead for a step."""

    list_display = ("run", "path", "what", "by", "at")
    list_filter = ("what",)
    search_fields = ("path", "reason")


@admin.register(FreedEntry)
class FreedEntryAdmin(ReadOnly):
    """Accounts in which a lock has just become free."""

    list_display = ("id", "account")
    list_filter = ("account",)


@admin.register(RunGrant)
class RunGrantAdmin(ReadOnly):
    """Rights on single runs."""

    list_display = ("run", "user", "group", "department", "level", "values", "made_by", "made_at")
    list_filter = ("level", "values")
    search_fields = ("=run__id", "user__username", "group__slug", "department__slug")
    list_select_related = ("run", "user", "group", "department", "made_by")


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    """Who is told of what; the secret is shown once, when it is made."""

    hidden = ("sealed", "old_sealed")
    list_display = ("url", "account", "owner", "enabled", "failing_since", "delivered_at")
    list_filter = ("account", "enabled")
    search_fields = ("url", "description")
    list_select_related = ("account", "owner")


@admin.register(WebhookNews)
class WebhookNewsAdmin(ReadOnly):
    """Events that are about to be told."""

    list_display = ("run_id", "number")
    search_fields = ("=run_id",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly):
    """The log of deliveries, without what was told."""

    hidden = ("payload",)
    list_display = ("webhook", "event", "status", "tries", "last_status", "created_at", "ended_at")
    list_filter = ("status", "event")
    search_fields = ("webhook__url", "event")
    list_select_related = ("webhook",)

"""People, accounts and playbooks for those who run the installation. What may not change is shown only."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as RightsAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group as Rights
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from playbooks_app import (
    admin_access,  # noqa: F401  # registers its pages
    limits,
)
from playbooks_app.admin_base import Audited
from playbooks_app.entrance import admin as entrance  # noqa: F401  # registers its own
from playbooks_app.models import Account, AuditEntry, Calendar, ClockOffset, Department, Group, Membership, Playbook, PlaybookVersion, Role, User
from playbooks_app.people import leaving, membership

admin.site.unregister(Rights)


@admin.register(Rights)
class StaffRightsAdmin(RightsAdmin, Audited):
    """What staff who are no superusers may do in the administration. Only superusers give rights away."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Nobody gives themselves more than they have."""
        return bool(getattr(request.user, "is_superuser", False))

    has_add_permission = has_module_permission

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As has_module_permission."""
        return self.has_module_permission(request)

    has_view_permission = has_delete_permission = has_change_permission


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the checker only
    """A person's place: an account keeps its last owner here, too."""

    def clean(self) -> dict[str, Any]:
        """Raises ValidationError. The page is one transaction, so the account stays locked until it is saved."""
        found = super().clean() or {}
        place = self.instance
        if place.pk and not self.errors:
            asked = {name: found.get(name, getattr(place, name)) for name in ("user", "account", "role", "active")}
            stays = asked == {"user": place.user, "account": place.account, "role": Role.OWNER, "active": True}
            if not stays and membership.is_last_owner(place.pk):
                raise ValidationError("This is the last owner of the account: make somebody else an owner first.")
        return found


class MembershipInline(admin.TabularInline[Membership, User]):
    """The accounts that a person works in."""

    model = Membership
    form = PlaceForm
    fk_name = "user"
    extra = 0
    can_delete = False  # places are switched off: the product hands over what belongs to whoever goes
    autocomplete_fields = ("account", "department", "manager", "calendar")


@admin.register(User)
class PersonAdmin(UserAdmin[User], Audited):
    """People, with their places in accounts. They are switched off, never deleted: what they decided and started names them."""

    inlines = (MembershipInline,)
    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    search_fields = ("username", "email", "first_name", "last_name")
    fieldsets = (*(UserAdmin.fieldsets or ()), ("Handrail", {"fields": ("timezone",)}))
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Only superusers make staff and superusers and give them rights: with the right to change people alone nobody rises."""
        mine = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        return mine if request.user.is_superuser else (*mine, "is_staff", "is_superuser", "groups", "user_permissions")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Superusers are changed by superusers: their passwords, too."""
        return super().has_change_permission(request, obj) and (obj is None or not obj.is_superuser or bool(request.user.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """They are switched off."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever is switched off here is signed out everywhere, as in the product."""
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            leaving.shut_out(obj)


@admin.register(Account)
class AccountAdmin(Audited):
    """Tenants. They are switched off by their plan, never deleted: that would take their history along."""

    list_display = ("name", "slug", "timezone", "playbooks_enabled", "people", "created_at")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = (
        (None, {"fields": ("name", "slug", "timezone", "playbooks_enabled", "config", "created_at")}),
        ("Limits", {"fields": tuple(f"limit_{limit.name}" for limit in limits.LIMITS), "description": "Empty: as for everybody. 0: no limit."}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Limits say what they count, and how many it is for everybody."""
        found = super().formfield_for_dbfield(db_field, request, **kwargs)
        limit = next((each for each in limits.LIMITS if f"limit_{each.name}" == db_field.name), None)
        if limit is not None and found is not None:
            everybody = int(getattr(settings, limit.setting))
            found.label = limit.words[0].upper() + limit.words[1:]
            found.help_text = f"For everybody: {everybody:,}" if everybody else "For everybody: no limit"
        return found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """With the number of people, in one query."""
        found: QuerySet[Account] = super().get_queryset(request).annotate(people=Count("memberships"))
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        """Everything hangs on it."""
        return False

    @admin.display(ordering="people")
    def people(self, account: Account) -> int:
        """How many work in it."""
        return int(getattr(account, "people", 0))


@admin.register(Calendar)
class CalendarAdmin(Audited):
    """Hours and holidays of accounts."""

    list_display = ("name", "account", "timezone", "is_default")
    list_filter = ("account",)
    search_fields = ("name",)


@admin.register(Department)
class DepartmentAdmin(Audited):
    """Departments of accounts."""

    list_display = ("name", "slug", "account", "head")
    list_filter = ("account",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("account", "head")
    list_select_related = ("account", "head")


@admin.register(Group)
class GroupAdmin(Audited):
    """Groups of accounts."""

    list_display = ("name", "slug", "account")
    list_filter = ("account",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("account", "members")
    list_select_related = ("account",)


@admin.register(Membership)
class MembershipAdmin(Audited):
    """Who works where, in which role."""

    list_display = ("user", "account", "role", "department", "active")
    list_filter = ("account", "role", "active")
    search_fields = ("user__username", "user__email")
    autocomplete_fields = ("user", "account", "department")
    list_select_related = ("user", "account", "department")
    form = PlaceForm

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Places are switched off."""
        return False


class VersionInline(admin.TabularInline[PlaybookVersion, Playbook]):
    """The versions of a playbook; they are published in the product, never here."""

    model = PlaybookVersion
    extra = 0
    fields = readonly_fields = ("number", "note", "published_at", "published_by", "deprecated_at")
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Publishing checks the draft; a row made here would not."""
        return False


@admin.register(Playbook)
class PlaybookAdmin(Audited):
    """Playbooks: who owns and sees them. The draft is drawn in the builder."""

    list_display = ("name", "account", "owner", "visibility", "draft_saved_at", "archived_at")
    list_filter = ("account", "visibility")
    search_fields = ("name",)
    autocomplete_fields = ("owner", "department", "group")
    exclude = ("draft",)
    readonly_fields = ("account", "name", "description", "drawn", "draft_revision", "draft_saved_at", "draft_saved_by", "created_at")
    list_select_related = ("account", "owner")
    inlines = (VersionInline,)

    @admin.display(description="draft")
    def drawn(self, playbook: Playbook) -> SafeString:
        """The draft as JSON."""
        return as_json(playbook.draft)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They are drawn in the product."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Playbook | None = None) -> bool:
        """They are archived; runs hold on to them."""
        return False


@admin.register(PlaybookVersion)
class VersionAdmin(admin.ModelAdmin[PlaybookVersion]):
    """Published versions, for looking at only."""

    list_display = ("playbook", "number", "note", "published_at", "published_by", "deprecated_at")
    search_fields = ("playbook__name",)
    list_select_related = ("playbook", "published_by")
    fields = ("playbook", "number", "note", "published_at", "published_by", "deprecated_at", "deprecated_by", "deprecation_reason", "content")
    readonly_fields = fields

    @admin.display(description="document")
    def content(self, version: PlaybookVersion) -> SafeString:
        """The document as JSON."""
        return as_json(version.document)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Publishing checks the draft; a row made here would not."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: PlaybookVersion | None = None) -> bool:
        """They never change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PlaybookVersion | None = None) -> bool:
        """Runs hold on to them."""
        return False


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin[AuditEntry]):
    """Who did what; of all accounts, to look at only."""

    list_display = ("at", "account", "actor_name", "action", "kind", "thing_name", "address")
    list_filter = ("account", "action", "at")
    search_fields = ("actor_name", "action", "thing_name", "=thing_id", "=address")
    list_select_related = ("account",)
    show_full_result_count = False
    fields = ("at", "account", "actor_name", "action", "kind", "thing_id", "thing_name", "address", "before", "afterwards")
    readonly_fields = fields

    @admin.display(description="old")
    def before(self, entry: AuditEntry) -> SafeString:
        """As JSON."""
        return as_json(entry.old)

    @admin.display(description="new")
    def afterwards(self, entry: AuditEntry) -> SafeString:
        """As JSON."""
        return as_json(entry.new)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The product writes it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """It is only added to."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """It is only added to."""
        return False


@admin.register(ClockOffset)
class ClockOffsetAdmin(admin.ModelAdmin[ClockOffset]):
    """How far product time is ahead; moved by `manage.py clock_offset` only."""

    list_display = ("seconds",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """There is one row, made by the command."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ClockOffset | None = None) -> bool:
        """Time moves forward only, and the command sees to it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ClockOffset | None = None) -> bool:
        """That would be a step back."""
        return False


def as_json(value: Any) -> SafeString:
    """Indented, in a scrolling box."""
    return format_html('<pre style="max-height: 40em; overflow: auto">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))

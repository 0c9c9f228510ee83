"""What the pages of the administration share: rows to look at, and deeds that ask once more before they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from playbooks_app import audit
from playbooks_app.errors import HandrailError

MOST_AT_ONCE = 500  # rows of one deed


class Audited(admin.ModelAdmin):  # type: ignore[type-arg]
    """What is added, changed or deleted here is in the audit log: by whom, what it was and what it is. Django's own log keeps no values."""

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The row; as it stood is remembered until the change is noted."""
        found = super().get_object(request, object_id, from_field)
        if found is not None and request.method == "POST":
            request.audited_before = facts_of(found)  # type: ignore[attr-defined]
        return found

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Called by Django in the transaction that saves."""
        audit.note(request.user, "admin.added", obj, new=facts_of(obj), request=request)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """As `log_addition`; a form that was saved unchanged is no deed."""
        before, now = getattr(request, "audited_before", {}), facts_of(obj)
        changed = [name for name in now if before.get(name) != now[name]]
        if changed:
            old, new = ({name: facts.get(name) for name in changed} for facts in (before, now))
            audit.note(request.user, "admin.changed", obj, old=old, new=new, request=request)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Called before they go."""
        for each in queryset:
            audit.note(request.user, "admin.deleted", each, old=facts_of(each), request=request)
        return super().log_deletions(request, queryset)

    def save_formset(self, request: HttpRequest, form: Any, formset: forms.BaseModelFormSet[Any, Any], change: bool) -> None:
        """Rows that are changed on the page of what they belong to."""
        before = {each.instance.pk: facts_of(each.instance.__class__.objects.get(pk=each.instance.pk)) for each in formset.forms if each.instance.pk}
        super().save_formset(request, form, formset, change)
        for each in formset.new_objects:
            audit.note(request.user, "admin.added", each, new=facts_of(each), request=request)
        for each, _ in formset.changed_objects:
            audit.note(request.user, "admin.changed", each, old=before.get(each.pk), new=facts_of(each), request=request)


def facts_of(thing: Model) -> dict[str, Any]:
    """What a row says, by the names of its fields, as the audit log keeps it; other rows by their names."""
    facts: dict[str, Any] = {}
    for field in thing._meta.concrete_fields:
        value = getattr(thing, field.name) if field.is_relation else field.value_from_object(thing)
        facts[field.name] = value if isinstance(value, int | float | dict | list | None) else str(value)
    for many in thing._meta.many_to_many:
        facts[many.name] = sorted(map(str, getattr(thing, many.name).all())) if thing.pk else []
    return facts


class ReadOnly(Audited):
    """To look at. Subclasses list what may be changed in `editable`, and what nobody reads in `hidden`."""

    editable: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()  # keys, links and sealed values
    show_full_result_count = False  # counting millions of rows takes longer than showing fifty

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by the product."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What happened has happened."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All but `hidden`."""
        return [field.name for field in self.model._meta.fields if field.name not in self.hidden]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Everything but `editable`."""
        return [name for name in self.get_fields(request, obj) if name not in self.editable]


def confirmed(words: str, consequence: str) -> Callable[[Callable[..., None]], Any]:
    """A deed of a list for one row after the other, done once the operator has confirmed it; refusals are told row by row."""

    def wrap(deed: Callable[[Any, HttpRequest, Any], None]) -> Any:
        def action(self: Any, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
            chosen = list(rows[:MOST_AT_ONCE])
            if "confirmed" not in request.POST:
                context = {**self.admin_site.each_context(request), "title": words, "consequence": consequence, "rows": chosen}
                context |= {"action": request.POST.get("action", ""), "opts": self.model._meta, "checkbox": ACTION_CHECKBOX_NAME}
                return TemplateResponse(request, "admin/confirm_deed.html", context)
            _do_each(self, request, chosen, deed, words)
            return None

        return admin.action(description=f"{words}…", permissions=["change"])(_named(action, deed.__name__))

    return wrap


def _named(action: Any, name: str) -> Any:
    action.__name__ = name
    return action


def _do_each(page: Any, request: HttpRequest, rows: list[Any], deed: Callable[[Any, HttpRequest, Any], None], words: str) -> None:
    done = 0
    for row in rows:
        try:
            deed(page, request, row)
            done += 1
        except HandrailError as refused:
            page.message_user(request, f"{row}: {refused.message}", messages.WARNING)
    page.message_user(request, f"{words}: {done} of {len(rows)}", messages.SUCCESS if done else messages.ERROR)

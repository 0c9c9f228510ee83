"""What the pages of the administration share: rows to look at, and deeds that ask once more before they are done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from playbooks_app.errors import HandrailError

MOST_AT_ONCE = 500  # rows of one deed


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
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

        return admin.action(description=f"{words}…", permissions=["view"])(_named(action, deed.__name__))

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

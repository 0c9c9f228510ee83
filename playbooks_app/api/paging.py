"""Pages of a collection: `{count, next, previous, results}`. Long ones are counted so far and no further, and can be gone through by cursor."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import DataError
from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response

from playbooks_app.api.access import number_asked_for
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.language.problem import Problem

MOST_COUNTED = 10_000  # a longer list says so: to count a million rows for every page helps nobody
PAGE, LARGEST_PAGE = 50, 500


class BoundedPaginator(Paginator[Any]):
    """Counts up to a limit; pages behind it are reached by cursor."""

    @cached_property
    def counted(self) -> int:
        """Up to one more than the limit."""
        things: Any = self.object_list
        return things.order_by()[: MOST_COUNTED + 1].count() if isinstance(things, QuerySet) else len(things)

    @cached_property
    def count(self) -> int:
        """As far as it was counted."""
        return min(self.counted, MOST_COUNTED)


class Cursor(CursorPagination):
    """In the order of the collection."""

    page_size, max_page_size, page_size_query_param = PAGE, LARGEST_PAGE, "page_size"

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> tuple[str, ...]:
        """Of the collection, if a cursor can point into it: by plain fields, the first of which every thing has; else the newest first."""
        own = tuple(queryset.query.order_by) or tuple(queryset.model._meta.ordering)
        plain = tuple(each for each in own if isinstance(each, str))
        first = plain[0].lstrip("-") if len(plain) == len(own) > 0 else ""
        points = first == "pk" or any(each.name == first and not each.null for each in queryset.model._meta.concrete_fields)
        return plain if points else ("-pk",)


class Pages(PageNumberPagination):
    """50 a page; `page_size` up to 500. With `cursor` (empty for the first page) there are no numbers, and no page is slower than the first."""

    page_size = PAGE
    page_size_query_param = "page_size"
    max_page_size = LARGEST_PAGE
    django_paginator_class = BoundedPaginator
    _cursor: Cursor | None = None
    _of: Any = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """The things of one page. Raises Refused for a page or cursor that cannot be one, OutOfSight behind the last page."""
        if number_asked_for(request, "page_size") == 0:
            raise Refused([Problem("page_size", "WrongValue", "A page of nothing is none.", f"Write 1 to {LARGEST_PAGE}.")])
        if "cursor" in request.query_params and isinstance(queryset, QuerySet):
            return self._by_cursor(queryset, request, view)
        if request.query_params.get("page") != "last" and number_asked_for(request, "page") == 0:
            raise Refused([Problem("page", "WrongValue", "Pages are counted from 1.", "Leave “page” out for the first one.")])
        try:
            return super().paginate_queryset(queryset, request, view=view)
        except NotFound:
            raise OutOfSight("There are not so many pages.", hint="Follow “next” until it is null.", address="page") from None

    def _by_cursor(self, queryset: QuerySet[Any], request: Request, view: Any) -> list[Any] | None:
        self._cursor, self._of = Cursor(), BoundedPaginator(queryset, PAGE)
        try:
            return self._cursor.paginate_queryset(queryset, request, view=view)
        except (NotFound, ValueError, TypeError, ValidationError, DataError):  # a place that no thing of this list can have
            hint = "Begin with an empty cursor, then follow “next” as it is."
            raise Refused([Problem("cursor", "WrongValue", "This cursor is none of ours.", hint)]) from None

    def get_paginated_response(self, data: Any) -> Response:
        """`more_than_counted` is there when `count` is where counting stopped."""
        paginator: Any = self._of if self._cursor else self.page.paginator  # type: ignore[union-attr]
        links: Any = self._cursor or self
        found = {"count": paginator.count, "next": links.get_next_link(), "previous": links.get_previous_link(), "results": data}
        over = getattr(paginator, "counted", 0) > MOST_COUNTED
        return Response({**found, "more_than_counted": True} if over else found)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """For OpenAPI."""
        found: dict[str, Any] = super().get_paginated_response_schema(schema)
        found["properties"]["more_than_counted"] = {"type": "boolean", "description": f"There are more than the {MOST_COUNTED:,} that were counted."}
        return found

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """For OpenAPI."""
        words = "Empty: begin; then follow `next`. For lists of any length."
        return [
            *super().get_schema_operation_parameters(view),
            {"name": "cursor", "in": "query", "required": False, "description": words, "schema": {"type": "string"}},
        ]

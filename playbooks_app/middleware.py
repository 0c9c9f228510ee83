"""Between the server and every page: the viewer's time zone, and errors as pages instead of tracebacks."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from playbooks_app.errors import HandrailError
from playbooks_app.models import User
from playbooks_app.pages import errors

Answer = Callable[[HttpRequest], HttpResponse]


class ViewerTimezone:
    """Says moments in the viewer's zone: their own, else their account's. Costs a query only when somebody is signed in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing of it outlives the request."""
        with timezone.override(zone_of(getattr(request, "user", None))):
            return self.answer(request)


class ErrorPages:
    """Turns the errors of `playbooks_app.errors` into pages with their status. The REST doors have a handler of their own."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes on; errors arrive in `process_exception`."""
        return self.answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django for an error that a view did not catch."""
        return errors.page_for(request, error) if isinstance(error, HandrailError) else None


def zone_of(user: object) -> zoneinfo.ZoneInfo | None:
    """Where the viewer is; None (the product's default) when unknown or misspelt."""
    if not isinstance(user, User):
        return None
    name = user.timezone or (user.account.timezone if user.account else "")
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None

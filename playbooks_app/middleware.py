"""Between the server and every page: texts that can be stored, the viewer's time zone, and errors as pages instead of tracebacks."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils import timezone

from playbooks_app import audit
from playbooks_app.errors import HandrailError, NotAllowed
from playbooks_app.models import User
from playbooks_app.pages import errors

Answer = Callable[[HttpRequest], HttpResponse]

GATED = ("/playbooks/", "/runs/", "/approvals/", "/gallery/", "/schedules/")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class StorableTexts:
    """Answers 400 to NUL and lone surrogates in a path, a query or a form: no text of ours holds them, and the database takes none.

    Bodies of REST are read by its own parser, which refuses them with their place.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Path and query, of all doors."""
        return self.answer(request) if is_storable([request.path_info, *_texts(request.GET)]) else errors.bad_request(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Forms; called by Django once the view is known."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False):
            return None
        names = [file.name or "" for _, files in request.FILES.lists() for file in files]
        return None if is_storable([*_texts(request.POST), *names]) else errors.bad_request(request)


class WithSlash(CommonMiddleware):
    """Django's, but a call of a REST door whose last slash was forgotten keeps its method and body: 308, and the right address in words, too."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """As Django's."""
        if response.status_code == 404 and request.path_info.startswith("/api/") and self.should_redirect_with_slash(request):
            return errors.moved(request.get_full_path(force_append_slash=True))
        return super().process_response(request, response)


class KeptByNobody:
    """Answers stay in no cache of a browser or a proxy unless the view says otherwise: almost all of them are for one person's eyes.

    After signing out, "back" shows nothing. Static files do not come by here.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Adds the header."""
        answer = self.answer(request)
        answer.headers.setdefault("Cache-Control", "no-store, private")
        return answer


class ViewerTimezone:
    """Says moments in the viewer's zone: their own, else their account's. Costs a query only when somebody is signed in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing of it outlives the request."""
        with timezone.override(zone_of(getattr(request, "user", None))):
            return self.answer(request)


class AuditedAddress:
    """Lets the audit log know from where the request in hand came, however deep the deed is done."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing of it outlives the request."""
        token = audit.during(request)
        try:
            return self.answer(request)
        finally:
            audit.after(token)


class PlanGate:
    """Pages of playbooks, runs and decisions answer 403 with the reason where the account's plan has none (S0-plan-gate). REST has its own guard."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes on; pages are known in `process_view`."""
        return self.answer(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Called by Django once the view is known."""
        account = request.user.account if request.path_info.startswith(GATED) and isinstance(request.user, User) else None
        if account is None or account.playbooks_enabled:
            return None
        refusal = NotAllowed(f"Playbooks are not part of {account}'s plan.", hint="Ask an owner of your account to switch them on.")
        return errors.page_for(request, refusal)


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


def is_storable(texts: Iterable[str]) -> bool:
    """Whether the database takes all of them."""
    return not any(_UNSTORABLE.search(text) for text in texts)


def _texts(query: QueryDict) -> Iterable[str]:
    return (str(text) for name, values in query.lists() for text in (name, *values))

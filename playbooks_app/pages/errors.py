"""Pages for what went wrong: what happened, why, and what to do (design guide, section 11)."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from playbooks_app.errors import PROBLEM, HandrailError, NotAllowed, OutOfSight, TooMany
from playbooks_app.language.problem import Problem

log = logging.getLogger("handrail.pages")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What an error page says."""

    status: int
    title: str
    message: str
    hint: str = ""
    problems: tuple[Problem, ...] = ()


NOT_HERE = Trouble(
    404, "Not here", "There is nothing at this address, or it is not shared with you.", "If a colleague sent the link, ask them to share it."
)
HINTS_FOR_PROGRAMS = {
    400: "An address and its query are UTF-8, percent-encoded, and hold no NUL (%00).",
    404: "Every address is listed at /api/v1/schema/; all end with a slash.",
}
NOT_YOURS = "You may look, but not do this"
TITLES = {403: NOT_YOURS, 404: NOT_HERE.title, 409: "Somebody was faster", 422: "This cannot be taken as it is", 429: "Wait a little"}


def page_for(request: HttpRequest, error: HandrailError) -> HttpResponse:
    """The answer to an error that a page raised."""
    if isinstance(error, OutOfSight):
        return _answer(request, NOT_HERE)
    problems = tuple(getattr(error, "problems", ()))
    answer = _answer(request, Trouble(error.http_status, TITLES.get(error.http_status, "This did not work"), error.message, error.hint, problems))
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.seconds)
    return answer


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400."""
    return _answer(request, Trouble(400, "This cannot be read", "The request was not complete or not well formed.", "Go back and send it again."))


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return _answer(request, Trouble(403, NOT_YOURS, str(exception or "") or "This needs a right that you do not have.", NotAllowed.hint))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """settings.CSRF_FAILURE_VIEW: an old page, or a form from elsewhere."""
    hint = "Open the page again and repeat it; your browser must accept cookies of this site."
    return _answer(request, Trouble(403, "This page has grown old", "We could not make sure that the request came from you.", hint))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404: also says "not shared with you"; the two are never told apart."""
    return _answer(request, NOT_HERE)


def moved(address: str) -> HttpResponse:
    """To the address with its last slash; for programs, which send the same call again."""
    body = {"code": "moved", "message": "This address ends with a slash.", "hint": f"Call {address}", "address": ""}
    return JsonResponse(body, status=308, content_type=PROBLEM, headers={"Location": address})


def broken(request: HttpRequest) -> HttpResponse:
    """handler500: no traceback, a number that finds the log line, and the truth that runs go on."""
    number = secrets.token_hex(4).upper()
    number = f"{number[:4]}-{number[4:]}"
    log.error("page failed, number for support %s: %s %s", number, request.method, request.path)
    trouble = Trouble(500, "Something broke on our side", "Your runs go on; only this page failed.", f"Number for support: {number}.")
    return _answer(request, trouble, template="500.html")


def _answer(request: HttpRequest, trouble: Trouble, template: str = "error.html") -> HttpResponse:
    if request.path.startswith("/api/"):
        return JsonResponse(_as_json(trouble), status=trouble.status, content_type=PROBLEM)
    if getattr(request, "htmx", False):  # shown as a toast: the page that asked stays as it is
        return HttpResponse(f"{trouble.message} {trouble.hint}".strip(), status=trouble.status, content_type="text/plain; charset=utf-8")
    return render(request, template, {"trouble": trouble}, status=trouble.status)


def _as_json(trouble: Trouble) -> dict[str, Any]:
    codes = {400: "bad_request", 403: "not_allowed", 404: "not_found", 429: "rate_limited", 500: "internal_error"}
    hint = HINTS_FOR_PROGRAMS.get(trouble.status, trouble.hint)
    return {"code": codes.get(trouble.status, "error"), "message": trouble.message, "hint": hint, "address": ""}

"""How REST answers when something is wrong: `{code, message, hint, address}`, and `problems` where there are several faults."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_handler

from playbooks_app.api.gate import AnsweredBefore
from playbooks_app.errors import PROBLEM, HandrailError, NotAllowed, OutOfSight, Refused, TooMany
from playbooks_app.language.problem import Invalid, Problem

CODES = {400: "bad_request", 401: "not_authenticated", 403: "not_allowed", 404: "not_found", 405: "method_not_allowed", 406: "not_acceptable",
         412: "stale", 413: "too_large", 415: "unsupported_media_type", 429: "rate_limited"}  # fmt: skip


HINTS_OF_FAULTS = {
    "required": "Send it.",
    "null": "Send a value, or leave it out.",
    "blank": "Write something, or leave it out.",
    "max_length": "Shorten it.",
    "max_value": "Choose a smaller number.",
    "min_value": "Choose a larger number.",
    "not_a_list": "Put it between [ and ].",
    "not_a_dict": "Put it between { and }.",
    "unknown_key": "Take it out, or correct its spelling.",
}
SHAPES = "What an address takes is described at /api/v1/schema/."
HINTS = {400: "Send JSON in UTF-8 that ends where it should.", 401: "Send `Authorization: Token …` with a token that is valid, or sign in.",
         405: "The header Allow names the methods that this address takes.", 406: "Ask for application/json.", 413: "Send less at once.",
         415: "Say `Content-Type: application/json` and send JSON."}  # fmt: skip


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """settings.REST_FRAMEWORK["EXCEPTION_HANDLER"]. None leaves an unforeseen error to the 500 page, which answers JSON under /api/."""
    if isinstance(error, AnsweredBefore):
        return error.answer
    known = _as_ours(error)
    if known is not None:
        headers = {"Retry-After": str(known.seconds)} if isinstance(known, TooMany) else None
        return Response(known.as_json(), status=known.http_status, headers=headers, content_type=PROBLEM)
    answer = drf_handler(error, context)
    if answer is not None:
        answer.data, answer.content_type = _plain(answer.status_code, answer.data), PROBLEM
    return answer


def _as_ours(error: Exception) -> HandrailError | None:
    match error:
        case HandrailError():
            return error
        case Invalid():
            return Refused(error.problems)
        case exceptions.ValidationError():
            return Refused(problems_in(error.detail))
        case Http404():
            return OutOfSight("There is nothing at this address, or it is not shared with you.")
        case PermissionDenied() | exceptions.PermissionDenied():
            return NotAllowed(str(error) or "You have no right to do that.")
    return None


def problems_in(detail: Any, address: str = "") -> list[Problem]:
    """The faults that a serializer has found, each with its place and a way out."""
    if isinstance(detail, dict):
        return [
            p
            for key, value in detail.items()
            for p in problems_in(value, "/".join(filter(None, [address, "" if key == "non_field_errors" else str(key)])))
        ]
    if isinstance(detail, list):
        if all(isinstance(each, exceptions.ErrorDetail) for each in detail):
            return [_problem(address, each) for each in detail]
        return [p for index, value in enumerate(detail) for p in problems_in(value, f"{address}/{index}".lstrip("/"))]
    return [_problem(address, detail)]


def _problem(address: str, detail: Any) -> Problem:
    code = str(getattr(detail, "code", "invalid"))
    return Problem(address, code, str(detail), HINTS_OF_FAULTS.get(code, SHAPES))


def _plain(status: int, detail: Any) -> dict[str, Any]:
    said = detail.get("detail", detail) if isinstance(detail, dict) else detail
    return {"code": CODES.get(status, "error"), "message": str(said), "hint": HINTS.get(status, ""), "address": ""}

"""What every call to the REST doors passes before its view: limits per minute, and idempotency keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from playbooks_app import call_limits, kept_answers, limits
from playbooks_app.api.authentication import caller_key
from playbooks_app.api.parsers import TooLarge
from playbooks_app.entrance.addresses import address_of, line_of
from playbooks_app.errors import Refused, TooMany
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from playbooks_app.pages import errors

KEY_HEADER = "Idempotency-Key"
DOORS = "/api/"


class AnsweredBefore(Exception):
    """Not a fault: the call was made before, and this is its answer."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


class Gate(BaseThrottle):
    """Asked by the framework when the caller is known and the view is not yet begun."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """True. Raises TooMany, Refused (a key that is none), KeyInUse, AnsweredBefore."""
        standing = call_limits.count(_limits(request))
        request._request.rate_limit = standing  # type: ignore[attr-defined]
        if standing.left < 0:
            raise _too_many(standing)
        if request.method == "POST" and KEY_HEADER in request.headers and isinstance(request.user, User):
            _take_key(request, request.user, request.headers[KEY_HEADER].strip())
        return True


class Gatekeeper:
    """Middleware: says how the caller stands, and keeps the answer of a call that has a key."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """For calls that have passed the gate."""
        answer = self.answer(request)
        if not hasattr(request, "rate_limit") and request.path_info.startswith(DOORS):
            answer = _counted(request, answer)
        standing, number = getattr(request, "rate_limit", None), getattr(request, "kept_answer", None)
        if standing is not None:
            for name, value in standing.headers.items():
                answer.headers[name] = value
            if answer.status_code == 429 and "Retry-After" not in answer.headers:
                answer.headers["Retry-After"] = str(standing.reset)
        if number is not None:
            kept_answers.keep(number, answer)
        return answer


def _counted(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer to a call that was refused before the gate (no token, no such address), counted by where it came from: nobody tries for ever."""
    standing = call_limits.count({_line(request): settings.API_CALLS_PER_MINUTE})
    request.rate_limit = standing  # type: ignore[attr-defined]
    return errors.page_for(request, _too_many(standing)) if standing.left < 0 else answer


def _too_many(standing: call_limits.Standing) -> TooMany:
    hint = f"At most {standing.limit:,} calls a minute; go on in {standing.reset} s."
    return TooMany("There were too many calls in this minute.", hint=hint, seconds=standing.reset)


def _line(request: HttpRequest) -> str:
    return f"line:{line_of(address_of(request))}"


def _limits(request: Request) -> dict[str, int]:
    """The account's first, then the caller's own."""
    if not isinstance(request.user, User):
        return {_line(request._request): settings.API_CALLS_PER_MINUTE}
    account = request.user.account
    shared = {f"account:{account.pk}": limits.most(account, "calls_per_minute")} if account else {}
    each = limits.most(account, "calls_per_minute_each") if account else settings.API_CALLS_PER_MINUTE
    return {**shared, caller_key(request): each}


def _take_key(request: Request, user: User, key: str) -> None:
    if not 1 <= len(key) <= kept_answers.LONGEST_KEY or not key.isprintable():
        raise Refused([Problem(KEY_HEADER, "WrongValue", f"A key has 1 to {kept_answers.LONGEST_KEY} plain characters.", "Take for example a UUID.")])
    try:
        body = request._request.body
    except RequestDataTooBig:
        raise TooLarge from None
    found = kept_answers.take(user, key, kept_answers.digest("POST", request.get_full_path(), body))
    if isinstance(found, HttpResponse):
        raise AnsweredBefore(found)
    request._request.kept_answer = found  # type: ignore[attr-defined]

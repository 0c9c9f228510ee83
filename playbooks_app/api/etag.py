"""Entity tags: whoever reads learns the state that it is in; whoever changes may say which state that was, and then changes no other.

A tag has a part for what people edit and one for the whole answer: `"9c1f04ab-77b0d1e4"`. Before them stands the revision of a draft:
`"7-9c1f04ab-77b0d1e4"`, and `"7"` alone is taken, too. The answer to a change has the first part alone. `If-Match` looks at what people edit:
that a key was used meanwhile (`last_used_at`) is no reason to refuse a change of it. `If-None-Match` looks at the whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from playbooks_app.errors import Stale

Door = TypeVar("Door", bound=Callable[..., Any])

DOORS = "/api/"
TELLS_ONE = frozenset({"retrieve", "create", "update", "partial_update", "restore", "import_text"})
# Keys of answers that change without anybody editing, or are shown once
BY_ITSELF = frozenset(
    {"last_used_at", "tested_at", "test_ok", "test_said", "delivered_at", "failing_since", "disabled_why", "next_at", "secret", "token", "state"}
)
CLOCKWORK = ("duration_seconds", "eta")  # move on while nothing happens: an answer that differs in nothing else is the same


def as_read(change: Door) -> Door:
    """With `If-Match` the change is done to what the caller has read, and to nothing else: the row is held from the comparison to its end.

    For methods of `Edited` views. Raises Stale (412).
    """

    @wraps(change)
    def guarded(self: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        if not request.headers.get("If-Match", "").strip():
            return change(self, request, *args, **kwargs)
        with transaction.atomic():
            _hold(self.held())
            _require_match(request.headers["If-Match"], edit_tag(self.basis(request), self.edited))
            return change(self, request, *args, **kwargs)

    return guarded  # type: ignore[return-value]


class Edited:
    """A view whose things are edited: their answers carry tags, and methods marked `as_read` take `If-Match`."""

    edited: frozenset[str] = frozenset()  # the keys that people edit; none named: all but BY_ITSELF

    def held(self: Any) -> models.Model:
        """The row that stands for the thing of this address. Raises what reading it raises."""
        found: models.Model = self.get_object()
        return found

    def basis(self: Any, request: Request) -> Mapping[str, Any]:
        """What reading this address answers; at least its keys that people edit."""
        read = self.retrieve if hasattr(self, "retrieve") else self.get
        answer: Mapping[str, Any] = read(request, **self.kwargs).data
        return answer

    def finalize_response(self: Any, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Says the tag of what people edit; `NotModified` adds that of the whole."""
        answer: Any = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        told = getattr(answer, "data", None)
        if answer.status_code in (200, 201) and isinstance(told, Mapping) and getattr(self, "action", "retrieve") in TELLS_ONE:
            answer.edit_tag = edit_tag(told, self.edited)
            answer.whole_tag = _digest(_without(told, CLOCKWORK)) if CLOCKWORK[0] in told else None
        return answer

    def handle_exception(self: Any, error: Exception) -> Response:
        """A stale change is told the present tag."""
        if isinstance(error, Stale):
            told = self.basis(self.request)
            tag = f'"{edit_tag(told, self.edited)}"'
            error.details = {**({"revision": told["revision"]} if "revision" in told else {}), "etag": tag}
        answer: Response = super().handle_exception(error)  # type: ignore[misc]
        if isinstance(error, Stale):
            answer.headers["ETag"] = error.details["etag"]
        return answer


class NotModified:
    """Middleware: every JSON answer to a GET below /api/ has a tag, and is 304 without a body where the caller has it already."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Passes on; looks at the answer."""
        answer = self.answer(request)
        if not request.path_info.startswith(DOORS) or not _is_content(answer):
            return answer
        own: str | None = getattr(answer, "edit_tag", None)
        if request.method not in ("GET", "HEAD"):
            if own:  # what was saved is read back in another order of keys: its tag has no part for the whole
                answer.headers["ETag"] = f'"{own}"'
            return answer
        whole = getattr(answer, "whole_tag", None) or hashlib.blake2b(answer.content, digest_size=8).hexdigest()
        tag = f"{own}-{whole}" if own else whole
        answer.headers["ETag"] = f'"{tag}"'
        if not {"*", tag} & set(_named(request.headers.get("If-None-Match", ""))):
            return answer
        return HttpResponse(status=304, headers={key: value for key, value in answer.items() if key not in ("Content-Type", "Content-Length")})


def edit_tag(told: Mapping[str, Any], edited: frozenset[str]) -> str:
    """The part of a tag that stands for what people edit, with the revision before it where there is one."""
    basis = {key: told[key] for key in told if key in edited} if edited else _without(told, (*BY_ITSELF, *CLOCKWORK))
    return f"{told['revision']}-{_digest(basis)}" if "revision" in told else _digest(basis)


def revision_asked_for(request: Request) -> int | None:
    """The revision of a draft that `If-Match` names, whichever form its tag has; None without it, or with `*`."""
    first, *more = _named(request.headers.get("If-Match", "")) or ["*"]
    text = first.split("-")[0]
    return int(text) if not more and text.isascii() and text.isdigit() and len(text) < 10 else None


def _require_match(asked: str, present: str) -> None:
    """Raises Stale. A tag may stand without the part for the whole, and that of a draft without all but its revision."""
    known = _named(asked)
    fits = (present, present.partition("-")[0]) if "-" in present else (present,)
    if "*" not in known and not any(each in fits or each.rpartition("-")[0] == present for each in known):
        raise Stale("This has been changed since you read it.")


def _named(header: str) -> list[str]:
    """The tags of a header, without quotes and without the mark of weak ones. Ours hold no commas."""
    return [tag for each in header.split(",") if (tag := each.strip().removeprefix("W/").strip('"'))]


def _is_content(answer: HttpResponse) -> bool:
    """Whether it is something to be kept: JSON, a file, but no page (whose headers change with it) and no stream."""
    plain = 200 <= answer.status_code < 300 and not answer.streaming and bool(answer.content)
    return plain and not answer.headers.get("Content-Type", "").startswith("text/html")


def _hold(thing: models.Model) -> None:
    type(thing)._base_manager.select_for_update(no_key=True, of=("self",)).filter(pk=thing.pk).first()


def _without(told: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key not in keys}


def _digest(value: Any) -> str:
    return hashlib.blake2b(json.dumps(value, cls=JSONEncoder, sort_keys=True).encode(), digest_size=8).hexdigest()

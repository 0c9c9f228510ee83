"""What comes back: bodies unpacked within a limit, JSON read where it is JSON, statuses turned into failures that the language knows."""

from __future__ import annotations

import base64
import codecs
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from playbooks_app import clock
from playbooks_app.language.problem import Invalid
from playbooks_app.language.reading import read_text
from playbooks_app.language.step_type import Json, StepFailed

EXCERPT = 2_000  # characters of a refusal's body that are kept with the error


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer of a call. `headers`: names in small letters; of a header that came twice the values are joined by ", "."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def media_type(self) -> str:
        """Such as "application/json"; "" if it was not said."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def value(self) -> Json:
        """The body as a value that can be stored: parsed if it is JSON, else text, else {"base64": …}; None if there is none.

        JSON that could not be kept unchanged (NUL characters, numbers without end, too deep) stays text: by now the call has had its effect.
        """
        if not self.content:
            return None
        text = self.text()
        if text is None:
            return {"base64": base64.b64encode(self.content).decode("ascii")}
        if self._looks_like_json(text):
            try:
                return read_text(text, "json")
            except Invalid:
                return text
        return text

    def text(self) -> str | None:
        """The body as text without NUL, None if it is not text."""
        charset = re.search(r"charset=\"?([\w-]+)", self.headers.get("content-type", ""), re.IGNORECASE)
        try:
            found = self.content.decode(codecs.lookup(charset[1]).name if charset else "utf-8")
        except (LookupError, UnicodeError):
            return None
        return found.removeprefix("\ufeff").replace("\x00", "\ufffd")

    def _looks_like_json(self, text: str) -> bool:
        kind = self.media_type
        if kind == "application/json" or kind.endswith("+json"):
            return True
        return kind in {"", "text/plain", "application/octet-stream"} and text.lstrip()[:1] in {"{", "["}

    def accepted(self, host: str) -> Answer:
        """This answer, if its status is below 400. Raises StepFailed RateLimited, ServerError or ClientError."""
        if self.status < 400:
            return self
        details: dict[str, Any] = {"status": self.status, "body": (self.text() or "")[:EXCERPT]}
        if (seconds := self.retry_after()) is not None:
            details["retry_after"] = seconds
        code, what, hint = self._refusal()
        raise StepFailed(code, f"{host} {what} ({self.status}){self._reason()}", hint=hint, details=details, transient=code != "ClientError")

    def _refusal(self) -> tuple[str, str, str]:
        """Code, what the other side does, and what helps."""
        if self.status == 429:
            return "RateLimited", "asks for fewer calls", "Try again later, or lower the concurrency."
        if self.status >= 500:
            return "ServerError", "has a fault of its own", "Try again later, or ask its owner."
        return "ClientError", "refused the call", "Mend what was criticised, then retry."

    def _reason(self) -> str:
        """What a refusal says for itself, in a line, behind a colon; else a full stop."""
        found = (self.text() or "")[:EXCERPT].strip()
        if found.startswith("{"):
            found = _spoken(self.value())
        words = " ".join(found.split())
        return f": {words[:200]}" if words and not words.startswith("<") else "."

    def retry_after(self) -> float | None:
        """Seconds that the other side asks to wait, None if it does not say."""
        text = self.headers.get("retry-after", "").strip()
        if text.isascii() and text.isdigit():
            return float(text[:9])
        moment = _moment(text)
        return None if moment is None else max(0.0, (moment - (_moment(self.headers.get("date", "")) or clock.now())).total_seconds())


def _spoken(value: Json) -> str:
    """The sentence in the usual forms of a refusal in JSON; "" if it has none of them."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return ""
    return next((said for key in ("message", "detail", "error_description", "error", "title", "reason") if (said := _spoken(value.get(key)))), "")


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def unpacked(chunks: Iterable[bytes], encoding: str, limit_bytes: int, host: str) -> bytes:
    """The body, inflated piece by piece and never beyond the limit: 194 KB may claim to be 200 MB.

    encoding: the Content-Encoding; "", gzip and deflate are known.
    Raises StepFailed PayloadTooLarge, ConnectionFailed (broken), ServerError (another encoding).
    """
    inflate = _Inflater(encoding, host)
    found = bytearray()
    for chunk in chunks:
        found += inflate(chunk, limit_bytes - len(found) + 1)
        if len(found) > limit_bytes:
            raise too_large(host, limit_bytes)
    return bytes(found)


def too_large(host: str, limit_bytes: int) -> StepFailed:
    """The refusal of a body."""
    return StepFailed(
        "PayloadTooLarge",
        f"The answer of {host} is larger than {limit_bytes / 1e6:g} MB.",
        hint="Ask for less: a page, a filter, fewer fields.",
        details={"limit_bytes": limit_bytes},
    )


class _Inflater:
    """Undoes one Content-Encoding."""

    def __init__(self, encoding: str, host: str) -> None:
        self._name, self._host = encoding.strip().lower().removeprefix("x-"), host
        if self._name not in {"", "identity", "gzip", "deflate"}:
            raise StepFailed("ServerError", f"{host} answered in an encoding that was not asked for.", details={"encoding": encoding[:40]})
        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)

    def __call__(self, chunk: bytes, most: int) -> bytes:
        """At most so many bytes of what the chunk holds."""
        if self._name in {"", "identity"}:
            return chunk
        try:
            return self._inflate(chunk, most)
        except zlib.error as error:
            raise StepFailed("ConnectionFailed", f"The answer of {self._host} arrived broken.", hint="Try again.", transient=True) from error

    def _inflate(self, chunk: bytes, most: int) -> bytes:
        found = b""
        while chunk and len(found) < most:
            try:
                found += self._zlib.decompress(chunk, most - len(found))
            except zlib.error:
                if self._name != "deflate" or found or self._zlib.unused_data:
                    raise
                self._name, self._zlib = "raw deflate", zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave the wrapper out
                continue
            chunk = self._zlib.unused_data
            if chunk:  # the next member of the same stream
                self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 32)
        return found

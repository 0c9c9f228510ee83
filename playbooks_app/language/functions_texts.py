"""Functions over text. Numbers, true and false are taken as they are written; null, lists and objects are refused."""

from __future__ import annotations

import base64
import binascii
import urllib.parse
from typing import Any

from playbooks_app.language.budget import Frame, weigh
from playbooks_app.language.functions_numbers import list_in, whole_in
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.values import Json, json_text, kind_of, text_of


def text_in(frame: Frame, value: Any, name: str) -> str:
    """The value as text. Raises ExpressionError."""
    if value is None or isinstance(value, list | dict):
        raise ExpressionError(f"“{name}” needs a text, not {kind_of(value)}.")
    found = text_of(value)
    frame.spend(len(found) // 16 + 1)
    return found


def lower(frame: Frame, value: Json) -> str:
    """`lower`."""
    return text_in(frame, value, "lower").lower()


def upper(frame: Frame, value: Json) -> str:
    """`upper`."""
    return text_in(frame, value, "upper").upper()


def trim(frame: Frame, value: Json) -> str:
    """`trim`."""
    return text_in(frame, value, "trim").strip()


def starts_with(frame: Frame, value: Json, start: Json) -> bool:
    """`starts_with`; null and other kinds begin with nothing."""
    return isinstance(value, str) and isinstance(start, str) and value.startswith(start)


def ends_with(frame: Frame, value: Json, end: Json) -> bool:
    """`ends_with`."""
    return isinstance(value, str) and isinstance(end, str) and value.endswith(end)


def replace(frame: Frame, value: Json, old: Json, new: Json) -> str:
    """`replace`."""
    text, old, new = text_in(frame, value, "replace"), text_in(frame, old, "replace"), text_in(frame, new, "replace")
    if not old:
        raise ExpressionError("“replace” needs to know which part to replace.", hint="The second value is empty.")
    frame.made_text(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


def truncate(frame: Frame, value: Json, most: Json, ending: Json = "…") -> str:
    """`truncate`."""
    text, room, end = text_in(frame, value, "truncate"), whole_in(most, "truncate"), text_in(frame, ending, "truncate")
    if room < 0:
        raise ExpressionError("“truncate” needs a length of 0 or more.")
    if len(text) <= room:
        return text
    return text[: room - len(end)] + end if room >= len(end) else text[:room]


def split(frame: Frame, value: Json, between: Json = None) -> list[str]:
    """`split`."""
    text = text_in(frame, value, "split")
    separator = None if between is None else text_in(frame, between, "split")
    if separator == "":
        raise ExpressionError("“split” needs to know where to cut.", hint="The second value is empty.")
    found = text.split(separator)
    frame.made_list(len(found))
    return found


def join(frame: Frame, values: Json, between: Json = ",") -> str:
    """`join`: items that are no text are written as JSON."""
    separator = text_in(frame, between, "join")
    frame.made_list(len(list_in(values, "join")))
    weigh(values, frame)
    parts = [text_of(value) for value in values]
    frame.made_text(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts)


def json(frame: Frame, value: Json) -> str:
    """`json`."""
    weigh(value, frame)
    found = json_text(value)
    frame.made_text(len(found))
    return found


def url_encode(frame: Frame, value: Json) -> str:
    """`url_encode`."""
    text = text_in(frame, value, "url_encode")
    frame.made_text(3 * len(text))
    return urllib.parse.quote(text, safe="")


def base64_encoded(frame: Frame, value: Json) -> str:
    """`base64`."""
    return base64.b64encode(text_in(frame, value, "base64").encode()).decode()


def base64_decoded(frame: Frame, value: Json) -> str:
    """`base64_decode`; both alphabets, padding may be missing. Raises ExpressionError when no text comes out."""
    text = "".join(text_in(frame, value, "base64_decode").split()).replace("-", "+").replace("_", "/")
    try:
        found = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ExpressionError("The text is not base 64 of a text.") from None
    if "\x00" in found:
        raise ExpressionError("The text behind the base 64 holds a NUL character, which cannot be stored.")
    return found

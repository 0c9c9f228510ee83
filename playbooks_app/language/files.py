"""Files as values: `{name, content}` for text or `{name, base64}` for bytes, with or without `media_type`. Pure."""

from __future__ import annotations

import base64
import binascii
import mimetypes
import re
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.values import Json

MOST_BYTES = 2 * 1024 * 1024  # of one file: it travels with the data of a run; larger ones are given as links
LONGEST_FILE_NAME = 200
UNKNOWN = "application/octet-stream"
KEYS = frozenset({"name", "content", "base64", "media_type", "size"})
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}")
_SIGNS = re.compile(r"[\x00-\x1f\x7f/\\\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # paths, and signs that turn `exe.txt` around


@dataclass(frozen=True, slots=True)
class File:
    """A name to show, a media type without parameters, and the bytes."""

    name: str
    media_type: str
    content: bytes


def file_of(value: Json) -> File | None:
    """The file that a value is; None for any other value. An object is one if it has a name, its content, and an ending or a media type."""
    if not isinstance(value, dict) or not KEYS.issuperset(value) or ("content" in value) == ("base64" in value):
        return None
    name, content = value.get("name"), _bytes_of(value)
    if not isinstance(name, str) or content is None or len(content) > MOST_BYTES:
        return None
    guessed = mimetypes.guess_type(name, strict=True)[0]
    written = value.get("media_type")
    if written is None and guessed is None and "." not in name[1:]:
        return None
    return File(safe_name(name), _media_type(written) or guessed or ("text/plain" if "content" in value else UNKNOWN), content)


def value_of(name: str, content: bytes, media_type: str = "") -> dict[str, Any]:
    """A file as the value of an input."""
    kind = {"media_type": found} if (found := _media_type(media_type)) else {}
    return {"name": safe_name(name), **kind, "base64": base64.b64encode(content).decode()}


def safe_name(name: str) -> str:
    """The name without folders and without signs that hide what it is."""
    clean = _SIGNS.sub("", re.split(r"[/\\]", name)[-1]).strip()
    return clean[-LONGEST_FILE_NAME:] or "file"


def _media_type(written: Json) -> str:
    found = written.partition(";")[0].strip().lower() if isinstance(written, str) else ""
    return found if _MEDIA_TYPE.fullmatch(found) else ""


def _bytes_of(value: dict[str, Any]) -> bytes | None:
    text = value.get("content", value.get("base64"))
    if not isinstance(text, str):
        return None
    if "content" in value:
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None

"""Files among what is shown: taken out of the data and kept beside the approval; the data keeps name, size, media type and SHA-256. Pure.

The fingerprint of what was shown covers the SHA-256, and so the content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.files import File, file_of

KEYS = {"name", "size", "media_type", "sha256"}
TEXTS = ("application/json", "application/xml", "application/yaml", "application/x-yaml")
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
EXCERPT = 600  # characters of a text that stand on the page and in the mail
KIB = 1024


@dataclass(frozen=True, slots=True)
class Kept:
    """One file as it is shown."""

    name: str
    size: int  # bytes
    media_type: str
    sha256: str
    excerpt: str = ""

    @property
    def words(self) -> str:
        """Name, size, and the beginning of the SHA-256."""
        return f"{self.name} ({self.size_words}, SHA-256 {self.sha256[:8]}…)"

    @property
    def size_words(self) -> str:
        """`312 bytes`, `1.2 KB`, `1.9 MB`."""
        if self.size < KIB:
            return f"{self.size} bytes" if self.size != 1 else "1 byte"
        return f"{self.size / KIB:.1f} KB" if self.size < KIB * KIB else f"{self.size / KIB / KIB:.1f} MB"

    @property
    def is_picture(self) -> bool:
        """Whether the page shows it as a picture."""
        return self.media_type in PICTURES

    @property
    def can_be_looked_at(self) -> bool:
        """Whether a browser may show it: as text, as a picture, as a page without scripts, or as a PDF."""
        return is_text(self.media_type) or self.is_picture or self.media_type == "application/pdf"


def is_text(media_type: str) -> bool:
    """Whether people can read it as it is."""
    return media_type.startswith("text/") or media_type in TEXTS


def put_away(value: Any, found: dict[str, File]) -> Any:
    """The value with every file replaced by what is said of it; the files themselves come into `found`, by SHA-256."""
    file = file_of(value)
    if file is not None:
        digest = hashlib.sha256(file.content).hexdigest()
        found[digest] = file
        return described(file, digest)
    if isinstance(value, Mapping):
        return {key: put_away(each, found) for key, each in value.items()}
    return [put_away(each, found) for each in value] if isinstance(value, list) else value


def described(file: File, digest: str) -> dict[str, Any]:
    """What stands in the data instead of a file."""
    said = {"name": file.name, "size": len(file.content), "media_type": file.media_type, "sha256": digest}
    beginning = _beginning(file)
    return {**said, "excerpt": beginning} if beginning else said


def kept_of(value: Any) -> Kept | None:
    """What `put_away` has left of a file; None for other values."""
    if not isinstance(value, Mapping) or not KEYS.issubset(value) or not KEYS.union({"excerpt"}).issuperset(value):
        return None
    known = isinstance(value["size"], int) and all(isinstance(each, str) for key, each in value.items() if key != "size")
    return Kept(**value) if known and len(value["sha256"]) == 64 else None


def all_of(value: Any) -> Iterator[Kept]:
    """Every file in what is shown, in order."""
    kept = kept_of(value)
    if kept is not None:
        yield kept
    elif isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            yield from all_of(each)


def _beginning(file: File) -> str:
    """The first characters of a text that is no page."""
    if not is_text(file.media_type) or file.media_type == "text/html":
        return ""
    text = file.content[: EXCERPT * 4].decode(errors="replace").replace("\0", "\ufffd")
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1].rstrip()}…"

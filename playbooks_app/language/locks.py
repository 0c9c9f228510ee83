"""What can be locked: names, and paths of which one that holds another excludes it (`/a` and `/a/b`, but not `/a` and `/ab`)."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.values import Json, is_number, kind_of, text_of

MOST_LOCKS = 50  # of one list
LONGEST_NAME = 200
DEEPEST_PATH = 32
HINT = 'Write "ledger" or {path: /invoices/2026}.'


class NoLock(ValueError):
    """What was written names no lock. Arguments: the place in the list, and what is wrong in words."""


@dataclass(frozen=True, slots=True)
class Locks:
    """Names and paths that are taken together. Paths begin with a slash and end without one."""

    names: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """What is taken: `=ledger`, `/a/b`."""
        return (*(f"={name}" for name in self.names), *self.paths)

    @property
    def words(self) -> str:
        """For people: `ledger, /a/b`."""
        return ", ".join((*self.names, *self.paths))


def read_locks(written: Json) -> Locks:
    """A list of locks with its templates filled in; each once. Raises NoLock."""
    found: dict[str, list[str]] = {"name": [], "path": []}
    for place, lock in enumerate(written if isinstance(written, list) else [written]):
        kind, text = ("path", lock.get("path")) if isinstance(lock, dict) and set(lock) == {"path"} else ("name", lock)
        if not isinstance(text, str) and not (kind == "name" and is_number(text)):
            raise NoLock(place, f"A lock is a name or a path, not {kind_of(lock)}.")
        read = text_of(text).strip()
        if not read or len(read) > LONGEST_NAME or "\x00" in read:
            raise NoLock(place, f"A lock has 1 to {LONGEST_NAME} characters.")
        found[kind].append(_path(read, place) if kind == "path" else read)
    if len(found["name"]) + len(found["path"]) > MOST_LOCKS:
        raise NoLock(0, f"At most {MOST_LOCKS} locks can be taken together.")
    return Locks(tuple(dict.fromkeys(found["name"])), tuple(dict.fromkeys(found["path"])))


def covers_of(key: str) -> list[str]:
    """The key and everything that it lies in: `/a/b` gives `/`, `/a`, `/a/b`. Two keys conflict if one of them covers the other."""
    if not key.startswith("/"):
        return [key]
    parts = key.strip("/").split("/") if key != "/" else []
    return ["/", *("/" + "/".join(parts[: number + 1]) for number in range(len(parts)))]


def _path(text: str, place: int) -> str:
    parts = [part for part in text.split("/") if part]
    if len(parts) > DEEPEST_PATH or any(part in (".", "..") for part in parts):
        raise NoLock(place, f"A path has at most {DEEPEST_PATH} parts, and none of them is a dot.")
    return "/" + "/".join(parts)

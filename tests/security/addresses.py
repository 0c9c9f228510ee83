"""Every address as one that can be called: with the number of a thing that is there, or of one that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.house.test_addresses import KNOWN
from tests.security.scene import MISSING, REPORT_SHA256, Things

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
WORDS = {"path": "sign", "which": "output", "name": "go", "number": "1", "old": "1", "new": "1", "format": "json", "uidb64": "x"}
WORDS |= {"slug": "payment-failover", "account": "acme", "sha256": REPORT_SHA256, "provider_id": "none", "organization_slug": "none"}
GROUP = re.compile(r"\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)|<(?:\w+:)?(\w+)>")


def patterns() -> list[str]:
    """As in tests/house/addresses.txt; one for each word where a part is one of a few words."""
    known = [line for line in KNOWN.read_text().splitlines() if line]
    return sorted(each for line in known for each in _spread(line))


def is_about_one(pattern: str) -> bool:
    """Whether it names a thing by its number."""
    return any(_noun(pattern, found) for found in GROUP.finditer(pattern))


def address(pattern: str, things: Things, *, missing: bool = False) -> str:
    """An address that fits. `missing`: of a thing that is not there."""

    def fill(found: re.Match[str]) -> str:
        noun = _noun(pattern, found)
        if _name(found) == "other":  # a version is compared with itself
            return str(things["versions"])
        if noun is None:
            return WORDS.get(_name(found), "1")
        if noun == "token":
            return "x" * 43 if missing else str(things["token"])
        return str(MISSING) if missing else str(things.get(noun, MISSING))  # what the scene does not have is not there

    return "/" + GROUP.sub(fill, pattern).replace("\\.", ".")


def _spread(pattern: str) -> Iterator[str]:
    found = re.search(r"\(\?P<\w+>(\w+(?:\|\w+)+)\)", pattern)
    if found is None:
        yield pattern
        return
    for word in found[1].split("|"):
        yield from _spread(pattern[: found.start()] + word + pattern[found.end() :])


def _name(found: re.Match[str]) -> str:
    return found[1] or found[3]


def _noun(pattern: str, found: re.Match[str]) -> str | None:
    """What the number is of: the word before it; None when it is no number of a thing."""
    name = _name(found)
    if name in {"token", "delivery"}:
        return name
    if name not in {"pk", "run_id", "approval_id", "playbook_id"} and not (name == "number" and "grants/" in pattern[: found.start()]):
        return None
    return pattern[: found.start()].rstrip("/").rpartition("/")[2]

"""Every address is known, and answers strangers as it should."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

KNOWN = Path(__file__).with_name("addresses.txt")
OPEN = re.compile(
    r"healthz|readyz|metrics|accounts/(login|password_reset|reset|inactive|single-sign-on)/|accounts/second-factor/(authenticate|webauthn/login)/|decide/|join/|api/v1/schema/playbook.json"
)
EXAMPLES = {"path": "each", "uidb64": "x", "token": "x", "which": "output", "format": "json"}


def test_every_address_is_known() -> None:
    """An address is a promise: adding or dropping one is a decision, visible in tests/house/addresses.txt."""
    known, present = set(KNOWN.read_text().splitlines()), _addresses()
    assert present == known, f"Bring tests/house/{KNOWN.name} up to date: add {sorted(present - known)}, remove {sorted(known - present)}"


@pytest.mark.django_db
@pytest.mark.parametrize("pattern", [line for line in KNOWN.read_text().splitlines() if line])
def test_strangers_are_sent_to_the_door(pattern: str) -> None:
    """Whoever has not signed in gets 401 from the API and the sign-in page from everything else; 405 says no more than that GET is no way in."""
    if OPEN.match(pattern):
        pytest.skip("meant for strangers")
    answer = Client().get("/" + _example(pattern))
    assert answer.status_code in ((401, 405) if pattern.startswith("api/") else (302, 405)), answer.content[:300]
    if answer.status_code == 302:
        assert answer.headers["Location"].startswith("/accounts/login/")


def _addresses() -> set[str]:
    """All but the admin's own and those of the demo."""
    return {address for address in _walk(get_resolver().url_patterns, "") if not address.startswith(("admin/", "demo/", "api/v1/demo/"))}


def _walk(patterns: list[Any], before: str) -> Iterator[str]:
    for each in patterns:
        address = before + str(each.pattern).removeprefix("^").removesuffix("$")
        if isinstance(each, URLResolver):
            yield from _walk(each.url_patterns, address)
        elif isinstance(each, URLPattern):
            yield address


def _example(pattern: str) -> str:
    """An address that fits the pattern."""
    words = re.sub(r"\(\?P<\w+>(\w+)\|[\w|]+\)", lambda found: found[1], pattern)
    named = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", lambda found: f"<{found[1]}>", words)
    return re.sub(r"<(?:(\w+):)?(\w+)>", lambda found: EXAMPLES.get(found[2], "1"), named).replace("\\.", ".")

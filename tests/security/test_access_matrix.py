"""Who gets in where. tests/security/rights.txt is the whole table: one line per method and address, with everybody who is let in.

Nobody knows whether a thing is there that is not theirs to see; who has not signed in, was switched off or belongs to no account gets in nowhere.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from approvals_app.pages import decision
from playbooks_app import audit, call_limits
from playbooks_app.models import User
from tests.security import addresses, scene

RIGHTS = Path(__file__).with_name("rights.txt")
OPEN = re.compile(
    r"\w+ (healthz|readyz|metrics|decide/|accounts/(login|logout|password_reset|inactive|invitation)|hooks/|api/v1/schema/playbook.json)"
)
CHANCE = re.compile(r"\d+|X-CSRFToken\": \"\w+|name=\"csrfmiddlewaretoken\" value=\"\w+|[0-9A-F-]{9}")
OUT = {401, 403, 404}
LEFT_OUT = (
    set() if os.environ.get("ACCESS_MATRIX") == "whole" else {"deactivated", "nobody", "head", "owner-of-it", "superuser"}
)  # they take their time

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pause(settings: Settings) -> None:
    """Thousands of calls in a minute are what limits are there to stop."""
    settings.API_CALLS_PER_MINUTE = settings.API_CALLS_PER_MINUTE_OF_ACCOUNT = 10_000_000


def test_the_table_is_true(people: dict[str, User]) -> None:
    """Each address lets in whom the table names and nobody else; one that the table does not have fails."""
    found = _matrix(people)
    expected = {door: " ".join(name for name in who.split() if name not in LEFT_OUT) or "-" for door, who in _table().items()}
    changed = {door: who for door, who in found.items() if expected.get(door) != who}
    gone = sorted(set(expected) - set(found))
    assert not changed and not gone, "\n".join(
        [
            "Who gets in has changed. If that is meant, write it to tests/security/rights.txt:",
            *(f"{d}: {w}" for d, w in changed.items()),
            f"gone: {gone}",
        ]
    )


def test_who_is_nobody_gets_in_nowhere() -> None:
    """Not signed in, switched off, of no account: the table has them at doors that are open to everybody only."""
    for line in RIGHTS.read_text().splitlines():
        door, _, who = line.partition(": ")
        if not OPEN.match(door):
            assert not {"anonymous", "deactivated"} & set(who.split()), line


def test_foreign_and_missing_are_one(people: dict[str, User]) -> None:
    """To somebody of another account a thing that is there answers in every way like one that is not."""
    things, eve = scene.make_scene(people), scene.client_of(people["eve"])
    told: list[str] = []
    for pattern in filter(addresses.is_about_one, addresses.patterns()):
        if pattern.startswith("decide/"):
            continue
        for method in ("GET", "POST", "PATCH", "DELETE"):
            there, not_there = (_call(eve, method, addresses.address(pattern, things, missing=missing)) for missing in (False, True))
            if _said(there) != _said(not_there) or there.status_code not in (403, 404, 405):
                told.append(f"{method} {pattern}: {there.status_code} and {not_there.status_code}")
    assert not told, "\n".join(told)


def test_nothing_changes_by_looking(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    """No GET writes anything, whoever asks: each runs while the database takes no writing. Calls are counted, and who saw or took what is kept."""
    things, clients = scene.make_scene(people), [scene.client_of(people[name]) for name in ("admin", "alice", "bob")]
    monkeypatch.setattr(call_limits, "count", lambda limits: call_limits.Standing(9, 9, 9))
    monkeypatch.setattr(audit, "note", lambda *given, **more: None)
    monkeypatch.setattr(decision, "note_seen", lambda *given: None)
    wrote = []
    for pattern in addresses.patterns():
        if pattern.startswith(("decide/", "accounts/", "readyz")):
            continue  # a look at a mail's link is recorded, on purpose; here no worker is alive
        for client in clients:
            answer = _call(client, "GET", addresses.address(pattern, things), read_only=True)
            if answer.status_code >= 500:
                wrote.append(f"{pattern}: {answer.status_code}")
                break
    assert not wrote, "\n".join(wrote)


@cache
def _table() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in RIGHTS.read_text().splitlines())


def _matrix(people: dict[str, User]) -> dict[str, str]:
    things = scene.make_scene(people)
    clients = {name: scene.client_of(user) for name, user in scene.make_principals(people).items() if name not in LEFT_OUT}
    found = {}
    for pattern in addresses.patterns():
        address = addresses.address(pattern, things)
        for method in _methods(clients["admin"], pattern, address):
            inside = [name for name, client in clients.items() if _is_let_in(_call(client, method, address))]
            found[f"{method} {pattern}"] = " ".join(inside) or "-"
    return found


def _methods(client: Client, pattern: str, address: str) -> list[str]:
    """Those of the table; of an address that it does not have (in the whole run of each) those that the server does not refuse. A page has two."""
    known = [door.split(" ", 1)[0] for door in _table() if door.split(" ", 1)[1] == pattern]
    if known and LEFT_OUT:
        return known
    possible = addresses.METHODS if address.startswith("/api/") else ("GET", "POST")
    return [method for method in possible if _call(client, method, address).status_code != 405]


def _call(client: Client, method: str, address: str, *, read_only: bool = False) -> Any:
    """One call of which nothing stays."""
    with transaction.atomic():
        if read_only:
            connection.cursor().execute("SET TRANSACTION READ ONLY")
        kind = "application/json" if address.startswith("/api/") else "application/x-www-form-urlencoded"
        body = "{}" if method != "GET" and address.startswith("/api/") else ""
        cookies: Any = client.cookies.copy()
        answer: Any = client.generic(method, address, body, kind)
        client.cookies = cookies  # whoever signs out is in again
        transaction.set_rollback(True)
    return answer


def _is_let_in(answer: Any) -> bool:
    assert answer.status_code < 500 or answer.status_code == 503, answer.wsgi_request.path
    to_the_door = answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")
    return answer.status_code not in OUT and not to_the_door


def _said(answer: HttpResponse) -> tuple[int, str]:
    """What it says, without the numbers and words that differ by chance."""
    return answer.status_code, re.sub(
        r"\d+|X-CSRFToken\": \"\w+|name=\"csrfmiddlewaretoken\" value=\"\w+|[0-9A-F-]{9}", "", answer.content.decode(errors="replace")
    )

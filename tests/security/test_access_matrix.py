"""Who gets in where. tests/security/rights.txt is the whole table: one line per method and address, with everybody who is let in.

Nobody knows whether a thing is there that is not theirs to see; who has not signed in, was switched off or belongs to no account gets in nowhere.
"""

from __future__ import annotations

import os
import re
import zlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import connection, connections, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver
from pytest_django import Settings

from approvals_app.pages import decision
from playbooks_app import audit, call_limits
from playbooks_app.api.authentication import plain
from playbooks_app.api.scopes import scope_of
from playbooks_app.models import User
from playbooks_app.models.api_token import Scope
from playbooks_app.secrecy import tokens
from runs_app.consumers import InboxConsumer, websocket_urlpatterns
from runs_app.models import Run
from tests.house.test_addresses import _walk
from tests.runs.test_live import run_apart
from tests.security import addresses, scene

RIGHTS = Path(__file__).with_name("rights.txt")
OPEN = re.compile(
    r"\w+ (healthz|readyz|metrics|decide/|hooks/|api/v1/schema/playbook.json"
    r"|accounts/(login|logout|password_reset|reset|inactive|invitation|single-sign-on|second-factor/(authenticate|webauthn/login)))"
)
CHANCE = re.compile(r"\d+|X-CSRFToken\": \"\w+|name=\"csrfmiddlewaretoken\" value=\"\w+|[0-9A-F-]{9}")
OUT = {401, 403, 404}
WHOLE = os.environ.get("ACCESS_MATRIX") == "whole"  # everybody at every door; else, at each, those at the border and one more
BY_RIGHTS = (
    "anonymous",
    "deactivated",
    "nobody",
    "foreign",
    "viewer",
    "head",
    "approver",
    "operator",
    "builder",
    "owner-of-it",
    "admin",
    "superuser",
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pause(settings: Settings) -> None:
    """Thousands of calls in a minute are what limits are there to stop."""
    settings.API_CALLS_PER_MINUTE = settings.API_CALLS_PER_MINUTE_OF_ACCOUNT = 10_000_000


def test_the_table_is_true(people: dict[str, User]) -> None:
    """Each address lets in whom the table names and nobody else; one that the table does not have fails.

    By day each door is tried by the weakest whom it lets in, the strongest whom it does not, and one more; all of them with ACCESS_MATRIX=whole.
    """
    things = scene.make_scene(people)
    clients = {name: scene.client_of(user) for name, user in scene.make_principals(people).items()}
    table, wrong, doors = _table(), [], set()
    for pattern in addresses.patterns():
        address = addresses.address(pattern, things)
        for method in _methods(clients["admin"], pattern, address):
            door = f"{method} {pattern}"
            doors.add(door)
            known = set(table.get(door, "").split()) - {"-"}
            tried = _at_the_border(door, known) if door in table and not WHOLE else BY_RIGHTS
            inside = {name for name in tried if _is_let_in(_call(clients[name], method, address))}
            if door not in table or inside != known & set(tried):
                wrong.append(f"{door}: {' '.join(each for each in clients if each in (inside | (known - set(tried)))) or '-'}")
    gone = sorted(set(table) - doors)
    assert not wrong and not gone, "\n".join(
        ["Who gets in has changed. If that is meant, write it to tests/security/rights.txt:", *wrong, f"gone: {gone}"]
    )


def _at_the_border(door: str, known: set[str]) -> set[str]:
    """The weakest who is let in, the strongest who is not, and one more, another one at each door."""
    inside, outside = [each for each in BY_RIGHTS if each in known], [each for each in BY_RIGHTS if each not in known]
    return {*inside[:1], *outside[-1:], BY_RIGHTS[zlib.crc32(door.encode()) % len(BY_RIGHTS)]}


def test_a_token_opens_the_doors_of_its_scopes(people: dict[str, User]) -> None:
    """At every door of REST: the scope that the door asks for comes through, a token of another one is refused by its name (all others: whole)."""
    things, admin, wrong = scene.make_scene(people), people["admin"], []
    programs = {scope: Client(headers={"Authorization": f"Token {tokens.make(admin, name=scope, scopes=[scope])[1]}"}) for scope in Scope.values}
    for door in (each for each in _table() if each.partition(" ")[2].startswith("api/v1/") and not OPEN.match(each) and "/docs/" not in each):
        method, _, pattern = door.partition(" ")
        wanted = scope_of(plain(pattern.removeprefix("api/v1/")), method)
        others = [scope for scope in Scope.values if scope != wanted]
        for scope in [wanted, *(others if WHOLE else others[zlib.crc32(door.encode()) % len(others) :][:1])]:
            answer = _call(programs[str(scope)], method, addresses.address(pattern, things))
            refused = answer.status_code == 403 and f"“{wanted}”" in answer.content.decode()
            if wanted is None or refused != (scope != wanted):
                wrong.append((door, scope, wanted, answer.status_code))
    assert not wrong


def test_the_administration_is_for_its_staff(people: dict[str, User]) -> None:
    """Every address of it: strangers are sent to sign in; an account's own owner is refused, and so is staff without the right; nothing says more."""
    things = scene.make_scene(people)
    principals = scene.make_principals(people) | {"staff": User.objects.create(username="stan", email="stan@handrail.example", is_staff=True)}
    owner = User.objects.create(username="olga", email="olga@acme.example")
    owner.memberships.create(account_id=Run.objects.get(pk=things["runs"]).account_id, role="owner")
    stranger, leader, staff = Client(), scene.client_of(owner), scene.client_of(principals["staff"])
    wrong, seen = [], 0
    for pattern in admin_patterns():
        address = "/" + re.sub(r"<[^>]+>|\(\?P<\w+>[^)]*\)", "1", pattern).replace("\\", "").replace("$", "").replace("^", "")
        if address.endswith(("/login/", "/logout/")):
            continue
        seen += 1
        answers = [_call(client, "GET", address) for client in (stranger, leader, staff)]
        to_the_door = answers[0].status_code == 302 and "/login/" in answers[0].headers["Location"]
        may_be_refused = {302, 403, 404, 405}
        open_to_staff = re.fullmatch(r"/admin/(|password_change/(done/)?|jsi18n/|1)", address)
        if not to_the_door or answers[1].status_code not in may_be_refused or (answers[2].status_code not in may_be_refused and not open_to_staff):
            wrong.append((address, [each.status_code for each in answers]))
    assert not wrong and seen > 100, wrong


def admin_patterns() -> list[str]:
    """As the resolver has them; of each model the list and one row by day."""
    found = sorted({each for each in _walk(get_resolver().url_patterns, "") if each.startswith("admin/")})
    return found if WHOLE else [each for each in found if not re.search(r"(history|delete|add)/$|autocomplete", each)]


@pytest.mark.django_db(transaction=True)
def test_sockets_are_for_those_who_see_what_they_tell_of(people: dict[str, User]) -> None:
    """Each kind of socket, asked as each kind of person; a kind that is not named here fails."""
    things, principals = scene.make_scene(people), scene.make_principals(people)
    sees = set(BY_RIGHTS) - {"anonymous", "deactivated", "nobody", "foreign"}
    allowed = {
        "ws/runs/<int:run_id>/": sees,
        "ws/inbox/": sees | {"foreign"},  # that of their own account
        "ws/playbooks/<int:playbook_id>/": {"builder", "owner-of-it", "admin", "superuser"},
    }
    assert {str(each.pattern) for each in websocket_urlpatterns} == set(allowed)
    numbers = {"run_id": things["runs"], "playbook_id": things["playbooks"]}
    for each in websocket_urlpatterns:
        told = {name for name in BY_RIGHTS if topic(each.callback.consumer_class, principals[name], numbers) is not None}
        assert told == allowed[str(each.pattern)], each.pattern
        missing = dict.fromkeys(numbers, scene.MISSING)
        if "<" in str(each.pattern):
            assert topic(each.callback.consumer_class, principals["superuser"], missing) is None
    assert topic(InboxConsumer, principals["foreign"], {}) != topic(InboxConsumer, principals["viewer"], {})


def topic(kind: Any, person: User | None, numbers: dict[str, int]) -> int | None:
    """What a socket of this kind would tell this person of; None if it is shut."""
    client = scene.client_of(person)
    consumer = kind()
    consumer.scope = {"user": person or AnonymousUser(), "session": client.session, "url_route": {"kwargs": numbers}}

    async def ask() -> int | None:
        try:
            found: int | None = await consumer.topic_number()
            return found
        finally:
            await sync_to_async(connections.close_all)()

    found: int | None = run_apart(ask())
    return found


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
        if pattern.startswith(("decide/", "accounts/")):
            continue
        for method in ("GET", "POST", "PATCH", "DELETE") if WHOLE else _methods(eve, pattern, ""):
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
        if pattern.startswith(("decide/", "accounts/", "readyz")) or (f"GET {pattern}" not in _table() and not WHOLE):
            continue  # a look at a mail's link is recorded, on purpose; here no worker is alive
        for client in clients if WHOLE else clients[zlib.crc32(pattern.encode()) % 3 :][:1]:
            answer = _call(client, "GET", addresses.address(pattern, things), read_only=True)
            if answer.status_code >= 500:
                wrote.append(f"{pattern}: {answer.status_code}")
                break
    assert not wrote, "\n".join(wrote)


@cache
def _table() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in RIGHTS.read_text().splitlines())


def _methods(client: Client, pattern: str, address: str) -> list[str]:
    """Those of the table; of an address that it does not have (in the whole run of each) those that the server does not refuse. A page has two."""
    known = [door.split(" ", 1)[0] for door in _table() if door.split(" ", 1)[1] == pattern]
    if known and not WHOLE:
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
    return answer.status_code, CHANCE.sub("", answer.content.decode(errors="replace"))

"""Scoped tokens: made once, kept as a digest, used for what they were made for, until they expire or are revoked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.api.authentication import DOOR, plain
from playbooks_app.api.scopes import scope_of
from playbooks_app.models import ApiToken, User
from playbooks_app.models.api_token import Scope
from tests.playbooks.documents import document

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]


def key_of(api: Api, user: User, *scopes: str, **more: Any) -> str:
    """A new token's key, made through the door."""
    answer = api(user).post("/api/v1/tokens/", {"name": "a program", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["token"])


def caller(key: str, word: str = "Token") -> Client:
    """A program with that key."""
    return Client(headers={"Authorization": f"{word} {key}"})


def routes() -> Iterator[tuple[str, str]]:
    """Every door of the API with every method that it has."""

    def walk(patterns: list[Any], before: str) -> Iterator[tuple[str, Any]]:
        for each in patterns:
            address = before + str(each.pattern)
            if isinstance(each, URLResolver):
                yield from walk(each.url_patterns, address)
            elif isinstance(each, URLPattern) and address.startswith(DOOR):
                yield address.removeprefix(DOOR), each.callback

    for address, view in walk(get_resolver().url_patterns, ""):
        actions = getattr(view, "actions", None)
        methods = actions or [name for name in ("get", "post", "put", "patch", "delete") if hasattr(getattr(view, "cls", view), name)]
        yield from ((plain(address), method.upper()) for method in methods)


def test_every_door_asks_for_a_scope() -> None:
    """A door that is new has to be put into the table of playbooks_app/api/scopes.py."""
    unlisted = [f"{method} {route}" for route, method in routes() if scope_of(route, method) is None]
    assert not unlisted
    assert scope_of("nothing/of/this/kind/", "POST") is None


@pytest.mark.parametrize("scope", Scope.values)
def test_a_scope_opens_its_own_doors_only(api: Api, admin: User, scope: str) -> None:
    """Whatever a token has no scope for is 403 with the scope that is missing, however much its person may do."""
    program = caller(key_of(api, admin, scope))
    doors = {
        "read": program.get("/api/v1/playbooks/"),
        "author": program.post("/api/v1/playbooks/", {"document": document()}, content_type="application/json"),
        "run": program.post("/api/v1/runs/", {}, content_type="application/json"),
        "decide": program.post("/api/v1/approvals/999/decide/", {"decision": "approve"}, content_type="application/json"),
        "admin": program.get("/api/v1/tokens/"),
    }

    for wanted, answer in doors.items():
        refused = answer.status_code == 403 and f"“{wanted}”" in answer.json()["message"]
        assert refused == (wanted != scope), (scope, wanted, answer.status_code, answer.content)


def test_a_token_is_shown_once_and_kept_as_a_digest(api: Api, alice: User, dave: User, admin: User) -> None:
    """Lists know it by its first letters; others do not see it, admins do; it never may more than its person."""
    key = key_of(api, alice, "read", "author")
    told = api(alice).get("/api/v1/tokens/").json()["results"][0]
    assert told["shown"] == key[:9] and key not in str(told)
    assert not ApiToken.objects.filter(digest=key).exists()
    assert caller(key, "Bearer").get("/api/v1/me/").json()["username"] == "alice"
    assert api(dave).get("/api/v1/tokens/").json()["count"] == 0 and api(admin).get("/api/v1/tokens/").json()["count"] == 1
    weak = caller(key_of(api, dave, *Scope.values))
    assert weak.post("/api/v1/playbooks/", {"document": document()}, content_type="application/json").status_code == 403


def test_it_ends(api: Api, alice: User, admin: User) -> None:
    """By expiry, by being revoked, and with its person."""
    early = (clock.now() + timedelta(hours=1)).isoformat()
    short, long, third = key_of(api, alice, "read", expires_at=early), key_of(api, alice, "read"), key_of(api, alice, "read")
    number = ApiToken.objects.get(shown=long[:9], pk=ApiToken.objects.order_by("pk")[1].pk).pk

    assert caller(short).get("/api/v1/me/").status_code == 200
    ApiToken.objects.filter(shown=short[:9]).update(expires_at=clock.now())
    expired = caller(short).get("/api/v1/me/")
    assert expired.status_code == 401 and expired.json()["message"] == "This token has expired." and expired.json()["hint"]
    assert api(admin).delete(f"/api/v1/tokens/{number}/").status_code == 204
    assert caller(long).get("/api/v1/me/").status_code == 401
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert caller(third).get("/api/v1/me/").status_code == 401
    assert caller("hr_nonsense").get("/api/v1/me/").status_code == 401


def test_its_use_is_written_once_a_minute(api: Api, alice: User, django_assert_num_queries: Any) -> None:
    """A busy program costs no write per call."""
    key = key_of(api, alice, "read")
    caller(key).get("/api/v1/me/")
    first = ApiToken.objects.get().last_used_at
    caller(key).get("/api/v1/me/")

    assert first is not None and ApiToken.objects.get().last_used_at == first


def test_no_token_makes_a_stronger_one(api: Api, admin: User) -> None:
    """What it asks for must be among its own scopes; what is no scope is refused with its place."""
    program = caller(key_of(api, admin, "admin"))

    for scopes, status in ((["admin"], 201), (["admin", "run"], 403), (["everything"], 422), ([], 422)):
        body = {"name": "child", "scopes": scopes}
        assert program.post("/api/v1/tokens/", body, content_type="application/json").status_code == status, scopes
    past = {"name": "x", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z", "user": "eve"}
    refused = api(admin).post("/api/v1/tokens/", past)
    assert refused.status_code == 422 and refused.json()["problems"][0]["address"] == "user"

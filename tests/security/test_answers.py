"""What every answer carries, and what no answer says: caches, frames, cookies, refusals, limits, hosts, places to go on to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from playbooks_app.errors import PROBLEM
from playbooks_app.models import User
from tests.people import PASSWORD
from tests.security import addresses, scene

Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
PUBLIC = {"/api/v1/schema/playbook.json"}  # the same for everybody
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    " //evil.example",
    "\t//evil.example",
    "https://127.0.0.1@evil.example/",
    "https://testserver.evil.example/",
    "//testserver@evil.example",
    "https://evil.example%23.testserver/",
]


def test_private_answers_stay_in_no_cache_and_in_no_frame(people: dict[str, User]) -> None:
    """Every GET of every address that answers: nothing is kept, framed or guessed at; "back" after signing out shows nothing."""
    things, client = scene.make_scene(people), scene.client_of(people["admin"])
    lax = []
    for pattern in addresses.patterns():
        address = addresses.address(pattern, things)
        answer: Any = client.get(address)
        kept = answer.headers.get("Cache-Control", "")
        guarded = answer.headers.get("X-Content-Type-Options") == "nosniff" and answer.headers.get("X-Frame-Options") == "DENY"
        if not guarded or ("no-store" not in kept and address not in PUBLIC) or "frame-ancestors 'none'" not in answer["Content-Security-Policy"]:
            lax.append((address, kept))
    assert not lax


def test_all_refusals_of_rest_are_problems_with_limits(people: dict[str, User]) -> None:
    """401, 403, 404, 405, 406, 415 and unreadable bodies, at addresses that are there and at some that are not."""
    things, client = scene.make_scene(people), scene.client_of(people["admin"])
    calls = [("PUT", "{}", "application/json"), ("POST", "{", "application/json"), ("PATCH", "<a/>", "text/xml"), ("BREW", "", "")]
    known = [addresses.address(each, things) for each in addresses.patterns() if each.startswith("api/") and "docs/" not in each]
    wrong = []
    for who in (client, Client()):
        for address in [*known[:: 1 if who is client else 4], "/api/v1/nothing/", "/api/v2/"]:
            for method, body, kind in calls:
                answer: Any = who.generic(method, address, body, kind, headers={"Accept": "application/json"})
                if answer.status_code < 400:
                    continue
                told = answer.json() if answer.headers["Content-Type"] == PROBLEM else {}
                if (
                    answer.status_code >= 500
                    or not {"code", "message", "hint", "address"} <= set(told)
                    or "RateLimit-Remaining" not in answer.headers
                ):
                    wrong.append((method, address, answer.status_code, answer.headers.get("Content-Type")))
    assert not wrong


def test_keys_are_not_tried_for_ever(settings: Settings, people: dict[str, User]) -> None:
    """Calls with wrong tokens are counted by where they come from, and refused beyond the limit like all others."""
    settings.API_CALLS_PER_MINUTE = 5
    found = [Client().get("/api/v1/me/", headers={"Authorization": f"Token guess-{number}"}) for number in range(7)]

    assert [answer.status_code for answer in found] == [401] * 5 + [429] * 2
    assert found[-1].json()["code"] == "rate_limited" and int(found[-1].headers["Retry-After"]) > 0


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "testserver@evil.example", "evil.example:80", "testserver, evil.example", "[::1", ""]
)
def test_foreign_hosts_get_nothing(people: dict[str, User], host: str) -> None:
    """400, with nothing of the host in it."""
    answer = Client().get("/accounts/login/", headers={"Host": host}) if host else Client().get("/accounts/login/", headers={"Host": "x y"})

    assert answer.status_code == 400 and b"evil" not in answer.content


@pytest.mark.parametrize(
    "extra", [{"Host": "localhost:666"}, {"Host": "127.0.0.1:1"}, {"X-Forwarded-Host": "evil.example"}, {"Forwarded": "host=evil.example"}]
)
def test_the_link_in_a_mail_leads_home_whatever_the_request_says(alice: User, extra: dict[str, str]) -> None:
    """Whoever asks for a new password of somebody else does not choose where the link leads."""
    assert Client().post("/accounts/password_reset/", {"email": alice.email}, headers=extra).status_code == 302

    (found,) = re.findall(r"https?://\S+", str(mail.outbox[0].body))
    assert found.startswith(f"{settings.BASE_URL}/accounts/reset/")


@pytest.mark.parametrize("place", ELSEWHERE)
def test_nobody_is_sent_elsewhere_after_signing_in(alice: User, place: str) -> None:
    """`next=` leads to our own pages only: by sign-in, by the administration's door, by sign-out."""
    for client, address in ((Client(), "/accounts/login/"), (scene.client_of(alice), "/accounts/logout/")):
        answer: Any = client.post(f"{address}", {"username": "alice", "password": PASSWORD, "next": place}, query_params={"next": place})
        assert answer.status_code == 302 and re.match(r"/(?![/\\])", answer.headers["Location"])
    door: Any = Client().get("/admin/login/", {"next": place})
    assert door.headers["Location"].startswith("/accounts/login/?next=")


def test_a_session_is_a_new_one_after_signing_in_and_gone_after_signing_out(alice: User) -> None:
    """A key that somebody planted is worth nothing, and one that was copied is worth nothing afterwards. Cookies: for the server alone, same site."""
    client = Client()
    client.get("/accounts/login/")
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32  # planted
    client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    copied = Client()
    copied.cookies[settings.SESSION_COOKIE_NAME] = cookie.value

    assert cookie.value != "a" * 32 and cookie["httponly"] and cookie["samesite"] == "Lax"
    assert copied.get("/profile/").status_code == 200
    client.post("/accounts/logout/")
    assert copied.get("/profile/").status_code == 302


def test_who_is_no_staff_is_told_so_at_the_administration(alice: User, web: Web) -> None:
    """One refusal, and no circle between two doors."""
    answer = web(alice).get("/admin/", follow=True)

    assert answer.status_code == 403 and "those who run the installation" in answer.content.decode()


def test_every_unsafe_page_and_call_asks_for_the_token_against_forgery(people: dict[str, User]) -> None:
    """With a session alone, from another site: 403 everywhere, over REST too; only doors with proofs of their own are open."""
    things = scene.make_scene(people)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(people["admin"], backend=scene.BACKEND)
    own_proof = re.compile(r"hooks/|decide/|join/|accounts/|demo/")
    open_to_all = []
    for pattern in addresses.patterns():
        for method in ("POST", "PATCH", "PUT", "DELETE") if pattern.startswith("api/") else ("POST",):
            answer: Any = client.generic(method, addresses.address(pattern, things), "{}", "application/json")
            if answer.status_code not in (403, 404, 405) and not own_proof.match(pattern):
                open_to_all.append((method, pattern, answer.status_code))
    assert not open_to_all
    for address in (f"/decide/{things['token']}/", "/accounts/login/", "/accounts/password_reset/", "/accounts/logout/"):
        assert client.post(address, {"decision": "approve"}).status_code == 403, address


def test_the_administration_is_not_forged_either(people: dict[str, User]) -> None:
    """Of all doors the one with the most rights."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["admin"], backend=scene.BACKEND)

    assert client.post("/admin/runs_app/run/", {"action": "archive", "confirmed": "1"}).status_code == 403


def test_a_token_is_no_session_and_needs_no_proof_of_its_own(people: dict[str, User]) -> None:
    """A call with a token is a program's: a browser never sends one by itself."""
    from rest_framework.authtoken.models import Token

    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.get_or_create(user=people['alice'])[0].key}")

    assert client.post("/api/v1/playbooks/validate/", {"document": {}}).status_code == 200
    assert client.get("/profile/").status_code == 302

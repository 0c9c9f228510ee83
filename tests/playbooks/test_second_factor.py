"""A second factor: turned on, asked for, used up, lost, counted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from playbooks_app.models import User

PASSWORD = "quiet-river-42"

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(people: dict[str, User]) -> User:
    """With a password that may be used outside of the demo."""
    user = people["alice"]
    user.set_password(PASSWORD)
    user.save()
    return user


def test_the_password_alone_opens_nothing_any_more(alice: User) -> None:
    """Once an app is turned on, the code is asked for after the password, and only then somebody is signed in."""
    _turn_on(alice)
    client = Client()

    first = client.post("/accounts/login/?next=/runs/", {"username": "alice", "password": PASSWORD, "next": "/runs/"})
    assert first.headers["Location"] == "/accounts/second-factor/authenticate/"
    assert client.get("/runs/").headers["Location"].startswith("/accounts/login/")

    wrong = client.post("/accounts/second-factor/authenticate/", {"code": "000000"})
    assert b"The code does not fit" in wrong.content and "_auth_user_id" not in client.session

    right = client.post("/accounts/second-factor/authenticate/", {"code": _code(alice)})
    assert right.headers["Location"] == "/runs/" and client.session["_auth_user_id"] == str(alice.pk)


def test_a_code_opens_once(alice: User) -> None:
    """Whoever looks over a shoulder cannot use it again."""
    _turn_on(alice)
    code = _code(alice)
    for expected in (302, 200):
        client = Client()
        client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
        assert client.post("/accounts/second-factor/authenticate/", {"code": code}).status_code == expected


def test_codes_are_not_to_be_guessed(alice: User) -> None:
    """Ten tries, counted over all browsers of an address, then a pause."""
    _turn_on(alice)
    answers = []
    for _ in range(4):
        client = Client()
        client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
        answers += [client.post("/accounts/second-factor/authenticate/", {"code": f"{number:06}"}).status_code for number in range(3)]
    assert answers == [200] * 10 + [429] * 2


def test_turning_it_on_asks_for_the_password_first(alice: User) -> None:
    """A browser left open is not enough; the recovery codes are shown once."""
    client = _signed_in()

    asked = client.get("/accounts/second-factor/totp/activate/")
    assert asked.headers["Location"].startswith("/accounts/confirm/")
    client.post(asked.headers["Location"], {"password": PASSWORD, "next": "/accounts/second-factor/totp/activate/"})

    page = client.get("/accounts/second-factor/totp/activate/").content.decode()
    secret = re.search(r'data-copy="(\w+)"', page)
    assert secret and "data:image/svg+xml" in page
    client.post("/accounts/second-factor/totp/activate/", {"code": _code_of(secret[1])})
    assert secret[1] not in str(list(Authenticator.objects.values_list("data", flat=True))), "sealed in the database"

    codes = re.findall(r"<li>(\d+)</li>", client.get("/accounts/second-factor/recovery-codes/").content.decode())
    assert len(codes) == 10
    assert not re.findall(r"<li>(\d+)</li>", client.get("/accounts/second-factor/recovery-codes/").content.decode())
    assert "10 left" in client.get("/profile/security/").content.decode()

    other = Client()
    other.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    assert other.post("/accounts/second-factor/authenticate/", {"code": codes[0]}).status_code == 302


def test_the_admin_has_no_door_of_its_own(people: dict[str, User]) -> None:
    """Django's own sign-in page would ask for the password only."""
    assert Client().get("/admin/login/?next=/admin/").headers["Location"].startswith("/accounts/login/?next=")
    assert Client().post("/admin/login/", {"username": "alice", "password": PASSWORD}).status_code == 302


def test_another_browser_is_signed_out_from_afar(alice: User) -> None:
    """Each is listed by what people call it; ending one ends it at once, and nobody ends somebody else's."""
    here, there = _signed_in(), _signed_in("Mozilla/5.0 (Windows NT 10.0) Firefox/130.0")
    page = here.get("/profile/security/").content.decode()
    assert "Firefox on Windows" in page and page.count("this browser") == 1
    ending = re.search(r"/profile/security/sessions/(\d+)/end/", page)
    assert ending is not None

    stranger = Client()
    stranger.force_login(User.objects.get(username="bob"), backend="playbooks_app.entrance.sign_in.EmailOrUsername")
    assert stranger.post(ending[0]).status_code == 404 and there.get("/profile/").status_code == 200

    assert here.post(ending[0]).status_code == 302
    assert there.get("/profile/").status_code == 302 and here.get("/profile/").status_code == 200


def test_all_others_are_signed_out_together(alice: User) -> None:
    """This one stays."""
    here, *others = [_signed_in() for _ in range(3)]
    here.post("/profile/security/sessions/end/")
    assert here.get("/profile/").status_code == 200 and [other.get("/profile/").status_code for other in others] == [302, 302]


def test_a_passkey_opens_the_door(alice: User, live_server: LiveServer, new_context: Callable[..., Any]) -> None:
    """Added in the browser, it signs in without name and password. Keys need a host with a name."""
    page = new_context(base_url=live_server.url.replace("127.0.0.1", "localhost")).new_page()
    _virtual_key(page)
    page.goto("/accounts/login/?next=/accounts/second-factor/webauthn/add/")
    page.get_by_label("Name or e-mail").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Name by which").fill("Blue key")
    page.get_by_text("Passkey: sign in with it alone").click()
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    page.goto("/profile/security/")
    expect(page.get_by_text("Blue key")).to_be_visible()

    page.context.clear_cookies()
    page.goto("/accounts/login/?next=/profile/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(alice.display_name)


def _virtual_key(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})


def _signed_in(user_agent: str = "") -> Client:
    client = Client(headers={"User-Agent": user_agent} if user_agent else None)
    client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    assert settings.SESSION_COOKIE_NAME in client.cookies
    return client


def _turn_on(user: User) -> None:
    totp.TOTP.activate(user, totp.generate_totp_secret())


def _code(user: User) -> str:
    stored = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]
    return _code_of(get_adapter().decrypt(stored))


def _code_of(secret: str) -> str:
    code: str = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    return code

"""Signing in and out, forgotten passwords, and one's own profile."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from playbooks_app.models import User

Web = Callable[[User | None], Client]


PASSWORD = "quiet-river-42"


@pytest.fixture(autouse=True)
def _passwords(people: dict[str, User]) -> None:
    """The demo's password opens nothing outside of the demo."""
    for name in ("alice", "bob", "dave"):
        people[name].set_password(PASSWORD)
        people[name].save()


@pytest.mark.parametrize("name", ["alice", "ALICE", "alice@acme.example", "Alice@ACME.example"])
def test_name_and_address_both_open_the_door(name: str, people: dict[str, User]) -> None:
    """Whatever the case of the letters."""
    client = Client()

    answer = client.post("/accounts/login/", {"username": name, "password": PASSWORD})

    assert answer.status_code == 302 and client.session["_auth_user_id"] == str(people["alice"].pk)


def test_an_address_wins_over_a_username_that_looks_like_it(people: dict[str, User]) -> None:
    """Nobody takes over somebody's address by choosing it as a name."""
    impostor = User.objects.create(username="bob@acme.example", email="impostor@acme.example")
    impostor.set_password(PASSWORD)
    impostor.save()
    client = Client()

    client.post("/accounts/login/", {"username": "bob@acme.example", "password": PASSWORD})

    assert client.session["_auth_user_id"] == str(people["bob"].pk)


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_pair_says_the_same_whoever_is_named(name: str, password: str, people: dict[str, User]) -> None:
    """422; what was typed is kept, and nothing tells whether the name exists."""
    answer = Client().post("/accounts/login/", {"username": name, "password": password})

    assert answer.status_code == 422 and "_auth_user_id" not in answer.wsgi_request.session
    if name == "alice":
        assert "Name and password do not match." in answer.content.decode() and 'value="alice"' in answer.content.decode()


def test_who_is_switched_off_stays_outside(people: dict[str, User]) -> None:
    """Even with the right password."""
    User.objects.filter(username="dave").update(is_active=False)

    assert Client().post("/accounts/login/", {"username": "dave", "password": PASSWORD}).status_code == 422


def test_staying_signed_in_is_a_choice(people: dict[str, User]) -> None:
    """Without it the session ends with the browser."""
    short, long = Client(), Client()

    short.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    long.post("/accounts/login/", {"username": "alice", "password": PASSWORD, "stay": "on"})

    assert short.session.get_expire_at_browser_close() is True
    assert long.session.get_expire_at_browser_close() is False


def test_the_way_back_leads_where_one_wanted_to_go(people: dict[str, User]) -> None:
    """But never to another site."""
    inside = Client().post("/accounts/login/?next=/playbooks/", {"username": "alice", "password": PASSWORD, "next": "/playbooks/"})
    outside = Client().post("/accounts/login/", {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"})

    assert inside.headers["Location"] == "/playbooks/"
    assert outside.headers["Location"] == "/"


def test_signing_out_takes_a_post(alice: User, web: Web) -> None:
    """A GET changes nothing: mail scanners and previews open links."""
    client = web(alice)

    assert client.get("/accounts/logout/").status_code == 405
    assert "_auth_user_id" in client.session
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session


def test_forms_are_refused_without_their_token(people: dict[str, User]) -> None:
    """A page that has grown old says so, without a traceback."""
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"username": "alice", "password": PASSWORD})

    assert answer.status_code == 403 and "grown old" in answer.content.decode()


def test_a_forgotten_password_is_replaced_by_mail(people: dict[str, User]) -> None:
    """The link works once; an unknown address gets the same answer and no mail."""
    client = Client()

    unknown = client.post("/accounts/password_reset/", {"email": "nobody@acme.example"})
    known = client.post("/accounts/password_reset/", {"email": "alice@acme.example"})
    assert (unknown.status_code, unknown.headers["Location"]) == (known.status_code, known.headers["Location"])
    assert [message.to for message in mail.outbox] == [["alice@acme.example"]]

    link = re.search(r"http://127.0.0.1:8000(/accounts/reset/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = client.get(link[1], follow=True)
    address = form.redirect_chain[-1][0]
    done = client.post(address, {"new_password1": "long-and-unusual-7", "new_password2": "long-and-unusual-7"})
    assert done.headers["Location"] == "/accounts/reset/done/"
    assert User.objects.get(username="alice").check_password("long-and-unusual-7")
    assert "used up" in Client().get(link[1], follow=True).content.decode()


def test_the_profile_is_ones_own(alice: User, web: Web) -> None:
    """Name and zone are kept; a zone that does not exist is said at its field."""
    client = web(alice)

    wrong = client.post("/profile/", {"first_name": "Al", "last_name": "Archer", "timezone": "Mars/Base"})
    client.post("/profile/", {"first_name": "Al", "last_name": "Archer", "timezone": "Asia/Tokyo"})

    alice.refresh_from_db()
    assert wrong.status_code == 422 and "no zone of this name" in wrong.content.decode()
    assert (alice.first_name, alice.timezone) == ("Al", "Asia/Tokyo")


def test_the_theme_of_the_cookie_is_drawn_by_the_server(alice: User, web: Web) -> None:
    """No flash of the wrong one; nonsense in the cookie is ignored."""
    client = web(alice)

    client.cookies["theme"] = "dark"
    assert '<html lang="en" data-theme="dark"' in client.get("/profile/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in client.get("/profile/").content.decode().split(">", 2)[1]

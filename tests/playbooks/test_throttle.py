"""Passwords cannot be guessed, and nobody's mailbox be filled: ten tries in ten minutes, then a pause."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory

from playbooks_app import clock
from playbooks_app.entrance import throttle
from playbooks_app.entrance.throttle import MOST, SPAN
from playbooks_app.errors import TooMany
from playbooks_app.models import LoginAttempt, User

PASSWORD = "quiet-river-42"
Pass = Callable[[timedelta], None]


@pytest.fixture(autouse=True)
def _passwords(people: dict[str, User]) -> None:
    """Of those who sign in here."""
    for name in ("alice", "bob"):
        people[name].set_password(PASSWORD)
        people[name].save()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """`later(timedelta(minutes=3))`: product time goes on."""
    ahead = [timedelta(0)]
    really: Callable[[], datetime] = clock.now

    def move(by: timedelta) -> None:
        ahead[0] += by

    monkeypatch.setattr(clock, "now", lambda: really() + ahead[0])
    return move


def sign_in(name: str, password: str, address: str = "192.0.2.1") -> HttpResponse:
    """From a browser of its own."""
    return Client(REMOTE_ADDR=address).post("/accounts/login/", {"username": name, "password": password})  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_after_ten_failures_even_the_right_password_waits(name: str) -> None:
    """429 with the time to wait, and the same for a name that nobody has."""
    for _ in range(MOST):
        assert sign_in(name, "wrong").status_code in (200, 422)

    answer = sign_in(name, PASSWORD)

    assert (answer.status_code, "_auth_user_id" in answer.wsgi_request.session) == (429, False)  # type: ignore[attr-defined]
    assert 0 < int(answer.headers["Retry-After"]) <= SPAN.total_seconds()
    assert "Try again in 10 min." in answer.content.decode() or "Try again in 9 min" in answer.content.decode()


def test_the_pause_ends(later: Pass) -> None:
    """Ten minutes after the first failure; tries during the pause do not make it longer."""
    for _ in range(MOST + 5):
        sign_in("alice", "wrong")
        later(timedelta(seconds=30))
    assert sign_in("alice", PASSWORD).status_code == 429

    later(SPAN - timedelta(seconds=30) * (MOST + 5))

    assert sign_in("alice", PASSWORD).status_code == 302


def test_somebody_elsewhere_is_not_shut_out() -> None:
    """Guessing at alice's password from one place does not keep alice out at another."""
    for _ in range(MOST + 1):
        sign_in("alice", "wrong")

    assert sign_in("alice", PASSWORD, address="198.51.100.7").status_code == 302


def test_many_names_from_one_address_are_one_guesser() -> None:
    """One password for everybody: the address waits."""
    for number in range(MOST):
        sign_in(f"person-{number}", "password1234")

    assert sign_in("bob", PASSWORD).status_code == 429
    assert sign_in("bob", PASSWORD, address="192.0.2.2").status_code == 302


def test_a_network_of_version_6_is_one_address() -> None:
    """Its owner changes the last half at will."""
    for number in range(MOST):
        sign_in(f"person-{number}", "password1234", address=f"2001:db8:1:2::{number:x}")

    assert sign_in("bob", PASSWORD, address="2001:db8:1:2:ffff::1").status_code == 429
    assert sign_in("bob", PASSWORD, address="2001:db8:1:3::1").status_code == 302


def test_success_clears_what_one_mistyped_oneself() -> None:
    """And nothing else: an account of one's own does not buy more guesses at others."""
    for _ in range(MOST - 1):
        sign_in("alice", "wrong")
    assert sign_in("alice", PASSWORD).status_code == 302
    assert set(LoginAttempt.objects.values_list("tries", flat=True)) <= {0}

    for _ in range(MOST - 1):
        sign_in("alice", "wrong")
    assert sign_in("bob", PASSWORD).status_code == 302

    sign_in("alice", "wrong")
    assert sign_in("alice", PASSWORD).status_code == 429


def test_capital_letters_and_blanks_are_no_other_name() -> None:
    """What opens the same door is counted together."""
    for name in ["alice", "ALICE", " alice", "Alice "] * 3:
        sign_in(name, "wrong")

    assert sign_in("alice", PASSWORD).status_code == 429


def test_names_are_not_kept() -> None:
    """What was typed into the field of the name may have been a password."""
    sign_in("my-secret-password", "wrong")

    assert "my-secret-password" not in str(LoginAttempt.objects.values())


def test_old_counts_are_tidied_up(later: Pass) -> None:
    """The table holds ten minutes."""
    for number in range(5):
        sign_in(f"person-{number}", "x", address=f"192.0.2.{number}")
    later(SPAN)

    sign_in("alice", "x")

    assert LoginAttempt.objects.count() == 2


def test_behind_a_proxy_it_is_the_address_that_the_proxy_has_seen(settings: object) -> None:
    """What a client writes into the header itself stands before it and counts for nothing."""
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # type: ignore[attr-defined]

    def forwarded(name: str, password: str, by: str) -> int:
        headers = {"X-Forwarded-For": by, "X-Forwarded-Proto": "https"}
        return Client(REMOTE_ADDR="127.0.0.1", headers=headers).post("/accounts/login/", {"username": name, "password": password}).status_code

    for number in range(MOST):
        forwarded(f"person-{number}", "x", f"10.0.0.{number}, 192.0.2.1")

    assert forwarded("bob", PASSWORD, "10.9.9.9, 192.0.2.1") == 429
    assert forwarded("bob", PASSWORD, "10.9.9.9, 192.0.2.2") == 302


def test_forgotten_passwords_are_asked_for_ten_times() -> None:
    """The same for an address that somebody has and one that nobody has; ten mails at most."""
    for email in ("alice@acme.example", "nobody@acme.example"):
        browser = Client(REMOTE_ADDR=f"192.0.2.{len(email)}")
        answers = [browser.post("/accounts/password_reset/", {"email": email}).status_code for _ in range(MOST + 1)]
        assert answers == [302] * MOST + [429]
    assert len(mail.outbox) == MOST


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_all_counted() -> None:
    """Of forty at once ten are looked at."""

    def attempt(_: int) -> bool:
        try:
            throttle.count("sign-in", "alice", RequestFactory().post("/accounts/login/"))
        except TooMany:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(attempt, range(40)))

    assert sum(passed) == MOST

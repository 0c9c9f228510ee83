"""The demo's mailbox, and the password that works in the demo only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import clear_url_caches, include, path
from rest_framework.test import APIClient

from config.demo.sink import RECIPIENTS
from playbooks_app.models import User

urlpatterns = [path("", include("config.urls")), path("", include("config.demo.urls"))]


@pytest.fixture
def kept(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A folder with two mails, to bob and to alice, in an installation that is a demo."""
    settings.DATA_DIR, settings.ROOT_URLCONF = tmp_path, __name__
    (tmp_path / "mail").mkdir()
    for number, (to, html) in enumerate([("bob@acme.example", "<b>Pay?</b><script>x()</script>"), ("alice@acme.example", "")], 1):
        mail = EmailMessage()
        mail[RECIPIENTS], mail["From"], mail["Subject"], mail["Date"] = to, "Handrail <h@x>", f"To {to}", "Fri, 20 Nov 2026 12:00:00 +0100"
        mail.set_content("Pay?")
        if html:
            mail.add_alternative(html, subtype="html")
        (tmp_path / "mail" / f"{number:06}.eml").write_bytes(bytes(mail))
    yield tmp_path
    clear_url_caches()


def test_mails_are_found_by_recipient(kept: Path, api: Callable[[User | None], APIClient], alice: User) -> None:
    """Newest first; the moment is the sender's, in UTC."""
    everything = api(alice).get("/api/v1/demo/mailbox/").json()["results"]
    assert [mail["to"] for mail in everything] == [["alice@acme.example"], ["bob@acme.example"]]
    (found,) = api(alice).get("/api/v1/demo/mailbox/?to=BOB@").json()["results"]
    assert (found["subject"], found["text"].strip(), found["at"]) == ("To bob@acme.example", "Pay?", "2026-11-20T11:00:00Z")


def test_the_page_shows_a_mail_in_a_sandbox(kept: Path, web: Callable[[User | None], Client], alice: User) -> None:
    """Nothing in a mail runs: the frame is a sandbox, and so says the policy of what it shows."""
    page = web(alice).get("/demo/mailbox/1/")
    assert b'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content and b"x()" not in page.content
    shown = web(alice).get("/demo/mailbox/1/html/")
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"] and "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN" and b"<b>Pay?</b>" in shown.content


def test_a_mail_that_is_not_there(kept: Path, web: Callable[[User | None], Client], alice: User) -> None:
    """404, as everywhere."""
    assert web(alice).get("/demo/mailbox/99/").status_code == 404


def test_strangers_see_no_mail(kept: Path, web: Callable[[User | None], Client], api: Callable[[User | None], APIClient], people: object) -> None:
    """Not even in the demo."""
    assert web(None).get("/demo/mailbox/").status_code == 302
    assert api(None).get("/api/v1/demo/mailbox/").status_code == 401


def test_there_is_no_mailbox_outside_the_demo(web: Callable[[User | None], Client], alice: User) -> None:
    """Its addresses do not exist."""
    assert web(alice).get("/demo/mailbox/").status_code == 404


def test_the_demo_password_opens_nothing_outside_the_demo(alice: User, settings: Any) -> None:
    """Not even for somebody who has it."""
    alice.set_password("demo")
    alice.save()
    assert authenticate(username="alice", password="demo") is None
    settings.DEMO = True
    assert authenticate(username="alice", password="demo") == alice


@pytest.mark.django_db
def test_nobody_seeds_known_passwords_outside_the_demo() -> None:
    """The command says what it needs."""
    with pytest.raises(CommandError, match="HANDRAIL_DEMO=1"):
        call_command("prepare_demo")
    assert not User.objects.exists()

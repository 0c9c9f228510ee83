"""What a mail's link needs besides itself: the account's choice; and questions together in one mail: the person's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from approvals_app.digests import send_due
from approvals_app.duties import remind_due
from approvals_app.mail_choices import next_slot
from approvals_app.models import Approval, DecisionLink, MailRules
from playbooks_app import clock
from playbooks_app.language import working_time
from playbooks_app.models import Account, User
from runs_app.models import MailChoice, OutboxMail
from tests.approvals.test_link import link_of

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


def test_a_typed_code_is_asked_for_where_the_account_wants_it(ask: Ask, acme: Account, web: Web) -> None:
    """The code stands in the mail and not in its link; a wrong one decides nothing, the right one does."""
    MailRules.objects.create(account=acme, decisions="code")
    approval = ask()
    mail = OutboxMail.objects.get()
    code = re.search(r"code for that page: (\d{6})", mail.text)
    assert code is not None and code[1] in mail.html and code[1] not in link_of("bob")
    client, chosen = web(None), {"decision": "approve", "payload_hash": approval.payload_hash}

    assert "Code from your mail" in client.post(link_of("bob"), chosen).content.decode()
    wrong = client.post(link_of("bob"), {**chosen, "confirm": "yes", "code": "x"})
    assert wrong.status_code == 422 and not approval.decisions.exists()
    client.post(link_of("bob"), {**chosen, "confirm": "yes", "code": f"{code[1][:3]} {code[1][3:]}"})
    assert approval.decisions.get().channel == "mail"


def test_five_wrong_codes_switch_the_link_off(ask: Ask, acme: Account, web: Web) -> None:
    """Guessing is no way in: afterwards the right one does not help either."""
    MailRules.objects.create(account=acme, decisions="code")
    approval, client = ask(), web(None)
    chosen = {"decision": "approve", "confirm": "yes"}

    for _ in range(5):
        client.post(link_of("bob"), {**chosen, "code": "x"})

    assert DecisionLink.objects.get().revoked_at is not None
    assert "switched off" in client.post(link_of("bob"), {**chosen, "code": "x"}, follow=True).content.decode()
    assert not approval.decisions.exists()


def test_an_account_may_want_sign_in(ask: Ask, acme: Account, web: Web, bob: User) -> None:
    """Without a session the link shows nothing of the data and decides nothing; signed in it does."""
    MailRules.objects.create(account=acme, decisions="sign_in")
    approval = ask()

    shown = web(None).get(link_of("bob"))
    assert "Sign in as Bob Banks" in shown.content.decode() and "IE64" not in shown.content.decode()
    assert web(None).post(link_of("bob"), {"decision": "approve", "confirm": "yes"}).status_code == 403
    assert not approval.decisions.exists()
    web(bob).post(link_of("bob"), {"decision": "approve"})
    assert approval.decisions.get().person == bob


def test_owners_set_the_rules_and_others_do_not(web: Web, admin: User, alice: User, acme: Account) -> None:
    """Answers need an address and a link that decides by itself; the secret is shown once and stored sealed."""
    page = web(admin)
    refused = page.post("/settings/mail/", {"decisions": "code", "replies": "on"})
    assert refused.status_code == 422 and "Say at which address" in refused.content.decode() and "neither code" in refused.content.decode()
    page.post("/settings/mail/", {"decisions": "link", "replies": "on", "reply_address": "decide@reply.acme.example"})
    rules = MailRules.objects.get(account=acme)
    assert rules.replies_count
    shown = page.post("/settings/mail/", {"renew": "1"}).content.decode()
    rules.refresh_from_db()
    assert rules.secret in shown and rules.secret not in rules.reply_secret and rules.secret not in page.get("/settings/mail/").content.decode()
    assert web(alice).get("/settings/mail/").status_code == 403


def moved(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    really = clock.now
    monkeypatch.setattr(clock, "now", lambda: really() + by)


def test_a_digest_has_what_waits_and_single_mails_stay_away(ask: Ask, bob: User, monkeypatch: pytest.MonkeyPatch, web: Web) -> None:
    """Two questions, one mail on the hour, a link for each that works; the next hour has nothing new and sends nothing."""
    web(bob).post("/profile/mail/", {"questions": "hourly", "run_ends": "on"})
    first, second = ask(title="First?"), ask(title="Second?")
    assert not OutboxMail.objects.exists() and send_due() == 0

    moved(monkeypatch, timedelta(hours=1))
    assert [send_due(), send_due()] == [1, 0]

    mail = OutboxMail.objects.get()
    assert mail.subject == "2 questions wait for you" and "First?" in mail.text and "Second?" in mail.html
    for approval, path in zip((first, second), re.findall(r"/decide/[^/\s]+/", mail.text), strict=True):
        web(None).post(path, {"decision": "approve", "confirm": "yes", "payload_hash": approval.payload_hash})
        assert approval.decisions.get().person == bob
    moved(monkeypatch, timedelta(hours=1))
    send_due()
    assert OutboxMail.objects.filter(reference__startswith="digest-").count() == 1


def test_what_cannot_wait_comes_at_once(ask: Ask, bob: User, alice: User, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is due before the digest, a hand-over and an escalation are mails of their own."""
    web(bob).post("/profile/mail/", {"questions": "daily", "daily_at": "8"})
    ask(on_silence={"after": "5m", "do": "reject"})
    assert OutboxMail.objects.filter(to=bob.email).count() == 1
    given = ask(approvers={"user": "alice"})
    given.delegate(bob, by=alice)
    assert OutboxMail.objects.filter(to=bob.email, subject__startswith="Handed to you").count() == 1
    ask(approvers={"user": "alice"}, escalate={"after": "2d", "to": {"user": "bob"}})
    moved(monkeypatch, timedelta(days=2))
    remind_due()
    assert OutboxMail.objects.filter(to=bob.email, subject__startswith="No answer so far").count() == 1


@pytest.mark.parametrize(
    ("kind", "after", "slot"),
    [
        ("hourly", "2026-11-20T10:20", "2026-11-20T11:00"),
        ("hourly", "2026-11-20T10:00", "2026-11-20T11:00"),
        ("daily", "2026-11-19T06:00", "2026-11-19T07:00"),
        ("daily", "2026-11-20T07:00", "2026-11-23T07:00"),
        ("at_once", "2026-11-20T07:00", None),
    ],
)
def test_slots_are_full_hours_and_mornings_of_working_days(kind: str, after: str, slot: str | None) -> None:
    """Eight in Berlin is seven in UTC; after Friday comes Monday."""
    office = working_time.read({"timezone": "Europe/Berlin"})
    found: Any = next_slot(kind, 8, datetime.fromisoformat(after).replace(tzinfo=UTC), ZoneInfo("Europe/Berlin"), office)

    assert found == (datetime.fromisoformat(slot).replace(tzinfo=UTC) if slot else None)
    assert MailChoice.Questions(kind)

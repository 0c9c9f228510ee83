"""The mails, as a real SMTP server received them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from django.db import transaction
from django.test import Client

from approvals_app.models import Approval
from playbooks_app import clock
from playbooks_app.models import User
from runs_app.news import outbox
from tests.mail_sink import MailSink

Ask = Callable[..., Approval]
pytestmark = pytest.mark.django_db(transaction=True)
FULL = {
    "title": "Pay Kestrel Freight Ltd of Dublin 48,200.00 for the freight of October and November?",
    "summary": "The amount is above 10,000.00.",
    "show": [
        {
            "label": "invoice",
            "value": {"amount": 48200, "iban": "IE64 IRCE 9205", "note": "<b>new</b> account", "lines": [{"what": "Freight", "sum": 3}]},
        }
    ],
    "escalate": {"after": "2h", "to": {"user": "alice"}},
}


JUDGE = (
    "Pay Kestrel Freight Ltd of Dublin",
    "The amount is above 10,000.00.",
    "48,200.00",
    "IE64 IRCE 9205",
    "Freight",
    "Alice Archer asks you to decide",
    "Please answer by",
    "Bob Banks decides.",
    "Alice Archer is asked too.",
    "Silence never approves.",
    "/decide/",
    "Opening a link decides nothing",
)


@pytest.fixture
def sink(settings: object) -> Iterator[MailSink]:
    """A mail server on loopback, and the product sending there."""
    with MailSink() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"  # type: ignore[attr-defined]
        yield server


def received(sink: MailSink) -> EmailMessage:
    """Send what is due; the newest mail."""
    assert outbox.deliver_due() > 0
    return sink.mails[-1]


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_the_mail_has_everything_that_is_needed_to_judge(ask: Ask, sink: MailSink, people: dict[str, User]) -> None:
    """Both twins: question, why, data, deadline, who else, what silence means, fingerprint, and the link."""
    approval = ask(**FULL)

    mail = received(sink)

    for text in (body(mail, "plain"), body(mail, "html")):
        for wanted in (*JUDGE, approval.payload_hash[:4]):
            assert wanted in text, wanted


def test_the_subject_fits_in_sixty_characters(ask: Ask, sink: MailSink) -> None:
    """Deed, deadline, object; the rest is cut."""
    ask(**FULL)

    subject = received(sink)["Subject"]

    assert len(subject) <= 60
    assert re.match(r"Approve by \S+.*: Pay Kestrel Freight", subject)
    assert subject.endswith("…")


class Tags(HTMLParser):
    """Counts tags and notes where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]


def test_it_is_readable_in_every_client(ask: Ask, sink: MailSink) -> None:
    """Tables, no pictures, no scripts, no forms, nothing loaded from anywhere; data is escaped."""
    ask(**FULL)

    html = body(received(sink), "html")
    tags = Tags()
    tags.feed(html)

    assert not {"img", "script", "form", "iframe", "link", "object", "svg", "button"} & set(tags.tags)
    assert "url(" not in html
    assert "<b>new</b>" not in html
    assert "&lt;b&gt;new&lt;/b&gt; account" in html
    assert all(link.startswith("http") for link in tags.links)


def test_both_buttons_open_the_decision_page(ask: Ask, sink: MailSink) -> None:
    """Every link of the mail that leads to a decision is a page that only shows."""
    approval = ask(**FULL)
    tags = Tags()
    tags.feed(body(received(sink), "html"))
    addresses = [link.partition("/decide/")[2] for link in tags.links if "/decide/" in link]

    for address in addresses:
        assert "Your answer covers exactly what is shown here" in Client().get(f"/decide/{address}").content.decode()

    assert len(addresses) == 3
    assert approval.decisions.count() == 0


def test_the_text_twin_is_plain_text(ask: Ask, sink: MailSink) -> None:
    """No markup, no entities, no line of blanks."""
    ask(**FULL)

    text = body(received(sink), "plain")

    assert "&lt;" not in text
    assert "<b>new</b> account" in text
    assert "\n\n\n" not in text.replace("\r", "")
    assert "APPROVE\n" in text.replace("\r", "")


def test_the_starter_gets_the_outcome_in_the_same_way(ask: Ask, sink: MailSink, bob: User) -> None:
    """Who, what, when, and the comment."""
    ask().decide("reject", by=bob, comment="Wrong <account>")

    mail = received(sink)

    assert mail["To"] == "alice@acme.example"
    assert "Bob Banks rejected" in body(mail, "plain")
    assert "“Wrong &lt;account&gt;”" in body(mail, "html")


def test_nothing_leaves_when_the_step_does_not_park(ask: Ask, sink: MailSink) -> None:
    """The mail is stored with its cause: taken back with it, nobody is asked."""
    with pytest.raises(RuntimeError), transaction.atomic():
        ask()
        raise RuntimeError("the transaction fails")

    assert outbox.deliver_due() == 0
    assert sink.mails == []


def test_a_mail_server_that_is_down_loses_and_doubles_nothing(ask: Ask, sink: MailSink, bob: User) -> None:
    """Tried again until it is out; the inbox had it all the time."""
    sink.stop()
    approval = ask()
    assert outbox.deliver_due() == 0
    assert list(Approval.objects.open_for(bob)) == [approval]
    sink.start()
    approval.run.mails.update(due_at=approval.created_at)

    assert [outbox.deliver_due(), outbox.deliver_due()] == [1, 0]
    assert len(sink.mails) == 1


@pytest.mark.spec("F-12")
def test_half_an_hour_without_a_mail_server_loses_and_doubles_nothing(ask: Ask, sink: MailSink, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Down for 30 minutes of product time, tried every minute; then each mail arrives once, in order."""
    really, moved = clock.now, timedelta(0)
    monkeypatch.setattr(clock, "now", lambda: really() + moved)
    sink.stop()
    approvals = [ask(title=f"Question {number}?") for number in range(3)]
    for _ in range(30):
        moved += timedelta(minutes=1)
        assert outbox.deliver_due() == 0
    sink.start()
    moved += timedelta(minutes=2)

    assert [outbox.deliver_due(), outbox.deliver_due()] == [3, 0]
    assert [mail["Subject"] for mail in sink.mails] == [f"Approve: {each.title}" for each in approvals]
    assert len(set(sink.message_ids)) == 3

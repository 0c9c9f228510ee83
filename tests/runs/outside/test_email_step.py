"""The `email` step and the `log` step."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from runs_app import egress
from runs_app.egress.mail import server_at
from runs_app.step_types.actions.email import Email, as_html
from runs_app.step_types.actions.log import Log
from tests.mail_sink import MailSink, SilentServer
from tests.runs.outside.steps import failed, run

EMAIL = Email()
LETTER = {"to": ["bob@acme.test"], "subject": "Payments done", "body": "49 paid."}


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    """The house's mail server."""
    with MailSink() as found:
        settings.EMAIL_URL = found.url
        yield found


def body(mail: EmailMessage, kind: str) -> str:
    """One of its two bodies."""
    part = mail.get_body((kind,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


class TestLetter:
    """What arrives."""

    def test_a_mail_arrives_as_it_was_written(self, sink: MailSink) -> None:
        """To, copies, subject, answers, text and its twin in HTML."""
        letter = {
            **LETTER,
            "cc": "carol@acme.test",
            "reply_to": "Finance <finance@acme.test>",
            "subject": "Zahlung: 49 × 12 € 株",
            "body": "Grüße,\n\n- eins\n- zwei",
        }

        output = run(EMAIL, letter)

        mail = sink.mails[0]
        assert (mail["To"], mail["Cc"], mail["Reply-To"]) == ("bob@acme.test", "carol@acme.test", "Finance <finance@acme.test>")
        assert (mail["Subject"], body(mail, "plain")) == ("Zahlung: 49 × 12 € 株", "Grüße,\n\n- eins\n- zwei\n")
        assert "<p>Grüße,</p>\n<ul><li>eins</li><li>zwei</li></ul>" in body(mail, "html")
        assert sink.recipients == [["bob@acme.test", "carol@acme.test"]]
        assert output == {"message_id": mail["Message-ID"], "refused": []}

    def test_a_repeat_carries_the_same_message_id(self, sink: MailSink) -> None:
        """So that a mailbox, or a person, can tell a second copy; another item's mail has another."""
        for path in ("each/body[1]/tell", "each/body[1]/tell", "each/body[2]/tell"):
            run(EMAIL, LETTER, path=path)

        first, second, other = sink.message_ids
        assert first == second != other

    def test_html_shows_what_was_written_and_obeys_nothing(self, sink: MailSink) -> None:
        """Tags stay text, addresses become links."""
        run(EMAIL, {**LETTER, "body": '<script>x</script> see https://example.com/a?b=1&c="x, <b>now</b>'})

        html = body(sink.mails[0], "html")
        assert "<script" not in html
        assert "<b>" not in html
        assert '<a href="https://example.com/a?b=1&amp;c=">https://example.com/a?b=1&amp;c=</a>&quot;x' in html

    @pytest.mark.parametrize(
        "to",
        ["bob@acme.test, carol@acme.test", ["bob@acme.test", "carol@acme.test", "bob@acme.test"], ['"Tanaka, Bob" <bob@acme.test>; carol@acme.test']],
    )
    def test_one_text_may_name_several(self, to: Any, sink: MailSink) -> None:
        """With commas or semicolons, with names; nobody gets it twice."""
        run(EMAIL, {**LETTER, "to": to})

        assert sink.recipients == [["bob@acme.test", "carol@acme.test"]]


class TestInjection:
    """No value becomes a header."""

    @pytest.mark.parametrize("key", ["to", "cc", "reply_to"])
    @pytest.mark.parametrize(
        "value",
        ["bob@acme.test\r\nBcc: eve@globex.test", "bob@acme.test\nBcc: eve@globex.test", "no address", "bob@", "a@b@c.test", "bob@acme.test\x00"],
    )
    def test_addresses_that_are_more_than_addresses_are_refused(self, key: str, value: str, sink: MailSink) -> None:
        """With the name of the setting, before anything is sent."""
        failure = failed(EMAIL, {**LETTER, key: value})

        assert (failure.code, f"`{key}`" in failure.message) == ("InputInvalid", True)
        assert sink.mails == []

    def test_a_slip_in_an_address_shows_before_anything_runs(self) -> None:
        """Where it stands; what templates give is looked at when they do."""
        settings = {"to": ["bob@acme.test", "{{ inputs.who }}"], "cc": "bob(at)acme.test", "reply_to": "{{ x }}"}

        (problem,) = EMAIL.check(settings, "steps/tell/with")

        assert (problem.address, problem.code) == ("steps/tell/with/cc", "InputInvalid")

    def test_a_subject_is_one_line(self, sink: MailSink) -> None:
        """Line breaks become blanks."""
        run(EMAIL, {**LETTER, "subject": "Done\r\nBcc: eve@globex.test\n\nHello"})

        assert sink.mails[0]["Subject"] == "Done Bcc: eve@globex.test Hello"
        assert sink.mails[0]["Bcc"] is None
        assert sink.recipients == [["bob@acme.test"]]

    def test_a_text_ends_where_it_ends(self, sink: MailSink) -> None:
        """A line with a dot does not end the mail and begin another."""
        run(EMAIL, {**LETTER, "body": "a\r\n.\r\nMAIL FROM:<x@y.test>\r\n.b"})

        assert len(sink.mails) == 1
        assert body(sink.mails[0], "plain") == "a\n.\nMAIL FROM:<x@y.test>\n.b\n"

    def test_a_mail_goes_to_somebody_and_not_to_everybody(self, sink: MailSink) -> None:
        """1 to 100 addresses."""
        for to in ([""], [f"u{n}@acme.test" for n in range(101)]):
            assert failed(EMAIL, {**LETTER, "to": to}).code == "InputInvalid"
        assert sink.mails == []


class TestTrouble:
    """What goes wrong with a mail server."""

    def test_a_server_that_is_down_is_tried_again(self, sink: MailSink) -> None:
        """A failed connection."""
        sink.stop()

        failure = failed(EMAIL, LETTER)

        assert (failure.code, failure.transient) == ("ConnectionFailed", True)

    def test_a_server_that_says_nothing_is_a_time_out(self, settings: Settings) -> None:
        """Within the time of the step."""
        with SilentServer() as server:
            settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"

            failure = failed(EMAIL, LETTER, timeout_seconds=0.3)

        assert (failure.code, failure.transient) == ("Timeout", True)

    @pytest.mark.parametrize(("answer", "code", "transient"), [("451 busy", "ConnectionFailed", True), ("554 spam", "ClientError", False)])
    def test_a_refused_mail(self, answer: str, code: str, transient: bool, sink: MailSink) -> None:
        """4xx may be tried again, 5xx not; the answer is kept."""
        sink.answer = answer

        failure = failed(EMAIL, LETTER)

        assert (failure.code, failure.transient, failure.details["status"]) == (code, transient, int(answer[:3]))

    @pytest.mark.parametrize(("answer", "code"), [("450 later", "ConnectionFailed"), ("550 nobody here", "ClientError")])
    def test_a_refused_recipient(self, answer: str, code: str, sink: MailSink) -> None:
        """If nobody takes it, it has failed."""
        sink.recipient_answer = lambda address: answer

        assert failed(EMAIL, LETTER).code == code

    def test_one_refused_recipient_among_others_does_not_repeat_the_mail(self, sink: MailSink) -> None:
        """The others have it; who has not is in the output."""
        sink.recipient_answer = lambda address: "550 nobody here" if address.startswith("eve") else "250 OK"

        output = run(EMAIL, {**LETTER, "to": ["bob@acme.test", "eve@acme.test"]})

        assert output["refused"] == ["eve@acme.test"]

    def test_signing_in(self, settings: Settings) -> None:
        """With the name and password of EMAIL_URL, percent-encoded where needed; a wrong one is told without it."""
        with MailSink(user="hand@rail", password="p:w/d") as sink:
            settings.EMAIL_URL = f"smtp://hand%40rail:p%3Aw%2Fd@127.0.0.1:{sink.port}"
            run(EMAIL, LETTER)
            settings.EMAIL_URL = f"smtp://hand%40rail:wr0ng@127.0.0.1:{sink.port}"
            failure = failed(EMAIL, LETTER)

        assert len(sink.mails) == 1
        assert failure.code == "ClientError"
        assert "wr0ng" not in str(failure.as_json())


class TestServer:
    """EMAIL_URL."""

    def test_its_forms(self) -> None:
        """Plain, encrypted from the start, encrypted after greeting."""
        plain, full, later = (server_at(url) for url in ("smtp://mail.test:1025", "smtps://a:b@mail.test", "smtp://mail.test:587?tls=1"))

        assert (plain.port, plain.encrypted, plain.starts_tls) == (1025, False, False)
        assert (full.port, full.encrypted, full.user, full.password) == (465, True, "a", "b")
        assert (later.port, later.encrypted, later.starts_tls) == (587, False, True)
        assert "b" not in repr(full).split("password")[-1] or "password" not in repr(full)

    @pytest.mark.parametrize("url", ["", "http://mail.test", "smtp://", "smtp://mail.test:port", "mail.test:25"])
    def test_a_wrong_one_is_named(self, url: str) -> None:
        """Instead of mail that never leaves."""
        with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
            server_at(url)

    def test_message_ids_differ_between_installations(self, settings: Settings) -> None:
        """Each counts its runs from 1."""
        ids = set()
        for base in ("https://here.test", "https://here.test:8443", "https://elsewhere.test"):
            settings.BASE_URL = base
            ids.add(egress.message_id("run-1/tell"))

        assert len(ids) == 3
        assert egress.message_id("run-1/tell").endswith("@elsewhere.test>")


class TestText:
    """Plain text as HTML."""

    @pytest.mark.parametrize(
        ("text", "html"),
        [
            ("a\nb\n\n\nc", "<p>a<br>b</p>\n<p>c</p>"),
            ("- a\n* b & c", "<ul><li>a</li><li>b &amp; c</li></ul>"),
            ("(see http://x.test/y).", '<p>(see <a href="http://x.test/y">http://x.test/y</a>).</p>'),
            ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ],
    )
    def test_paragraphs_lists_and_links(self, text: str, html: str) -> None:
        """And nothing else."""
        assert html in as_html(text)


def test_log_hands_on_what_it_notes() -> None:
    """Message and level; it rides along, nothing is acted upon."""
    assert run(Log(), {"message": "Acme was paid"}) == {"message": "Acme was paid", "level": "info"}
    assert run(Log(), {"message": {"a": 1}, "level": "warning"}) == {"message": '{"a": 1}', "level": "warning"}
    assert not Log.acts

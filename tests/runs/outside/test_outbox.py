"""The outbox: a mail exists exactly when its cause does, and goes out whatever the mail server does meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from playbooks_app import clock
from runs_app.models import OutboxMail
from runs_app.news.outbox import deliver_due, post
from tests.mail_sink import MailSink

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sink(settings: Settings) -> Iterator[MailSink]:
    """The house's mail server; and time can be moved."""
    with MailSink() as found:
        settings.EMAIL_URL, settings.MOVABLE_CLOCK = found.url, True
        yield found


def write(reference: str = "approval-1:bob", to: str = "bob@acme.test", subject: str = "Approve?", html: str = "") -> OutboxMail:
    """One mail."""
    return post(to=to, subject=subject, text="Please look.", html=html, reference=reference)


class Undone(Exception):
    """Of a transaction."""


class TestPosting:
    """Writing a mail."""

    def test_one_reference_one_mail(self, sink: MailSink) -> None:
        """A step that is taken up again asks nobody a second time."""
        first, second = write(), write(subject="Approve now?")

        assert first.pk == second.pk
        assert deliver_due() == 1
        assert deliver_due() == 0
        assert [mail["Subject"] for mail in sink.mails] == ["Approve?"]

    def test_a_mail_falls_with_its_cause(self, sink: MailSink) -> None:
        """What is rolled back was never said."""
        with pytest.raises(Undone), transaction.atomic():
            write()
            raise Undone

        assert (deliver_due(), sink.mails) == (0, [])

    def test_a_second_mail_does_not_spoil_the_transaction(self) -> None:
        """The caller goes on writing."""
        write()

        with transaction.atomic():
            write()
            write("approval-2:bob")

        assert OutboxMail.objects.count() == 2

    def test_a_subject_is_one_line_of_bounded_length(self, sink: MailSink) -> None:
        """Whatever the title of an approval is."""
        write(subject="Pay\r\nBcc: eve@globex.test " + "x" * 400)
        deliver_due()

        assert str(sink.mails[0]["Subject"]).startswith("Pay Bcc: eve@globex.test xxx")
        assert len(str(sink.mails[0]["Subject"])) == 250
        assert sink.recipients == [["bob@acme.test"]]

    def test_both_bodies_and_own_headers_arrive(self, sink: MailSink) -> None:
        """A reminder can name the mail it belongs to."""
        first = write(html="<p>Please look.</p>")
        post(to="bob@acme.test", subject="Reminder", text="Still open.", reference="reminder", headers={"In-Reply-To": first.headers["Message-ID"]})
        deliver_due()

        letter, reminder = sink.mails
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
        assert reminder["In-Reply-To"] == letter["Message-ID"]


class TestDelivering:
    """Sending what is due."""

    def test_what_was_sent_is_not_kept(self, sink: MailSink) -> None:
        """A mail may hold a link that decides; the row says afterwards that it went out, to whom and about what, and nothing else."""
        write(html="<a href='https://handrail.test/decide/token'>")
        deliver_due()

        mail = OutboxMail.objects.get()
        assert (mail.text, mail.html, mail.to, mail.subject) == ("", "", "bob@acme.test", "Approve?")

    def test_one_connection_takes_a_batch(self, sink: MailSink) -> None:
        """And the batch has a limit."""
        for number in range(7):
            write(f"m{number}")

        assert (deliver_due(limit=5), deliver_due(limit=5)) == (5, 2)
        assert sink.connections == 2

    def test_half_an_hour_without_mail_server_loses_and_doubles_nothing(self, sink: MailSink) -> None:
        """Tries grow rarer, at most a minute apart; then every mail goes out once, with the Message-ID that it had from the start."""
        mails = [write(f"m{number}") for number in range(3)]
        sink.stop()
        begun, tries = clock.now(), 0
        while clock.now() < begun + timedelta(minutes=30):
            assert deliver_due() == 0
            tries += 1
            clock.move(timedelta(seconds=15))

        sink.start()
        clock.move(timedelta(seconds=60))

        assert deliver_due() == 3
        assert deliver_due() == 0
        assert sorted(sink.message_ids) == sorted(mail.headers["Message-ID"] for mail in mails)
        assert OutboxMail.objects.filter(sent_at=None).count() == 0
        assert OutboxMail.objects.get(reference="m0").tries < 40 < tries

    def test_a_mail_waits_for_its_next_try(self, sink: MailSink) -> None:
        """Back-off is counted in product time; a mail written meanwhile is tried at once."""
        write("first")
        sink.stop()
        deliver_due()
        sink.start()

        assert deliver_due() == 0
        write("second")
        assert deliver_due() == 1
        clock.move(timedelta(seconds=6))
        assert deliver_due() == 1

    def test_a_busy_server_holds_up_one_mail_only(self, sink: MailSink) -> None:
        """The others go out over the same connection, the one follows later."""
        for reference, to in [("a", "grey@acme.test"), ("b", "bob@acme.test")]:
            write(reference, to)
        sink.recipient_answer = lambda address: "450 greylisted" if address.startswith("grey") else "250 OK"
        assert deliver_due() == 1

        sink.recipient_answer = lambda address: "250 OK"
        clock.move(timedelta(seconds=6))

        assert deliver_due() == 1
        assert sink.recipients == [["bob@acme.test"], ["grey@acme.test"]]
        assert OutboxMail.objects.get(reference="a").last_error == ""

    def test_a_mail_refused_for_good_is_given_up_visibly(self, sink: MailSink) -> None:
        """After three tries, with the server's words; a person can have it tried again."""
        write("gone", "gone@acme.test")
        sink.recipient_answer = lambda address: "550 nobody here"
        for _ in range(5):
            deliver_due()
            clock.move(timedelta(minutes=2))

        mail = OutboxMail.objects.get()
        assert (mail.tries, mail.sent_at, mail.given_up_at is None) == (3, None, False)
        assert "550" in mail.last_error

        sink.recipient_answer = lambda address: "250 OK"
        OutboxMail.objects.update(given_up_at=None)
        assert deliver_due() == 1

    def test_a_mail_that_cannot_be_made_does_not_hold_up_others(self, sink: MailSink) -> None:
        """It is given up at once."""
        write("bad", "no address\r\nBcc: eve@globex.test")
        write("good")

        assert deliver_due() == 1
        assert OutboxMail.objects.get(reference="bad").given_up_at is not None
        assert sink.recipients == [["bob@acme.test"]]

    def test_a_connection_lost_in_the_middle(self, sink: MailSink) -> None:
        """What was taken is noted; the rest, however much it is, waits and follows; nothing goes out twice."""
        for number in range(6):
            write(f"m{number}")

        def break_down() -> None:
            sink.hangs_up = len(sink.mails) == 2

        sink.after_mail = break_down
        assert deliver_due(limit=4) == 2
        assert set(OutboxMail.objects.filter(sent_at=None).values_list("tries", flat=True)) == {1}

        sink.hangs_up, sink.after_mail = False, lambda: None
        clock.move(timedelta(minutes=2))
        assert deliver_due() == 4
        assert (len(sink.mails), len(set(sink.message_ids))) == (6, 6)

    def test_a_server_that_closes_down_politely(self, sink: MailSink) -> None:
        """421 in answer to a mail: that mail and the rest follow later."""
        for number in range(4):
            write(f"m{number}")

        def close_down() -> None:
            sink.answer = "421 closing" if len(sink.mails) == 2 else sink.answer

        sink.after_mail = close_down
        assert deliver_due() == 2

        sink.answer, sink.after_mail = "250 OK", lambda: None
        clock.move(timedelta(minutes=2))
        assert deliver_due() == 2
        assert (len(sink.mails), len(set(sink.message_ids))) == (4, 4)

    def test_no_sender_waits_for_another(self, sink: MailSink) -> None:
        """A mail that somebody is sending is passed over."""
        write("held")
        write("free")
        with ThreadPoolExecutor(1) as other, transaction.atomic():
            OutboxMail.objects.select_for_update().get(reference="held")

            def send() -> int:
                try:
                    return deliver_due()
                finally:
                    connection.close()

            assert other.submit(send).result(timeout=10) == 1
        assert [mail["Message-ID"] for mail in sink.mails] == [OutboxMail.objects.get(reference="free").headers["Message-ID"]]

    def test_two_senders_share_the_work(self, sink: MailSink) -> None:
        """Each mail is locked while it is sent: no mail goes out twice, and none waits for the other sender."""
        for number in range(40):
            write(f"m{number}")
        ready = threading.Barrier(2)

        def send() -> int:
            ready.wait()
            try:
                return deliver_due()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as threads:
            counts = [future.result() for future in [threads.submit(send) for _ in range(2)]]

        assert sum(counts) == len(sink.mails) == len(set(sink.message_ids)) == 40

    def test_a_sender_that_dies_before_noting_repeats_under_the_same_message_id(self, sink: MailSink) -> None:
        """Mail cannot be taken back; its number tells the second copy."""
        write()
        with pytest.raises(Undone), transaction.atomic():
            assert deliver_due() == 1
            raise Undone

        assert deliver_due() == 1
        assert len(sink.mails) == 2
        assert len(set(sink.message_ids)) == 1

"""Mail that is to leave the house: written with what causes it, sent afterwards, as often as it takes and, as far as mail allows, once.

A mail is stored in the transaction that causes it, so it exists exactly when its cause does. The clock process sends what is due. A sender that
dies between handing a mail over and noting it leads to a second copy; both carry the same Message-ID, by which mailboxes know it again.
"""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from playbooks_app import clock
from playbooks_app.language.step_type import StepFailed
from runs_app import egress
from runs_app.engine.records import LIVE
from runs_app.models import OutboxMail, Run

TALK_SECONDS = 10.0  # for each exchange with the mail server
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5.0, 60.0  # between tries; a mail that asks for a decision must not lie about for long
TRIES_WHEN_REFUSED = 3  # for good; a server that is down or busy is tried without end


def post(
    *, to: str, subject: str, text: str, html: str = "", reference: str, run: Run | None = None, headers: Mapping[str, str] | None = None
) -> OutboxMail:
    """Store one mail to one person, to be sent when the caller's transaction has committed.

    `reference` (up to 200 characters) says what it is about; the first mail with it counts, a second one is not made. The Message-ID follows from
    it, so that a reminder can name the mail it belongs to: `In-Reply-To: egress.message_id(reference)`. Two queries and a savepoint.
    For a run that is not live nothing is stored: in the sandbox nobody gets mail.
    """
    written = {
        "to": to,
        "subject": " ".join(subject.split())[:250],
        "text": text,
        "html": html,
        "run": run,
        "headers": {"Message-ID": egress.message_id(reference), **(headers or {})},
    }
    if run is not None and run.mode != LIVE:
        return OutboxMail(reference=reference, **written)
    return OutboxMail.objects.get_or_create(reference=reference, defaults=written)[0]


def deliver_due(limit: int = 50) -> int:
    """Send up to `limit` mails that are due, over one connection; how many went out.

    Several processes may do this at once: each mail is locked while it is sent. It takes as long as the mail server does: call it on a thread.
    """
    sent = 0
    with ExitStack() as stack:
        connection: smtplib.SMTP | None = None
        for _ in range(limit):
            with transaction.atomic():
                mail = _due().select_for_update(skip_locked=True).first()
                if mail is None:
                    break
                try:
                    connection = connection or stack.enter_context(egress.mail_server().opened(TALK_SECONDS))
                    sent += _deliver(connection, mail)
                except StepFailed as failure:  # the server itself is out of reach: no use to try the others
                    _postpone_all(mail, failure)
                    break
    return sent


def _due() -> QuerySet[OutboxMail]:
    """Neither sent nor given up, and due; longest first. Served by the index outbox_due."""
    return OutboxMail.objects.filter(sent_at=None, given_up_at=None, due_at__lte=clock.now()).order_by("due_at", "pk")


def _deliver(connection: smtplib.SMTP, mail: OutboxMail) -> bool:
    """Send one mail and note what came of it; whether it went out. Raises StepFailed if the connection is lost."""
    letter = egress.Mail(key=mail.reference, to=[mail.to], subject=mail.subject, text=mail.text, html=mail.html, headers=mail.headers)
    try:
        egress.send(connection, letter)
    except StepFailed as failure:
        if failure.details is None:
            raise
        _postpone(mail, failure.message, for_good=not failure.transient)
        return False
    except ValueError as error:  # no mail can be made of it
        _postpone(mail, str(error), for_good=True, at_once=True)
        return False
    mail.sent_at, mail.tries, mail.last_error = clock.now(), mail.tries + 1, ""
    mail.text = mail.html = ""  # may hold a link that decides: who reads the table later shall not find it
    mail.save(update_fields=["sent_at", "tries", "last_error", "text", "html"])
    return True


def _postpone(mail: OutboxMail, why: str, *, for_good: bool, at_once: bool = False) -> None:
    """The server answered that it does not take this mail."""
    mail.due_at = clock.now() + _wait(mail)
    mail.tries, mail.last_error = mail.tries + 1, why
    if for_good and (at_once or mail.tries >= TRIES_WHEN_REFUSED):
        mail.given_up_at = clock.now()
    mail.save(update_fields=["due_at", "tries", "last_error", "given_up_at"])


def _postpone_all(mail: OutboxMail, failure: StepFailed) -> None:
    """Nothing can be sent at present: whatever is due waits as long as the mail that found it out, except what others are sending."""
    waiting = _due().select_for_update(skip_locked=True).values("pk")
    OutboxMail.objects.filter(pk__in=waiting).update(due_at=clock.now() + _wait(mail), tries=F("tries") + 1, last_error=failure.message)


def _wait(mail: OutboxMail) -> timedelta:
    """Doubling with each try."""
    return timedelta(seconds=min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(mail.tries, 10)))

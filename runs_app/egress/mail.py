"""The mail server of the house (EMAIL_URL), and what a mail is made of. Steps and the outbox send through the same door."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from playbooks_app import clock
from playbooks_app.language.step_type import StepFailed
from runs_app.secrecy.references import hidden


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it goes out. Addresses are plain or "Name <address>"; the Message-ID follows from `key`, so that a repeat can be recognised."""

    key: str
    to: Sequence[str]
    subject: str
    text: str
    html: str = ""
    cc: Sequence[str] = ()
    reply_to: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def message_id(self) -> str:
        """`<…@host of the product>`, the same whenever and wherever it is computed."""
        return message_id(self.key)

    @property
    def recipients(self) -> list[str]:
        """All plain addresses, each once."""
        return list(dict.fromkeys(parseaddr(text)[1] for text in (*self.to, *self.cc)))

    def message(self) -> EmailMessage:
        """Headers and bodies. Raises ValueError where a header would hold a line break or is not an address: nothing can be slipped in."""
        message = EmailMessage(policy=SMTP)
        message["From"] = _address(settings.DEFAULT_FROM_EMAIL)
        message["To"] = [_address(text) for text in self.to]
        if self.cc:
            message["Cc"] = [_address(text) for text in self.cc]
        if self.reply_to:
            message["Reply-To"] = _address(self.reply_to)
        message["Subject"] = _plain(self.subject)
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = self.message_id
        message["Auto-Submitted"] = "auto-generated"  # holiday answers stay away
        for name, value in self.headers.items():
            del message[name]
            message[name] = _plain(value)
        message.set_content(self.text)
        if self.html:
            message.add_alternative(self.html, subtype="html")
        return message


def message_id(key: str) -> str:
    """The Message-ID of the mail with this key. The product's own address is part of it: another installation counts its runs from 1 too."""
    host = urlsplit(settings.BASE_URL).hostname or "handrail.invalid"
    return f"<{hashlib.sha256(f'{settings.BASE_URL} {key}'.encode()).hexdigest()[:32]}@{host}>"


def _plain(text: str) -> str:
    """Text of a header that means what it says: the library would decode `=?utf-8?q?=0D=0A?=` in it, and write the line break that comes out."""
    return text.replace("=?", "= ?")


def _address(text: str) -> Address:
    """ "Name <address>" or an address, as header libraries want it. Raises ValueError."""
    if any(character in text for character in "\r\n\x00"):
        raise ValueError("An address may not hold line breaks.")
    name, plain = parseaddr(_plain(text))
    try:
        return Address(display_name=name, addr_spec=plain)
    except (MessageError, IndexError) as error:  # what the library says of `@`, and of signs that no address has
        raise ValueError(f"“{text[:60]}” is no address.") from error


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where EMAIL_URL points to: `smtp://host:port`, `smtps://user:password@host`, `smtp://host:587?tls=1` (encrypted after greeting)."""

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    encrypted: bool = False  # from the first byte
    starts_tls: bool = False

    @contextmanager
    def opened(self, timeout_seconds: float) -> Iterator[smtplib.SMTP]:
        """A connection, signed in. Each exchange on it may take that long. Raises StepFailed Timeout, ConnectionFailed, ClientError."""
        with mail_failures(sent=False):
            connection = self._connect(timeout_seconds)
        try:
            with mail_failures(sent=False):
                self._greet(connection)
            yield connection
        finally:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connect(self, timeout_seconds: float) -> smtplib.SMTP:
        if self.encrypted:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=timeout_seconds, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=timeout_seconds)

    def _greet(self, connection: smtplib.SMTP) -> None:
        if self.starts_tls:
            connection.starttls(context=ssl.create_default_context())
        if self.user:
            connection.login(self.user, self.password)


def send(connection: smtplib.SMTP, mail: Mail) -> list[str]:
    """Hand one mail over; the recipients that the server refused, if it took the mail for others.

    Raises StepFailed, and ValueError (see Mail.message).
    """
    message = replace(mail, subject=hidden(mail.subject), text=hidden(mail.text), html=hidden(mail.html)).message()  # no mail holds a secret
    with mail_failures():
        refused = connection.send_message(message, parseaddr(settings.DEFAULT_FROM_EMAIL)[1], mail.recipients)
    return sorted(refused)


@contextmanager
def mail_failures(*, sent: bool = True) -> Iterator[None]:
    """What goes wrong with a mail server, as failures of the language: lost connections and 4xx may be tried again, 5xx not."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(max((code for code, _ in error.recipients.values()), default=550), next(iter(error.recipients.values()))[1]) from error
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code, error.smtp_error) from error
    except (smtplib.SMTPException, OSError) as error:
        raise _lost(error, sent) from error


def _lost(error: Exception, sent: bool) -> StepFailed:
    """No answer at all. smtplib says "disconnected" when it has waited too long; why shows in the context."""
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return StepFailed("Timeout", "The mail server did not answer in time.", hint="Try again later.", transient=True, sent=sent)
    hint = "Try again later; an administrator can check EMAIL_URL."
    return StepFailed("ConnectionFailed", f"The mail server cannot be reached: {error}.", hint=hint, transient=True, sent=sent)


def _refusal(code: int, answer: bytes | str) -> StepFailed:
    said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    details = {"status": code, "body": said[:2_000].replace("\x00", "\ufffd")}
    if 500 <= code < 600:
        return StepFailed(
            "ClientError",
            f"The mail server refused the mail ({code}).",
            hint="Check the addresses; the server's answer is in the details.",
            details=details,
        )
    return StepFailed(
        "ConnectionFailed", f"The mail server cannot take the mail at present ({code}).", hint="Try again later.", details=details, transient=True
    )


def mail_server() -> MailServer:
    """The server of EMAIL_URL. Raises ImproperlyConfigured."""
    return server_at(settings.EMAIL_URL)


@lru_cache(maxsize=8)
def server_at(url: str) -> MailServer:
    """Read an EMAIL_URL. Raises ImproperlyConfigured."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ImproperlyConfigured(f"EMAIL_URL: {error}.") from error
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must look like smtp://host:port or smtps://user:password@host.")
    return MailServer(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 25),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        encrypted=parts.scheme == "smtps",
        starts_tls=parse_qs(parts.query).get("tls", ["0"])[0] == "1",
    )

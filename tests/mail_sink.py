"""An SMTP server on loopback that keeps every mail, and can be busy, refuse or be down."""

from __future__ import annotations

import email
import socket
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailSink:
    """The server, on a thread of its own; stopped and started again it keeps its port and its mails.

    `answer` is given at the end of a mail, `recipient_answer(address)` for each recipient; anything but "250 …" refuses.
    """

    def __init__(self, user: str = "", password: str = "") -> None:
        self.user, self.password = user, password
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.connections = 0
        self.answer = "250 OK"
        self.recipient_answer: Callable[[str], str] = lambda address: "250 OK"
        self.hangs_up = False  # in the middle of a mail, without a word
        self.after_mail: Callable[[], None] = lambda: None  # called when a mail was taken, before that is said
        self.port = _free_port()
        self._controller: Controller | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        signed_in = f"{self.user}:{self.password}@" if self.user else ""
        return f"smtp://{signed_in}127.0.0.1:{self.port}"

    @property
    def message_ids(self) -> list[str]:
        """Of the mails so far."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    def start(self) -> None:
        """Listen."""
        options: dict[str, Any] = {"auth_required": True, "auth_require_tls": False, "authenticator": self._sign_in} if self.user else {}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **options)
        self._controller.start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def _sign_in(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (self.user.encode(), self.password.encode())
        return AuthResult(success=right, handled=False)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]) -> list[str]:
        """One connection more."""
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        """Take or refuse a recipient."""
        answer = self.recipient_answer(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take or refuse a mail."""
        if self.hangs_up and server.transport is not None:
            server.transport.close()
        answer = self.answer
        if answer.startswith("250") and not self.hangs_up:
            self.mails.append(email.message_from_bytes(cast(bytes, envelope.content), policy=default))
            self.recipients.append(list(envelope.rcpt_tos))
            self.after_mail()
        return answer


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class SilentServer:
    """Takes connections and never says a word."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._kept: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        for connection in self._kept:
            connection.close()

    def _take(self) -> None:
        while True:
            try:
                self._kept.append(self._socket.accept()[0])
            except OSError:
                return

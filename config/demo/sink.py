"""A real SMTP server on a free port of the loopback address. It delivers nothing: it keeps every mail as a file for the mailbox page."""

from __future__ import annotations

import socket
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

RECIPIENTS = "X-Handrail-Recipients"  # of the envelope: whom the mail really goes to
SIZE_LIMIT_BYTES = 30_000_000


class Keeper:
    """Keeps mails as 000001.eml, 000002.eml …; a mail is a file only when it is complete."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = max((int(path.stem) for path in folder.glob("*.eml")), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called for every mail; the answer goes to the sender."""
        self._count += 1
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        unfinished = self._folder / f"{self._count:06}.unfinished"
        unfinished.write_bytes(f"{RECIPIENTS}: {', '.join(envelope.rcpt_tos)}\r\n".encode() + content)
        unfinished.replace(unfinished.with_suffix(".eml"))
        return "250 Kept"


class MailSink:
    """The server, in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._controller = Controller(Keeper(folder), hostname="127.0.0.1", port=_free_port(), data_size_limit=SIZE_LIMIT_BYTES, enable_SMTPUTF8=True)

    def start(self) -> str:
        """Listen; the address for EMAIL_URL."""
        self._controller.start()
        return f"smtp://127.0.0.1:{self._controller.port}"

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

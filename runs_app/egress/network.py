"""Sockets that know one deadline and connect only to addresses that were checked. Used by the connection pool of `calls`."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

import httpcore

from playbooks_app.language.step_type import StepFailed
from runs_app.egress.addresses import Address, literal
from runs_app.egress.rules import Rules

_deadline: ContextVar[float] = ContextVar("egress_deadline")


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that happens inside, whatever it is made of, ends after so many seconds (of the machine, not of the product) with a time-out."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float:
    """Until the deadline, above 0. Raises httpcore.ReadTimeout when it has passed."""
    left = _deadline.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is over")
    return left


class CheckedNetwork(httpcore.NetworkBackend):
    """Resolves a name once, checks every address and connects to one of those that it checked; nobody resolves it a second time."""

    def __init__(self, rules: Rules) -> None:
        self._rules, self._plain = rules, httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """A connection; `timeout` is ignored in favour of the deadline. Raises StepFailed, httpcore.ConnectError, httpcore.ConnectTimeout."""
        addresses = self._rules.permitted(host, port, self._rules.known(host) or resolve(host, port))
        for number, address in enumerate(addresses):
            try:
                share = seconds_left() / (len(addresses) - number)
                return DeadlineStream(self._plain.connect_tcp(str(address), port, timeout=share, socket_options=socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if number == len(addresses) - 1:
                    raise
        raise httpcore.ConnectError("the name has no address")


class DeadlineStream(httpcore.NetworkStream):
    """A connection on which every single read and write ends at the deadline of the call that uses it: a drip does not outlive it."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to so many bytes; b"" at the end."""
        return self._inner.read(max_bytes, seconds_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it. In small pieces: each has its own look at the clock, so a slow reader is no way around the deadline."""
        for start in range(0, len(buffer), 16_384):
            self._inner.write(buffer[start : start + 16_384], seconds_left())

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None) -> httpcore.NetworkStream:
        """The same connection, encrypted; the certificate must be that of the name, not of the address."""
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, seconds_left()))

    def get_extra_info(self, info: str) -> Any:
        """What the pool asks, such as whether an idle connection has been closed by the other side."""
        return self._inner.get_extra_info(info)


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host name or of an address in any spelling (`0x7f.1`).

    The system's resolver knows no time-out and a stranger's name server may be slow, hence the thread.
    Raises StepFailed ConnectionFailed, httpcore.ConnectTimeout.
    """
    if (address := literal(host)) is not None:
        return [address]
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, name="egress-resolve", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds_left())
    except queue.Empty:
        raise httpcore.ConnectTimeout(f"no answer about the name {host}") from None
    if isinstance(answer, Exception):
        why = f"The name {host} could not be resolved."
        raise StepFailed("ConnectionFailed", why, hint="Check the address.", transient=True, sent=False) from answer
    return list(dict.fromkeys(ip_address(entry[4][0]) for entry in answer))

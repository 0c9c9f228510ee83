"""One call over HTTP, from the name's look-up to the last byte of the body, under one deadline."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Iterable
from functools import lru_cache

import httpcore
import httpx

from playbooks_app.language.step_type import StepFailed
from runs_app.egress import marks, rules
from runs_app.egress.answers import Answer, too_large, unpacked
from runs_app.egress.network import CheckedNetwork, within
from runs_app.egress.requests import Request, request

LIMIT_BYTES = 10_000_000
MAX_REDIRECTS = 5
KEEP_IDLE_SECONDS = 5.0  # shorter than what servers usually keep: a connection closed while we write looks like a failed call
_REFUSAL_BYTES = 64_000  # of a refusal's body


def call(
    method: str,
    url: str,
    *,
    headers: Iterable[tuple[str, str]] = (),
    content: bytes = b"",
    timeout_seconds: float,
    limit_bytes: int = LIMIT_BYTES,
    max_redirects: int = MAX_REDIRECTS,
) -> Answer:
    """The answer below 400 of the last of at most so many redirects; everything together takes no longer than the time-out.

    Marks of secrets are filled in on the way out, for hosts that may know them; their values are masked in what comes back.
    Raises StepFailed: EgressBlocked, InputInvalid (a header), Timeout, ConnectionFailed, PayloadTooLarge, RateLimited, ServerError, ClientError.
    """
    first = asked = request(method, url, (("User-Agent", "Handrail"), *headers), content)
    with within(timeout_seconds):
        for _ in range(max_redirects + 1):
            answer = _exchange(asked, first, limit_bytes, timeout_seconds)
            onward = asked.after(answer.status, answer.headers.get("location", ""))
            if onward is None:
                return marks.masked(answer).accepted(asked.url.host)
            marks.require_no_leak(onward, asked)
            asked = onward
    raise StepFailed(
        "ClientError",
        f"{asked.url.host} redirects more than {max_redirects} times.",
        hint="Use the address where it ends.",
        details={"status": answer.status},
    )


def _exchange(asked: Request, first: Request, limit_bytes: int, timeout_seconds: float) -> Answer:
    """One request, one answer. What the network does wrong becomes a failure that may be tried again."""
    host = asked.url.host
    try:
        return _exchange_plainly(asked, first, limit_bytes)
    except httpcore.TimeoutException as error:
        raise StepFailed(
            "Timeout",
            f"{host} did not answer in full within {timeout_seconds:g} s.",
            hint="Try again later, or give the step more time.",
            transient=True,
            sent=not isinstance(error, httpcore.ConnectTimeout | httpcore.PoolTimeout),
        ) from error
    except (httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise StepFailed(
            "ConnectionFailed",
            f"The connection to {host} failed: {_said(error)}.",
            hint="Try again later; check the address.",
            transient=True,
            sent=not isinstance(error, httpcore.ConnectError),
        ) from error


def _said(error: Exception) -> str:
    """What the network says, without its number and full stop."""
    return re.sub(r"^\[Errno -?\d+\] ", "", str(error)).rstrip(".") or "no reason was given"


def _exchange_plainly(asked: Request, first: Request, limit_bytes: int) -> Answer:
    url = asked.url
    path, own, content = marks.filled(asked, first)
    headers = [
        (b"Host", url.netloc),
        (b"Accept-Encoding", b"gzip, deflate"),
        *((name.encode("ascii"), value.encode("ascii")) for name, value in own),
    ]
    if content or asked.method in {"POST", "PUT", "PATCH"}:
        headers.append((b"Content-Length", str(len(content)).encode("ascii")))
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=path)
    with _pool(rules.present(), os.getpid()).stream(asked.method, target, headers=headers, content=content) as response:
        found = _joined(response.headers)
        if asked.after(response.status, found.get("location", "")) is not None:
            return Answer(response.status, found)  # its body is of no use to anybody
        return Answer(response.status, found, _body(asked, response, found, limit_bytes))


def _body(asked: Request, response: httpcore.Response, headers: dict[str, str], limit_bytes: int) -> bytes:
    host, encoding = asked.url.host, headers.get("content-encoding", "")
    if response.status >= 400:
        return _beginning(response, encoding, host)
    length = headers.get("content-length", "0")
    if asked.method != "HEAD" and length.isdigit() and int(length[:20]) > limit_bytes:
        raise too_large(host, limit_bytes)
    return unpacked(response.iter_stream(), encoding, limit_bytes, host)


def _beginning(response: httpcore.Response, encoding: str, host: str) -> bytes:
    """As much of a refusal's body as is worth keeping; a refusal is never a failure of its body."""
    found = b""
    try:
        for chunk in response.iter_stream():
            found += chunk
            if len(found) > _REFUSAL_BYTES:
                break
        return unpacked([found[:_REFUSAL_BYTES]], encoding, 40 * _REFUSAL_BYTES, host)[:_REFUSAL_BYTES]
    except (StepFailed, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return b""


def _joined(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("ascii").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


@lru_cache(maxsize=4)
def _pool(present: rules.Rules, process: int) -> httpcore.ConnectionPool:
    """The connections of this process under these rules. Safe for all threads; a forked child opens its own, and other rules share none."""
    return httpcore.ConnectionPool(
        ssl_context=_encryption(),
        max_connections=None,
        max_keepalive_connections=64,
        keepalive_expiry=KEEP_IDLE_SECONDS,
        network_backend=CheckedNetwork(present),
    )


@lru_cache(maxsize=1)
def _encryption() -> ssl.SSLContext:
    """Certificates are checked against the usual authorities, or those of SSL_CERT_FILE. Reading them takes some 30 ms."""
    return httpx.create_ssl_context()

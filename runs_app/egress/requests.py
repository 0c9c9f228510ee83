"""What is sent: one checked request, and the one that follows from it when the answer is a redirect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from playbooks_app.language.step_type import StepFailed
from runs_app.egress.addresses import LOCALHOST, is_localhost, literal
from runs_app.egress.rules import Rules, blocked

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
OWN_HEADERS = frozenset(  # the connection's own affair: setting them would confuse it, or somebody behind it
    {"accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer"}
    | {"transfer-encoding", "upgrade"}
)
_ABOUT_BODY = frozenset({"content-language", "content-type"})
_TRAVELLING = _ABOUT_BODY | {"accept", "accept-language", "idempotency-key", "user-agent"}  # what another host may see
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[\t\x20-\x7e]*")
_HOST = re.compile(r"[A-Za-z0-9._:-]+")

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request to one host."""

    method: str
    url: httpx.URL
    headers: Headers = ()
    content: bytes = b""

    @property
    def port(self) -> int:
        """The port of the address, or that of its scheme."""
        return self.url.port or (443 if self.url.scheme == "https" else 80)

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: who may see the same credentials."""
        return self.url.scheme, self.url.host, self.port

    def after(self, status: int, location: str) -> Request | None:
        """The request that a redirect asks for, or None if this answer is no redirect. Raises StepFailed EgressBlocked.

        303 becomes a GET, 301 and 302 do so for a POST; 307 and 308 repeat the body. Another origin is shown no header that might be a credential.
        """
        if status not in _REDIRECTS or not location:
            return None
        url = read_url(_joined(self.url, location))
        becomes_get = (status == 303 and self.method != "HEAD") or (status in {301, 302} and self.method == "POST")
        method, content = ("GET", b"") if becomes_get else (self.method, self.content)
        onward = Request(method, url, (), content)
        kept = tuple(
            (name, value)
            for name, value in self.headers
            if (onward.origin == self.origin or name.lower() in _TRAVELLING) and not (becomes_get and name.lower() in _ABOUT_BODY)
        )
        return Request(method, url, kept, content)


def request(method: str, url: str, headers: Iterable[tuple[str, str]] = (), content: bytes = b"") -> Request:
    """A checked request. Raises StepFailed: EgressBlocked for the address, InputInvalid for method and headers."""
    if method not in METHODS:
        raise StepFailed("InputInvalid", f"{method!r} is not a method.", hint=f"Use one of {', '.join(METHODS)}.")
    return Request(method, read_url(url), tuple(_checked_header(name, value) for name, value in headers), content)


def read_url(text: str) -> httpx.URL:
    """The address, if playbooks may call addresses of this form; names are not resolved here. Raises StepFailed EgressBlocked."""
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError, TypeError):
        raise blocked("This is not a web address") from None
    if url.scheme not in {"http", "https"}:
        raise blocked(
            f"An address of the kind {url.scheme!r} is neither http nor https"
            if url.scheme
            else "The address does not begin with http:// or https://"
        )
    if url.userinfo:
        raise blocked("The address carries a user name; put credentials into a header instead")
    if not _HOST.fullmatch(url.raw_host.decode("ascii")) or url.port == 0 or (url.port or 1) > 65535:
        raise blocked("The address names no possible host and port")
    return url


def fault_of_written(text: str, rules: Rules) -> str:
    """Why an address as an author wrote it can never be called, as far as that shows without resolving names; "" if it may.

    The address may hold templates: only what stands before the first one is looked at, and the host only if it is complete.
    """
    start = re.split(r"\{\{|\$\{\{", text, maxsplit=1)[0]
    if start != text and not re.match(r"[^:/?#]+://[^/?#]*[/?#]", start.strip()):
        return ""
    try:
        url = read_url(start)
        address = LOCALHOST if is_localhost(url.host) else literal(url.host)
        if address is not None:
            rules.permitted(url.host, Request("GET", url).port, [address])
    except StepFailed as refusal:
        return refusal.message
    return ""


def _joined(base: httpx.URL, location: str) -> str:
    try:
        return str(base.join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, ValueError):
        raise blocked("The answer redirects to something that is not a web address") from None


def _checked_header(name: str, value: str) -> tuple[str, str]:
    if not _NAME.fullmatch(name):
        raise StepFailed("InputInvalid", f"{name!r} is not a name of a header.", hint="Use letters, digits and hyphens.")
    if name.lower() in OWN_HEADERS:
        raise StepFailed("InputInvalid", f"The header {name} is set by Handrail itself.", hint="Leave it out.")
    if not VALUE.fullmatch(value):
        raise StepFailed(
            "InputInvalid",
            f"The value of the header {name} has a line break or a letter that headers cannot carry.",
            hint="Encode it, for example with url_encode or base64.",
        )
    return name, value.strip()

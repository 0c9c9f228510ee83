"""Calls over a connection: its address before theirs, its key beside their headers, its hosts and no others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playbooks_app.secrecy.keeping import KINDS, HowSent
from runs_app.egress.marks import goes_to
from runs_app.egress.requests import Request, read_url
from runs_app.egress.rules import blocked
from runs_app.secrecy import revealing

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection as a step uses it. `headers` hold a mark for the key; the key itself shows only on the way out."""

    name: str
    base_url: str
    hosts: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]

    def address(self, written: str) -> str:
        """A path under the connection's address, or a whole address on one of its hosts. Raises StepFailed EgressBlocked."""
        text = written.strip()
        if not _ABSOLUTE.match(text):
            text = f"{self.base_url.rstrip('/')}/{text.lstrip('/')}" if text else self.base_url
        url = read_url(text)
        if not any(goes_to(each, url.host, Request("GET", url).port) for each in self.hosts):
            raise blocked(f"{url.host} is no host of the connection “{self.name}”")
        return text


def connected(name: str, account: int) -> Connected:
    """The connection of this name. For a step that is acting. Raises StepFailed ConnectionFailed if there is none."""
    found = revealing.connection_called(name, account)
    how: HowSent = KINDS.get(found.kind, KINDS["http"])
    key = revealing.connection_mark(found)
    return Connected(found.name, found.base_url, tuple(found.allowed_hosts), ((how.header, f"{how.prefix}{key}"),) if key else ())


def is_absolute(address: str) -> bool:
    """Whether an address names its host itself."""
    return bool(_ABSOLUTE.match(address.strip()))

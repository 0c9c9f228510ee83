"""Keys that an author has typed into a playbook, where everybody reads them who sees it: in versions, exports, inputs of steps, the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl, urlsplit

from playbooks_app.language.problem import Problem
from playbooks_app.language.step_type import Json
from playbooks_app.secrecy.sealing import is_credential

_SCHEME = re.compile(r"(?i)^(bearer|basic|token|apikey)\s+")
_OTHERS = re.compile(r"(?i)idempotency|^key$|sort|public")  # called a key without being one
_SHORTEST = 6  # characters; what is shorter is a sample
HINT = "Keep it under Set up, Secrets, and write `{{ secrets.name }}` here; a key that stood here should be replaced where it was made."


def keys_written_out(url: Json, parts: Mapping[str, Json], address: str) -> list[Problem]:
    """Warnings for what looks like a key in the address, and under names of headers and of the query: `parts` by their settings' key."""
    found = []
    for part, values in parts.items():
        for name, value in values.items() if isinstance(values, dict) else ():
            if _is_written_out(str(name), value):
                found.append(_warning(f"{address}/{part}/{name}", f"The value of “{str(name)[:40]}” looks like a key"))
    if isinstance(url, str) and any(_is_written_out(name, value) for name, value in _query_of(url)):
        found.append(_warning(f"{address}/url", "The address holds what looks like a key"))
    return found


def _is_written_out(name: str, value: Json) -> bool:
    if not isinstance(value, str) or "{{" in value or not is_credential(name) or _OTHERS.search(name):
        return False
    return len(_SCHEME.sub("", value.strip())) >= _SHORTEST


def _query_of(url: str) -> Iterator[tuple[str, str]]:
    try:
        yield from parse_qsl(urlsplit(url).query)
    except ValueError:
        return


def _warning(address: str, what: str) -> Problem:
    return Problem(address, "KeyWrittenOut", f"{what}: everybody who sees the playbook can read it.", HINT, "warning")

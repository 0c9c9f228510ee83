"""How a secret is named in what a run stores: by a mark that stands for it until the moment of use (law 12).

A mark such as `~secrets.bank_key.3f9a1c0d5e6f7a8b9c0d~` survives JSON and addresses unchanged. Its end is a seal over the run and the name: text from
elsewhere that looks like a mark (an answer, a form, a mail) is text, nothing else. Who reads a step's input sees which secret it uses, not its value.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.conf import settings

from playbooks_app.secrecy import sealing

MARK = re.compile(r"~(secrets|config|connections)\.([A-Za-z0-9_.-]{1,400})\.([0-9a-f]{20})~")
HIDDEN = "••••••"
_ALONE = re.compile(r"\s*\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_-]*)\s*\}\}\s*")


class Reference(NamedTuple):
    """One mark: `root` is secrets, config or connections; `name` a secret's name, a path in the config, or a connection's number."""

    root: str
    name: str


def mark(run: int, root: str, name: str) -> str:
    """The mark that stands for a secret in this run."""
    return f"~{root}.{name}.{_seal(settings.SECRET_KEY, run, root, name)}~"


def reference(found: re.Match[str], run: int) -> Reference | None:
    """What a text of the form of a mark refers to; None if this run never made it."""
    root, name, seal = found.groups()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return Reference(root, name) if any(hmac.compare_digest(seal, _seal(key, run, root, name)) for key in keys) else None


def hidden(text: str) -> str:
    """A text for people's eyes outside of the product: a mark becomes dots."""
    return MARK.sub(HIDDEN, text)


def config_as_seen(text: str, run: int) -> Any:
    """A run's config (JSON text) as its steps may see it: credentials, and values that are a reference to a secret, are marks."""
    return _seen(json.loads(text), run, "") if sealing.MARK in text or "secrets." in text else json.loads(text)


class Secrets(Mapping[str, str]):
    """The root `secrets` of a run: every name has a mark; whether there is such a secret shows when it is used."""

    def __init__(self, run: int) -> None:
        self._run = run

    def __getitem__(self, name: str) -> str:
        return mark(self._run, "secrets", name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _seen(value: Any, run: int, path: str) -> Any:
    if sealing.is_sealed(value):
        return mark(run, "config", path)
    if isinstance(value, str) and (found := _ALONE.fullmatch(value)):
        return mark(run, "secrets", found[1])
    if isinstance(value, dict):
        return {key: _seen(each, run, f"{path}.{_plain(key)}".lstrip(".")) for key, each in value.items()}
    return [_seen(each, run, f"{path}.{number}") for number, each in enumerate(value)] if isinstance(value, list) else value


def _plain(key: str) -> str:
    """A key as a part of a path in a mark."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", key) or "_"


def inside(config: Any, path: str) -> Any:
    """What stands at the path of a mark in a config; None if nothing does."""
    found = config
    for part in path.split("."):
        if isinstance(found, dict):
            found = next((value for key, value in found.items() if _plain(key) == part), None)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _seal(key: str, run: int, root: str, name: str) -> str:
    made = hmac.new(f"mark:{key}".encode(), f"{run}\0{root}\0{name}".encode(), hashlib.sha256)
    return made.hexdigest()[:20]

"""Values that the database must never hold in the clear: sealed with the newest key of SECRETS_KEYS, opened with any of them.

A sealed text carries what it is for (`secret of account 7`): copied to another place of the database it does not open there.
Inside JSON a sealed text stands as `{"$sealed": "…"}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

MARK = "$sealed"
BEGINS = "gAAAAA"  # every sealed text, until the year 2106: Fernet's version and the first bytes of its time
CONFIG = "config"  # what values of a config are sealed for
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
_CREDENTIALS = frozenset(
    {"password", "passwd", "passphrase", "pwd", "secret", "token", "apikey", "authorization", "credential", "credentials"}
    | {"cookie", "bearer", "privatekey", "accesskey"}
)
_AT_THE_END = frozenset({"key", "auth", "pass"})
_ABOUT_ONE = frozenset({"url", "uri", "endpoint", "host", "address", "name", "id", "type", "ttl", "limit", "path", "header", "count"})


class Unreadable(Exception):
    """A sealed text that none of the present keys opens, or that was sealed for something else."""


def seal(text: str, purpose: str) -> str:
    """The text as it may be stored."""
    return _box().encrypt(f"{purpose}\0{text}".encode()).decode("ascii")


def unseal(sealed: str, purpose: str) -> str:
    """What was sealed for this purpose. Raises Unreadable."""
    try:
        found, _, text = _box().decrypt(sealed.encode("utf-8")).decode().partition("\0")
    except (InvalidToken, ValueError, TypeError):
        raise Unreadable("None of the keys of SECRETS_KEYS opens this value.") from None
    if found != purpose:
        raise Unreadable("This value was sealed for something else.")
    return text


def resealed(sealed: str) -> str:
    """The same under the newest key. Raises Unreadable."""
    try:
        return _box().rotate(sealed.encode("utf-8")).decode("ascii")
    except (InvalidToken, ValueError, TypeError):
        raise Unreadable("None of the keys of SECRETS_KEYS opens this value.") from None


def is_credential(name: str) -> bool:
    """Whether something of this name is a credential: `api_key`, `bankToken`; but not `token_url`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ABOUT_ONE:
        return False
    return words[-1] in _AT_THE_END or not _CREDENTIALS.isdisjoint(words)


def is_sealed(value: Any) -> bool:
    """Whether it is a sealed text inside JSON."""
    return isinstance(value, Mapping) and set(value) == {MARK} and isinstance(value[MARK], str)


def with_credentials_sealed(config: Any, name: str = "") -> Any:
    """A config as it may be stored: texts whose names are those of credentials are sealed, at any depth; references to secrets stay."""
    if is_sealed(config):
        return config
    if isinstance(config, Mapping):
        return {key: with_credentials_sealed(value, str(key)) for key, value in config.items()}
    if isinstance(config, list):
        return [with_credentials_sealed(value, name) for value in config]
    if isinstance(config, str) and config and "{{" not in config and is_credential(name):
        return {MARK: seal(config, CONFIG)}
    return config


def resealed_json(value: Any) -> Any:
    """The same JSON with every sealed text under the newest key. Raises Unreadable."""
    if is_sealed(value):
        return {MARK: resealed(value[MARK])}
    if isinstance(value, Mapping):
        return {key: resealed_json(each) for key, each in value.items()}
    return [resealed_json(each) for each in value] if isinstance(value, list) else value


def _box() -> MultiFernet:
    return _box_of(tuple(settings.SECRETS_KEYS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])

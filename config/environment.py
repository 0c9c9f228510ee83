"""Reads the knobs of settings.py from the environment. A wrong value stops the boot with one sentence that begins with the variable's name."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from cryptography.fernet import Fernet

WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
Found = TypeVar("Found")
DATABASE_SCHEMES = ("postgres", "postgresql")


class WrongSetting(SystemExit):
    """Ends the process; the interpreter prints the sentence and exits with 1."""


class Environment:
    """The variables of one process."""

    def __init__(self, variables: Mapping[str, str] = os.environ) -> None:
        self._variables = variables

    def text(self, name: str, default: str) -> str:
        """As written, without blanks around it."""
        return self._variables.get(name, default).strip()

    def flag(self, name: str, default: bool = False) -> bool:
        """1 or 0, also true/false, yes/no, on/off."""
        return self._read(name, "1" if default else "0", lambda text: WORDS[text.lower()], "must be 1 or 0")

    def number(self, name: str, default: float, *, least: float = 0, most: float = float("inf")) -> float:
        """A number within limits."""
        wish = f"must be a number of at least {least:g}" + (f" and at most {most:g}" if most != float("inf") else "")
        found = self._read(name, str(default), float, wish)
        if not least <= found <= most:
            raise WrongSetting(f"{name} {wish}; it is {found:g}.")
        return found

    def whole(self, name: str, default: int, *, least: int = 0, most: float = float("inf")) -> int:
        """A whole number within limits."""
        found = self.number(name, default, least=least, most=most)
        if found != int(found):
            raise WrongSetting(f"{name} must be a whole number; it is {found:g}.")
        return int(found)

    def seconds(self, name: str) -> float:
        """A signed number of seconds such as +90s; 0 when not set."""
        return self._read(name, "0", lambda text: float(text.removesuffix("s")), "must be a number of seconds such as +90s")

    def names(self, name: str, default: str) -> list[str]:
        """Separated by commas."""
        return [part.strip() for part in self.text(name, default).split(",") if part.strip()]

    def choice(self, name: str, default: str, choices: tuple[str, ...]) -> str:
        """One of a few words, whatever their case."""
        found = self.text(name, default).upper()
        if found not in choices:
            raise WrongSetting(f"{name} must be one of {', '.join(choices)}; it is {found!r}.")
        return found

    def url(self, name: str, default: str, schemes: tuple[str, ...], example: str) -> str:
        """An address with one of these schemes and a host, without a slash at its end."""
        text = self.text(name, default).rstrip("/")
        wish = f"must be an address such as {example}"
        parts = self._read(name, text, _split, wish)
        if parts.scheme not in schemes or not parts.hostname:
            raise WrongSetting(f"{name} {wish}; it is {without_password(text)!r}.")
        return text

    def addresses(self, name: str) -> dict[str, str]:
        """A JSON object of names with their addresses."""
        return self._read(name, "{}", _addresses, 'must be a JSON object such as {"crm": "https://crm.example.com"}')

    def folder(self, name: str, default: Path) -> Path:
        """A folder, which need not exist yet; an absolute path is returned."""
        found = Path(self.text(name, str(default))).expanduser().absolute()
        if found.exists() and not found.is_dir():
            raise WrongSetting(f"{name} must be a folder; {found} is a file.")
        return found

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Django's description of the PostgreSQL at an address such as postgresql://user:password@host:5432/name."""
        return self._read(name, default, database_at, "must be an address such as postgresql://user:password@host:5432/handrail")

    def secret(self, name: str, kept_in: Path) -> str:
        """At least 32 characters; without the variable a random one is made at the first start and kept in that file."""
        found = self.text(name, "") or _kept_secret(name, kept_in)
        if len(found) < 32:
            raise WrongSetting(f"{name} must have at least 32 random characters; it has {len(found)}.")
        return found

    def sealing_keys(self, name: str, kept_in: Path) -> list[str]:
        """Fernet keys, the newest first; without the variable one is made at the first start and kept in that file."""
        found = self.names(name, "") or _kept_lines(name, kept_in, lambda: Fernet.generate_key().decode("ascii"))
        for key in found:
            try:
                Fernet(key)
            except ValueError:
                raise WrongSetting(
                    f"{name} must be keys of 32 bytes in url-safe base64, with commas between, as `manage.py seal_key` makes."
                ) from None
        return found

    def _read(self, name: str, default: str, read: Callable[[str], Found], wish: str) -> Found:
        text = self.text(name, default)
        try:
            return read(text)
        except (ValueError, KeyError):
            raise WrongSetting(f"{name} {wish}; it is {without_password(text)!r}.") from None


def database_at(url: str) -> dict[str, Any]:
    """The entry of DATABASES for a PostgreSQL address; `?host=` names a socket's folder, other options go to the driver. Raises ValueError."""
    parts = _split(url)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    if parts.scheme not in DATABASE_SCHEMES or not parts.path.strip("/"):
        raise ValueError(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": options.pop("port", str(parts.port or "")),
        "OPTIONS": options,
    }


def process_name(arguments: list[str]) -> str:
    """What this process is, from its command line: `web`, the command of manage.py, or the program's name."""
    program = Path(arguments[0])
    if program.name == "manage.py" and len(arguments) > 1:
        return arguments[1]
    return "web" if "daphne" in (program.name, program.parent.name) else program.stem


def without_password(url: str) -> str:
    """The address as it may be shown."""
    before, at, after = url.rpartition("@")
    scheme, slashes, person = before.partition("://")
    return f"{scheme}{slashes}{person.split(':')[0]}:…@{after}" if at and ":" in person else url


def _addresses(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict) or not all(isinstance(each, str) and _split(each).hostname for each in found.values()):
        raise ValueError(text)
    return found


def _split(url: str) -> SplitResult:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for a port that is none
    return parts


def _kept_secret(name: str, path: Path) -> str:
    return _kept_lines(name, path, lambda: secrets.token_urlsafe(48))[0]  # the first line counts, should two processes have written one


def _kept_lines(name: str, path: Path, make: Callable[[], str]) -> list[str]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+") as file:
            file.seek(0)
            if found := file.read().split():
                return found
            file.write(make() + "\n")
            file.flush()
            file.seek(0)
            return file.read().split()
    except OSError:
        raise WrongSetting(f"{name} must be set, because none can be kept in {path}.") from None

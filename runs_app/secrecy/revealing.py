"""The moment of use: what marks stand for, and to whom it may be sent. Used by runs_app/egress alone, on the thread of the step that acts."""

from __future__ import annotations

import base64
import contextvars
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Q

from playbooks_app import clock
from playbooks_app.language.access import Access
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.step_type import StepFailed
from playbooks_app.models import Connection, Secret, User
from playbooks_app.secrecy import sealing
from runs_app.models import Run
from runs_app.secrecy import masking, references, uses

USE_NOTED_EVERY = timedelta(minutes=1)  # `last_used_at` is to the minute
_REMEMBERED_SECONDS = 5.0  # how long a process may mask with values that have been replaced meanwhile


@dataclass(frozen=True, slots=True)
class Revealed:
    """A value and where it may go. `hosts` None: where the request goes first, and no further."""

    title: str  # for people: secret “bank”
    value: str
    hosts: tuple[str, ...] | None
    thing: Secret | Connection | None = None  # None: a value of the run's config


@dataclass(slots=True)
class Hand:
    """The step that is acting on this thread, and what has been revealed to it."""

    run: int
    account: int
    path: str
    access: Access | None = None  # the guard of the step
    by: User | None = None  # who tries it out; None: who started the run
    revealed: dict[references.Reference, Revealed] = field(default_factory=dict)

    def masker(self) -> masking.Masker:
        """For whatever comes back: all that was revealed here, and all that the account keeps."""
        kept = _of_account(self.account, int(time.monotonic() / _REMEMBERED_SECONDS))
        used = [each.value for each in self.revealed.values() if each.value not in kept.values]
        return kept | masking.Masker(used) if used else kept

    def reveal(self, wanted: references.Reference) -> Revealed:
        """Raises StepFailed if there is no such secret, it cannot be read, or the step may not see it: its mark came with data of another step."""
        if self.access is not None and wanted.root != "connections" and not self.access.allows(wanted.root, wanted.name.partition(".")[0]):
            why = f"This step may not use “{wanted.root}.{wanted.name}”: its `access` does not grant it."
            raise StepFailed("EgressBlocked", why, hint="Grant it under `access`, `config`, or send something else.", sent=False)
        if wanted not in self.revealed:
            self.revealed[wanted] = _FINDERS[wanted.root](self, wanted.name)
        return self.revealed[wanted]

    def note(self, deed: str, wanted: references.Reference, host: str) -> None:
        """In the audit log: it is `used` for this host, or `refused`."""
        thing = self.revealed[wanted].thing
        uses.note(uses.Use(deed, thing, wanted.name, run=self.run, path=self.path, host=host, by=self.by))


_in_hand: contextvars.ContextVar[Hand | None] = contextvars.ContextVar("in_hand", default=None)


@contextmanager
def in_hand(run: int, account: int, path: str, access: Access | None = None, by: User | None = None) -> Iterator[Hand]:
    """While this step acts, its marks can be revealed, as far as its `access` goes. `run` 0: `by` tries something of the account out, in no run."""
    hand = Hand(run, account, path, access, by)
    token = _in_hand.set(hand)
    try:
        yield hand
    finally:
        _in_hand.reset(token)


def present() -> Hand | None:
    """The step that is acting on this thread."""
    return _in_hand.get()


def connection_mark(connection: Connection) -> str:
    """What stands for the key of a connection in the calls of the step that is acting; "" if it has none."""
    hand = present()
    return references.mark(hand.run, "connections", str(connection.pk)) if hand is not None and connection.sealed else ""


def connection_called(name: str, account: int) -> Connection:
    """Raises StepFailed ConnectionFailed if there is none."""
    found = Connection.objects.filter(account=account, name=name).first()
    if found is None:
        hint = did_you_mean(name, Connection.objects.filter(account=account).values_list("name", flat=True), "Add it under Set up, Connections.")
        raise StepFailed("ConnectionFailed", f"There is no connection “{name[:100]}”.", hint=hint)
    return found


def sent_form(connection: Connection, key: str) -> str:
    """The key as it stands in the header: for `basic` it is `user:password`, encoded."""
    return base64.b64encode(key.encode()).decode() if connection.kind == "basic" else key


def _secret(hand: Hand, name: str) -> Revealed:
    found = Secret.objects.filter(account=hand.account, name=name).first()
    if found is None:
        hint = did_you_mean(name, Secret.objects.filter(account=hand.account).values_list("name", flat=True), "Add it under Set up, Secrets.")
        raise StepFailed("TemplateError", f"There is no secret “{name}”.", hint=hint)
    return Revealed(f"secret “{name}”", _value_of(found), tuple(found.hosts) or None, found)


def _connection(hand: Hand, number: str) -> Revealed:
    found = Connection.objects.filter(account=hand.account, pk=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise StepFailed("ConnectionFailed", "The connection that this step used has been deleted.", hint="Name another one, then retry.")
    return Revealed(f"key of the connection “{found.name}”", sent_form(found, _value_of(found)), tuple(found.allowed_hosts), found)


def _config(hand: Hand, path: str) -> Revealed:
    found = references.inside(Run.objects.filter(pk=hand.run).values_list("config", flat=True).first(), path)
    if not sealing.is_sealed(found):
        raise StepFailed("TemplateError", f"There is nothing at “config.{path}”.", hint="Set it in the account's config, or give it with the start.")
    return Revealed(f"value “config.{path}”", _open(found[sealing.MARK], sealing.CONFIG), None)


_FINDERS = {"secrets": _secret, "connections": _connection, "config": _config}


def _value_of(kept: Any) -> str:
    value = _open(kept.sealed, kept.purpose)
    now = clock.now()
    type(kept).objects.filter(Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY), pk=kept.pk).update(last_used_at=now)
    return value


def _open(sealed: str, purpose: str) -> str:
    try:
        return sealing.unseal(sealed, purpose)
    except sealing.Unreadable as reason:
        raise StepFailed("TemplateError", f"A secret of this step cannot be read: {reason}", hint="Set its value again.") from None


@lru_cache(maxsize=256)
def _of_account(account: int, moment: int) -> masking.Masker:
    """All values that an account keeps. `moment` changes every few seconds, so that this is one query for many steps."""
    values = []
    for kept in (*Secret.objects.filter(account=account), *Connection.objects.filter(account=account)):
        try:
            values.append(kept.reveal())
        except sealing.Unreadable:
            continue
    return masking.Masker(values) if values else masking.NOTHING

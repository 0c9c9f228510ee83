"""The audit log: `note` adds one row in the caller's transaction, so that the deed and its record stand or fall together."""

from __future__ import annotations

import contextvars
import json
import re
from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from playbooks_app.entrance.addresses import address_of
from playbooks_app.models.account import Account
from playbooks_app.models.audit import AuditEntry
from playbooks_app.models.member import User
from playbooks_app.secrecy import sealing

MASK = "•••"
MOST_CHARACTERS = 4000  # of old or new: the log says what changed, it is no copy of the thing
SECRET_NAMES = re.compile(r"pass(word|phrase|wd)?$|secret|token|api_?key|authorization|cookie|private_?key|credential", re.IGNORECASE)

_request: contextvars.ContextVar[HttpRequest | None] = contextvars.ContextVar("audited_request", default=None)


def during(request: HttpRequest) -> contextvars.Token[HttpRequest | None]:
    """Until `after`, deeds are noted with the address from which this request came."""
    return _request.set(request)


def after(token: contextvars.Token[HttpRequest | None]) -> None:
    """The request is answered."""
    _request.reset(token)


def note(by: Any, action: str, thing: Model | None, *, old: Any = None, new: Any = None, request: HttpRequest | None = None) -> None:
    """One row: `by` did `action` ("noun.verb") to `thing`. `by` is None for the machine; `old` and `new` are JSON, their secrets are masked here.

    The address is that of `request`, else of the request in hand.
    """
    person = by if isinstance(by, User) else None
    came = request or _request.get()
    AuditEntry.objects.create(
        account_id=_account_of(thing, person),
        actor=person,
        actor_name=person.username[:200] if person else "",
        action=action[:60],
        kind=str(thing._meta.model_name)[:40] if thing is not None else "",
        thing_id=str(thing.pk)[:60] if thing is not None else "",
        thing_name=_name_of(thing)[:200] if thing is not None else "",
        address=(address_of(came) if came is not None else "") or None,
        old=_kept(old),
        new=_kept(new),
    )


def masked(value: Any) -> Any:
    """The same JSON, with what stands under a name such as password, token or secret replaced."""
    if sealing.is_sealed(value):
        return MASK
    if isinstance(value, Mapping):
        return {
            str(key): MASK if SECRET_NAMES.search(str(key)) and each not in (None, "", True, False) else masked(each) for key, each in value.items()
        }
    return [masked(each) for each in value] if isinstance(value, list | tuple) else value


def _kept(value: Any) -> Any:
    if value is None:
        return None
    text = json.dumps(masked(value), default=str, ensure_ascii=False).replace("\\u0000", "")
    return json.loads(text) if len(text) <= MOST_CHARACTERS else {"shortened": text[:MOST_CHARACTERS]}


def _account_of(thing: Model | None, person: User | None) -> int | None:
    """The thing's, else that of what it belongs to, else the person's."""
    if isinstance(thing, Account):
        return thing.pk
    for owner in (thing, getattr(thing, "playbook", None), getattr(thing, "run", None)):
        found = getattr(owner, "account_id", None)
        if found is not None:
            return int(found)
    subject = thing if isinstance(thing, User) else person
    return subject.account.pk if subject is not None and subject.account is not None else None


def _name_of(thing: Model) -> str:
    return thing.display_name if isinstance(thing, User) else str(thing)

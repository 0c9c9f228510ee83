"""Keeping secrets and connections: made, replaced and deleted under rules, each deed in the audit log; and where they are used."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from playbooks_app import audit
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Connection, Playbook, PlaybookVersion, Secret, User

SHORTEST, LONGEST = 4, 20_000  # characters of a value: what is shorter could not be masked without hiding innocent text
MOST_HOSTS = 50
SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}\Z")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9_-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9_-]*[a-z0-9])?\.?(:[0-9]{1,5})?\Z|\[[0-9a-f:.]+\](:[0-9]{1,5})?\Z")


@dataclass(frozen=True, slots=True)
class HowSent:
    """How the key of a connection goes with a call."""

    label: str
    header: str
    prefix: str


KINDS: Mapping[str, HowSent] = {
    "http": HowSent("Authorization: Bearer …", "Authorization", "Bearer "),
    "basic": HowSent("User and password (user:password)", "Authorization", "Basic "),
    "api_key": HowSent("X-API-Key: …", "X-API-Key", ""),
}  # further kinds (mcp, grpc, models) send it as `http` does, unless their step types know better


@dataclass(frozen=True, slots=True)
class Use:
    """One place that names a secret or a connection."""

    playbook: Playbook
    where: str  # draft, version 3


def add_secret(account: Account, *, by: User, name: Any, value: Any, hosts: Any = ()) -> Secret:
    """Raises Refused with every fault."""
    faults = [*_faults_of_secret_name(name), *_faults_of_value(value, "value"), *_faults_of_hosts(hosts)]
    if faults:
        raise Refused(faults)
    secret = Secret(account=account, name=name, hosts=_hosts(hosts), set_by=by)
    secret.seal(value)
    _add(secret, by)
    return secret


def change_secret(secret: Secret, *, by: User, **changes: Any) -> None:
    """`changes`: value, hosts. Raises Refused with every fault."""
    _change(secret, by, changes, _faults_of_value(changes.get("value", "kept"), "value"), value="value")


def add_connection(
    account: Account, *, by: User, name: Any, kind: Any = "http", base_url: Any = "", api_key: Any = "", hosts: Any = ()
) -> Connection:
    """Raises Refused with every fault."""
    faults = [*_faults_of_connection(name, kind, base_url, hosts), *(_faults_of_value(api_key, "api_key") if api_key else ())]
    if faults:
        raise Refused(faults)
    made = Connection(account=account, name=name.strip(), kind=kind, base_url=base_url.strip(), hosts=_hosts(hosts), set_by=by)
    if api_key:
        made.seal(api_key)
    _add(made, by)
    return made


def change_connection(connection: Connection, *, by: User, **changes: Any) -> None:
    """`changes`: kind, base_url, api_key ("" removes it), hosts. The key of another host is no key of this one: a new host asks for it again.

    Raises Refused with every fault.
    """
    there = {"kind": connection.kind, "base_url": connection.base_url, "hosts": connection.hosts}
    wished = {**there, **{key: value for key, value in changes.items() if key in there}}
    faults = _faults_of_connection(connection.name, wished["kind"], wished["base_url"], wished["hosts"])
    if changes.get("api_key"):
        faults += _faults_of_value(changes["api_key"], "api_key")
    _change(connection, by, changes, faults, value="api_key")


def delete(kept: Secret | Connection, *, by: User, although_used: bool = False) -> None:
    """Raises WrongState, saying where it is used, unless that is accepted."""
    uses = used_by(kept)
    if uses and not although_used:
        seen = set(Playbook.objects.visible_to(by).filter(pk__in={use.playbook.pk for use in uses}).values_list("pk", flat=True))
        places = [{"playbook": use.playbook.pk, "name": use.playbook.name, "where": use.where} for use in uses if use.playbook.pk in seen]
        names = ", ".join(dict.fromkeys(f"“{each['name']}”" for each in places[:5])) or "playbooks that are not shared with you"
        raise WrongState(
            f"“{kept.name}” is used by {names}.", hint="Take it out there first, or delete it all the same.", details={"used_by": places}
        )
    with transaction.atomic():
        audit.note(by, f"{kept._meta.model_name}.deleted", kept, old={"hosts": kept.hosts, "used_by": len(uses)})
        kept.delete()


def used_by(kept: Secret | Connection) -> list[Use]:
    """The drafts, and the versions that may still be started, which name it."""
    about = {"account": kept.account_id, "archived_at": None}
    drafts = Playbook.objects.filter(**about, draft__icontains=kept.name).order_by("name")
    found = [Use(playbook, "draft") for playbook in drafts if _names(playbook.draft, kept)]
    versions = PlaybookVersion.objects.filter(
        playbook__account=kept.account_id, playbook__archived_at=None, deprecated_at=None, document__icontains=kept.name
    ).select_related("playbook")
    found += [Use(each.playbook, f"version {each.number}") for each in versions.order_by("playbook__name", "-number") if _names(each.document, kept)]
    return found


def _names(document: Any, kept: Secret | Connection) -> bool:
    if isinstance(kept, Connection):
        return any(each.get("connection") == kept.name for each in _objects(document))
    written = re.compile(rf"secrets(\.{re.escape(kept.name)}(?![A-Za-z0-9_-])|\[[\"']{re.escape(kept.name)}[\"']\])")
    return any(written.search(text) for text in _texts(document))


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(each)


def _add(kept: Secret | Connection, by: User) -> None:
    try:
        with transaction.atomic():
            kept.save(force_insert=True)
            audit.note(by, f"{kept._meta.model_name}.created", kept, new={"hosts": kept.hosts})
    except IntegrityError:
        raise Refused([Problem("name", "Taken", f"There is “{kept.name}” already.", "Choose another name, or replace its value.")]) from None


def _change(kept: Any, by: User, changes: dict[str, Any], faults: Iterable[Problem], *, value: str) -> None:
    problems = [*faults, *(_faults_of_hosts(changes["hosts"]) if "hosts" in changes and value == "value" else ())]
    problems += _faults_of_move(kept, changes, value)
    if problems:
        raise Refused(problems)
    old = {"hosts": kept.hosts, **({"base_url": kept.base_url} if value == "api_key" else {})}
    for key in ("kind", "base_url"):
        if key in changes:
            setattr(kept, key, changes[key].strip())
    if "hosts" in changes:
        kept.hosts = _hosts(changes["hosts"])
    if changes.get(value):
        kept.seal(changes[value])
        kept.set_by = by
    elif changes.get(value) == "":
        kept.sealed = ""
    with transaction.atomic():
        kept.save()
        new = {"hosts": kept.hosts, **({"base_url": kept.base_url} if value == "api_key" else {}), "replaced": bool(changes.get(value))}
        audit.note(by, f"{kept._meta.model_name}.{'rotated' if changes.get(value) else 'changed'}", kept, old=old, new=new)


def _faults_of_move(kept: Any, changes: dict[str, Any], value: str) -> list[Problem]:
    """Who may change where a value goes could send it to themselves: so it goes to further hosts only when it is given again."""
    if changes.get(value) is not None or not kept.sealed:
        return []
    before = set(getattr(kept, "allowed_hosts", kept.hosts))
    hosts = _hosts(changes["hosts"]) if "hosts" in changes else list(kept.hosts)
    address = changes.get("base_url", getattr(kept, "base_url", ""))
    after = set(hosts or ([urlsplit(address.strip()).netloc.lower()] if address else []))
    widened = (after - before) if before else set()
    if before and not after:
        widened = {"every host"}
    if not widened:
        return []
    said = f"It may go to {', '.join(sorted(widened))} only when its value is given again."
    return [Problem(value, "ValueNeeded", said, "Send the value along: then whoever widens it knows it.")]


def _faults_of_secret_name(name: Any) -> list[Problem]:
    if isinstance(name, str) and SECRET_NAME.match(name):
        return []
    return [Problem("name", "WrongValue", "A name begins with a letter and has letters, digits, _ and - only.", "An example: bank_key")]


def _faults_of_value(value: Any, address: str) -> list[Problem]:
    if not isinstance(value, str) or not SHORTEST <= len(value) <= LONGEST:
        return [Problem(address, "WrongValue", f"A value is a text of {SHORTEST} to {LONGEST:,} characters.", "Shorter ones could not be masked.")]
    return [Problem(address, "WrongValue", "A value has no NUL characters.")] if "\0" in value else []


def _faults_of_connection(name: Any, kind: Any, base_url: Any, hosts: Any) -> list[Problem]:
    faults = []
    if not isinstance(name, str) or not 0 < len(name.strip()) <= 100 or "{{" in name or not name.isprintable():
        faults.append(Problem("name", "WrongValue", "A name is a text of 1 to 100 letters.", "An example: House bank"))
    if not isinstance(kind, str) or not _KIND.match(kind):
        faults.append(Problem("kind", "WrongValue", "A kind is a word of small letters.", f"Such as {', '.join(KINDS)}."))
    if not isinstance(base_url, str) or (base_url and not _is_address(base_url.strip())):
        said = "An address begins with https:// or http:// and names a host, but no user."
        faults.append(Problem("base_url", "WrongValue", said, "https://bank.example.com/api"))
    faults += _faults_of_hosts(hosts)
    if not faults and not base_url and not _hosts(hosts):
        faults.append(Problem("base_url", "Required", "A connection needs an address, or at least one host.", "https://bank.example.com/api"))
    return faults


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    is_plain = len(text) <= 500 and text.isprintable() and " " not in text
    return is_plain and parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


def _faults_of_hosts(hosts: Any) -> list[Problem]:
    if not isinstance(hosts, list | tuple) or len(hosts) > MOST_HOSTS:
        return [Problem("hosts", "WrongType", f"Hosts are a list of at most {MOST_HOSTS} names.", 'An example: ["bank.example.com"]')]
    return [
        Problem(
            f"hosts/{number}", "WrongValue", f"“{str(each)[:60]}” is no name of a host.", "bank.example.com, *.example.com, bank.example.com:8443"
        )
        for number, each in enumerate(hosts)
        if not isinstance(each, str) or len(each) > 255 or not _HOST.match(each.strip().lower())
    ]


def _hosts(hosts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each.strip().lower().rstrip(".") for each in hosts))

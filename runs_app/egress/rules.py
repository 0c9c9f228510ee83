"""What this installation allows beyond the table: EGRESS_ALLOW, and for tests TEST_HOSTS. A wrong value stops the boot by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from playbooks_app.language.step_type import StepFailed
from runs_app.egress.addresses import Address, Network, why_forbidden

_TARGET = re.compile(
    r"\[(?P<six>[^\]]+)\](?P<six_width>/\d+)?(?::(?P<six_port>\d+))?|(?P<four>[\d.]+(?:/\d+)?)(?::(?P<four_port>\d+))?|(?P<bare>[0-9a-fA-F:.]+(?:/\d+)?)"
)


@dataclass(frozen=True, slots=True)
class Target:
    """An internal network that steps may reach all the same. `port` None: every port."""

    network: Network
    port: int | None

    def covers(self, address: Address, port: int) -> bool:
        """Whether a connection to this address and port is meant."""
        return address.version == self.network.version and address in self.network and self.port in (None, port)


@dataclass(frozen=True, slots=True)
class Rules:
    """Exceptions to the table, and names that are answered without asking the resolver."""

    targets: tuple[Target, ...] = ()
    names: tuple[tuple[str, tuple[Address, ...]], ...] = ()

    def known(self, host: str) -> tuple[Address, ...]:
        """The addresses that TEST_HOSTS gives for a name; none if it is silent."""
        return dict(self.names).get(host.rstrip(".").lower(), ())

    def permitted(self, host: str, port: int, found: Sequence[Address]) -> list[Address]:
        """Those of a host's addresses that may be connected to.

        Addresses named in EGRESS_ALLOW go first and alone. Otherwise one forbidden address spoils the whole name: somebody who mixes inner and
        outer addresses under one name is trying something. Raises StepFailed EgressBlocked.
        """
        named = [address for address in found if any(target.covers(address, port) for target in self.targets)]
        if named:
            return named
        for address in found:
            if reason := why_forbidden(address):
                raise blocked(f"{host} is {reason}" if str(address) == host else f"{host} leads to {address}, which is {reason}")
        return list(found)


def blocked(what: str) -> StepFailed:
    """The refusal of an address, as the step's failure."""
    return StepFailed(
        "EgressBlocked",
        f"{what}: playbooks may not call it.",
        hint="Call a public http or https address, or ask your administrator to allow this one.",
    )


def present() -> Rules:
    """The rules of this installation. Raises ImproperlyConfigured."""
    return _read(settings.EGRESS_ALLOW, settings.TEST_HOSTS if settings.MOVABLE_CLOCK else "")


@lru_cache(maxsize=16)
def _read(allow: str, hosts: str) -> Rules:
    return Rules(tuple(_target(part) for part in _parts(allow)), tuple(_name(part) for part in _parts(hosts)))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _target(text: str) -> Target:
    """One entry of EGRESS_ALLOW: address or network, with or without port: `127.0.0.1:9001`, `10.0.0.0/8`, `[::1]:9001`, `fd00::/8`."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {text!r} is not an address or network such as 127.0.0.1:9001 or 10.0.0.0/8.")
    six, bare = found["six"], found["bare"]
    port = found["six_port"] or found["four_port"]
    try:
        network = ip_network(six + (found["six_width"] or "") if six else bare or found["four"])
    except ValueError as error:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {text!r}: {error}.") from error
    if port is not None and not 0 < int(port) < 65536:
        raise ImproperlyConfigured(f"EGRESS_ALLOW: {text!r} has no possible port.")
    return Target(network, int(port) if port else None)


def _name(text: str) -> tuple[str, tuple[Address, ...]]:
    """One entry of TEST_HOSTS: `name=address[+address]`."""
    name, _, addresses = text.partition("=")
    try:
        return name.strip().rstrip(".").lower(), tuple(ip_address(part.strip()) for part in addresses.split("+"))
    except ValueError as error:
        raise ImproperlyConfigured(f"TEST_HOSTS: {text!r} is not name=address[+address]: {error}.") from error

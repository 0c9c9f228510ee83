"""Which network addresses a playbook may never reach, and why. Our own table: what the standard library calls "global" differs
between versions of Python and includes addresses that lead inside (NAT64, 6to4, metadata services of two clouds)."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOCALHOST = IPv4Address("127.0.0.1")

# The first match gives the reason, so a narrow network stands before the wide one that contains it.
_FORBIDDEN: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this host"),
    ("10.0.0.0/8", "a private network"),
    ("100.100.100.200/32", "a cloud's metadata service"),
    ("100.64.0.0/10", "a carrier's inner network"),
    ("127.0.0.0/8", "this machine"),
    ("168.63.129.16/32", "a cloud's metadata service"),
    ("169.254.0.0/16", "a link-local network, where clouds keep their metadata"),
    ("172.16.0.0/12", "a private network"),
    ("192.0.0.0/24", "a protocol assignment"),
    ("192.0.2.0/24", "reserved for documentation"),
    ("192.31.196.0/24", "a protocol assignment"),
    ("192.52.193.0/24", "a protocol assignment"),
    ("192.88.99.0/24", "a relay into another network"),
    ("192.168.0.0/16", "a private network"),
    ("192.175.48.0/24", "a protocol assignment"),
    ("198.18.0.0/15", "reserved for benchmarks"),
    ("198.51.100.0/24", "reserved for documentation"),
    ("203.0.113.0/24", "reserved for documentation"),
    ("224.0.0.0/4", "a multicast group"),
    ("240.0.0.0/4", "reserved"),
    ("::1/128", "this machine"),
    ("::/128", "this host"),
    ("::ffff:0:0/96", "an IPv4 address in disguise"),
    ("::ffff:0:0:0/96", "an IPv4 address in disguise"),
    ("::/96", "an IPv4 address in disguise"),
    ("64:ff9b::/96", "a translation into IPv4"),
    ("64:ff9b:1::/48", "a translation into IPv4"),
    ("fd00:ec2::254/128", "a cloud's metadata service"),
    ("fc00::/7", "a private network"),
    ("fe80::/10", "a link-local network"),
    ("fec0::/10", "a private network"),
    ("ff00::/8", "a multicast group"),
    ("2001::/32", "a tunnel into IPv4"),
    ("2001::/23", "a protocol assignment"),
    ("2001:db8::/32", "reserved for documentation"),
    ("2002::/16", "a tunnel into IPv4"),
    ("2620:4f:8000::/48", "a protocol assignment"),
    ("3fff::/20", "reserved for documentation"),
)
_TABLE: tuple[tuple[Network, str], ...] = tuple((ip_network(network), reason) for network, reason in _FORBIDDEN)
_PUBLIC_IPV6 = IPv6Network("2000::/3")  # all that is assigned for the open internet; the rest is refused unseen


@lru_cache(maxsize=4096)
def why_forbidden(address: Address) -> str:
    """What a forbidden address is ("a private network"); "" for one on the open internet."""
    for network, reason in _TABLE:
        if address.version == network.version and address in network:
            return reason
    if isinstance(address, IPv6Address) and (address not in _PUBLIC_IPV6 or address.scope_id):
        return "not on the open internet"
    return ""


def is_localhost(host: str) -> bool:
    """Whether a name means this machine without anybody being asked."""
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith(".localhost")


def literal(host: str) -> Address | None:
    """The address that a host is in itself, in any spelling that a resolver takes (`127.1`, `0x7f000001`); None for a name."""
    name = host.rstrip(".").lower()
    try:
        return ip_address(name)
    except ValueError:
        return _old_spelling(name)


def _old_spelling(name: str) -> Address | None:
    """IPv4 as C libraries read it: one to four parts, each decimal, octal (0…) or hexadecimal (0x…), the last one filling the rest."""
    parts = name.split(".")
    if len(parts) > 4 or not all(re.fullmatch(r"0x[0-9a-f]{1,8}|0[0-7]{0,12}|[1-9][0-9]{0,11}", part) for part in parts):
        return None
    *first, last = (int(part, 16 if part.startswith("0x") else 8 if part.startswith("0") else 10) for part in parts)
    if any(part > 255 for part in first) or last >= 256 ** (4 - len(first)):
        return None
    return ip_address(sum(part << 8 * (3 - place) for place, part in enumerate(first)) + last)

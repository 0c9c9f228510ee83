"""Where a request came from."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

NETWORK_BITS = 64  # of an IPv6 address: one line of a provider has so many, and changes the rest at will


def address_of(request: HttpRequest) -> str:
    """An IP address, "" if there is none. Behind the proxy that we are told of it is the one that the proxy has seen, which it wrote last."""
    written = str(request.META.get("REMOTE_ADDR") or "")
    if settings.SECURE_PROXY_SSL_HEADER:
        written = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or written
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        return ""


def line_of(address: str) -> str:
    """What one customer of a provider has: an IPv4 address, or a network of IPv6."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))

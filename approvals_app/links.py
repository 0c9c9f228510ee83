"""Links in mails: made, and every look at them written down."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from playbooks_app import addresses, clock
from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Approval, DecisionLink

MOST_OPENS = 500  # of one link that are kept
TOKEN_BYTES = 32  # 256 bits
LASTS = timedelta(days=14)  # after the mail, or after the moment an answer is expected, whichever is later


def make(approval: Approval, person: User) -> tuple[DecisionLink, str]:
    """A link for this person, this round and what is shown in it; its address is known here only."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = approval.links.create(
        person=person,
        round=approval.round,
        payload_hash=approval.payload_hash,
        token_hash=hashed(token),
        expires_at=max(clock.now(), approval.due_at or clock.now()) + LASTS,
    )
    return link, absolute(reverse("decision_link", args=[token]))


def absolute(path: str) -> str:
    """An address that works from a mail."""
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def hashed(token: str) -> str:
    """As it is stored."""
    return hashlib.sha256(token.encode()).hexdigest()


def note_open(link: DecisionLink, request: HttpRequest) -> None:
    """Write down that somebody, or a scanner, looked; after MOST_OPENS nothing new is learned."""
    if link.opens.count() >= MOST_OPENS:
        return
    link.opens.create(
        method=(request.method or "")[:8],
        address=address_of(request),
        agent=request.headers.get("User-Agent", "")[:300],
        signed_in=request.user if isinstance(request.user, User) else None,
    )


def address_of(request: HttpRequest) -> str | None:
    """Where a request came from."""
    return addresses.address_of(request) or None

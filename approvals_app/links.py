"""Links in mails: made, and every look at them written down."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse

from approvals_app.models.mail_rules import MailRules
from playbooks_app import clock
from playbooks_app.entrance import addresses
from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Approval, DecisionLink

MOST_OPENS = 500  # of one link that are kept
TOKEN_BYTES = 32  # 256 bits
REPLY_BYTES = 16  # 128 bits, in hex: some mail servers write addresses in small letters
CODE_DIGITS = 6
MOST_WRONG_CODES = 5
LASTS = timedelta(days=14)  # after the mail, or after the moment an answer is expected, whichever is later


@dataclass(frozen=True, slots=True)
class Sent:
    """What a mail carries. `code` and `reply_to` are "" where the account does not use them. Known at this moment only: stored are hashes."""

    link: DecisionLink
    address: str
    code: str = ""
    reply_to: str = ""


def make(approval: Approval, person: User) -> Sent:
    """A link for this person, this round and what is shown in it."""
    rules = MailRules.of(approval.account_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" if rules.decisions == MailRules.Decisions.CODE else ""
    reply = secrets.token_hex(REPLY_BYTES) if rules.replies_count and not approval.is_form else ""
    link = approval.links.create(
        person=person,
        round=approval.round,
        payload_hash=approval.payload_hash,
        token_hash=hashed(token),
        reply_hash=hashed(reply) if reply else None,
        code_hash=hashed(f"{token}{code}") if code else "",
        expires_at=max(clock.now(), approval.due_at or clock.now()) + LASTS,
    )
    name, _, domain = rules.reply_address.partition("@")
    return Sent(link, absolute(reverse("decision_link", args=[token])), code, f"{name}+{reply}@{domain}" if reply else "")


def has_typed_code(link: DecisionLink, token: str, typed: str) -> bool:
    """Whether this is the code of the mail, where the link has one. A wrong one is counted; after MOST_WRONG_CODES the link is switched off."""
    if not link.code_hash:
        return True
    if hmac.compare_digest(link.code_hash, hashed(f"{token}{''.join(typed.split())}")):
        return True
    own = type(link).objects.filter(pk=link.pk)
    own.update(code_tries=F("code_tries") + 1)
    own.filter(code_tries__gte=MOST_WRONG_CODES, revoked_at=None).update(revoked_at=clock.now())
    return False


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

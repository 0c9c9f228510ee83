"""Answers to mails: what a mail provider posts, read and carried out (F-12).

Only what the addressee's own address sends, to the address that stands in their mail, counts; quoted text does not. What it came to is told by mail,
once for each message. A mail's sender can be forged: the proof is the token in the address (128 bits), which is in that person's mail only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from django.urls import reverse

from approvals_app import links
from approvals_app.models import Approval, DecisionLink, MailRules
from approvals_app.verdict import REJECT
from playbooks_app import clock
from playbooks_app.errors import HandrailError
from playbooks_app.models import Account
from runs_app.news import telling

WINDOW = timedelta(minutes=5)  # a signature is good for, before and after its moment
MOST_BYTES = 1024 * 1024
LONGEST_COMMENT = 10_000
WORDS = {"approved": "approve", "rejected": "reject", "declined": "reject", "decline": "reject"}
ALONE = {"yes": "approve", "ok": "approve", "no": "reject"}  # only where they stand for themselves: "no problem" is no rejection
_AFTER = r"(?!\w|\s*\?)"  # a choice with a question mark is a question
_AFTER_ALONE = r"(?=\s*([.,:;!–-]|\n|$))"
_TOKEN = re.compile(r"\+([0-9a-f]{32})@", re.IGNORECASE)
_QUOTE = re.compile(
    r"^(>|-{2,}\s*$|_{5,}|-{2,}\s*(original|forwarded)|(from|von|de|sent|gesendet):\s|(on|am|le|el|op|il)\b.{0,200}(wrote|schrieb|écrit|escribió|schreef|scritto)\b.*:?\s*$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody has written: a choice, "" when none can be read, and what stands behind it."""

    choice: str
    comment: str


def is_signed(rules: MailRules, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the mail provider has signed this body a moment ago: webhook-id, webhook-timestamp, webhook-signature (`v1,…` of id.timestamp.body)."""
    name, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not name or not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        return False
    if abs(clock.now().timestamp() - int(moment)) > WINDOW.total_seconds():
        return False
    right = hmac.new(rules.secret.encode(), f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return any(hmac.compare_digest(right, each) for each in _marks(headers.get("webhook-signature", "")))


def _marks(written: str) -> list[bytes]:
    found = []
    for each in written.split()[:10]:
        try:
            found.append(base64.b64decode(each.removeprefix("v1,"), validate=True))
        except (binascii.Error, ValueError):
            continue
    return found


def take(account: Account, mail: Mapping[str, Any], reference: str) -> str:
    """Carry out one answer: `decided`, `refused`, `unclear` or `ignored`. `mail`: {from, to, subject, text, auto_submitted?}."""
    link = _link(account, mail)
    if link is None or _is_automatic(mail):
        return "ignored"
    approval = Approval.objects.with_place().get(pk=link.approval_id)
    said = read(str(mail.get("text") or ""), approval)
    if not said.choice:
        words = " or ".join(approval.choice_values)
        _answer(link, reference, "We could not read a decision", f"Begin your answer with {words}. The question is still open to you in the inbox.")
        return "unclear"
    if said.choice == REJECT and not said.comment and link.is_live and approval.is_open:
        _answer(
            link,
            reference,
            "Say why you reject it",
            "Answer once more: reject, and the reason behind it. The question is still open to you in the inbox.",
        )
        return "unclear"
    if not link.is_live:
        _answer(link, reference, "This mail decides nothing any more", "It was used, switched off, or is too old. The inbox shows how things stand.")
        return "refused"
    shown = link.payload_hash if link.round == approval.round else ""  # a mail of an earlier round is stale though the data may be the same again
    try:
        approval.decide(said.choice, by=link.person, comment=said.comment, payload_hash=shown, channel="reply")
    except HandrailError as error:
        _answer(link, reference, "Nothing was decided by your mail", f"{error.message} {error.hint}".strip())
        return "refused"
    DecisionLink.objects.filter(pk=link.pk).update(used_at=clock.now())
    _answer(
        link, reference, f"Recorded: {approval.label_of(said.choice)}", f"{approval.title}\n\nRecorded with your name, the time and the fingerprint."
    )
    return "decided"


def read(text: str, approval: Approval) -> Said:
    """The first line that the person wrote begins with a choice; the rest, up to what is quoted, is the comment."""
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n"):
        if _QUOTE.match(line.strip()):
            break
        lines.append(line.rstrip())
    own = "\n".join(lines).strip()
    for words, choice, after in _words_of(approval):
        if re.match(rf"{re.escape(words)}{after}", own, re.IGNORECASE):
            return Said(choice, own[len(words) :].lstrip(" \t.,:;!–-").strip()[:LONGEST_COMMENT])
    return Said("", own)


def _words_of(approval: Approval) -> list[tuple[str, str, str]]:
    """(words, choice, what must stand behind), the longest words first, so that "approve later" is not "approve"."""
    own = [(text, each["value"], _AFTER) for each in approval.choices for text in (each["value"], each["label"])]
    usual = [(word, choice, _AFTER) for word, choice in WORDS.items() if choice in approval.choice_values]
    alone = [(word, choice, _AFTER_ALONE) for word, choice in ALONE.items() if choice in approval.choice_values]
    return sorted(own + usual + alone, key=lambda found: -len(found[0]))


def _link(account: Account, mail: Mapping[str, Any]) -> DecisionLink | None:
    """The link whose token the mail was sent to, if its own person sends it."""
    recipients = mail.get("to")
    texts = recipients if isinstance(recipients, list) else [recipients]
    token = next((found[1].lower() for each in texts if (found := _TOKEN.search(str(each or "")))), "")
    link = DecisionLink.objects.filter(reply_hash=links.hashed(token), approval__account=account).select_related("person").first() if token else None
    sender = parseaddr(str(mail.get("from") or ""))[1].lower()
    return link if link is not None and sender and sender == link.person.email.lower() else None


def _is_automatic(mail: Mapping[str, Any]) -> bool:
    """Holiday answers decide nothing and are not answered."""
    return str(mail.get("auto_submitted") or "no").lower() != "no"


def _answer(link: DecisionLink, reference: str, title: str, text: str) -> None:
    approval = link.approval
    address = reverse("approval", args=[approval.pk])
    name = f"reply-{hashlib.sha256(f'{link.pk}/{reference}'.encode()).hexdigest()[:32]}"
    telling.mail(link.person, approval.account, subject=f"{title}: {approval.title}", title=title, text=text, address=address, reference=name)

"""The demo's mailbox: every mail that the product sent, whoever it went to. Only with HANDRAIL_DEMO=1, and only for somebody signed in."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.content_policy import HEADER
from config.demo.sink import RECIPIENTS
from playbooks_app.errors import OutOfSight

MAIL_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox allow-popups allow-popups-to-escape-sandbox"
SHOWN = 200  # newest first


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it was delivered."""

    number: int
    to: tuple[str, ...]
    sender: str
    subject: str
    text: str
    html: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """`{to, from, subject, text, html, at}`."""
        return {"to": list(self.to), "from": self.sender, "subject": self.subject, "text": self.text, "html": self.html, "at": self.at}


def mails(to: str = "") -> list[Mail]:
    """Newest first; with `to` only those to an address that contains it."""
    files = sorted(folder().glob("*.eml"), reverse=True)
    return [mail for mail in map(_read, files) if to.lower() in ", ".join(mail.to).lower()]


def folder() -> Path:
    """Where the sink keeps them."""
    return settings.DATA_DIR / "mail"


@require_safe
@login_required
def mailbox(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """`/demo/mailbox/?to=bob` and `/demo/mailbox/<number>/`: the list, and one mail beside it."""
    to = request.GET.get("to", "").strip()
    found = mails(to)
    opened = _mail(number) if number else None
    return render(request, "demo/mailbox.html", {"mails": found[:SHOWN], "count": len(found), "to": to, "opened": opened})


@require_safe
@login_required
@xframe_options_sameorigin
def mail_html(request: HttpRequest, number: int) -> HttpResponse:
    """`/demo/mailbox/<number>/html/`: what the frame shows; nothing in it runs, and its links open a tab of their own."""
    return HttpResponse(f'<base target="_blank">{_mail(number).html}', headers={HEADER: MAIL_POLICY})


class MailboxView(APIView):
    """`GET /api/v1/demo/mailbox/?to=bob`."""

    @extend_schema(parameters=[OpenApiParameter("to", str, description="part of a recipient's address")], responses={200: dict[str, Any]})
    def get(self, request: Request) -> Response:
        """`{results: [{to: [address], from, subject, text, html, at}]}`, newest first."""
        return Response({"results": [mail.as_json() for mail in mails(request.query_params.get("to", ""))]})


def _mail(number: int) -> Mail:
    path = folder() / f"{number:06}.eml"
    if not path.exists():
        raise OutOfSight("There is no such mail.")
    return _read(path)


@lru_cache(maxsize=2000)
def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    to = tuple(part.strip() for part in str(message[RECIPIENTS] or "").split(","))
    texts = {"text": _body(message, "plain"), "html": _body(message, "html")}
    return Mail(int(path.stem), to, str(message["From"] or ""), str(message["Subject"] or ""), **texts, at=_moment(message, path))


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _moment(message: EmailMessage, path: Path) -> datetime:
    """The sender's date, which is product time; without one, when the file was kept."""
    try:
        return parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    except (TypeError, ValueError):
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)

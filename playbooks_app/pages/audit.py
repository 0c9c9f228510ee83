"""Settings, Audit log: who did what, when and from where. For the account's owners and admins."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from playbooks_app import audit, audit_reading
from playbooks_app.errors import OutOfSight, Refused
from playbooks_app.models import Account, AuditEntry, User
from playbooks_app.models.audit import AuditQuerySet
from playbooks_app.pages.finding import viewer
from playbooks_app.permissions import may_manage_account, require
from playbooks_app.spreadsheets import as_csv

PAGE_SIZE = 50
MOST_EXPORTED = 100_000  # rows: a year of a busy account; narrower filters reach the rest
HEADER = ("at", "actor", "action", "kind", "thing id", "thing", "address", "old", "new")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry in words; `changes` are `(name, old, new)`."""

    entry: AuditEntry
    deed: str
    thing: str
    changes: list[tuple[str, str, str]]


@login_required
@never_cache
def audit_page(request: HttpRequest) -> HttpResponseBase:
    """`/settings/audit/?actor=&action=&q=&since=&until=&before=&as=csv|json`."""
    account = account_managed_by(viewer(request))
    asked = {key: value for key in audit_reading.KEYS if (value := request.GET.get(key, "").replace("\0", "").strip()[:200])}
    try:
        found, problems = audit_reading.chosen(request.user, asked), []
    except Refused as refused:
        found, problems = AuditEntry.objects.none(), refused.problems
    if not problems and request.GET.get("as") in ("csv", "json"):
        return _export(viewer(request), account, found, asked, request.GET["as"])
    context = {"asked": asked, "problems": problems, "query": urlencode(asked), **_page(found, request.GET.get("before", ""))}
    return render(request, "playbooks_app/audit.html", context | _choices(account), status=422 if problems else 200)


def account_managed_by(user: User) -> Account:
    """The account whose settings this person may change. Raises OutOfSight without one, NotAllowed without the right."""
    if user.account is None:
        raise OutOfSight("You work in no account.")
    require(may_manage_account(user, user.account), "read or change this part of the account")
    return user.account


def _page(found: AuditQuerySet, before: str) -> dict[str, Any]:
    """Newest first; older ones by the number of the last entry seen, so that no page costs more than the first."""
    older_than = int(before) if before.isascii() and before.isdecimal() and len(before) < 18 else None
    entries = list((found.filter(pk__lt=older_than) if older_than else found)[: PAGE_SIZE + 1])
    rows = [Row(each, audit_reading.deed_of(each), audit_reading.thing_of(each), audit_reading.changes_of(each)) for each in entries[:PAGE_SIZE]]
    return {"rows": rows, "older": rows[-1].entry.pk if len(entries) > PAGE_SIZE else None, "paged": older_than is not None}


def _choices(account: Account) -> dict[str, Any]:
    people = User.objects.filter(memberships__account=account).order_by("username")
    return {"people": people, "actions": sorted(audit_reading.DEEDS)}


def _export(user: User, account: Account, found: AuditQuerySet, asked: Mapping[str, str], form: str) -> HttpResponseBase:
    audit.note(user, "audit.exported", account, new={"as": form, **asked})
    rows = found[:MOST_EXPORTED].iterator(chunk_size=500)
    if form == "csv":
        return as_csv("audit", HEADER, (_cells(each) for each in rows))
    answer: HttpResponse | StreamingHttpResponse = StreamingHttpResponse(_json(rows), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="audit.json"'
    return answer


def _cells(entry: AuditEntry) -> tuple[object, ...]:
    old, new = ("" if each is None else json.dumps(each, ensure_ascii=False) for each in (entry.old, entry.new))
    return entry.at, entry.actor_name, entry.action, entry.kind, entry.thing_id, entry.thing_name, entry.address or "", old, new


def _json(rows: Iterator[AuditEntry]) -> Iterator[str]:
    """One array, an entry a line."""
    keys = ("id", "actor_name", "action", "kind", "thing_id", "thing_name", "address", "old", "new")
    yield "["
    for number, entry in enumerate(rows):
        yield (",\n" if number else "\n") + json.dumps({"at": entry.at.isoformat(), **{key: getattr(entry, key) for key in keys}}, ensure_ascii=False)
    yield "\n]\n"

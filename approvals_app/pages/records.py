"""Records to keep: one approval, or the list as it is filtered, for a spreadsheet or on paper."""

from __future__ import annotations

from types import ModuleType

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase
from django.views.decorators.http import require_GET

from approvals_app import permissions, records
from approvals_app.models import Approval
from approvals_app.pages.decision import in_sight
from approvals_app.pages.inbox import VIEWS, of_view
from approvals_app.pages.narrowing import Narrowing
from approvals_app.pages.request import SignedIn
from playbooks_app import audit
from playbooks_app.models import User
from playbooks_app.spreadsheets import as_csv

MOST = 5000  # approvals in a list


@login_required
@require_GET
def record(request: SignedIn, approval_id: int, form: str) -> HttpResponseBase:
    """`/approvals/<id>/record.csv` and `.pdf`, for who may read what was decided on."""
    approval = in_sight(request, approval_id)
    permissions.require(permissions.may_read(request.user, approval), "read what it was about")
    return of_one(approval, request.user, form)


@login_required
@require_GET
def export(request: SignedIn, form: str) -> HttpResponseBase:
    """`/approvals/export.csv` and `.pdf?view=&q=&run=&came=&due=`: what the list shows; without those whose data is not the viewer's to read."""
    view = request.GET.get("view", "mine")
    title = dict(VIEWS).get(view, "For me")
    readable = Approval.objects.readable_by(request.user).values("pk")
    narrowing = Narrowing.of(request.GET)
    query = narrowing.q
    chosen = narrowing.applied(of_view(view, request.user), request.user).filter(pk__in=readable)[:MOST]
    audit.note(request.user, "approvals.exported", request.user.account, new={"as": form, "view": view, "q": query})
    found = list(Approval.objects.with_place().filter(pk__in=[each.pk for each in chosen]).order_by("-pk"))
    if form == "pdf":
        return as_pdf("approvals", _paper().listing(found, f"{title}{f', “{query}”' if query else ''}", request.user))
    return as_csv("approvals", records.LIST_HEADS, records.list_rows(found))


def of_one(approval: Approval, viewer: User, form: str) -> HttpResponseBase:
    """The file; that it was taken is on record."""
    audit.note(viewer, "approval.exported", approval, new={"as": form})
    name = f"approval-{approval.pk}"
    if form == "pdf":
        return as_pdf(name, _paper().record(approval, viewer))
    return as_csv(name, records.HEADS, (line.cells for line in records.record_of(approval)))


def _paper() -> ModuleType:
    """Loaded by the first who prints: it takes 20 MiB, and most web processes never need it."""
    from approvals_app import pdf

    return pdf


def as_pdf(name: str, content: bytes) -> HttpResponse:
    """An answer that is kept as `name`.pdf."""
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer

"""The files that an approval shows, to look at and to download: signed in, from the link of a mail, and over REST."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from approvals_app import files, links, permissions
from approvals_app.models import Approval, DecisionLink, ShownFile
from approvals_app.pages import link as link_page
from approvals_app.pages.decision import in_sight
from approvals_app.pages.request import SignedIn
from playbooks_app.errors import OutOfSight

# A file is somebody's own text: it runs nothing, loads nothing, and knows nothing of the page that it was opened from.
ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
SANDBOXED = f"{ALONE}; sandbox"


@login_required
@require_GET
def shown_file(request: SignedIn, approval_id: int, sha256: str) -> HttpResponse:
    """`/approvals/<id>/files/<sha256>/`, for who may read what is decided on; `?look=1` shows it instead of keeping it."""
    approval = in_sight(request, approval_id)
    permissions.require(permissions.may_read(request.user, approval), "read what it was about")
    return answer(approval, sha256, look="look" in request.GET)


@never_cache
@require_GET
def file_by_link(request: HttpRequest, token: str, sha256: str) -> HttpResponse:
    """`/decide/<token>/files/<sha256>/`: as long as the link shows the question, and only what the question shows at present."""
    link = DecisionLink.objects.with_token(token)
    if link is None:
        raise OutOfSight("There is no such link.")
    links.note_open(link, request)
    approval = Approval.objects.with_place().get(pk=link.approval_id)
    if not link_page.shows_data(request, link, approval) or sha256 not in {each.sha256 for each in files.all_of(approval.shown)}:
        raise OutOfSight("This link shows no such file.", hint="Open the link again, or sign in.")
    return answer(approval, sha256, look="look" in request.GET)


def answer(approval: Approval, sha256: str, *, look: bool = False) -> HttpResponse:
    """The file. What a browser cannot show safely is always kept. Raises OutOfSight."""
    file = ShownFile.objects.filter(approval=approval, sha256=sha256).first()
    if file is None:
        raise OutOfSight("There is no such file here.")
    content = bytes(file.content)
    kept = files.Kept(file.name, len(content), file.media_type, sha256)
    response = HttpResponse(content, content_type=_content_type(kept))
    response.headers["Content-Disposition"] = content_disposition_header(not (look and kept.can_be_looked_at), file.name) or "attachment"
    response.headers["Content-Security-Policy"] = ALONE if file.media_type == "application/pdf" else SANDBOXED
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _content_type(kept: files.Kept) -> str:
    """Text stays text, whatever language it is in; only pages are shown as pages."""
    if files.is_text(kept.media_type):
        return f"{'text/html' if kept.media_type == 'text/html' else 'text/plain'}; charset=utf-8"
    return kept.media_type if kept.can_be_looked_at else "application/octet-stream"

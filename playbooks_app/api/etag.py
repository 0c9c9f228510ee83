"""Entity tags of drafts: their revision in quotes."""

from __future__ import annotations

from rest_framework.request import Request

from playbooks_app.errors import Stale
from playbooks_app.models import Playbook


def entity_tag(playbook: Playbook) -> str:
    """`"7"`."""
    return f'"{playbook.draft_revision}"'


def revision_asked_for(request: Request) -> int | None:
    """What `If-Match` says; None without it or with `*`. Raises Stale for a tag that we never gave."""
    tag = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not tag or tag == "*":
        return None
    if not tag.isascii() or not tag.isdigit() or len(tag) > 9:
        raise Stale("The If-Match header is not an ETag of this playbook.")
    return int(tag)

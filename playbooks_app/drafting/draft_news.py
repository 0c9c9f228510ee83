"""Tells the open builders of a playbook that its draft, or who edits it, has changed. They look for themselves what it is (law 10)."""

from __future__ import annotations

from django.db import connection

CHANNEL = "handrail_drafts"  # payload: <playbook id>


def ring(playbook_id: int) -> None:
    """Heard by the web processes once the transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(playbook_id)])

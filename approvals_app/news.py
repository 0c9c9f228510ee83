"""Telling open pages that the inbox of an account has changed. News, not data (law 10): the page asks again."""

from __future__ import annotations

from django.db import connection


def inbox_changed(account_id: int) -> None:
    """Inside the transaction of the change; heard when it is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('handrail_inbox', %s)", [str(account_id)])

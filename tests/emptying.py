"""Empties the database after a test that has committed, in one round trip.

Django's own way makes some four hundred files new (TRUNCATE of every table) and stores content types and permissions again; that costs more than most
tests. Here rows are deleted, of which a test has few, and those two tables stay: migrations alone write them.
"""

from __future__ import annotations

from functools import cache

from django.db import connection
from django.test import TransactionTestCase

KEPT = {"django_content_type", "auth_permission"}


def install() -> None:
    """Use it for every test with `django_db(transaction=True)` or a live server."""
    TransactionTestCase._fixture_teardown = lambda case: empty()  # type: ignore[attr-defined]


def empty() -> None:
    """Delete all rows of all models. Waits for whoever is still writing, as TRUNCATE would; no trigger and no foreign key has a say."""
    with connection.cursor() as cursor:
        cursor.execute(_statement())


@cache
def _statement() -> str:
    names = [connection.ops.quote_name(name) for name in connection.introspection.django_table_names() if name not in KEPT]
    deletes = " ".join(f"DELETE FROM {name};" for name in names)
    return f"DO $$ BEGIN SET LOCAL session_replication_role = replica; LOCK TABLE {', '.join(names)}; {deletes} END $$"

"""What tests know of the fixed people (approvals_app/demo/people.py has them all), and a quick way to store them."""

from __future__ import annotations

from typing import Any

from django.db import models

from approvals_app.demo.people import make_people
from playbooks_app.models import Account, Department, Group, Membership, User

PASSWORD = "correct horse battery"  # the demo's own is refused outside the demo
STORED: tuple[type[models.Model], ...] = (Account, User, Department, Membership, Group, Group.members.through)

_rows: list[tuple[type[models.Model], list[Any]]] = []  # as make_people left them when it was first asked in this process


def enter_people() -> dict[str, User]:
    """All six, by username. Made once step by step; after that their rows are stored as they were, which takes a tenth of the time."""
    if not _rows or User.objects.exists() or Account.objects.exists():
        return _made()
    for model, rows in _rows:
        model._default_manager.bulk_create(rows)
    return {user.username: user for user in User.objects.order_by("pk")}


def _made() -> dict[str, User]:
    is_first = not _rows and not any(model._default_manager.exists() for model in STORED)
    people = make_people(PASSWORD)
    if is_first:
        _rows.extend((model, list(model._default_manager.order_by("pk"))) for model in STORED)
    return people

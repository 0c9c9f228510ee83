"""The record cannot be changed: not by the admin, not by the ORM, not by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from approvals_app.models import Approval, Comment, Decision, LinkOpen, Showing
from playbooks_app.models import User

Ask = Callable[..., Approval]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def record(ask: Ask, bob: User) -> Approval:
    """A decided approval with something in every table."""
    approval = ask()
    approval.say("Is it new?", by=bob)
    approval.links.get().opens.create(method="GET")
    approval.decide("approve", by=bob, comment="Fine")
    return Approval.objects.get()


@pytest.mark.parametrize("model", [Decision, Comment, Showing, LinkOpen])
def test_the_database_refuses_to_change_or_delete_it(record: Approval, model: type[Model]) -> None:
    """Whoever asks: a trigger answers."""
    table = model._meta.db_table

    for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
        with pytest.raises(IntegrityError, match="kept for ever"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    assert model._default_manager.count() == 1


def test_the_admin_shows_it_and_offers_no_change(record: Approval, web: Web, admin: User) -> None:
    """No add, no change, no delete, in none of the tables."""
    browser = web(admin)

    for name in ("approval", "decision", "asked", "comment", "showing", "linkopen", "decisionlink"):
        assert browser.get(reverse(f"admin:approvals_app_{name}_changelist")).status_code == 200, name
        assert browser.get(reverse(f"admin:approvals_app_{name}_add")).status_code == 403, name
    page = browser.get(reverse("admin:approvals_app_approval_change", args=[record.pk])).content.decode()
    assert "Fine" in page
    assert 'name="_save"' not in page
    assert record.links.get().token_hash not in page
    assert browser.post(reverse("admin:approvals_app_decision_delete", args=[record.decisions.get().pk]), {"post": "yes"}).status_code == 403


def test_who_was_asked_when_and_by_which_rule_is_kept(record: Approval, bob: User) -> None:
    """Also after the end."""
    asked = record.asked.get()

    assert (asked.person, asked.why, asked.through, asked.ended_at is not None) == (bob, "group finance-leads", "group", True)

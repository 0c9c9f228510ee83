"""Whom an author means."""

from __future__ import annotations

from typing import Any

import pytest

from approvals_app import people
from playbooks_app.models import Account, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("selectors", "names"),
    [
        ("bob", ["bob"]),
        ("BOB@acme.example", ["bob"]),
        ({"user": ["bob", "carol"]}, ["bob", "carol"]),
        ({"group": "finance-leads"}, ["bob"]),
        ({"group": "Finance leads"}, ["bob"]),
        ({"department": "finance"}, ["alice", "bob"]),
        ({"role": "owner"}, ["admin"]),
        ({"expression": {"user": "carol"}}, ["carol"]),
        ({"expression": ["bob", {"role": "operator"}]}, ["bob", "carol"]),
        ([{"group": "finance-leads"}, {"user": "bob"}], ["bob"]),
        ("eve", []),
        ({"group": "nobody-here"}, []),
        ({"manager": "bob"}, []),
        (None, []),
        ("", []),
    ],
)
def test_selectors(acme: Account, selectors: Any, names: list[str]) -> None:
    """Users, groups, departments, roles, what an expression gave; each once, of this account only."""
    assert sorted(each.person.username for each in people.chosen(selectors, acme.pk)) == names


def test_departments_do_not_mean_their_viewers(acme: Account, dave: User) -> None:
    """Who only looks is asked by name or by group, or not at all."""
    dave.memberships.update(department=acme.departments.get(slug="finance"))

    assert "dave" not in [each.person.username for each in people.chosen({"department": "finance"}, acme.pk)]
    assert [each.person.username for each in people.chosen({"user": "dave"}, acme.pk)] == ["dave"]


def test_who_has_left_is_nobody(acme: Account, bob: User) -> None:
    """Neither inactive people nor ended memberships."""
    bob.memberships.update(active=False)

    assert people.chosen([{"group": "finance-leads"}, "bob", {"role": "approver"}], acme.pk) == []


def test_the_first_selector_that_names_somebody_counts(acme: Account) -> None:
    """With its reason and its weight; a weight that is none counts as one."""
    found = people.chosen([{"user": "bob", "weight": 2}, {"group": "finance-leads"}, {"user": "carol", "weight": "heavy"}], acme.pk)

    assert [(each.why, each.through, each.weight) for each in found] == [
        ("named in the playbook", "user", 2.0),
        ("named in the playbook", "user", 1.0),
    ]


def test_selectors_in_words(acme: Account) -> None:
    """As the waiting step and the mail say them."""
    assert people.named([{"group": ["a", "b"]}, "bob", {"role": "owner"}]) == "group a, group b, bob, role owner"

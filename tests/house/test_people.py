"""The fixed people are who the design says they are."""

from __future__ import annotations

from approvals_app.demo.people import make_people
from playbooks_app.models import Account, Department, Group, Membership, User
from tests.people import PASSWORD, enter_people


def test_everybody_has_the_place_that_the_design_gives_them(people: dict[str, User]) -> None:
    """Roles and departments as in the design, section 6."""
    places = {
        name: (place.account.slug, place.role, place.department.slug if place.department else "")
        for name, place in ((membership.user.username, membership) for membership in Membership.objects.all())
    }
    assert places == {
        "admin": ("acme", "owner", "it"),
        "alice": ("acme", "builder", "finance"),
        "bob": ("acme", "approver", "finance"),
        "carol": ("acme", "operator", "support"),
        "dave": ("acme", "viewer", ""),
        "eve": ("globex", "admin", ""),
    }
    assert [user.username for user in people.values() if user.is_superuser] == ["admin"]


def test_finance_leads_are_bob(people: dict[str, User]) -> None:
    """Bob leads Finance, in the group and as its head."""
    group = Group.objects.get(slug="finance-leads")
    assert [user.username for user in group.members.all()] == ["bob"]
    assert Department.objects.get(slug="finance").head == people["bob"]


def test_making_them_twice_changes_nothing(people: dict[str, User]) -> None:
    """Seeding is idempotent, and keeps what somebody changed by hand."""
    User.objects.filter(username="dave").update(first_name="David")
    make_people("another password")
    assert (User.objects.count(), Membership.objects.count(), Account.objects.count()) == (6, 6, 2)
    dave = User.objects.get(username="dave")
    assert dave.first_name == "David" and dave.check_password(PASSWORD)


def test_the_quick_way_stores_the_same(people: dict[str, User]) -> None:
    """Whoever asks later in this process gets rows like those that were made step by step."""
    made = [(user.username, user.password, user.email, user.is_superuser, user.memberships.get().role) for user in people.values()]
    User.objects.all().delete()
    Account.objects.all().delete()

    again = enter_people()

    assert made == [(user.username, user.password, user.email, user.is_superuser, user.memberships.get().role) for user in again.values()]
    assert [user.username for user in Group.objects.get().members.all()] == ["bob"] and Department.objects.get(slug="finance").head == again["bob"]

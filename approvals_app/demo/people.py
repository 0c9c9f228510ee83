"""The fixed people of the demo and of the tests: two accounts, six persons, one of them in the other account."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.models import Account, Department, Group, Membership, Role, User


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is; `department` is a slug of the account."""

    username: str
    name: str
    email: str
    account: str
    role: Role
    department: str = ""
    superuser: bool = False


DEMO_PASSWORD = "demo"  # opens nothing outside the demo (config/demo/password.py)
ACCOUNTS = {"acme": "Acme", "globex": "Globex"}
DEPARTMENTS = {"finance": "Finance", "support": "Support", "it": "IT"}  # of Acme
PEOPLE = (
    Person("admin", "Ada Min", "admin@acme.example", "acme", Role.OWNER, "it", superuser=True),
    Person("alice", "Alice Archer", "alice@acme.example", "acme", Role.BUILDER, "finance"),
    Person("bob", "Bob Banks", "bob@acme.example", "acme", Role.APPROVER, "finance"),
    Person("carol", "Carol Cole", "carol@acme.example", "acme", Role.OPERATOR, "support"),
    Person("dave", "Dave Dunn", "dave@acme.example", "acme", Role.VIEWER),
    Person("eve", "Eve Ellis", "eve@globex.example", "globex", Role.ADMIN),
)


def make_people(password: str) -> dict[str, User]:
    """Make whoever is missing, by username; leaves those who are there as they are."""
    accounts = {slug: Account.objects.get_or_create(slug=slug, defaults={"name": name})[0] for slug, name in ACCOUNTS.items()}
    acme = accounts["acme"]
    departments = {slug: Department.objects.get_or_create(account=acme, slug=slug, defaults={"name": name})[0] for slug, name in DEPARTMENTS.items()}
    users = {person.username: _make_person(person, accounts[person.account], departments.get(person.department), password) for person in PEOPLE}
    leads, _ = Group.objects.get_or_create(account=acme, slug="finance-leads", defaults={"name": "Finance leads"})
    leads.members.add(users["bob"])
    Department.objects.filter(account=acme, slug="finance", head=None).update(head=users["bob"])
    return users


def _make_person(person: Person, account: Account, department: Department | None, password: str) -> User:
    user = User.objects.filter(username=person.username).first()
    if user is None:
        first, last = person.name.split(" ", 1)
        user = User(
            username=person.username, email=person.email, first_name=first, last_name=last, is_staff=person.superuser, is_superuser=person.superuser
        )
        user.set_password(password)
        user.save()
    Membership.objects.get_or_create(user=user, account=account, defaults={"role": person.role, "department": department})
    return user

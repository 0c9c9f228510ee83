"""What the demo starts with: its people with their API tokens, and playbooks from the YAML documents beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction
from rest_framework.authtoken.models import Token

from approvals_app.demo.people import DEMO_PASSWORD, make_people
from playbooks_app.language.reading import read_text
from playbooks_app.models import Account, Playbook, User

DOCUMENTS = Path(__file__).parent


@transaction.atomic
def seed() -> dict[str, Any]:
    """Make what is missing. `{users: {name: {username, password, email, api_token}}, accounts: {slug: {id, name}}}`."""
    users = make_people(DEMO_PASSWORD)
    for path in sorted(DOCUMENTS.glob("*.yaml")):
        _publish(read_text(path.read_text(), "yaml"), by=users["alice"])
    return {
        "users": {name: _as_json(user) for name, user in users.items()},
        "accounts": {account.slug: {"id": account.pk, "name": account.name} for account in Account.objects.order_by("pk")},
    }


def _publish(document: Any, *, by: User) -> None:
    """Publish it unless a playbook of this name is there, whatever has become of it."""
    if not Playbook.objects.filter(account=by.account, name=document["name"]).exists():
        Playbook.draw(document, by=by).publish(by=by, note="From the demo")


def _as_json(user: User) -> dict[str, str]:
    token, _ = Token.objects.get_or_create(user=user)
    return {"username": user.username, "password": DEMO_PASSWORD, "email": user.email, "api_token": token.key}

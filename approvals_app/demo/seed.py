"""What the demo starts with: its people with their API tokens, and playbooks from the YAML documents beside this file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction
from rest_framework.authtoken.models import Token

from approvals_app.demo.people import DEMO_PASSWORD, make_people
from playbooks_app.models import Account, User

DOCUMENTS = Path(__file__).parent


@transaction.atomic
def seed() -> dict[str, Any]:
    """Make what is missing. `{users: {name: {username, password, email, api_token}}, accounts: {slug: {id, name}}}`."""
    users = make_people(DEMO_PASSWORD)
    return {
        "users": {name: _as_json(user) for name, user in users.items()},
        "accounts": {account.slug: {"id": account.pk, "name": account.name} for account in Account.objects.order_by("pk")},
    }


def _as_json(user: User) -> dict[str, str]:
    token, _ = Token.objects.get_or_create(user=user)
    return {"username": user.username, "password": DEMO_PASSWORD, "email": user.email, "api_token": token.key}

"""Keys rotate: nothing that is sealed is lost when the older key is taken away."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django import Settings

from approvals_app.models import MailRules
from playbooks_app.models import Secret, User
from playbooks_app.secrecy import sealing
from runs_app.news import webhooks
from tests.runs.test_secrets import IN_HEADER, PLANTED, Api, dump, keep

pytestmark = pytest.mark.django_db


def test_keys_rotate(api: Api, alice: User, admin: User, settings: Settings) -> None:
    """The newest key seals; after `manage.py reseal_secrets` the old ones are needed no more, for nothing in the whole database."""
    doors = api(alice)
    keep(doors, "one", PLANTED)
    doors.post("/api/v1/connections/", {"name": "two", "base_url": "https://bank.example", "api_key": IN_HEADER})
    doors.post("/api/v1/secrets/", {"name": "three", "value": PLANTED}, headers={"Idempotency-Key": "k1"})
    acme = alice.account
    assert acme is not None
    acme.config = {"api_key": IN_HEADER}
    acme.save()
    webhook, _ = webhooks.make(acme, by=admin, url="https://hooks.example.com/x", events=["*"])
    webhook.renew_secret(timedelta(days=1))
    webhook.save()
    rules = MailRules.objects.create(account=acme)
    factor = TOTP.activate(alice, "ABCDEFGHIJKLMNOP")
    RecoveryCodes.activate(alice)

    old, new = settings.SECRETS_KEYS, Fernet.generate_key().decode()
    sealed = sealed_texts()
    settings.SECRETS_KEYS = [new, *old]
    call_command("reseal_secrets")
    settings.SECRETS_KEYS = [new]

    assert len(sealed) == 10 and not [text for text in sealed_texts() if not opens(text)]
    rules.refresh_from_db()
    factor.instance.refresh_from_db()
    assert Secret.objects.get(name="one").reveal() == PLANTED and rules.secret
    assert get_adapter().decrypt(factor.instance.data["secret"]) == "ABCDEFGHIJKLMNOP"


def sealed_texts() -> list[str]:
    """Everything in the database that looks sealed, wherever it stands."""
    return re.findall(r"gAAAAA[\w=-]{60,}", dump())


def opens(text: str) -> bool:
    """Whether the present keys open it."""
    try:
        return bool(sealing.resealed(text))
    except sealing.Unreadable:
        return False

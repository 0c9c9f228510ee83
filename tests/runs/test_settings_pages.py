"""The pages of connections, secrets, webhooks and tokens: forms without JavaScript, values that are never shown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import ApiToken, Connection, Playbook, Secret, User
from runs_app.models import Webhook, WebhookDelivery
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db
Web = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]
VALUE = "sk-planted-on-a-page-42"


def test_a_secret_is_kept_replaced_and_deleted(web: Web, alice: User, admin: User) -> None:
    """Its value is in no page; faults keep what was typed, but for the value; where it is used is said, and stops a deletion."""
    client = web(alice)
    wrong = client.post("/settings/secrets/new/", {"name": "bank key", "value": VALUE, "hosts": "bank.example"})
    assert wrong.status_code == 422 and "bank key" in wrong.content.decode() and VALUE not in wrong.content.decode()
    client.post("/settings/secrets/new/", {"name": "bank_key", "value": VALUE, "hosts": "bank.example\n*.bank.example"})
    secret = Secret.objects.get(name="bank_key")
    assert secret.hosts == ["bank.example", "*.bank.example"] and secret.reveal() == VALUE

    step = {"id": "a", "type": "http", "with": {"url": "https://bank.example/", "headers": {"A": "{{ secrets.bank_key }}"}}}
    Playbook.draw({**document([step]), "name": "Pays the bank"}, by=alice)
    Playbook.objects.filter(pk=Playbook.draw({**document([step]), "name": "Hidden one"}, by=admin).pk).update(visibility="private")
    pages = client.get("/settings/secrets/").content.decode() + client.get(f"/settings/secrets/{secret.pk}/").content.decode()
    assert "Pays the bank" in pages and "Hidden one" not in pages and "that you do not see" in pages and VALUE not in pages
    assert client.post(f"/settings/secrets/{secret.pk}/delete/").status_code == 422
    assert client.post(f"/settings/secrets/{secret.pk}/delete/", {"although_used": "on"}).status_code == 302
    assert not Secret.objects.exists()


def test_a_connection_is_kept_and_changed(web: Web, alice: User) -> None:
    """An empty key leaves the present one; another host asks for it again; a test that fails says why."""
    client = web(alice)
    client.post("/settings/connections/new/", {"name": "House bank", "kind": "basic", "base_url": "http://10.0.0.1/api", "api_key": VALUE})
    found = Connection.objects.get()
    page = f"/settings/connections/{found.pk}/"
    assert client.post(page, {"kind": "http", "base_url": "http://10.0.0.1/other"}).status_code == 302
    assert Connection.objects.get().reveal() == VALUE and Connection.objects.get().kind == "http"
    assert client.post(page, {"kind": "http", "base_url": "http://evil.example/"}).status_code == 422
    said = client.post(f"{page}test/", follow=True).content.decode()
    assert "Does not work" in said and "private network" in said and VALUE not in said
    assert client.post(page, {"kind": "http", "base_url": "http://10.0.0.1/", "no_key": "on"}).status_code == 302
    assert Connection.objects.get().sealed == ""


def test_a_token_is_shown_once_and_revoked(web: Web, alice: User, dave: User) -> None:
    """It opens REST; the next look at the page does not show it; everybody has tokens of their own."""
    client = web(alice)
    made = client.post("/settings/tokens/", {"name": "Import", "scopes": ["read"], "days": "30"}).content.decode()
    key = re.search(r"<code>(hr_[\w-]+)</code>", made)
    assert key is not None and key[1] not in client.get("/settings/tokens/").content.decode()
    assert Client(headers={"Authorization": f"Token {key[1]}"}).get("/api/v1/me/").json()["username"] == "alice"
    assert client.post("/settings/tokens/", {"name": "", "days": "never"}).status_code == 422
    number = ApiToken.objects.get().pk
    assert web(dave).get("/settings/tokens/").status_code == 200
    assert web(dave).post(f"/settings/tokens/{number}/revoke/").status_code == 404
    assert client.post(f"/settings/tokens/{number}/revoke/").status_code == 302
    assert Client(headers={"Authorization": f"Token {key[1]}"}).get("/api/v1/me/").status_code == 401


def test_a_webhook_is_made_tested_and_ended(web: Web, alice: User, eve: User) -> None:
    """The secret is shown once; deliveries can be sent again; foreign ones are not there."""
    client = web(alice)
    assert client.post("/settings/webhooks/new/", {"url": "http://127.0.0.1/x", "events": ["run.failed"]}).status_code == 422
    made = client.post("/settings/webhooks/new/", {"url": "https://hooks.example.com/x", "events": ["run.failed"]}).content.decode()
    secret = re.search(r"<code>(whsec_[\w-]+)</code>", made)
    page = f"/settings/webhooks/{Webhook.objects.get().pk}/"
    assert secret is not None and secret[1] not in client.get(page).content.decode()
    client.post(f"{page}test/")
    client.post(f"{page}deliveries/{WebhookDelivery.objects.get().pk}/again/")
    assert WebhookDelivery.objects.count() == 2 and "webhook.test" in client.get(page).content.decode()
    assert "whsec_" in client.post(f"{page}rotate/").content.decode()
    assert client.post(page, {"url": "https://hooks.example.com/y", "events": ["*"]}).status_code == 302
    assert Webhook.objects.get().enabled is False and "It is off" in client.get(page).content.decode()
    assert web(eve).get(page).status_code == 404
    assert client.post(f"{page}delete/").status_code == 302 and not Webhook.objects.exists()


@pytest.mark.parametrize("path", ["connections/", "connections/new/", "secrets/", "secrets/new/", "webhooks/", "webhooks/new/"])
def test_pages_for_builders(web: Web, alice: User, dave: User, carol: User, path: str) -> None:
    """Empty lists say what will be there; who does not build is told so."""
    assert web(alice).get(f"/settings/{path}").status_code == 200
    assert web(dave).get(f"/settings/{path}").status_code == web(carol).get(f"/settings/{path}").status_code == 403

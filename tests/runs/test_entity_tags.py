"""Entity tags: a change of what has been changed since it was read is refused; what the caller has already is not sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, User
from playbooks_app.people import calendars
from playbooks_app.secrecy import keeping, tokens
from runs_app.entry import scheduling
from runs_app.news import webhooks
from tests.playbooks.documents import document
from tests.playbooks.test_openapi import description
from tests.runs.factories import RunBuilder

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]


@pytest.fixture
def things(alice: User) -> dict[str, tuple[str, Any, Any]]:
    """What can be read and changed, by its address in the description: (its address, one change, another one)."""
    account: Any = alice.account
    playbook = Playbook.draw(document(), by=alice)
    version = playbook.publish(by=alice)
    run = RunBuilder(version, alice, status="running").save()
    secret = keeping.add_secret(account, by=alice, name="one", value="something")
    connection = keeping.add_connection(account, by=alice, name="bank", base_url="https://bank.example.com")
    webhook, _ = webhooks.make(account, by=alice, url="https://hooks.example.com/", events=["*"])
    schedule = scheduling.make(playbook, alice, cron="30 8 * * *")
    calendar = calendars.make(account, {"name": "Works"}, alice)
    token, _ = tokens.make(alice, name="t", scopes=["read"])
    found = {
        "playbooks/{id}/pinned/": (f"{playbook.pk}", {"inputs": {"a": 1}}, {"inputs": {"a": 2}}),
        "playbooks/{id}/": (f"{playbook.pk}", {"tags": ["one"]}, {"document": document(name="Another")}),
        "runs/{id}/": (f"{run.pk}", {"vars": {"a": 1}}, {"vars": {"a": 2}}),
        "runs/{run_id}/sharing/": (f"{run.pk}", {"visibility": "private"}, {"visibility": "account"}),
        "secrets/{id}/": (f"{secret.pk}", {"value": "other", "hosts": ["a.example"]}, {"value": "third", "hosts": []}),
        "connections/{id}/": (f"{connection.pk}", {"kind": "basic"}, {"kind": "http"}),
        "webhooks/{id}/": (f"{webhook.pk}", {"description": "a"}, {"description": "b"}),
        "schedules/{id}/": (f"{schedule.pk}", {"cron": "31 8 * * *"}, {"cron": "32 8 * * *"}),
        "calendars/{id}/": (f"{calendar.pk}", {"holidays": ["2026-12-25"]}, {"holidays": ["2026-12-26"]}),
        "departments/{id}/": (f"{account.departments.get(slug='support').pk}", {"name": "A"}, {"name": "B"}),
        "groups/{id}/": (f"{account.groups.get(slug='finance-leads').pk}", {"members": ["alice"]}, {"members": []}),
        "members/{id}/": ("carol", {"role": "viewer"}, {"role": "operator"}),
        "tokens/{id}/": (f"{token.pk}", None, None),
    }
    return {path: ("/api/v1/" + path.replace("{id}", pk).replace("{run_id}", pk), one, two) for path, (pk, one, two) in found.items()}


def test_a_change_of_what_has_been_changed_since_is_refused(api: Api, admin: User, things: dict[str, tuple[str, Any, Any]]) -> None:
    """For everything that is edited: 412 with the present tag and nothing is kept; with the present one it goes; without it nobody is asked."""
    client = api(admin)
    for path, (address, one, two) in things.items():
        read = client.get(address).headers["ETag"]
        if one is not None:
            saved = client.patch(address, one, headers={"If-Match": read})
            assert saved.status_code == 200 and saved.headers["ETag"].strip('"') not in read, (path, saved.content)
            stale = client.patch(address, two, headers={"If-Match": read})
            assert stale.status_code == 412 and client.get(address).headers["ETag"].startswith(saved.headers["ETag"].rstrip('"')), path
            assert stale.headers["ETag"] == saved.headers["ETag"] == stale.json()["details"]["etag"], path
            assert stale.json()["code"] == "stale" and stale.json()["hint"] and stale.json()["message"], path
            assert client.patch(address, two, headers={"If-Match": stale.headers["ETag"]}).status_code == 200, path
            assert client.patch(address, one, headers={"If-Match": "*"}).status_code == client.patch(address, two).status_code == 200, path
        if "delete" in described()[path]:
            assert client.delete(address, headers={"If-Match": '"0123456789abcdef"'}).status_code == 412, path
            assert client.delete(address, headers={"If-Match": client.get(address).headers["ETag"]}).status_code == 204, path


def test_what_can_be_read_and_changed_is_here(things: dict[str, tuple[str, Any, Any]]) -> None:
    """Each says in the description that it takes If-Match and answers 412, and is tried above."""
    changed = {path for path, methods in described().items() if "get" in methods and methods.keys() & {"put", "patch", "delete"}}
    assert changed == things.keys()
    for path in changed:
        for method in described()[path].keys() & {"put", "patch", "delete"}:
            assert "412" in described()[path][method]["responses"], (path, method)


def test_what_the_caller_has_is_not_sent_again(api: Api, alice: User, things: dict[str, tuple[str, Any, Any]]) -> None:
    """304 without a body, with its tag, for things, lists, documents and texts; another state is told whole."""
    client = api(alice)
    lists = [
        "/api/v1/playbooks/",
        "/api/v1/members/",
        "/api/v1/step-types/",
        "/api/v1/schema/playbook.json",
        things["playbooks/{id}/"][0] + "export/",
    ]
    for address in [*(address for address, *_ in things.values()), *lists]:
        tag = client.get(address).headers["ETag"]
        known = client.get(address, headers={"If-None-Match": f'"x", W/{tag}'})
        assert known.status_code == 304 and not known.content and known.headers["ETag"] == tag, address
        assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    address, change, _ = things["playbooks/{id}/"]
    tag = client.get(address).headers["ETag"]
    client.patch(address, change)
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def described() -> dict[str, Any]:
    """The operations, by their address below /api/v1/."""
    return {path.removeprefix("/api/v1/"): methods for path, methods in description()["paths"].items()}

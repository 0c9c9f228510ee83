"""The audit log: who did what, when and from where; only added to."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app import audit
from playbooks_app.models import Account, AuditEntry, Playbook, User
from tests.people import PASSWORD
from tests.playbooks.documents import document

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]


def test_a_deed_and_its_record_stand_or_fall_together(alice: User) -> None:
    """What is rolled back has not been done, and nothing says that it was."""
    playbook = Playbook.draw(document(), by=alice)
    AuditEntry.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.note(alice, "playbook.tested", playbook)
        raise RuntimeError

    assert not AuditEntry.objects.filter(action="playbook.tested").exists()


def test_an_entry_says_who_what_and_whose(alice: User, acme: Account) -> None:
    """Names are kept as they were."""
    playbook = Playbook.draw(document(), by=alice)
    audit.note(alice, "playbook.tested", playbook, old={"a": 1}, new={"a": 2})

    entry = AuditEntry.objects.get(action="playbook.tested")
    assert (entry.account, entry.actor, entry.actor_name) == (acme, alice, "alice")
    assert (entry.kind, entry.thing_id, entry.thing_name) == ("playbook", str(playbook.pk), playbook.name)
    assert (entry.old, entry.new, entry.address) == ({"a": 1}, {"a": 2}, None)


def test_secrets_are_masked_however_deep(alice: User) -> None:
    """By the name under which they stand."""
    secret = {"connection": [{"api_key": "hunter2", "headers": {"Authorization": "Bearer hunter2"}}], "password": "hunter2", "tokens_used": 12}
    audit.note(alice, "thing.tested", alice, new={**secret, "secret_set": True})

    kept = AuditEntry.objects.get(action="thing.tested").new
    assert kept is not None and "hunter2" not in str(kept) and kept["password"] == audit.MASK and kept["secret_set"] is True


def test_long_values_are_shortened(alice: User) -> None:
    """The log says what changed; it is no copy of the thing."""
    audit.note(alice, "thing.tested", alice, new={"text": "x" * 100_000})

    assert len(str(AuditEntry.objects.get(action="thing.tested").new)) < 5_000


@pytest.mark.parametrize("deed", ["update", "delete"])
def test_the_database_refuses_to_change_it(deed: str, alice: User) -> None:
    """Whoever holds the connection of the product cannot rewrite what happened."""
    audit.note(alice, "thing.tested", alice)
    entries = AuditEntry.objects.all()

    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        entries.update(action="x") if deed == "update" else entries._raw_delete(entries.db)


def test_signing_in_and_out_is_noted_with_the_address(alice: User, acme: Account) -> None:
    """Success, refusal and the end of it."""
    client = Client(REMOTE_ADDR="203.0.113.7")
    client.post("/accounts/login/", {"username": "alice", "password": "wrong"})
    client.post("/accounts/login/", {"username": "alice", "password": PASSWORD})
    client.post("/accounts/logout/")

    found = list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name", "address", "account"))
    assert found == [
        ("login.refused", "", "203.0.113.7", acme.pk),
        ("login.succeeded", "alice", "203.0.113.7", acme.pk),
        ("login.ended", "alice", "203.0.113.7", acme.pk),
    ]


def test_what_strangers_type_is_not_kept(people: dict[str, User]) -> None:
    """Some type their password into the name."""
    Client().post("/accounts/login/", {"username": "correct horse", "password": "x"})

    entry = AuditEntry.objects.get(action="login.refused")
    assert (entry.thing_name, entry.account, entry.new) == ("", None, None)


def test_the_admin_shows_it_and_changes_nothing(admin: User, web: Web) -> None:
    """Not even a superuser edits it."""
    audit.note(admin, "thing.tested", admin, new={"a": 1})
    address = f"/admin/playbooks_app/auditentry/{AuditEntry.objects.get(action='thing.tested').pk}/"

    assert web(admin).get("/admin/playbooks_app/auditentry/").status_code == 200
    assert web(admin).get(address + "change/").status_code == 200
    assert web(admin).post(address + "change/", {"action": "x"}).status_code == 403
    assert web(admin).post(address + "delete/", {"post": "yes"}).status_code == 403


def test_admins_read_their_own_account_and_nobody_else_reads_any(admin: User, alice: User, eve: User, api: Api, web: Web) -> None:
    """Page and REST alike: 403 for those who may only look, and nothing crosses accounts."""
    audit.note(alice, "thing.tested", Playbook.draw(document(), by=alice))

    seen = api(admin).get("/api/v1/audit/", {"action": "thing.tested"}).json()["results"]

    assert [(row["actor"], row["kind"]) for row in seen] == [("alice", "playbook")]
    assert api(eve).get("/api/v1/audit/", {"action": "thing.tested"}).json()["count"] == 0
    assert api(alice).get("/api/v1/audit/").status_code == 403
    assert api(eve).get(f"/api/v1/audit/{seen[0]['id']}/").status_code == 404
    assert web(alice).get("/settings/audit/").status_code == 403
    assert "thing: tested" in web(admin).get("/settings/audit/").content.decode()


def test_filters_narrow(admin: User, alice: User, bob: User, api: Api) -> None:
    """Actor, action, thing and time; what cannot be read is refused with every fault."""
    playbook = Playbook.draw(document(), by=alice)
    audit.note(alice, "thing.tested", playbook)
    audit.note(bob, "thing.tried", bob)

    def found(**query: str) -> list[str]:
        return [row["action"] for row in api(admin).get("/api/v1/audit/", query).json()["results"]]

    assert found(actor="alice") == ["thing.tested"] and found(action="thing.tried") == ["thing.tried"]
    assert found(kind="playbook", thing=str(playbook.pk)) == ["thing.tested"]
    assert found(until="2020-01-01") == [] and len(found(since="2020-01-01")) == 2
    assert api(admin).get("/api/v1/audit/", {"since": "soon", "until": "later"}).status_code == 422
    assert len(api(admin).get("/api/v1/audit/", {"since": "soon", "until": "later"}).json()["problems"]) == 2


def test_exports_are_formula_safe_and_noted(admin: User, alice: User, web: Web) -> None:
    """CSV and JSON hold the same entries; a spreadsheet computes none of them."""
    audit.note(alice, "thing.tested", Playbook.draw(document(name="=HYPERLINK(1)"), by=alice), new={"a": 1})

    sheet = b"".join(web(admin).get("/settings/audit/?as=csv&action=thing.tested").streaming_content).decode()  # type: ignore[attr-defined]
    rows = json.loads(b"".join(web(admin).get("/settings/audit/?as=json&action=thing.tested").streaming_content))  # type: ignore[attr-defined]

    assert "'=HYPERLINK(1)" in sheet and ",=HYPERLINK" not in sheet
    assert [(row["actor_name"], row["new"]) for row in rows] == [("alice", {"a": 1})]
    assert AuditEntry.objects.filter(action="audit.exported", actor=admin).count() == 2


def test_what_is_done_with_a_playbook_is_noted(admin: User, alice: User, api: Api) -> None:
    """Publish, share, archive, restore, export, deprecate, over REST."""
    made = api(alice).post("/api/v1/playbooks/", {"document": document()}).json()["id"]
    address = f"/api/v1/playbooks/{made}/"
    version = api(alice).post(address + "publish/").json()["id"]
    api(alice).patch(address, {"visibility": "private"})
    api(alice).get(address + "export/")
    api(alice).post(f"/api/v1/versions/{version}/deprecate/")
    api(alice).delete(address)
    api(alice).post(address + "restore/")

    entries = AuditEntry.objects.filter(actor=alice).order_by("pk")
    assert [entry.action for entry in entries] == [
        "version.published",
        "playbook.shared",
        "playbook.exported",
        "version.deprecated",
        "playbook.archived",
        "playbook.restored",
    ]
    assert (entries[1].old, entries[1].new) == ({"visibility": "account"}, {"visibility": "private"})


def test_changes_of_people_are_noted_with_old_and_new(admin: User, dave: User, api: Api) -> None:
    """Who was what before."""
    api(admin).patch(f"/api/v1/members/{dave.memberships.get().pk}/", {"role": "operator", "department": "support"})

    entry = AuditEntry.objects.get(action="member.changed")
    assert entry.old is not None and entry.new is not None
    assert (entry.thing_name, entry.old["role"], entry.new["role"], entry.new["department"]) == (dave.display_name, "viewer", "operator", "support")

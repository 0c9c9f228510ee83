"""What the builder asks the server for: order of keys, sample data, previews, who else edits, hints that were put away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.drafting import editing
from playbooks_app.drafting.text_places import with_lines
from playbooks_app.models import Editor, Playbook, User
from tests.playbooks.board import REVIEW

Api = Callable[[User | None], APIClient]


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """Alice's playbook, seen by the account."""
    assert alice.account is not None
    return Playbook.objects.create(account=alice.account, owner=alice, name="Payment review", draft=REVIEW, visibility="account")


def keys_of(value: Any) -> Any:
    """The keys of all objects in a value, in their order."""
    if isinstance(value, dict):
        return [(key, keys_of(each)) for key, each in value.items()]
    return [keys_of(each) for each in value] if isinstance(value, list) else None


@pytest.mark.spec("S2-authoring")
def test_the_order_of_keys_is_the_authors(api: Api, alice: User) -> None:
    """A document comes back as it was written, key by key; the published version, its export and its YAML keep the order too."""
    client = api(alice)
    text = "name: Ordered\nowner: x\ndescription: é\nhandrail: 1\nsteps:\n- with:\n    message: zz\n    level: info\n  type: log\n  id: say\n"
    made = client.post("/api/v1/playbooks/import/", {"text": text}, format="json").json()
    assert keys_of(made["document"]) == keys_of(client.get(f"/api/v1/playbooks/{made['id']}/").json()["document"])
    assert list(made["document"]) == ["name", "owner", "description", "handrail", "steps"]
    assert list(made["document"]["steps"][0]) == ["with", "type", "id"]
    assert client.get(f"/api/v1/playbooks/{made['id']}/export/?as=yaml").content.decode() == text
    version = client.post(f"/api/v1/playbooks/{made['id']}/publish/", {}, format="json").json()
    assert list(version["document"]["steps"][0]["with"]) == ["message", "level"]
    assert client.get("/api/v1/playbooks/?q=é").json()["count"] == 1


def test_pinned_data_is_kept_with_the_draft(api: Api, alice: User, bob: User, drawn: Playbook) -> None:
    """Inputs and outputs are kept, let go of one by one, and are no part of the document; only who may edit reads them."""
    address = f"/api/v1/playbooks/{drawn.pk}/pinned/"
    kept = api(alice).patch(address, {"inputs": {"limit": 5}, "steps": {"pay": {"output": {"status": 200}}, "look": {"output": None}}}, format="json")
    assert kept.json() == {"inputs": {"limit": 5}, "steps": {"pay": {"status": 200}, "look": None}}
    api(alice).patch(address, {"steps": {"look": None}}, format="json")
    assert api(alice).get(address).json() == {"inputs": {"limit": 5}, "steps": {"pay": {"status": 200}}}
    drawn.refresh_from_db()
    assert drawn.draft == REVIEW and drawn.draft_revision == 1
    assert api(bob).get(address).status_code == 403
    assert api(alice).patch(address, {"steps": {"pay": 5}}, format="json").status_code == 422


SCOPE = {"inputs": {"limit": 5}, "steps": {"look": {"output": {"name": "Acme"}}}, "payment": {"amount": 12.5}}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Pay {{ payment.amount }} to {{ steps.look.output.name }}?", {"value": "Pay 12.5 to Acme?", "kind": "text"}),
        ("${{ payment.amount > inputs.limit }}", {"value": True, "kind": "true or false"}),
        ('{{ inputs.who | "nobody" }}', {"value": "nobody", "kind": "text"}),
    ],
)
def test_a_preview_is_what_the_expression_gives(api: Api, alice: User, text: str, answer: dict[str, Any]) -> None:
    """The language itself computes it, with the sample values that were sent."""
    assert api(alice).post("/api/v1/documents/evaluate/", {"text": text, "scope": SCOPE}, format="json").json() == answer


@pytest.mark.parametrize(
    ("text", "code"), [("{{ inputs.who }}", "TemplateError"), ("${{ 1 + }}", "ExpressionError"), ("{{ secrets.bank }}", "SecretUnread")]
)
def test_a_preview_says_what_is_wrong(api: Api, alice: User, text: str, code: str) -> None:
    """A missing sample, a slip of the pen and a secret are told, not guessed."""
    answer = api(alice).post("/api/v1/documents/evaluate/", {"text": text, "scope": SCOPE}, format="json").json()
    assert answer["problem"]["code"] == code and answer["problem"]["message"]


def test_who_edits_is_seen_by_the_others(api: Api, alice: User, admin: User, bob: User, drawn: Playbook) -> None:
    """A page that gives a sign of life is seen; one that is closed, or silent for long, is not. Who may not edit is no editor."""
    address = f"/api/v1/playbooks/{drawn.pk}/editors/"
    api(alice).post(address, {"tab": "a1"}, format="json")
    seen = api(admin).post(address, {"tab": "b1"}, format="json").json()
    assert [each["username"] for each in seen["others"]] == ["alice"] and seen["revision"] == 1
    assert [each["username"] for each in api(alice).post(address, {"tab": "a1"}, format="json").json()["others"]] == ["admin"]
    api(admin).post(address, {"tab": "b1", "leaving": True}, format="json")
    assert api(alice).post(address, {"tab": "a1"}, format="json").json()["others"] == []
    Editor.objects.update(seen_at=clock.now() - editing.HERE_FOR - timedelta(seconds=1))
    assert api(admin).post(address, {"tab": "b2"}, format="json").json()["others"] == []
    assert api(bob).post(address, {"tab": "c1"}, format="json").status_code == 403


def test_hints_stay_away_once_they_were_put_away(api: Api, alice: User, bob: User) -> None:
    """Per person, and they can be brought back."""
    assert api(alice).post("/api/v1/me/tips/", {"tip": "builder-drag"}, format="json").json() == {"seen": ["builder-drag"]}
    bob.refresh_from_db()
    assert bob.seen_tips == []
    assert api(alice).post("/api/v1/me/tips/", {"tip": "all", "seen": False}, format="json").json() == {"seen": []}


def test_a_deprecated_version_says_why(api: Api, alice: User, drawn: Playbook) -> None:
    """Who deprecated it and for what reason stands with it until it is revived."""
    version = drawn.publish(by=alice)
    address = f"/api/v1/versions/{version.pk}"
    row = api(alice).post(f"{address}/deprecate/", {"reason": "Pays twice"}, format="json").json()
    assert (row["deprecated_by"], row["deprecation_reason"]) == ("alice", "Pays twice")
    assert api(alice).post(f"{address}/revive/").json()["deprecation_reason"] == ""


@pytest.mark.parametrize("as_", ["yaml", "json"])
def test_problems_of_a_text_name_their_line(api: Api, alice: User, as_: str) -> None:
    """A fault deep inside a loop and a branch is marked at its own line, in both ways of writing."""
    yaml = "name: x\nowner: x\ndescription: x\nsteps:\n- id: each\n  type: for_each\n  in: []\n  steps:\n"
    yaml += "  - id: pay\n    type: http\n    with:\n      urll: 5\n"
    json = '{"name": "x", "owner": "x", "description": "x",\n"steps": [\n{"id": "each", "type": "for_each", "in": [], "steps": [\n'
    json += '{"id": "pay", "type": "http",\n"with": {\n"urll": 5}}]}]}'
    text, line = {"yaml": (yaml, 12), "json": (json, 6)}[as_]
    found = api(alice).post("/api/v1/documents/text/", {"text": text, "as": as_}, format="json").json()["problems"]
    assert {each["address"].rpartition("/")[2]: each["line"] for each in found}["urll"] == line


def test_a_text_that_cannot_be_read_has_no_lines_but_those_it_names() -> None:
    """Nothing is guessed."""
    from playbooks_app.language.problem import Problem

    assert with_lines([Problem("line 3", "BadYaml", "x")], "a: [") == [{**Problem("line 3", "BadYaml", "x").as_json(), "line": 3}]
    assert with_lines([Problem("steps", "X", "x")], "a: [")[0]["line"] is None


@pytest.mark.spec("S4-P2")
def test_what_holds_unsaid_is_shown_and_exported(api: Api, web: Callable[[User | None], Any], alice: User, drawn: Playbook) -> None:
    """The builder knows every usual value, and an export can write all of them out: a document that means the same."""
    page = web(alice).get(f"/playbooks/{drawn.pk}/edit/").content.decode()
    assert '"default": "info"' in page
    client = api(alice)
    full = client.get(f"/api/v1/playbooks/{drawn.pk}/export/?as=json&usual=1").json()
    each = full["steps"][0]
    pay = each["steps"][1]
    assert each["on_item_error"] == "stop" and each["on_error"] == "stop" and full["settings"]["on_failure"] == "pause"
    assert pay["retry"] == {"max_attempts": 3, "initial": "2s", "max": "30s", "multiplier": 2.0, "jitter": "1s"}
    assert client.post("/api/v1/playbooks/validate/", {"document": full}, format="json").json()["problems"] == []
    assert client.get(f"/api/v1/playbooks/{drawn.pk}/export/?as=json").json() == REVIEW


def test_only_who_may_edit_hears_of_drafts(alice: User, bob: User, eve: User, drawn: Playbook) -> None:
    """The socket of a playbook is for those who may change it; for all others it is not there."""
    from runs_app.consumers import editable_playbook

    assert [editable_playbook(user, drawn.pk) for user in (alice, bob, eve)] == [drawn.pk, None, None]

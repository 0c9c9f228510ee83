"""REST of playbooks and versions: the shapes of the doors, and what they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, User
from tests.playbooks.documents import FAULTY, document

Api = Callable[[User | None], APIClient]
ADDRESS = "/api/v1/playbooks/"


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """A playbook of alice."""
    return Playbook.draw(document(), by=alice)


def test_a_document_becomes_a_playbook_seen_by_the_account(api: Api, alice: User) -> None:
    """201 with the draft as written, its revision in the ETag, and default visibility."""
    answer = api(alice).post(ADDRESS, {"document": document()})

    body = answer.json()
    assert answer.status_code == 201 and answer.headers["ETag"].startswith('"1-')
    assert (body["name"], body["owner"], body["visibility"], body["version"], body["problems"]) == ("Daily check", "alice", "account", None, [])
    assert body["document"] == document()


def test_a_token_opens_the_doors(alice: User) -> None:
    """`Authorization: Token …`, without any cookie."""
    token = Token.objects.create(user=alice)

    answer = APIClient(HTTP_AUTHORIZATION=f"Token {token.key}").get("/api/v1/me/")

    assert {**answer.json(), "limits": None} == {
        "username": "alice",
        "name": "Alice Archer",
        "email": "alice@acme.example",
        "account": "acme",
        "role": "builder",
        "timezone": "",
        "limits": None,
    }


def test_yaml_is_as_good_as_json(api: Api, alice: User) -> None:
    """The body is the document itself."""
    text = "name: From YAML\ndescription: d\nowner: o\nsteps:\n  - {id: note, type: log, with: {message: hi}}\n"

    answer = api(alice).post(ADDRESS, text, content_type="application/yaml")

    assert answer.status_code == 201 and answer.json()["document"]["steps"][0]["id"] == "note"


def test_a_faulty_document_is_refused_whole_and_not_kept(api: Api, alice: User) -> None:
    """422 names every place and remedy."""
    answer = api(alice).post(ADDRESS, {"document": FAULTY})

    addresses = [problem["address"] for problem in answer.json()["problems"]]
    assert answer.status_code == 422 and len(addresses) >= 3
    assert all(problem["message"] and problem["code"] for problem in answer.json()["problems"])
    assert not Playbook.objects.exists()


def test_a_faulty_document_is_kept_on_request(api: Api, alice: User) -> None:
    """For editors: `keep_faults`; the faults come back with it."""
    answer = api(alice).post(ADDRESS, {"document": FAULTY, "keep_faults": True})

    assert answer.status_code == 201 and answer.json()["problems"]


def test_what_is_not_there_yet_is_a_draft(api: Api, alice: User) -> None:
    """A name is enough to begin; publishing then asks for the rest."""
    made = api(alice).post(ADDRESS, {"name": "Just begun"})

    refused = api(alice).post(f"{ADDRESS}{made.json()['id']}/publish/")

    assert made.status_code == 201 and made.json()["document"]["name"] == "Just begun"
    assert refused.status_code == 422 and refused.json()["code"] == "invalid"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"document": {"name": "a\\u0000b"}}', "application/json"),
        (b'{"document": {"name": "\\ud800"}}', "application/json"),
        (b'{"document": {"limit": 1e400}}', "application/json"),
        (b'{"document": {"limit": NaN}}', "application/json"),
        (b'{"document": ' + b"[" * 5000 + b"]" * 5000 + b"}", "application/json"),
        (b'{"document": {"name": "' + b"x" * 11_000_000 + b'"}}', "application/json"),
        (b'{"document": [1, 2]}', "application/json"),
        (b'{"document": "text"}', "application/json"),
        (b"{not json", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"a: &a [x]\nb: *a\n" + b"".join(b"c%d: &c%d [*a, *a, *a, *a]\n" % (n, n) for n in range(200)), "application/yaml"),
        (b"!!python/object/apply:os.system ['true']", "application/yaml"),
        (b"name: [", "application/yaml"),
        (b"<playbook/>", "application/xml"),
    ],
)
@pytest.mark.parametrize("door", ["", "validate/"])
def test_hostile_bodies_are_refused_and_nothing_is_kept(door: str, body: bytes, kind: str, api: Api, alice: User) -> None:
    """4xx with a code and a message, at once."""
    answer = api(alice).post(ADDRESS + door, body, content_type=kind)

    assert 400 <= answer.status_code < 500
    assert answer.json()["code"] and answer.json()["message"]
    assert not Playbook.objects.exists()


def test_validate_lists_every_fault_and_keeps_nothing(api: Api, alice: User) -> None:
    """200 either way: `{valid, problems}`."""
    good = api(alice).post(f"{ADDRESS}validate/", {"document": document()}).json()
    bad = api(alice).post(f"{ADDRESS}validate/", {"document": FAULTY}).json()

    assert good == {"valid": True, "problems": []}
    assert bad["valid"] is False and {"address", "code", "message", "hint", "level"} == set(bad["problems"][0])
    assert not Playbook.objects.exists()


def test_unknown_people_are_faults(api: Api, alice: User) -> None:
    """A group that the account does not have is named before anybody waits for it."""
    step = {"id": "ask", "type": "approval", "with": {"title": "Pay?", "approvers": {"group": "nobody-knows"}}}

    found = api(alice).post(f"{ADDRESS}validate/", {"document": document(steps=[step])}).json()

    assert "nobody-knows" in json.dumps(found["problems"])


def test_patch_saves_against_what_was_read(api: Api, alice: User, drawn: Playbook) -> None:
    """A stale ETag is 412 and says the present revision; a fresh one saves."""
    address, client = f"{ADDRESS}{drawn.pk}/", api(alice)

    saved = client.patch(address, {"document": document(name="Second")}, headers={"If-Match": '"1"'})
    stale = client.patch(address, {"document": document(name="Third")}, headers={"If-Match": '"1"'})
    nonsense = client.patch(address, {"document": document(name="Third")}, headers={"If-Match": '"x"'})

    assert saved.status_code == 200 and saved.headers["ETag"].startswith('"2-')
    assert stale.status_code == 412 and stale.json()["code"] == "stale" and stale.json()["details"]["revision"] == 2
    assert nonsense.status_code == 412
    assert client.get(address).json()["name"] == "Second"


def test_patch_keeps_a_faulty_draft_and_says_so(api: Api, alice: User, drawn: Playbook) -> None:
    """An editor saves at any time."""
    answer = api(alice).patch(f"{ADDRESS}{drawn.pk}/", {"document": FAULTY})

    assert answer.status_code == 200 and len(answer.json()["problems"]) >= 3


def test_patch_is_all_or_nothing(api: Api, alice: User, drawn: Playbook) -> None:
    """An unknown group refuses the document as well."""
    answer = api(alice).patch(f"{ADDRESS}{drawn.pk}/", {"document": document(name="Other"), "visibility": "group", "group": "none-such"})

    drawn.refresh_from_db()
    assert answer.status_code == 422 and answer.json()["problems"][0]["address"] == "group"
    assert (drawn.name, drawn.draft_revision) == ("Daily check", 1)


def test_patch_shares(api: Api, alice: User, drawn: Playbook) -> None:
    """By slug; the visibility follows from the group."""
    answer = api(alice).patch(f"{ADDRESS}{drawn.pk}/", {"group": "finance-leads"})

    assert (answer.json()["visibility"], answer.json()["group"]) == ("group", "finance-leads")


@pytest.mark.parametrize("name", ["bob", "carol", "dave"])
def test_who_only_sees_changes_nothing(name: str, api: Api, people: dict[str, User], drawn: Playbook) -> None:
    """403 with a reason, for every deed."""
    client, address = api(people[name]), f"{ADDRESS}{drawn.pk}/"

    answers = [
        client.post(ADDRESS, {"document": document()}),
        client.patch(address, {"document": document(name="Mine")}),
        client.patch(address, {"visibility": "private"}),
        client.delete(address),
        client.post(f"{address}publish/"),
        client.post(f"{ADDRESS}import/", {"text": "name: x"}),
    ]

    drawn.refresh_from_db()
    assert [answer.status_code for answer in answers] == [403] * 6
    assert answers[0].json()["code"] == "not_allowed" and answers[0].json()["hint"]
    assert drawn.name == "Daily check" and drawn.visibility == "account" and Playbook.objects.count() == 1


def test_another_builder_edits_but_does_not_share(api: Api, alice: User, people: dict[str, User], drawn: Playbook) -> None:
    """Sharing is the owner's and the admins' affair."""
    carol = people["carol"]
    carol.memberships.update(role="builder")
    carol = User.objects.get(pk=carol.pk)

    edited = api(carol).patch(f"{ADDRESS}{drawn.pk}/", {"document": document(name="Edited")})
    shared = api(carol).patch(f"{ADDRESS}{drawn.pk}/", {"visibility": "private"})

    assert (edited.status_code, shared.status_code) == (200, 403)


def test_publishing_answers_with_the_version(api: Api, alice: User, drawn: Playbook) -> None:
    """201 `{id, number, …}`; the playbook then names it."""
    answer = api(alice).post(f"{ADDRESS}{drawn.pk}/publish/", {"note": "First"})

    version = answer.json()
    assert answer.status_code == 201 and (version["number"], version["note"], version["published_by"]) == (1, "First", "alice")
    assert api(alice).get(f"{ADDRESS}{drawn.pk}/").json()["version"] == {"id": version["id"], "number": 1}
    assert api(alice).get(f"{ADDRESS}{drawn.pk}/versions/").json()["count"] == 1
    assert api(alice).get(f"/api/v1/versions/{version['id']}/").json()["document"]["steps"]


def test_a_version_is_deprecated_once(api: Api, alice: User, drawn: Playbook) -> None:
    """The second time is 409, and `revive` takes it back."""
    version = drawn.publish(by=alice)
    address, client = f"/api/v1/versions/{version.pk}/", api(alice)

    codes = [client.post(f"{address}{deed}/").status_code for deed in ("deprecate", "deprecate", "revive", "revive")]

    assert codes == [200, 409, 200, 409]


def test_versions_are_as_hidden_as_their_playbook(api: Api, alice: User, eve: User, bob: User, drawn: Playbook) -> None:
    """404 for outsiders, 403 for those who only see."""
    version = drawn.publish(by=alice)

    assert api(eve).get(f"/api/v1/versions/{version.pk}/").status_code == 404
    assert api(bob).post(f"/api/v1/versions/{version.pk}/deprecate/").status_code == 403


def test_the_difference_names_steps(api: Api, alice: User, drawn: Playbook) -> None:
    """Added, removed, moved and changed, each with its address."""
    log = {"type": "log", "with": {"message": "x"}}
    drawn.save_draft(document(steps=[{"id": "a", **log}, {"id": "b", **log}, {"id": "c", **log}]), by=alice)
    old = drawn.publish(by=alice)
    box = {"id": "box", "type": "condition", "if": "${{ true }}", "then": [{"id": "a", **log}]}
    drawn.save_draft(document(description="Other.", steps=[box, {"id": "b", "type": "log", "with": {"message": "y"}}]), by=alice)
    new = drawn.publish(by=alice)

    body = api(alice).get(f"/api/v1/versions/{old.pk}/diff/{new.pk}/").json()

    found = {(change["what"], change["address"]) for change in body["changes"]}
    assert body["from"] == {"id": old.pk, "number": 1} and body["to"] == {"id": new.pk, "number": 2}
    assert found == {
        ("changed", "description"),
        ("added", "steps/box"),
        ("moved", "steps/box/then/a"),
        ("changed", "steps/b"),
        ("removed", "steps/c"),
    }


@pytest.mark.parametrize("format", ["yaml", "json"])
def test_what_is_exported_can_be_imported(format: str, api: Api, alice: User, drawn: Playbook) -> None:
    """The same document comes back."""
    text = api(alice).get(f"{ADDRESS}{drawn.pk}/export/", {"as": format}).content.decode()

    answer = api(alice).post(f"{ADDRESS}import/", {"text": text})

    assert answer.status_code == 201 and answer.json()["document"] == document()


def test_a_version_is_exported_by_number(api: Api, alice: User, drawn: Playbook) -> None:
    """A number that was never given is 404, an unknown format 422."""
    drawn.publish(by=alice)

    codes = [api(alice).get(f"{ADDRESS}{drawn.pk}/export/", query).status_code for query in ({"version": "1"}, {"version": "9"}, {"as": "docx"})]

    assert codes == [200, 404, 422]


def test_deleting_archives(api: Api, alice: User, drawn: Playbook) -> None:
    """204; then it is gone from lists and address, and `restore` brings it back."""
    client, address = api(alice), f"{ADDRESS}{drawn.pk}/"

    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    assert [row["id"] for row in client.get(ADDRESS, {"archived": "1"}).json()["results"]] == [drawn.pk]
    assert client.post(f"{address}restore/").status_code == 200
    assert client.get(address).status_code == 200


def test_the_list_is_searched(api: Api, alice: User, drawn: Playbook) -> None:
    """By name, by what stands in the steps, and by owner."""
    Playbook.draw(document(name="Other"), by=alice)
    client = api(alice)

    counts = [client.get(ADDRESS, query).json()["count"] for query in ({"q": "daily"}, {"q": "hello"}, {"q": "nil"}, {"owner": "bob"}, {})]

    assert counts == [1, 2, 0, 0, 2]


@pytest.mark.parametrize("pk", ["999999", "99999999999999999999999", "abc"])
def test_addresses_that_are_not_there_are_404(pk: str, api: Api, alice: User) -> None:
    """Whatever stands in the place of the id."""
    assert api(alice).get(f"{ADDRESS}{pk}/").status_code == 404


def test_the_schema_of_documents_is_public_and_takes_good_documents(alice: User) -> None:
    """Editors fetch it without signing in."""
    answer = Client().get("/api/v1/schema/playbook.json")

    assert answer.status_code == 200 and answer.json()["type"] == "object"


def test_the_list_costs_the_same_for_many(api: Api, alice: User, django_assert_max_num_queries: Callable[..., object]) -> None:
    """Five queries, however many playbooks and versions."""
    for number in range(12):
        Playbook.draw(document(name=f"P{number}"), by=alice).publish(by=alice)
    client = api(alice)

    with django_assert_max_num_queries(6):  # type: ignore[attr-defined]
        assert client.get(ADDRESS).json()["count"] == 12


def test_members_are_those_of_the_account(api: Api, alice: User, eve: User) -> None:
    """With role, department and groups; the other account has its own."""
    rows = {row["username"]: row for row in api(alice).get("/api/v1/members/").json()["results"]}

    assert set(rows) == {"admin", "alice", "bob", "carol", "dave"}
    assert (rows["bob"]["role"], rows["bob"]["department"], rows["bob"]["groups"]) == ("approver", "finance", ["finance-leads"])
    assert [row["username"] for row in api(eve).get("/api/v1/members/").json()["results"]] == ["eve"]
    assert {row["slug"] for row in api(alice).get("/api/v1/departments/").json()["results"]} == {"finance", "support", "it"}
    assert api(alice).get("/api/v1/groups/").json()["results"][0]["members"] == ["bob"]


def test_admins_change_members(api: Api, admin: User, alice: User, carol: User) -> None:
    """Role, department and groups at once; others are refused, and so is nonsense."""
    address = f"/api/v1/members/{carol.membership.pk if carol.membership else 0}/"

    done = api(admin).patch(address, {"role": "approver", "department": "finance", "groups": ["finance-leads"]})
    refused = api(alice).patch(address, {"role": "owner"})
    wrong = api(admin).patch(address, {"role": "king", "department": "nowhere", "groups": ["none"]})

    assert (done.json()["role"], done.json()["department"], done.json()["groups"]) == ("approver", "finance", ["finance-leads"])
    assert refused.status_code == 403
    assert wrong.status_code == 422 and len(wrong.json()["problems"]) == 3


def test_the_last_owner_stays(api: Api, admin: User) -> None:
    """409: an account is never without an owner."""
    answer = api(admin).patch(f"/api/v1/members/{admin.membership.pk if admin.membership else 0}/", {"role": "viewer"})

    assert answer.status_code == 409

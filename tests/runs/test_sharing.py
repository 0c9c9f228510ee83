"""Who sees and does what with playbooks and runs: visibilities, roles and rights, over REST, pages and sockets' own rule alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import Account, AuditEntry, Department, Group, Level, Playbook, PlaybookGrant, PlaybookVersion, User, Visibility
from playbooks_app.permissions import level_of
from runs_app.models import Run
from runs_app.permissions import may_view_values, values_read_by
from runs_app.starting import start
from tests.runs.factories import RunBuilder, steps_document

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
Publish = Callable[..., PlaybookVersion]

# alice owns it; bob is in her department, carol in the group, dave only in the account, eve in another one; admin leads the account.
SEES = {
    Visibility.PRIVATE: {"alice", "admin"},
    Visibility.DEPARTMENT: {"alice", "admin", "bob"},
    Visibility.GROUP: {"alice", "admin", "carol"},
    Visibility.ACCOUNT: {"alice", "admin", "bob", "carol", "dave"},
}
EVERYBODY = ("admin", "alice", "bob", "carol", "dave", "eve")


@pytest.fixture
def auditors(people: dict[str, User], acme: Account) -> Group:
    """Carol."""
    group = Group.objects.create(account=acme, name="Auditors", slug="auditors")
    group.members.add(people["carol"])
    return group


@pytest.fixture
def finance(acme: Account) -> Department:
    """Alice and Bob."""
    return Department.objects.get(account=acme, slug="finance")


@pytest.fixture
def private(published: Publish) -> PlaybookVersion:
    """A playbook that only alice and the admins see."""
    return published(steps_document(), visibility=Visibility.PRIVATE)


def fresh(user: User) -> User:
    """As the next request sees them."""
    return User.objects.get(pk=user.pk)


def grant(version: PlaybookVersion, by: User, api: Api, **wish: Any) -> int:
    """Give a right over REST."""
    answer = api(by).post(f"/api/v1/playbooks/{version.playbook_id}/grants/", wish)
    assert answer.status_code in (200, 201), answer.content
    return int(answer.json()["id"])


@pytest.mark.spec("S0-sharing")
@pytest.mark.parametrize("visibility", Visibility.values)
def test_exactly_the_outsiders_are_refused(
    visibility: str, published: Publish, people: dict[str, User], auditors: Group, finance: Department, api: Api, web: Web
) -> None:
    """A playbook and its run, for each visibility and each person: list, REST and page agree, and out of sight is 404."""
    group, department = (auditors if visibility == "group" else None), (finance if visibility == "department" else None)
    version = published(steps_document(), visibility=visibility, group=group, department=department)
    run = start(version, inputs={}, by=people["alice"]).run

    for name in EVERYBODY:
        person, expected = fresh(people[name]), 200 if name in SEES[Visibility(visibility)] else 404
        listed = [row["id"] for row in api(person).get("/api/v1/runs/").json()["results"]]
        assert (run.pk in listed) is (expected == 200), name
        for address in (f"playbooks/{version.playbook_id}/", f"runs/{run.pk}/", f"runs/{run.pk}/steps/", f"runs/{run.pk}/events/"):
            assert api(person).get(f"/api/v1/{address}").status_code == expected, (name, address)
        for address in (f"/playbooks/{version.playbook_id}/", f"/runs/{run.pk}/"):
            assert web(person).get(address).status_code == expected, (name, address)


@pytest.mark.spec("S0-sharing-actions")
def test_a_right_gives_what_it_says_and_no_more(private: PlaybookVersion, people: dict[str, User], api: Api) -> None:
    """Dave, a viewer, climbs from nothing to sharing; each level allows what the ones before it allow."""
    alice, dave, playbook = people["alice"], people["dave"], f"/api/v1/playbooks/{private.playbook_id}/"
    run = RunBuilder(private, alice).run
    deeds: dict[str, Callable[[], Any]] = {
        "view": lambda: api(fresh(dave)).get(f"/api/v1/runs/{run.pk}/"),
        "run": lambda: api(fresh(dave)).post("/api/v1/runs/", {"playbook": private.playbook_id, "inputs": {}}),
        "operate": lambda: api(fresh(dave)).post(f"/api/v1/runs/{run.pk}/pause/"),
        "edit": lambda: api(fresh(dave)).patch(playbook, {"description": "Dave was here."}),
        "manage": lambda: api(fresh(dave)).patch(playbook, {"visibility": "private"}),
    }
    assert {deed: answer().status_code for deed, answer in deeds.items()} == dict.fromkeys(deeds, 404)

    for reached, level in enumerate(deeds):
        grant(private, alice, api, user="dave", level=level)
        for number, (deed, act) in enumerate(deeds.items()):
            status = act().status_code
            assert (status == 403) is (number > reached), (level, deed, status)


@pytest.mark.spec("S0-sharing-actions")
def test_values_are_shown_to_whom_the_right_says(private: PlaybookVersion, people: dict[str, User], api: Api) -> None:
    """The same level with and without values: steps in both cases, values in one."""
    alice, dave = people["alice"], people["dave"]
    run = RunBuilder(private, alice, inputs={"iban": "DE02 1203 0000"}).run

    grant(private, alice, api, user="dave", level="operate")
    without = api(fresh(dave)).get(f"/api/v1/runs/{run.pk}/").json()
    found = api(fresh(dave)).get("/api/v1/runs/", {"q": "DE02"}).json()["count"]
    grant(private, alice, api, user="dave", level="view", values=True)
    with_values = api(fresh(dave)).get(f"/api/v1/runs/{run.pk}/").json()

    assert without["inputs"] is None and found == 0
    assert with_values["inputs"] == {"iban": "DE02 1203 0000"}
    assert api(fresh(dave)).get("/api/v1/runs/", {"q": "DE02"}).json()["count"] == 1


@pytest.mark.parametrize("kind", ["user", "group", "department"])
@pytest.mark.parametrize("values", [False, True])
def test_lists_and_the_rule_in_memory_agree(
    kind: str, values: bool, private: PlaybookVersion, people: dict[str, User], auditors: Group, acme: Account
) -> None:
    """`visible_to` and `values_read_by` say of everybody what `standing_of` says, for rights to people, groups and departments."""
    support = Department.objects.get(account=acme, slug="support")
    PlaybookGrant.objects.create(
        playbook=private.playbook, level=Level.VIEW, values=values, **{kind: {"user": people["dave"], "group": auditors, "department": support}[kind]}
    )
    run = RunBuilder(private, people["alice"]).run

    for name in EVERYBODY:
        person = fresh(people[name])
        assert Playbook.objects.visible_to(person).filter(pk=private.playbook_id).exists() is (level_of(person, private.playbook) > 0), name
        assert Run.objects.visible_to(person).filter(pk=run.pk).exists() is (level_of(person, run) > 0), name
        readable = Run.objects.visible_to(person).filter(values_read_by(person), pk=run.pk).exists()
        assert readable is may_view_values(person, run), name


def test_taking_a_right_back_ends_it_for_runs_too(private: PlaybookVersion, people: dict[str, User], api: Api) -> None:
    """Runs do not keep what the playbook has lost."""
    run = RunBuilder(private, people["alice"]).run
    number = grant(private, people["alice"], api, user="dave", level="view")
    assert api(fresh(people["dave"])).get(f"/api/v1/runs/{run.pk}/").status_code == 200

    assert api(people["alice"]).delete(f"/api/v1/playbooks/{private.playbook_id}/grants/{number}/").status_code == 204

    assert api(fresh(people["dave"])).get(f"/api/v1/runs/{run.pk}/").status_code == 404
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["playbook.granted", "playbook.revoked"]


def test_a_starter_narrows_but_does_not_widen(published: Publish, people: dict[str, User], finance: Department, api: Api) -> None:
    """Carol, an operator, may hide her run; only who may share the playbook lets more people see it than see that."""
    version = published(steps_document(), visibility=Visibility.ACCOUNT)
    run = start(version, inputs={}, by=people["carol"]).run
    address, carol, dave = f"/api/v1/runs/{run.pk}/sharing/", people["carol"], people["dave"]

    assert api(carol).patch(address, {"visibility": "private", "inherit": False}).status_code == 200
    assert api(fresh(dave)).get(f"/api/v1/runs/{run.pk}/").status_code == 404
    assert api(carol).patch(address, {"visibility": "account"}).status_code == 200, "back to what the playbook has"
    version.playbook.share(Visibility.DEPARTMENT, department=finance)
    assert api(carol).patch(address, {"visibility": "private"}).status_code == 200
    assert api(carol).patch(address, {"visibility": "account"}).status_code == 403
    assert api(carol).patch(address, {"grants": [{"user": "dave"}]}).status_code == 403
    assert api(fresh(people["admin"])).patch(address, {"grants": [{"user": "dave"}]}).status_code == 200
    assert api(fresh(dave)).get(f"/api/v1/runs/{run.pk}/").status_code == 200


def test_what_a_run_starts_is_seen_alike(private: PlaybookVersion, published: Publish, people: dict[str, User], api: Api) -> None:
    """Sharing the one shares the other, at once and later; on its own it is not shared."""
    inner = published(steps_document(name="Inner"), visibility=Visibility.ACCOUNT)
    parent = RunBuilder(private, people["alice"])
    step = parent.step("s1", type="log")
    parent.save()
    child = RunBuilder(inner, people["alice"], visibility=Visibility.PRIVATE, parent_step=step.pk).run
    Run.objects.filter(pk=child.pk).update(granted_by=private.playbook)

    assert api(people["dave"]).get(f"/api/v1/runs/{child.pk}/").status_code == 404
    assert api(people["alice"]).patch(f"/api/v1/runs/{parent.run.pk}/sharing/", {"grants": [{"user": "dave"}]}).status_code == 200
    assert api(fresh(people["dave"])).get(f"/api/v1/runs/{child.pk}/").status_code == 200
    assert api(people["alice"]).patch(f"/api/v1/runs/{child.pk}/sharing/", {"visibility": "account"}).status_code == 409


def test_nobody_shows_values_that_they_may_not_read(private: PlaybookVersion, people: dict[str, User], api: Api) -> None:
    """A right to share without values gives no values on."""
    grant(private, people["alice"], api, user="dave", level="manage")

    answer = api(fresh(people["dave"])).post(f"/api/v1/playbooks/{private.playbook_id}/grants/", {"user": "carol", "values": True})

    assert answer.status_code == 403 and "values" in answer.json()["message"]


def test_rights_stay_inside_the_account(private: PlaybookVersion, people: dict[str, User], globex: Account, api: Api) -> None:
    """Nobody and nothing of another account can be named, and a right says to whom."""
    Group.objects.create(account=globex, name="Theirs", slug="theirs")
    address = f"/api/v1/playbooks/{private.playbook_id}/grants/"

    for wish in (
        {"user": "eve"},
        {"group": "theirs"},
        {"department": "nowhere"},
        {},
        {"user": "dave", "group": "auditors"},
        {"user": "dave", "level": "x"},
    ):
        assert api(people["alice"]).post(address, wish).status_code == 422, wish
    assert not PlaybookGrant.objects.exists()


def test_the_preview_says_who_may_what_and_why(private: PlaybookVersion, people: dict[str, User], api: Api, web: Web) -> None:
    """As in "Bob: may start, sees values, because group finance-leads"; before anything is kept."""
    group = Group.objects.get(slug="finance-leads")
    form = {"visibility": "private", "to_0": f"group:{group.slug}", "level_0": "run", "values_0": "on"}

    shown = web(people["alice"]).post(f"/playbooks/{private.playbook_id}/share/", {**form, "preview": "1"}).content.decode()
    assert "may start, sees values" in shown and f"because group {group.name}" in shown
    assert not PlaybookGrant.objects.exists()

    web(people["alice"]).post(f"/playbooks/{private.playbook_id}/share/", form)
    seen = {row["user"]: row for row in api(people["alice"]).get(f"/api/v1/playbooks/{private.playbook_id}/seen-by/").json()}
    assert (seen["bob"]["may"], seen["bob"]["values"], seen["bob"]["because"]) == ("may start", True, f"group {group.name}")
    assert seen["alice"]["because"] == "owner" and "dave" not in seen and "eve" not in seen


def test_the_form_takes_rights_back(private: PlaybookVersion, people: dict[str, User], web: Web) -> None:
    """Without scripts: choose "take the right back" and save."""
    client, address = web(people["alice"]), f"/playbooks/{private.playbook_id}/share/"
    client.post(address, {"visibility": "private", "to_0": "user:dave", "level_0": "view"})
    assert PlaybookGrant.objects.get().user == people["dave"]

    page = client.get(address).content.decode()
    client.post(address, {"visibility": "private", "to_0": "user:dave", "level_0": "none"})

    assert "Dave" in page and not PlaybookGrant.objects.exists()


def test_a_playbook_is_handed_over_to_somebody_who_can_look_after_it(private: PlaybookVersion, people: dict[str, User], api: Api, web: Web) -> None:
    """The heir owns it; a viewer cannot be one."""
    address = f"/api/v1/playbooks/{private.playbook_id}/hand-over/"

    assert api(people["alice"]).post(address, {"to": "dave"}).status_code == 422
    assert web(people["alice"]).post(f"/playbooks/{private.playbook_id}/hand-over/", {"to": "dave"}).status_code == 422
    assert api(people["alice"]).post(address, {"to": "admin"}).status_code == 204
    assert api(fresh(people["alice"])).get(f"/api/v1/playbooks/{private.playbook_id}/").status_code == 404
    assert Playbook.objects.get(pk=private.playbook_id).owner == people["admin"]


def test_tags_filter_the_list(published: Publish, people: dict[str, User], api: Api, web: Web) -> None:
    """In lower case, over REST and on the page."""
    first, second = published(steps_document(name="First")), published(steps_document(name="Second"))
    api(people["alice"]).patch(f"/api/v1/playbooks/{first.playbook_id}/", {"tags": ["Month end", "payments", "payments"]})
    web(people["alice"]).post(f"/playbooks/{second.playbook_id}/tags/", {"tags": "payments, , hr"})

    def named(tag: str) -> list[str]:
        return [row["name"] for row in api(people["alice"]).get("/api/v1/playbooks/", {"tag": tag}).json()["results"]]

    page = web(people["alice"]).get("/playbooks/?tag=hr").content.decode()
    assert named("month end") == ["First"] and named("payments") == ["First", "Second"] and named("nothing") == []
    assert "Second" in page and f"/playbooks/{first.playbook_id}/" not in page
    assert api(people["alice"]).patch(f"/api/v1/playbooks/{first.playbook_id}/", {"tags": ["x" * 41]}).status_code == 422


def test_a_page_of_runs_asks_for_rights_once(private: PlaybookVersion, people: dict[str, User], api: Api, django_assert_max_num_queries: Any) -> None:
    """A list of thirty costs no more questions than a list of one."""
    grant(private, people["alice"], api, user="dave", level="view", values=True)
    RunBuilder(private, people["alice"])
    with django_assert_max_num_queries(100) as one:
        api(fresh(people["dave"])).get("/api/v1/runs/")
    for _ in range(29):
        RunBuilder(private, people["alice"])
    with django_assert_max_num_queries(len(one)):
        assert api(fresh(people["dave"])).get("/api/v1/runs/").json()["count"] == 30

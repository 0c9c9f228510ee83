"""People of an account: invited, changed, switched off and on again; nothing of theirs is orphaned, and one owner always stays."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from approvals_app.demo.people import make_people
from playbooks_app.errors import NotAllowed, WrongState
from playbooks_app.models import Account, AuditEntry, Department, Group, Invitation, Membership, Playbook, PlaybookVersion, Role, User
from playbooks_app.people import inviting, membership
from runs_app.models import OutboxMail, Run
from tests.people import PASSWORD
from tests.playbooks.documents import document
from tests.runs.factories import RunBuilder, steps_document

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]


def link_in(mail: OutboxMail) -> str:
    """The address of the page behind an invitation, without its host."""
    found = re.search(r"(/join/\S+)", mail.text)
    assert found is not None
    return found.group(1)


def fresh(user: User) -> User:
    """As the next request sees them."""
    return User.objects.get(pk=user.pk)


def test_somebody_invited_chooses_name_and_password_and_is_in(admin: User, acme: Account, web: Web) -> None:
    """Invite on the page, open the link, join: role, department and groups are as invited; the link works once."""
    answer = web(admin).post(
        "/settings/people/invite/", {"email": "fay@acme.example", "role": "operator", "department": "finance", "groups": ["finance-leads"]}
    )
    assert answer.status_code == 302
    address, stranger = link_in(OutboxMail.objects.get(to="fay@acme.example")), Client()

    assert "Join Acme" in stranger.get(address).content.decode()
    assert not User.objects.filter(email="fay@acme.example").exists(), "looking changes nothing"
    given = {"first_name": "Fay", "last_name": "Falk", "username": "fay", "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert stranger.post(address, {**given, "username": "ALICE"}).status_code == 422
    assert stranger.post(address, given).status_code == 302

    fay = User.objects.get(username="fay")
    assert (fay.account, fay.role, fay.email) == (acme, "operator", "fay@acme.example")
    assert fay.membership is not None and fay.membership.department == Department.objects.get(slug="finance")
    assert [group.slug for group in fay.account_groups.all()] == ["finance-leads"]
    assert stranger.get("/playbooks/").status_code == 200, "signed in"
    assert Client().get(address).status_code == 404
    assert [e.action for e in AuditEntry.objects.filter(action__startswith="invitation").order_by("pk")] == ["invitation.sent", "invitation.accepted"]


def test_the_table_holds_no_link(admin: User, acme: Account) -> None:
    """Only a digest: who reads the database gets nobody in."""
    invitation = inviting.invite(acme, "fay@acme.example", by=admin)
    token = link_in(OutboxMail.objects.get()).split("/")[2]

    assert token not in str(Invitation.objects.filter(pk=invitation.pk).values()) and len(token) > 40


def test_only_the_newest_link_works_and_none_after_withdrawal_or_in_time(admin: User, acme: Account, api: Api, settings: Any) -> None:
    """Sending again makes another; withdrawing and time end it; wrong links say the same."""
    number = api(admin).post("/api/v1/invitations/", {"email": "fay@acme.example"}).json()["id"]
    first = link_in(OutboxMail.objects.latest("pk"))
    assert api(admin).post(f"/api/v1/invitations/{number}/send-again/").json()["times_sent"] == 2
    second = link_in(OutboxMail.objects.latest("pk"))
    assert (Client().get(first).status_code, Client().get(second).status_code) == (404, 200)

    Invitation.objects.update(expires_at=Invitation.objects.get().created_at)
    assert Client().get(second).status_code == 404
    api(admin).post(f"/api/v1/invitations/{number}/send-again/")
    third = link_in(OutboxMail.objects.latest("pk"))
    assert api(admin).delete(f"/api/v1/invitations/{number}/").status_code == 204
    assert Client().get(third).status_code == 404 and Client().get("/join/nonsense/").status_code == 404
    assert api(admin).post(f"/api/v1/invitations/{number}/send-again/").status_code == 404


def test_invitations_are_refused_with_every_fault(admin: User, alice: User, acme: Account, api: Api) -> None:
    """No address, unknown names, somebody who is here already; twice; and not by those who do not lead."""
    wrong = api(admin).post("/api/v1/members/", {"email": "no address", "role": "boss", "department": "x", "groups": ["y"]})
    assert wrong.status_code == 422 and {p["address"] for p in wrong.json()["problems"]} == {"email", "role", "department", "groups"}
    assert api(admin).post("/api/v1/invitations/", {"email": "BOB@acme.example"}).status_code == 422
    assert api(admin).post("/api/v1/members/", {"email": "fay@acme.example"}).status_code == 201
    assert api(admin).post("/api/v1/members/", {"email": "FAY@acme.example"}).status_code == 422
    assert api(alice).post("/api/v1/members/", {"email": "gil@acme.example"}).status_code == 403
    assert api(alice).get("/api/v1/invitations/").status_code == 403


def test_a_place_is_given_by_username_or_by_mail(admin: User, alice: User, carol: User, eve: User, api: Api) -> None:
    """Who has or had a place gets it as asked, 200; who is invited, 201; strangers of other accounts and nobody are the same 422."""
    client, address = api(admin), "/api/v1/members/"
    client.patch(f"{address}carol/", {"active": False})
    back = client.post(address, {"username": "carol", "role": "builder", "groups": ["finance-leads"]})

    assert back.status_code == 200 and back.json() | {"role": "builder", "groups": ["finance-leads"], "active": True} == back.json()
    assert client.post(address, {"username": "carol", "email": carol.email}).json()["role"] == "builder"
    assert client.post(address, {"username": "carol", "email": "other@acme.example"}).json()["address"] == "email"
    assert client.post(address, {"username": "carol", "active": False}).json()["active"] is False
    assert client.post(address, {"username": "fay", "email": "fay@acme.example"}).json()["email"] == "fay@acme.example"
    refused = [client.post(address, {"username": name}) for name in ("eve", "nobody")]
    assert [each.status_code for each in refused] == [422, 422] and refused[0].content == refused[1].content and refused[0].json()["hint"]
    assert client.post(address, {}).status_code == client.post(address, {"email": "gil@acme.example", "active": False}).status_code == 422
    assert api(alice).post(address, {"username": "carol", "role": "admin"}).status_code == 403


def test_an_admin_invites_no_owner(people: dict[str, User], globex: Account) -> None:
    """Owners are made by owners."""
    with pytest.raises(NotAllowed):
        inviting.invite(globex, "fay@globex.example", by=people["eve"], role=Role.OWNER)


def test_somebody_of_another_account_takes_the_place_signed_in(admin: User, eve: User, acme: Account, web: Web) -> None:
    """The link alone gives nobody eve's name: she signs in first."""
    inviting.invite(acme, eve.email, by=admin, role=Role.VIEWER)
    address = link_in(OutboxMail.objects.get())

    assert "Sign in" in Client().get(address).content.decode()
    assert Client().post(address).status_code == 200 and not acme.memberships.filter(user=eve).exists()
    assert web(eve).post(address).status_code == 302
    assert acme.memberships.get(user=eve).role == Role.VIEWER


def test_switched_off_at_once(admin: User, carol: User, acme: Account, api: Api, web: Web) -> None:
    """Session and tokens of the person stop with the next call; switched on again, she signs in anew: what was open stays shut."""
    session, token = web(carol), APIClient(headers={"Authorization": f"Token {Token.objects.create(user=carol).key}"})
    assert session.get("/runs/").status_code == 200 and token.get("/api/v1/me/").status_code == 200

    assert api(admin).patch("/api/v1/members/carol/", {"active": False}).status_code == 200

    assert session.get("/runs/").status_code == 302 and token.get("/api/v1/me/").status_code == 401
    assert not Client().login(username="carol", password=PASSWORD)
    assert api(admin).patch("/api/v1/members/carol/", {"active": True}).json()["active"] is True
    assert Client().login(username="carol", password=PASSWORD) and token.get("/api/v1/me/").status_code == 401
    assert session.get("/runs/").status_code == 302


def test_nothing_is_orphaned(admin: User, alice: User, acme: Account, published: Callable[..., PlaybookVersion], api: Api) -> None:
    """Playbooks go to the heir; open runs are theirs to steer; who started them stays on record."""
    version = published(steps_document(), visibility="private")
    run = RunBuilder(version, alice).run
    fay = User.objects.create(username="fay", email="fay@acme.example")
    Membership.objects.create(user=fay, account=acme, role=Role.BUILDER)

    wrong = api(admin).patch("/api/v1/members/alice/", {"active": False, "heir": "dave"})
    assert wrong.status_code == 422 and fresh(alice).is_active
    assert api(admin).patch("/api/v1/members/alice/", {"active": False, "heir": "fay"}).status_code == 200

    assert Playbook.objects.get(pk=version.playbook_id).owner == fay
    assert Run.objects.get(pk=run.pk).owner == alice
    assert api(fresh(fay)).post(f"/api/v1/runs/{run.pk}/pause/").status_code == 200


def test_the_head_of_the_department_takes_over_unless_somebody_is_named(admin: User, alice: User, bob: User, acme: Account) -> None:
    """Bob heads Finance; as an approver he could not look after a playbook, as a builder he does."""
    playbook = Playbook.draw(document(), by=alice)
    bob.memberships.update(role=Role.BUILDER)

    membership.change(alice.memberships.get(), by=admin, active=False)

    assert Playbook.objects.get(pk=playbook.pk).owner == bob


def test_the_last_owner_stays(admin: User, acme: Account, api: Api) -> None:
    """Neither switched off nor made something else; not even in the database."""
    for change in ({"active": False}, {"role": "admin"}):
        assert api(admin).patch("/api/v1/members/admin/", change).status_code == 409, change
    assert api(admin).delete("/api/v1/members/admin/").status_code == 409
    with pytest.raises(DatabaseError, match="last owner"), transaction.atomic():
        acme.memberships.filter(role=Role.OWNER).update(active=False)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_unmake_each_other_at_once_leave_one() -> None:
    """Whoever comes second is no owner any more."""
    people = make_people(PASSWORD)
    alice, admin = people["alice"], people["admin"]
    Membership.objects.filter(user=alice).update(role=Role.OWNER)
    begin, refused = threading.Barrier(2), []

    def unmake(other: User, by: User) -> None:
        member = Membership.objects.get(user=other)
        begin.wait(timeout=30)
        try:
            membership.change(member, by=fresh(by), role=Role.ADMIN)
        except (NotAllowed, WrongState) as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=unmake, args=pair) for pair in ((alice, admin), (admin, alice))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert len(refused) == 1
    assert Membership.objects.filter(account__slug="acme", role=Role.OWNER, active=True).count() == 1


def test_departments_have_heads_and_deputies(admin: User, acme: Account, api: Api, web: Web) -> None:
    """Over REST and on the page; the slug stays when the name changes."""
    made = api(admin).post("/api/v1/departments/", {"name": "Human Resources", "head": "carol", "deputies": ["dave"]}).json()
    assert (made["slug"], made["head"], made["deputies"]) == ("human-resources", "carol", ["dave"])
    changed = api(admin).patch(f"/api/v1/departments/{made['id']}/", {"name": "People", "head": None}).json()
    assert (changed["name"], changed["slug"], changed["head"], changed["deputies"]) == ("People", "human-resources", None, ["dave"])
    web(admin).post(f"/settings/departments/{made['id']}/", {"name": "People", "head": "bob", "people": ["carol"]})
    assert Department.objects.get(pk=made["id"]).head == User.objects.get(username="bob")
    assert api(admin).delete(f"/api/v1/departments/{made['id']}/").status_code == 204


def test_groups_have_members(admin: User, alice: User, eve: User, api: Api, web: Web) -> None:
    """Of the account only; one with which something is shared is not deleted."""
    made = api(admin).post("/api/v1/groups/", {"name": "Auditors", "members": ["carol"]}).json()
    assert made["members"] == ["carol"]
    assert api(admin).patch(f"/api/v1/groups/{made['id']}/", {"members": ["eve"]}).status_code == 422
    assert web(admin).post(f"/settings/groups/{made['id']}/", {"name": "Auditors", "people": ["dave"]}).status_code == 302
    assert [each.username for each in Group.objects.get(pk=made["id"]).members.all()] == ["dave"]
    Playbook.draw(document(), by=alice).share("group", group=Group.objects.get(pk=made["id"]))
    assert api(admin).delete(f"/api/v1/groups/{made['id']}/").status_code == 409
    assert api(eve).get(f"/api/v1/groups/{made['id']}/").status_code == 404
    assert api(alice).post("/api/v1/groups/", {"name": "Mine"}).status_code == 403


def test_people_who_do_not_lead_see_no_invitations_and_no_forms(alice: User, web: Web) -> None:
    """They see their colleagues."""
    page = web(alice).get("/settings/people/").content.decode()

    assert "Invite" not in page and "Bob Banks" in page
    for address in ("people/invite/", "departments/new/", "groups/new/"):
        assert web(alice).get(f"/settings/{address}").status_code == 403

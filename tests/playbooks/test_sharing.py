"""Who sees what: four visibilities, six people, pages and REST alike."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.drafting import drawing
from playbooks_app.errors import Refused
from playbooks_app.models import Account, Department, Group, Playbook, User, Visibility
from playbooks_app.permissions import in_sight, may_edit, may_publish, may_share, may_start
from tests.playbooks.documents import document

# alice owns it; bob is in her department, dave only in the account, carol in the group, eve in another account; admin leads the account.
SEES = {
    Visibility.PRIVATE: {"alice", "admin"},
    Visibility.DEPARTMENT: {"alice", "admin", "bob"},
    Visibility.GROUP: {"alice", "admin", "carol"},
    Visibility.ACCOUNT: {"alice", "admin", "bob", "carol", "dave"},
}
EVERYBODY = ("admin", "alice", "bob", "carol", "dave", "eve")


@pytest.fixture
def shared(people: dict[str, User], acme: Account) -> Callable[[str], Playbook]:
    """`shared(visibility)`: a playbook of alice, seen so."""
    group = Group.objects.create(account=acme, name="Auditors", slug="auditors")
    group.members.add(people["carol"])

    def make(visibility: str) -> Playbook:
        playbook = Playbook.draw(document(), by=people["alice"])
        playbook.share(visibility, department=Department.objects.get(slug="finance"), group=group)
        return playbook

    return make


@pytest.mark.parametrize("visibility", Visibility.values)
@pytest.mark.parametrize("name", EVERYBODY)
def test_exactly_the_outsiders_are_refused(
    visibility: str,
    name: str,
    shared: Callable[[str], Playbook],
    people: dict[str, User],
    api: Callable[[User | None], APIClient],
    web: Callable[[User | None], Client],
) -> None:
    """Queryset, rule, REST and page agree, and out of sight is the same as not there."""
    playbook, person = shared(visibility), people[name]
    expected = name in SEES[Visibility(visibility)]

    listed = [row["id"] for row in api(person).get("/api/v1/playbooks/").json()["results"]]

    assert Playbook.objects.visible_to(person).filter(pk=playbook.pk).exists() is expected
    assert in_sight(person, playbook) is expected
    assert (playbook.pk in listed) is expected
    assert api(person).get(f"/api/v1/playbooks/{playbook.pk}/").status_code == (200 if expected else 404)
    assert web(person).get(f"/playbooks/{playbook.pk}/").status_code == (200 if expected else 404)


def test_strangers_see_nothing(
    shared: Callable[[str], Playbook], api: Callable[[User | None], APIClient], web: Callable[[User | None], Client]
) -> None:
    """Without signing in REST says 401 and pages lead to the sign-in."""
    playbook = shared(Visibility.ACCOUNT)

    assert api(None).get(f"/api/v1/playbooks/{playbook.pk}/").status_code == 401
    assert web(None).get(f"/playbooks/{playbook.pk}/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize(
    ("name", "starts", "draws", "shares"),
    [
        ("admin", True, True, True),
        ("alice", True, True, True),
        ("carol", True, False, False),
        ("bob", False, False, False),
        ("dave", False, False, False),
    ],
)
def test_roles_decide_deeds(name: str, starts: bool, draws: bool, shares: bool, shared: Callable[[str], Playbook], people: dict[str, User]) -> None:
    """Viewers and approvers look, operators start, builders draw, and only the owner and the admins share."""
    playbook, person = shared(Visibility.ACCOUNT), people[name]

    assert (may_start(person, playbook), may_edit(person, playbook), may_publish(person, playbook)) == (starts, draws, draws)
    assert may_share(person, playbook) is shares


def test_no_right_helps_out_of_sight(shared: Callable[[str], Playbook], carol: User) -> None:
    """An operator may start what is in sight only."""
    assert not may_start(carol, shared(Visibility.PRIVATE))


def test_a_member_who_is_switched_off_sees_nothing(shared: Callable[[str], Playbook], dave: User) -> None:
    """Neither in queries nor by rule."""
    playbook = shared(Visibility.ACCOUNT)
    dave.memberships.update(active=False)
    gone = User.objects.get(pk=dave.pk)

    assert not Playbook.objects.visible_to(gone).exists()
    assert not in_sight(gone, playbook)


def test_sharing_with_a_department_of_others_is_refused(shared: Callable[[str], Playbook], globex: Account) -> None:
    """Nothing crosses from one account to another."""
    playbook = shared(Visibility.PRIVATE)
    elsewhere = Department.objects.create(account=globex, name="Finance", slug="finance")

    with pytest.raises(Refused):
        playbook.share(Visibility.DEPARTMENT, department=elsewhere)

    playbook.refresh_from_db()
    assert playbook.visibility == Visibility.PRIVATE


def test_a_department_is_taken_from_the_owner(alice: User) -> None:
    """`visibility: department` alone means the owner's own."""
    playbook = Playbook.draw(document(), by=alice)

    drawing.share(playbook, visibility=Visibility.DEPARTMENT)

    assert playbook.department is not None and playbook.department.slug == "finance"


def test_the_dialog_says_how_many_people_it_means(shared: Callable[[str], Playbook], alice: User, web: Callable[[User | None], Client]) -> None:
    """Each choice names its people, and the answer says who sees it."""
    playbook, client = shared(Visibility.PRIVATE), web(alice)

    dialog = client.get(f"/playbooks/{playbook.pk}/share/", headers={"HX-Request": "true"}).content.decode()
    saved = client.post(f"/playbooks/{playbook.pk}/share/", {"visibility": "group", "group": "auditors"}, follow=True).content.decode()

    assert "Finance, 2 people" in dialog and "at Acme, 5 people" in dialog and "<html" not in dialog
    assert "Everyone in the group Auditors sees it." in saved


def test_a_choice_without_its_group_is_said_at_the_form(shared: Callable[[str], Playbook], alice: User, web: Callable[[User | None], Client]) -> None:
    """Nothing changes, and the form comes back with what was chosen."""
    playbook = shared(Visibility.PRIVATE)

    answer = web(alice).post(f"/playbooks/{playbook.pk}/share/", {"visibility": "group", "group": ""})

    playbook.refresh_from_db()
    assert answer.status_code == 422 and "Choose which group may see it." in answer.content.decode()
    assert playbook.visibility == Visibility.PRIVATE


def test_the_plan_decides_about_everything(
    shared: Callable[[str], Playbook], acme: Account, alice: User, api: Callable[[User | None], APIClient], web: Callable[[User | None], Client]
) -> None:
    """An account without playbooks is told why, with 403, and has no menu of them."""
    playbook = shared(Visibility.ACCOUNT)
    Account.objects.filter(pk=acme.pk).update(playbooks_enabled=False)

    answer = api(User.objects.get(pk=alice.pk)).get(f"/api/v1/playbooks/{playbook.pk}/")
    page, menu = web(alice).get("/playbooks/"), web(alice).get("/profile/").content.decode()

    assert answer.status_code == 403 and "plan" in answer.json()["message"]
    assert page.status_code == 403 and "plan" in page.content.decode()
    assert 'href="/playbooks/"' not in menu

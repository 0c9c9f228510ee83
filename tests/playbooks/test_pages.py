"""Pages of playbooks and people: what they show, to whom, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.utils.safestring import SafeString, mark_safe

from playbooks_app import clock
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Playbook, User
from playbooks_app.pages import badges, errors, panels
from playbooks_app.pages.panels import Bar, RunFigures, Tab
from tests.playbooks.documents import FAULTY, document

Web = Callable[[User | None], Client]
AT_MOST = Callable[[int], object]


@pytest.fixture
def drawn(alice: User) -> Playbook:
    """A playbook of alice with one version."""
    playbook = Playbook.draw(document(), by=alice)
    playbook.publish(by=alice, note="First words")
    return playbook


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that fills in its part of the pages."""

    def figures(user: User, playbooks: Sequence[int]) -> Mapping[int, RunFigures]:
        bars = (Bar("succeeded", 0.5), Bar("failed", 1.0), Bar("running", 0.2))
        return {pk: RunFigures(bars, runs=1200, succeeded=0.71, usual_seconds=5400) for pk in playbooks}

    def panel(request: HttpRequest, playbook: Playbook) -> SafeString:
        return mark_safe("<section>Latest runs</section>")

    monkeypatch.setattr(panels, "_figures", [figures])
    monkeypatch.setattr(panels, "_panels", [panel])
    monkeypatch.setattr(panels, "_tabs", [lambda user, playbook: Tab("Runs", "/runs/", 212)])
    monkeypatch.setattr(panels, "_uses", [lambda user, playbook: {version.pk: "3 runs, 1 open" for version in playbook.versions.all()}])
    yield


def test_the_list_shows_what_is_in_sight(drawn: Playbook, dave: User, eve: User, web: Web) -> None:
    """And nothing to the other account, in words of its own."""
    seen = web(dave).get("/playbooks/").content.decode()
    unseen = web(eve).get("/playbooks/").content.decode()

    assert "Daily check" in seen and "Everyone at Acme" in seen and "New playbook" not in seen
    assert "Daily check" not in unseen and "Start with a playbook that works" in unseen


def test_a_row_says_how_the_runs_went(drawn: Playbook, alice: User, web: Web, machine: None) -> None:
    """Bars with a sentence for those who do not see them; a weak rate stands out."""
    page = web(alice).get("/playbooks/").content.decode()

    assert "Last 3 runs: 1 succeeded, 1 failed, 1 others" in page
    assert "1,200" in page and "71\u202f%" in page and "1 h 30 min" in page


def test_filters_count_and_narrow(drawn: Playbook, alice: User, admin: User, web: Web) -> None:
    """Each filter says how many it would show; search looks into steps and says what it searched."""
    Playbook.draw(document(name="Unfinished"), by=admin)
    client = web(alice)

    whole = client.get("/playbooks/").content.decode()
    assert "All 2" in whole and "Mine 1" in whole and "Never published 1" in whole
    assert "Unfinished" not in client.get("/playbooks/?show=mine").content.decode()
    assert "Daily check" in client.get("/playbooks/?q=hello").content.decode()
    none = client.get("/playbooks/?q=zebra").content.decode()
    assert "No playbook contains “zebra”" in none and "Clear the search" in none


def test_htmx_gets_the_list_alone(drawn: Playbook, alice: User, web: Web) -> None:
    """The same context, the smaller template."""
    part = web(alice).get("/playbooks/?q=daily", headers={"HX-Request": "true"}).content.decode()

    assert "Daily check" in part and "<html" not in part


def test_the_archive_has_a_filter_of_its_own(drawn: Playbook, alice: User, web: Web) -> None:
    """Archived from the page, found there, and brought back."""
    client = web(alice)

    client.post(f"/playbooks/{drawn.pk}/archive/")
    assert "Daily check" not in client.get("/playbooks/").content.decode().split("toasts")[0]
    assert "Daily check" in client.get("/playbooks/?show=archived").content.decode()
    assert "in the archive" in client.get(f"/playbooks/{drawn.pk}/").content.decode()
    client.post(f"/playbooks/{drawn.pk}/archive/", {"restore": ""})
    assert "Daily check" in client.get("/playbooks/").content.decode()


def test_the_list_costs_the_same_for_many(alice: User, web: Web, django_assert_max_num_queries: AT_MOST) -> None:
    """Session, person, place, counts, page: nothing per row."""
    client = web(alice)
    for number in range(30):
        Playbook.draw(document(name=f"P{number}"), by=alice).publish(by=alice)

    with django_assert_max_num_queries(16):  # type: ignore[attr-defined]
        assert "P29" in client.get("/playbooks/").content.decode()


def test_a_long_list_has_pages(alice: User, web: Web) -> None:
    """And says how many are left."""
    for number in range(55):
        Playbook.draw(document(name=f"P{number:02}"), by=alice)

    first, second = (web(alice).get("/playbooks/", {"page": number}).content.decode() for number in (1, 2))

    assert "5 more playbooks" in first and "P54" not in first
    assert "P54" in second and "Previous" in second


def test_the_page_says_what_it_is_and_what_follows(drawn: Playbook, alice: User, web: Web, machine: None) -> None:
    """Version in use, who sees it, deeds, and what the machine fills in."""
    page = web(alice).get(f"/playbooks/{drawn.pk}/").content.decode()

    assert "version 1 in use" in page and "Everyone at Acme" in page and "First words" in page
    assert "Latest runs" in page and "212" in page and "3 runs, 1 open" in page


def test_who_only_looks_is_offered_no_deeds(drawn: Playbook, dave: User, web: Web) -> None:
    """Neither Share nor Edit nor Start nor Archive."""
    page = web(dave).get(f"/playbooks/{drawn.pk}/").content.decode()

    assert all(f"/playbooks/{drawn.pk}/{deed}/" not in page for deed in ("share", "publish", "archive", "start"))


@pytest.mark.parametrize("deed", ["share", "publish", "archive", "versions/1/deprecate", "versions/1/restore"])
def test_a_deed_without_right_is_a_403_that_says_who_can_help(deed: str, drawn: Playbook, dave: User, web: Web) -> None:
    """The page offers a way on."""
    answer = web(dave).post(f"/playbooks/{drawn.pk}/{deed}/")

    assert answer.status_code == 403 and "You may look, but not" in answer.content.decode() and "admin of your account" in answer.content.decode()


def test_faults_of_the_draft_are_announced(drawn: Playbook, alice: User, web: Web) -> None:
    """With the way to mend them; publishing shows every one and changes nothing."""
    drawn.save_draft(FAULTY, by=alice)
    client = web(alice)

    page = client.get(f"/playbooks/{drawn.pk}/").content.decode()
    refused = client.post(f"/playbooks/{drawn.pk}/publish/", {"note": "x"})

    assert "The draft has" in page
    assert refused.status_code == 422 and "teleport" in refused.content.decode() and "nowhere" in refused.content.decode()
    assert drawn.versions.count() == 1


def test_publishing_from_the_page(drawn: Playbook, alice: User, web: Web) -> None:
    """The page offers it only when the draft is ahead."""
    client = web(alice)
    assert "Publish version" not in client.get(f"/playbooks/{drawn.pk}/").content.decode()
    drawn.save_draft(document(description="Other words."), by=alice)
    assert "Publish version 2" in client.get(f"/playbooks/{drawn.pk}/").content.decode()

    client.post(f"/playbooks/{drawn.pk}/publish/", {"note": "Other words"})

    version = drawn.newest
    assert version is not None and (version.number, version.note) == (2, "Other words")
    listed = client.get(f"/playbooks/{drawn.pk}/versions/").content.decode()
    assert "Compare with 1" in listed
    assert "description" in client.get(f"/playbooks/{drawn.pk}/versions/1/2/").content.decode()

    said = client.post(f"/playbooks/{drawn.pk}/versions/1/restore/")
    drawn.refresh_from_db()
    assert said["Location"] == f"/playbooks/{drawn.pk}/edit/" and drawn.versions.count() == 2
    assert drawn.draft["description"] == drawn.versions.get(number=1).document["description"] != "Other words."


def test_a_version_is_deprecated_and_revived_from_the_page(drawn: Playbook, alice: User, web: Web) -> None:
    """It says what that means."""
    client = web(alice)

    said = client.post(f"/playbooks/{drawn.pk}/versions/1/deprecate/", follow=True).content.decode()
    assert "Nothing starts with version 1 any more" in said and drawn.newest is None
    client.post(f"/playbooks/{drawn.pk}/versions/1/deprecate/", {"revive": ""})
    assert drawn.newest is not None


def test_a_new_playbook_begins_with_a_name(alice: User, web: Web) -> None:
    """Then comes the builder; without a name the form says so."""
    client = web(alice)

    empty = client.post("/playbooks/new/", {"name": "  "})
    made = client.post("/playbooks/new/", {"name": "Supplier payments"})

    playbook = Playbook.objects.get()
    assert empty.status_code == 422 and "Give it a name" in empty.content.decode()
    assert made.headers["Location"] == f"/playbooks/{playbook.pk}/edit/" and playbook.draft["name"] == "Supplier payments"


def test_a_file_is_imported_or_its_faults_are_shown(alice: User, web: Web) -> None:
    """The text stays in the form, and can be kept as a draft all the same."""
    client = web(alice)
    good = SimpleUploadedFile("daily.yaml", b"name: Daily\ndescription: d\nowner: o\nsteps: [{id: a, type: log, with: {message: x}}]\n")
    bad = "name: Daily\ndescription: d\nowner: o\nsteps: [{id: a, type: teleport}]\n"

    assert client.post("/playbooks/import/", {"file": good}).status_code == 302
    refused = client.post("/playbooks/import/", {"text": bad})
    assert refused.status_code == 422 and "teleport" in refused.content.decode() and "steps: [{id: a" in refused.content.decode()
    assert Playbook.objects.count() == 1
    client.post("/playbooks/import/", {"text": bad, "keep_faults": "on"})
    assert Playbook.objects.count() == 2


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", b"name: [", b"!!python/object:os.system x", b"x" * 100])
def test_files_that_are_no_playbook_are_refused(content: bytes, alice: User, web: Web) -> None:
    """With a reason, and nothing is kept."""
    answer = web(alice).post("/playbooks/import/", {"file": SimpleUploadedFile("x.yaml", content)})

    assert answer.status_code == 422 and "Nothing was imported" in answer.content.decode()
    assert not Playbook.objects.exists()


def test_people_are_listed_and_changed_by_admins_only(admin: User, dave: User, carol: User, web: Web) -> None:
    """Everyone sees who works there; the others get 403, strangers 404."""
    place = carol.membership
    assert place is not None

    page = web(dave).get("/settings/people/").content.decode()
    assert "Carol Cole" in page and "What roles may do" in page and "Change…" not in page
    assert web(dave).post(f"/settings/people/{place.pk}/").status_code == 403
    saved = web(admin).post(f"/settings/people/{place.pk}/", {"role": "builder", "department": "it", "groups": ["finance-leads"], "active": "on"})
    place.refresh_from_db()
    assert saved.status_code == 302 and (place.role, str(place.department)) == ("builder", "IT")
    assert carol.account_groups.filter(slug="finance-leads").exists()


def test_the_other_account_has_people_of_its_own(eve: User, carol: User, web: Web) -> None:
    """Nothing of Acme is there, by list or by address."""
    place = carol.membership
    assert place is not None

    assert "Carol" not in web(eve).get("/settings/people/").content.decode()
    assert web(eve).get(f"/settings/people/{place.pk}/").status_code == 404


def test_jumping_finds_playbooks_in_sight(drawn: Playbook, alice: User, eve: User, web: Web) -> None:
    """By a part of the name; others find nothing."""
    assert "Daily check" in web(alice).get("/jump/?q=dail").content.decode()
    assert "Nothing with" in web(eve).get("/jump/?q=dail", headers={"HX-Request": "true"}).content.decode()


def test_a_registered_count_stands_beside_its_place(alice: User, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """The apps above say how many; none shows nothing."""
    monkeypatch.setattr(badges, "_counts", {"playbooks": lambda user: 5})

    assert 'aria-label="5 open"' in web(alice).get("/profile/").content.decode()


def test_pages_that_are_not_there_say_so(alice: User, web: Web) -> None:
    """404, in the frame of the product, signed in or not."""
    for person in (alice, None):
        answer = web(person).get("/nowhere/")
        assert answer.status_code == 404 and "Not here" in answer.content.decode()


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (NotAllowed("You may look, but not retry runs."), 403, "not retry runs"),
        (WrongState("Carol retried this a moment ago."), 409, "Carol retried this"),
        (Refused([Problem("limit", "WrongValue", "Must be at least 0.")]), 422, "Must be at least 0."),
    ],
)
def test_errors_become_pages(error: NotAllowed | WrongState | Refused, status: int, words: str, alice: User) -> None:
    """What happened and what to do; htmx gets one plain sentence for its toast."""
    request = RequestFactory().get("/")
    request.user = alice

    page = errors.page_for(request, error)
    request.htmx = True  # type: ignore[attr-defined]
    sentence = errors.page_for(request, error)

    assert page.status_code == sentence.status_code == status
    assert words in page.content.decode() and "Traceback" not in page.content.decode()
    assert sentence.headers["Content-Type"].startswith("text/plain")


def test_a_broken_page_says_a_number_and_no_traceback(alice: User, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """500: runs go on; the number finds the line in the log. REST answers JSON."""

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("playbooks_app.pages.people.membership.members_visible_to", fail)
    monkeypatch.setattr("playbooks_app.api.people.membership.members_visible_to", fail)
    client = web(alice)
    client.raise_request_exception = False

    page, rest = client.get("/settings/people/"), client.get("/api/v1/members/")

    assert page.status_code == 500 and "Number for support" in page.content.decode() and "secret detail" not in page.content.decode()
    assert rest.status_code == 500 and rest.json()["code"] == "internal_error"


def test_moments_are_said_in_the_viewers_zone(alice: User, web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their own, else the account's."""
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: noon + timedelta(minutes=30))
    playbook = Playbook.draw(document(), by=alice)
    Playbook.objects.filter(pk=playbook.pk).update(draft_saved_at=noon)
    client = web(alice)

    assert ">12:00<" in client.get(f"/playbooks/{playbook.pk}/").content.decode()
    User.objects.filter(pk=alice.pk).update(timezone="Asia/Tokyo")
    assert ">21:00<" in client.get(f"/playbooks/{playbook.pk}/").content.decode()


@pytest.mark.parametrize(
    "address", ["", "user/", "account/", "group/", "department/", "membership/", "playbook/", "playbookversion/", "clockoffset/"]
)
def test_the_admin_shows_all_of_it(address: str, drawn: Playbook, admin: User, alice: User, web: Web) -> None:
    """To staff, and to nobody else."""
    where = f"/admin/playbooks_app/{address}"

    assert web(admin).get(where).status_code == 200
    assert web(alice).get(where).status_code == 302


def test_the_admin_changes_no_version(drawn: Playbook, admin: User, web: Web) -> None:
    """It can be looked at, not changed and not deleted."""
    version, client = drawn.newest, web(admin)
    assert version is not None
    where = f"/admin/playbooks_app/playbookversion/{version.pk}"

    assert client.get(f"{where}/change/").status_code == 200
    assert client.post(f"{where}/change/", {"number": 7}).status_code == 403
    assert client.post(f"{where}/delete/", {"post": "yes"}).status_code == 403

"""Calendars from outside: the API, the page, and whose calendar is whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import Account, Calendar, User
from playbooks_app.people import calendars

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
pytestmark = pytest.mark.django_db
BANK = {"name": "Bank days", "timezone": "Europe/Berlin", "hours": {"mon": ["08:00-16:30"]}, "holidays": ["2026-12-25"]}


def test_a_calendar_is_made_read_changed_and_dropped(api: Api, admin: User) -> None:
    """The four deeds of the API; what is not given stays."""
    client = api(admin)
    made = client.post("/api/v1/calendars/", BANK).json()

    assert {**made, "id": 0} == {**BANK, "id": 0, "holiday_names": {}, "is_default": False}
    changed = client.patch(f"/api/v1/calendars/{made['id']}/", {"holidays": [{"date": "2026-12-31", "name": "Books are closed"}]}).json()
    assert (changed["holidays"], changed["holiday_names"], changed["hours"]) == (["2026-12-31"], {"2026-12-31": "Books are closed"}, BANK["hours"])
    assert [each["name"] for each in client.get("/api/v1/calendars/").json()["results"]] == ["Bank days"]
    assert client.delete(f"/api/v1/calendars/{made['id']}/").status_code == 204
    assert client.get(f"/api/v1/calendars/{made['id']}/").status_code == 404


def test_every_fault_is_told_at_once(api: Api, admin: User) -> None:
    """Name, zone and hours in one refusal; nothing is kept."""
    answer = api(admin).post("/api/v1/calendars/", {"name": "", "timezone": "Mars", "hours": {"mon": "never"}})

    assert answer.status_code == 422
    assert [each["address"] for each in answer.json()["problems"]] == ["name", "timezone", "hours/mon"]
    assert not Calendar.objects.exists()


def test_others_read_but_do_not_change(api: Api, admin: User, alice: User, eve: User) -> None:
    """A builder of the account reads (403 on change); another account sees nothing (404)."""
    pk = api(admin).post("/api/v1/calendars/", BANK).json()["id"]

    assert api(alice).get(f"/api/v1/calendars/{pk}/").status_code == 200
    assert api(alice).patch(f"/api/v1/calendars/{pk}/", {"name": "Mine"}).status_code == 403
    assert api(alice).delete(f"/api/v1/calendars/{pk}/").status_code == 403
    assert api(alice).post("/api/v1/calendars/", BANK).status_code == 403
    assert api(eve).get(f"/api/v1/calendars/{pk}/").status_code == 404
    assert api(eve).patch(f"/api/v1/calendars/{pk}/", {"name": "Mine"}).status_code == 404


def test_the_page_makes_changes_and_counts(web: Web, admin: User) -> None:
    """The form without JavaScript; working days are counted for whoever asks."""
    client = web(admin)
    posted = {
        "name": "Office",
        "timezone": "Europe/Berlin",
        "hours-mon": "9:00-17:00",
        "hours-tue": "9:00-17:00",
        "holidays": "2026-12-25 Christmas Day",
    }
    made = client.post("/settings/calendars/new/", posted, follow=True).content.decode()
    calendar = Calendar.objects.get()

    assert "Saved" not in made and "Office" in made
    assert (calendar.hours, calendar.holiday_names) == ({"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}, {"2026-12-25": "Christmas Day"})
    assert "Tue 24 Nov 2026" in client.get(f"/settings/calendars/{calendar.pk}/?day=2026-11-20&count=2").content.decode()
    refused = client.post(f"/settings/calendars/{calendar.pk}/", {**posted, "hours-mon": "late"})
    assert refused.status_code == 422 and "late" in refused.content.decode()
    client.post(f"/settings/calendars/{calendar.pk}/drop/")
    assert not Calendar.objects.exists()
    assert "There is no calendar yet" in client.get("/settings/calendars/").content.decode()


def test_a_person_has_their_own_calendar_else_the_default(acme: Account, bob: User, alice: User, admin: User, api: Api) -> None:
    """There is at most one default; who has neither works at any time."""
    office = calendars.make(acme, {**BANK, "name": "Office"})
    member = bob.memberships.get()
    assert api(admin).patch(f"/api/v1/members/{member.pk}/", {"calendar": "Office", "manager": "alice"}).json()["manager"] == "alice"

    assert calendars.working_times(acme.pk, [bob.pk, alice.pk]) == {bob.pk: office.working}
    first, second = (calendars.make(acme, {**BANK, "name": name, "is_default": True}) for name in ("First", "Second"))
    first.refresh_from_db()
    assert not first.is_default
    assert calendars.working_times(acme.pk, [bob.pk, alice.pk]) == {bob.pk: office.working, alice.pk: second.working}


@pytest.mark.parametrize(
    ("change", "address"), [({"manager": "nobody"}, "manager"), ({"manager": "bob"}, "manager"), ({"calendar": "x"}, "calendar")]
)
def test_unknown_managers_and_calendars_are_refused(api: Api, admin: User, bob: User, change: dict[str, Any], address: str) -> None:
    """Somebody of the account, and not oneself."""
    answer = api(admin).patch(f"/api/v1/members/{bob.memberships.get().pk}/", change)

    assert answer.status_code == 422 and answer.json()["problems"][0]["address"] == address

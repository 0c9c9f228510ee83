"""The friendly form of a schedule, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Occasion, Schedule
from runs_app.pages.schedule_form import ScheduleForm, in_words, way_of
from tests.runs.test_schedules import DOCUMENT

Web = Callable[[User | None], Client]
WHEN = {"how": "week", "weekday": "1", "at": "07:30", "zone": "Europe/Berlin", "overlap": "buffer_one"}


@pytest.fixture
def version(published: Callable[..., PlaybookVersion]) -> PlaybookVersion:
    """A playbook that needs one input."""
    return published(DOCUMENT)


@pytest.mark.parametrize(
    ("given", "cron", "words"),
    [
        ({"how": "day", "at": "08:05"}, "5 8 * * *", "Every day at 08:05"),
        ({"how": "workday", "at": "17:00"}, "0 17 * * 1-5", "Monday to Friday at 17:00"),
        ({"how": "week", "weekday": "7", "at": "9:00"}, "0 9 * * 7", "Every Sunday at 09:00"),
        ({"how": "month", "day": "3", "at": "00:00"}, "0 0 3 * *", "Every month on day 3 at 00:00"),
        ({"how": "hour", "at": "00:15"}, "15 * * * *", "Every hour at minute 15"),
        ({"how": "cron", "cron": "*/5 8-17 * * *"}, "*/5 8-17 * * *", "At */5 8-17 * * *"),
    ],
)
def test_every_way_comes_to_a_cron_expression_and_back(given: dict[str, str], cron: str, words: str) -> None:
    """What is stored is cron; what is shown is what was chosen."""
    form = ScheduleForm.posted(given, "UTC")

    assert (form.cron, in_words(cron), way_of(cron)[0]) == (cron, words, given["how"])
    assert len(form.times) == 5
    assert all(moment.tzinfo is None for moment in ScheduleForm.posted({**given, "zone": "Asia/Tokyo"}, "UTC").times)
    assert ScheduleForm.of(Schedule(cron=cron, timezone="UTC", overlap="skip")).cron == cron


@pytest.mark.parametrize("given", [{"how": "day", "at": "25:00"}, {"how": "week", "weekday": "x"}, {"how": "cron", "cron": "soon"}, {"how": "never"}])
def test_what_cannot_be_told_has_no_times(given: dict[str, str]) -> None:
    """And is refused when it is saved."""
    assert ScheduleForm.posted(given, "UTC").times == []


@pytest.mark.django_db
def test_the_start_form_hands_its_inputs_on(web: Web, alice: User, version: PlaybookVersion) -> None:
    """“Schedule…” keeps what was typed; nothing is made before it is said how often."""
    page = web(alice).post(f"/playbooks/{version.playbook_id}/schedules/", {"limit": "7"})

    assert page.status_code == 200 and 'value="7"' in page.content.decode() and "Not saved yet" not in page.content.decode()
    assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_it_is_made_changed_and_removed_by_forms(web: Web, alice: User, version: PlaybookVersion) -> None:
    """The list says when it starts next; its page says what came of its times."""
    client, address = web(alice), f"/playbooks/{version.playbook_id}/schedules/"
    assert client.post(address, {**WHEN, "limit": "7"}).headers["Location"] == address
    schedule = Schedule.objects.get()
    assert (schedule.cron, schedule.timezone, schedule.overlap, schedule.inputs) == ("30 7 * * 1", "Europe/Berlin", "buffer_one", {"limit": 7})
    assert "Every Monday at 07:30" in client.get(address).content.decode()

    own = f"/schedules/{schedule.pk}/"
    assert schedule.next_at is not None
    Occasion.objects.create(schedule=schedule, at=schedule.next_at, outcome="skipped", note="Run 5 was not over yet.")
    page = client.get(own).content.decode()
    assert "Run 5 was not over yet." in page and 'value="7"' in page
    assert client.post(own, {**WHEN, "how": "day", "limit": "8", "off": "1"}).status_code == 302
    schedule.refresh_from_db()
    assert (schedule.cron, schedule.enabled, schedule.inputs) == ("30 7 * * *", False, {"limit": 8})
    assert not Schedule.objects.filter(next_at__isnull=False).exists()
    assert client.post(f"{own}remove/").status_code == 302 and not Schedule.objects.exists()


@pytest.mark.django_db
def test_faults_are_shown_together_and_what_was_typed_is_kept(web: Web, alice: User, version: PlaybookVersion) -> None:
    """Those of the times and those of the inputs."""
    answer = web(alice).post(f"/playbooks/{version.playbook_id}/schedules/", {**WHEN, "zone": "Mars/Base", "limit": "many"})

    page = answer.content.decode()
    assert answer.status_code == 422 and "Not saved yet" in page and 'value="Mars/Base"' in page and 'value="many"' in page
    assert not Schedule.objects.exists()


@pytest.mark.django_db
def test_the_next_times_are_shown_without_saving(web: Web, alice: User, version: PlaybookVersion) -> None:
    """As a fragment for the form, and with a button where there is no JavaScript."""
    fragment = web(alice).get("/schedules/next/", {"how": "day", "at": "08:00", "zone": "UTC"}).content.decode()
    page = web(alice).post(f"/playbooks/{version.playbook_id}/schedules/", {**WHEN, "limit": "1", "look": "1"}).content.decode()

    assert fragment.count("<li>") == 5 and "Every day at 08:00" in fragment
    tokyo = web(alice).get("/schedules/next/", {"how": "day", "at": "08:00", "zone": "Asia/Tokyo"}).content.decode()
    assert tokyo.count(", 08:00</li>") == 5
    assert "Every Monday at 07:30" in page and not Schedule.objects.exists()


@pytest.mark.django_db
def test_who_may_not_start_may_look(web: Web, dave: User, eve: User, alice: User, version: PlaybookVersion) -> None:
    """A viewer sees the times and no form; another account sees nothing."""
    web(alice).post(f"/playbooks/{version.playbook_id}/schedules/", {**WHEN, "limit": "7"})
    address, own = f"/playbooks/{version.playbook_id}/schedules/", f"/schedules/{Schedule.objects.get().pk}/"

    assert "schedule-form" not in web(dave).get(address).content.decode() + web(dave).get(own).content.decode()
    answers: list[Any] = [web(dave).post(each, WHEN) for each in (address, own, f"{own}remove/")]
    assert [answer.status_code for answer in answers] == [403] * 3
    assert [web(eve).get(each).status_code for each in (address, own)] == [404, 404]

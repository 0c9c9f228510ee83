"""Home: one row for each cause that stopped runs, and a first page for who begins with nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from django.test import Client

from playbooks_app import clock
from playbooks_app.gallery.reading import entries
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, Schedule
from runs_app.pages.first_steps import first_steps_of
from runs_app.pages.home import causes_of
from runs_app.reading.standing import Standing
from tests.runs.factories import RunBuilder

Web = Callable[[User | None], Client]


def stopped(run: int, playbook: int, sentence: str, state: str = "failed") -> Standing:
    """As the list of runs has it."""
    return cast("Standing", SimpleNamespace(run=SimpleNamespace(pk=run, playbook_id=playbook), sentence=sentence, state=SimpleNamespace(key=state)))


def test_runs_that_failed_alike_are_one_row() -> None:
    """Of one playbook, with the same words; what a person paused, or said nothing, stands alone."""
    rows = [
        stopped(9, 1, "Refused."),
        stopped(8, 2, "Refused."),
        stopped(7, 1, "Refused."),
        stopped(6, 1, "Late.", "paused"),
        stopped(5, 1, "Late.", "paused"),
    ]

    assert [(each.newest.run.pk, each.runs) for each in causes_of(rows)] == [(9, 2), (8, 1), (6, 1), (5, 1)]
    assert len(causes_of([stopped(2, 1, ""), stopped(1, 1, "")])) == 2


@pytest.mark.django_db
def test_a_new_account_runs_a_ready_playbook_with_one_press(eve: User, web: Web) -> None:
    """Home offers three that ask nobody, and the press leads to the run: nothing has to be connected before. No panel says "nothing"."""
    home = web(eve).get("/").content.decode()
    offered = [each for each in entries() if f'action="/gallery/{each.slug}/run/"' in home]
    answer = web(eve).post(f"/gallery/{offered[0].slug}/run/", {"sample": "0"})

    assert len(offered) == 3 and not any(each.asks for each in offered)
    assert answer["Location"] == f"/runs/{Run.objects.get().pk}/"
    assert "Nothing is running" not in home and "too few" not in home


@pytest.mark.django_db
def test_first_steps_are_ticked_by_what_is_there(eve: User, bob: User, dave: User, web: Web) -> None:
    """A copy from the gallery counts as run, not as drawn; the list goes when all is done, and who draws nothing has none."""

    def open_steps() -> list[str]:
        return [each.title for each in first_steps_of(User.objects.get(pk=eve.pk)) if not each.done]

    assert first_steps_of(bob) == first_steps_of(dave) == []
    assert open_steps() == ["Run a ready one", "Draw your own", "Decide something", "Invite a colleague"]
    web(eve).post("/gallery/month-end-journal/run/", {"sample": "0"})
    assert open_steps() == ["Draw your own", "Decide something", "Invite a colleague"]
    web(eve).post("/playbooks/new/", {"name": "Refunds"})
    web(eve).post("/settings/people/invite/", {"email": "gina@globex.example", "role": "operator"})
    assert open_steps() == ["Decide something"]
    assert "First steps" in web(eve).get("/").content.decode()


@pytest.mark.django_db
def test_first_steps_are_put_away_for_good(eve: User, web: Web) -> None:
    """One press, kept with the person; the profile brings them back."""
    assert "First steps" in web(eve).get("/").content.decode()
    assert web(eve).get("/first-steps/").status_code == 405
    web(eve).post("/first-steps/")

    assert "First steps" not in web(eve).get("/").content.decode()
    assert "Show them again" in web(eve).get("/profile/").content.decode()
    web(eve).post("/first-steps/", {"again": "1"})
    assert "First steps" in web(eve).get("/").content.decode()


@pytest.mark.django_db
def test_a_share_is_said_of_many_runs_only(alice: User, web: Web, three_steps: PlaybookVersion) -> None:
    """Of few, how many of how many; what starts next by itself stands below what has ended."""
    RunBuilder(three_steps, alice, status="completed")
    playbook = three_steps.playbook
    Schedule.objects.create(
        account=playbook.account, playbook=playbook, owner=alice, cron="0 8 * * *", timezone="UTC", next_at=clock.now() + timedelta(1)
    )

    home = web(alice).get("/").content.decode()

    assert "1 of 1" in home and "too few for a share" in home
    assert f'Next: <a href="/playbooks/{playbook.pk}/schedules/">' in home

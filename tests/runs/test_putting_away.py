"""Archiving, giving up, and cleaning up (S4-abandon, S4-cleanup, S4-FR-2.3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import AuditEntry, PlaybookVersion, User
from runs_app import cleaning
from runs_app.models import Run, RunEvent
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
WAIT: dict[str, Any] = {"id": "wait", "type": "delay", "with": {"for": "90d"}}


@pytest.fixture
def runs(published: Published, alice: User, stumbling: Stumbling) -> dict[str, Run]:
    """One of each state, eight days old."""
    stumbling.failing = {"bad"}
    found = {
        "failed": drive(start(published(document([say("bad")], "Failed", **OUTRIGHT)), inputs={}, by=alice).run),
        "paused": drive(start(published(document([say("good"), say("bad")], "Paused")), inputs={}, by=alice).run),
        "waiting": drive(start(published(document([WAIT], "Waiting")), inputs={}, by=alice).run),
        "completed": drive(start(published(document([say("x")], "Completed")), inputs={}, by=alice).run),
    }
    RunEvent.objects.update(at=clock.now() - timedelta(days=8))
    return found


def archived() -> set[str]:
    """The names of the playbooks whose runs are put away."""
    return {run.playbook.name for run in Run.objects.exclude(archived_at=None)}


@pytest.mark.spec("S4-abandon", "S4-FR-2.3")
@pytest.mark.parametrize("which", ["failed", "paused"])
def test_a_run_that_is_given_up_is_read_and_never_goes_on(which: str, runs: dict[str, Run], api: Api, alice: User) -> None:
    """Readable, 409 for every deed, and an event says who did it."""
    client, run = api(alice), runs[which]

    shape = client.post(f"/api/v1/runs/{run.pk}/archive/").json()

    assert shape["archived_at"] is not None
    assert shape["status"] == "failed"
    for deed in ("archive", "resume", "retry", "pause", "cancel", "steps/bad/retry", "steps/bad/skip"):
        assert client.post(f"/api/v1/runs/{run.pk}/{deed}/", {}, format="json").status_code == 409, deed
    assert client.get(f"/api/v1/runs/{run.pk}/steps/").json()["results"][-1]["status"] == "failed"
    assert RunEvent.objects.get(run=run, type="run_archived").by == alice.pk


@pytest.mark.spec("S4-abandon")
def test_a_paused_run_is_given_up_from_its_page(runs: dict[str, Run], web: Web, carol: User, dave: User) -> None:
    """With a reason that stays with the run and in the audit log; not by viewers, and only while it is paused."""
    run, page = runs["paused"], f"/runs/{runs['paused'].pk}/"
    assert 'id="give-up-run"' in web(carol).get(page).content.decode()
    assert 'data-action="give-up"' not in web(dave).get(page).content.decode()
    assert 'data-action="give-up"' not in web(carol).get(f"/runs/{runs['waiting'].pk}/").content.decode()
    assert web(dave).post(f"{page}archive/", {"reason": "No."}).status_code == 403

    web(carol).post(f"{page}archive/", {"reason": "Paid by card"})

    run.refresh_from_db()
    assert (run.status, run.code, run.message) == ("failed", "Abandoned", "A person gave this run up while it was paused: Paid by card")
    assert RunEvent.objects.get(run=run, type="run_abandoned").data == {"reason": "Paid by card"}
    assert AuditEntry.objects.filter(action="run.given_up", actor=carol).count() == 1
    shown = web(carol).get(page).content.decode()
    assert "Given up" in shown and "by Carol Cole: Paid by card" in shown and 'data-action="retry-all"' not in shown


@pytest.mark.spec("S4-cleanup")
def test_a_clean_up_takes_old_failed_and_paused_runs_of_ones_account_only(
    runs: dict[str, Run], api: Api, admin: User, eve: User, carol: User
) -> None:
    """Eight days old: put away after seven, not after nine; what waits or has completed stays. Only admins of the account."""
    assert api(carol).post("/api/v1/runs/clean-up/", {"older_than_days": 7}, format="json").status_code == 403
    assert api(eve).post("/api/v1/runs/clean-up/", {"older_than_days": 7}, format="json").json() == {"archived": []}
    assert api(admin).post("/api/v1/runs/clean-up/", {"older_than_days": 9}, format="json").json() == {"archived": []}
    assert api(admin).post("/api/v1/runs/clean-up/", {"older_than_days": 0}, format="json").status_code in (400, 422)

    answer = api(admin).post("/api/v1/runs/clean-up/", {"older_than_days": 7}, format="json")

    assert answer.json() == {"archived": [runs["failed"].pk, runs["paused"].pk]}
    assert archived() == {"Failed", "Paused"}


@pytest.mark.spec("S4-cleanup")
def test_the_command_and_the_clock_clean_up_as_they_are_told(runs: dict[str, Run], settings: Settings) -> None:
    """The clock only if the setting says so; the command says how many."""
    cleaning.clean_up_by_setting()
    assert archived() == set()

    said = StringIO()
    call_command("clean_up", "--older-than", "7", "--dry-run", stdout=said)
    assert (said.getvalue().strip(), archived()) == ("2 runs would be archived.", set())

    settings.CLEAN_UP_AFTER_DAYS = 7
    assert cleaning.clean_up_by_setting() == 2

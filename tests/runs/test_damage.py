"""Damaged state is noticed when a run is to go on: it fails with guidance, and no other run suffers (S4-NFR-2.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, StepRun
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import document, say

pytestmark = pytest.mark.django_db(transaction=True)
BOX: dict[str, Any] = {
    "id": "box",
    "type": "condition",
    "if": "${{ true }}",
    "then": [{"id": "wait", "type": "delay", "with": {"for": "1d"}}, say("after")],
    "else": [],
}
DAMAGES = {
    "a step that the playbook has not": "UPDATE runs_app_steprun SET step = 'gone' WHERE path = 'box' AND run_id = %s",
    "a place that the block has not": "UPDATE runs_app_steprun SET position = 99 WHERE path = 'box' AND run_id = %s",
    "what a container remembers": "UPDATE runs_app_steprun SET state = '[1]' WHERE path = 'box' AND run_id = %s",
    "a strand of nothing": "UPDATE runs_app_strand SET parent_id = 1, step = 'gone', path = 'gone' WHERE run_id = %s",
}


@pytest.mark.spec("S4-NFR-2.4")
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_run_fails_with_guidance_and_no_other_suffers(
    damage: str, published: Callable[..., PlaybookVersion], alice: User, api: Callable[[User | None], APIClient], web: Callable[[User | None], Client]
) -> None:
    """Its page and its API still answer; the run beside it goes on."""
    damaged, healthy = (drive(start(published(document([BOX], name)), inputs={}, by=alice).run) for name in ("Damaged", "Healthy"))
    with connection.cursor() as cursor:
        cursor.execute(DAMAGES[damage], [damaged.pk])

    for run in (damaged, healthy):
        StepRun.objects.get(run=run, path="box/then/wait").wake(alice)
    drive(healthy)

    assert drive(Run.objects.get(pk=damaged.pk)).status == "failed"
    shape = api(alice).get(f"/api/v1/runs/{damaged.pk}/").json()
    assert shape["error"]["code"] == "StateDamaged"
    assert "start a run anew" in shape["error"]["hint"]
    assert drive(healthy).status == "completed"
    for address in ("", "?step=box", "?step=box/then/wait"):
        assert web(alice).get(f"/runs/{damaged.pk}/{address}").status_code == 200
    for address in ("steps/", "events/"):
        assert api(alice).get(f"/api/v1/runs/{damaged.pk}/{address}").status_code == 200

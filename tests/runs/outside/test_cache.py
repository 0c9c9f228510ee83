"""`cache_key` from outside: shared by the runs of a playbook, told, never for failures, never for decisions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from playbooks_app.models import User
from runs_app.worker import statements
from tests.machine import drive
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)

SAYS = {"id": "say", "type": "log", "with": {"message": "{{ inputs.words }}"}, "cache_key": "{{ inputs.key }}"}


def says(published: Published, name: str = "Says", steps: Any = (SAYS,)) -> Any:
    """Says its words, once for each key."""
    inputs = [{"name": "words"}, {"name": "key", "required": True}]
    return published({**document(list(steps), inputs=inputs), "name": name})


def test_runs_of_a_playbook_share_what_was_done_under_a_key(published: Published, alice: User, api: Api) -> None:
    """The second run takes it, and says so in the API and on the page; another key and another playbook do not."""
    version, client = says(published), api(alice)

    def said(playbook: Any, **inputs: str) -> Any:
        run = drive(of(begin(client, playbook, inputs=inputs)))
        return client.get(f"/api/v1/runs/{run.pk}/steps/say/").json()

    first = said(version, words="one", key="k")
    second = said(version, words="two", key="k")
    assert (first["from_cache"], second["from_cache"]) == (False, True)
    assert second["output"] == first["output"] and second["output"]["message"] == "one"
    assert said(version, words="three", key="other")["output"]["message"] == "three"
    assert said(says(published, "Other"), words="four", key="k")["output"]["message"] == "four"


def test_what_failed_is_done_again(published: Published, alice: User, api: Api) -> None:
    """Also where the failure was passed over."""
    bad = {"id": "say", "type": "throw", "with": {"code": "Bad", "message": "No."}, "cache_key": "k", "on_error": "ignore"}
    version = says(published, steps=(bad,))
    for _ in range(2):
        run = drive(of(begin(api(alice), version, inputs={"key": "k"})))
        assert run.status == "completed"
        assert not run.events.filter(type="step_cached").exists()


MANY_MORE = """
INSERT INTO runs_app_steprun
SELECT (jsonb_populate_record(s, jsonb_build_object('id', s.id + 1000000 + i, 'path', s.path || i, 'state', '{}'::jsonb))).*
FROM runs_app_steprun s, generate_series(1, 5000) i"""


def test_looking_it_up_reads_the_index(published: Published, alice: User, api: Api) -> None:
    """However many steps there are."""
    version = says(published)
    run = drive(of(begin(api(alice), version, inputs={"words": "one", "key": "k"})))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MANY_MORE)
        cursor.execute("ANALYZE runs_app_steprun, runs_app_run")
        cursor.execute("EXPLAIN " + statements.READ_CACHED, ["k", "log", run.pk, "2026-01-01"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
        transaction.set_rollback(True)
    assert "step_run_cached" in plan, plan

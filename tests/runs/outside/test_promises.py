"""What the doors promise of single fields: what holds a run, what a step waits for, who started it, what conditions of loops see."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import User
from tests.machine import drive
from tests.runs.outside.test_locks import Api, Published, begin, of, seen
from tests.runs.stumbling import Stumbling, say, stumbling
from tests.runs.test_machine import document, var
from tests.runs.test_outside_rules import Go, go

__all__ = ["go", "stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(api: Api, alice: User) -> APIClient:
    """Alice, with a token."""
    return api(alice)


@pytest.mark.spec("S0-pause-on-exhaustion", "S3-retry-exhausted", "rule-18")
def test_a_paused_run_says_what_holds_it(go: Go, client: APIClient, stumbling: Stumbling) -> None:
    """The error of the step that holds it, with its path, in the run and in lists; gone when that step has been retried."""
    stumbling.failing = {"bad"}
    found = go([say("fine"), say("bad", retry={"max_attempts": 1})])
    assert (found["status"], found["pause_reason"], found["held"]) == ("paused", "error", True)
    assert found["error"] == found["steps"]["bad"]["error"]
    assert (found["error"]["code"], found["error"]["address"]) == ("Stumbled", "bad")
    assert [each["error"]["code"] for each in client.get("/api/v1/runs/?status=paused").json()["results"]] == ["Stumbled"]

    stumbling.failing = set()
    assert client.post(f"/api/v1/runs/{found['id']}/steps/bad/retry/").status_code == 200
    drive(of(found))
    assert (seen(client, found["id"])["status"], seen(client, found["id"])["error"]) == ("completed", None)


def test_a_step_lists_what_it_waits_for(go: Go) -> None:
    """As the run does: a list, empty for a step that waits for nothing."""
    found = go([say("fine"), {"id": "day", "type": "delay", "with": {"for": "1d"}}])
    assert found["steps"]["fine"]["waiting_for"] == []
    assert found["steps"]["day"]["waiting_for"] == found["waiting_for"]
    assert [(each["path"], each["cause"]) for each in found["waiting_for"]] == [("day", "timer")]


@pytest.mark.spec("S1-P06-fan-out")
def test_a_child_names_its_parent(published: Published, client: APIClient) -> None:
    """By its number, as a run names its playbook; and the path of the step that started it."""
    child = published({**document([var("x", "n", 1)]), "name": "The child"})
    parent = published({**document([{"id": "call", "type": "playbook", "with": {"playbook": child.playbook_id}}]), "name": "The parent"})
    run = drive(of(begin(client, parent)))
    (listed,) = client.get(f"/api/v1/runs/?parent={run.pk}").json()["results"]
    assert (listed["parent"], listed["parent_path"]) == (run.pk, "call")
    assert (seen(client, run.pk)["parent"], seen(client, run.pk)["parent_path"]) == (None, None)


TURN: dict[str, Any] = {"id": "turn", "type": "loop", "steps": [say("x", "{{ index }}")]}


@pytest.mark.spec("rule-30")
@pytest.mark.parametrize(
    ("said", "output"),
    [
        ({"while": "${{ index < 3 }}"}, {"iterations": 3, "capped": False}),
        ({"while": "${{ index < 3 }}", "max_iterations": 3}, {"iterations": 3, "capped": False}),
        ({"while": "${{ index < 4 }}", "max_iterations": 3}, {"iterations": 3, "capped": True}),
        ({"while": '${{ get("steps.x.output.message") != "1" }}'}, {"iterations": 2, "capped": False}),
        ({"while": "${{ false }}"}, {"iterations": 0, "capped": False}),
        ({"until": "${{ index == 2 }}", "max_iterations": 3}, {"iterations": 3, "capped": False}),
        ({"max_iterations": 3}, {"iterations": 3, "capped": True}),
    ],
)
def test_the_condition_of_a_loop_knows_the_turn(go: Go, stumbling: Stumbling, said: dict[str, Any], output: dict[str, Any]) -> None:
    """`index` is the number of the turn that is asked for, also inside another loop; a loop is capped only if it would have gone on."""
    outer = {"id": "outer", "type": "for_each", "in": ["a", "b", "c", "d", "e"], "steps": [{**TURN, **said}]}
    found = go([outer])["steps"]
    assert [found[f"outer/body[{n}]/turn"]["output"] for n in range(5)] == [output] * 5

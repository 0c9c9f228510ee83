"""Another input, or an output, for a step that the run has not reached (S2-resume-override)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
TELL = say("tell", "told {{ steps.next.output.message }}")


def paused(version: PlaybookVersion, by: User) -> Run:
    """Before its first step."""
    run = start(version, inputs={}, by=by).run
    run.pause(by)
    return drive(run)


def resumed(api: Api, by: User, run: Run, status: int = 200, **override: Any) -> Any:
    """Ask for it through the API; the answer."""
    answer = api(by).post(f"/api/v1/runs/{run.pk}/resume/", {"override": override, "reason": "By phone"}, format="json")
    assert answer.status_code == status, answer.json()
    return answer.json()


@pytest.mark.spec("S2-resume-override")
@pytest.mark.parametrize("outright", [False, True])
def test_the_next_step_is_not_run_and_has_the_given_output(
    outright: bool, published: Published, alice: User, carol: User, api: Api, stumbling: Stumbling
) -> None:
    """Later steps use it; author and reason are in the record, under a type of their own. Paused by a person, or by a failure."""
    stumbling.failing = {"first"} if outright else set()
    version = published(document([say("first"), say("next"), TELL], **(OUTRIGHT if outright else {})))
    run = drive(start(version, inputs={}, by=alice).run) if outright else paused(version, alice)
    stumbling.failing = set()

    resumed(api, carol, run, path="next", output={"message": "by hand"})
    run = drive(run)

    assert run.status == "completed"
    assert "next" not in stumbling.tried
    assert stumbling.tried[-1] == "told by hand"
    events = api(alice).get(f"/api/v1/runs/{run.pk}/events/").json()["results"]
    assert [(e["path"], e["by"], e["data"]["reason"]) for e in events if e["type"] == "override_given"] == [("next", "carol", "By phone")]
    assert [(e["path"], e["by"], e["data"]["reason"]) for e in events if e["type"] == "step_overridden"] == [("next", "carol", "By phone")]


@pytest.mark.spec("S2-resume-override")
def test_the_next_step_gets_another_input(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """It runs with that one."""
    run = paused(published(document([say("first"), say("next"), TELL])), alice)

    resumed(api, alice, run, path="next", input={"message": "another"})

    assert drive(run).status == "completed"
    assert stumbling.tried == ["first", "another", "told another"]


@pytest.mark.spec("S2-resume-override")
@pytest.mark.parametrize("lanes", [1, 2])
def test_inside_loops_and_branches_only_that_place_is_meant(lanes: int, published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """One item, one branch."""
    both = {
        "id": "both",
        "type": "parallel",
        "branches": [{"name": "a", "steps": [say("x", "a {{ item }}")]}, {"name": "b", "steps": [say("y", "b {{ item }}")]}],
    }
    run = paused(published(document([{"id": "each", "type": "for_each", "in": [0, 1, 2], "concurrency": lanes, "steps": [both]}])), alice)

    resumed(api, alice, run, path="each/body[1]/both/b/y", output={"message": "by hand"})
    run = drive(run)

    assert sorted(stumbling.tried) == ["a 0", "a 1", "a 2", "b 0", "b 2"]
    assert run.step_runs.get(path="each/body[1]/both").output == {"branches": {"a": {"message": "a 1"}, "b": {"message": "by hand"}}}


@pytest.mark.spec("S2-halted-resume")
def test_a_halted_run_is_resumed_by_an_operator(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """With an output for the step that halted it; the deed is in the record."""
    stumbling.failing = {"next"}
    run = drive(start(published(document([say("next"), TELL])), inputs={}, by=alice).run)
    assert run.status == "paused"

    resumed(api, alice, run, path="next", output={"message": "by hand"})

    assert drive(run).status == "completed"
    assert run.events.filter(type="step_overridden", path="next", by=alice.pk).exists()


def test_what_does_not_fit_is_refused(published: Published, alice: User, dave: User, api: Api, stumbling: Stumbling) -> None:
    """A place that the playbook has not, an input that the step cannot take, both or none, a run that goes on, a viewer."""
    version = published(
        document(
            [say("first"), {"id": "each", "type": "for_each", "in": [1], "steps": [say("x")]}, {"id": "d", "type": "delay", "with": {"for": "1d"}}]
        )
    )
    run = paused(version, alice)

    for path in ("nowhere", "each/x", "each/body/x", "each/body[x]/x", "first/body[0]/x", "catch/x", "x", "each/body[0]", ""):
        resumed(api, alice, run, 422 if path == "" else 404, path=path, output=1)
    resumed(api, alice, run, 422, path="first", input={"nothing": 1})
    resumed(api, alice, run, 422, path="each", input={"in": []})
    resumed(api, alice, run, 422, path="first")
    resumed(api, dave, run, 403, path="first", output=1)
    run.resume(alice)
    drive(run)
    going = drive(start(version, inputs={}, by=alice).run)
    resumed(api, alice, going, 409, path="d", input={"for": "1s"})


def test_who_may_not_decide_may_not_give_the_decision_beforehand(published: Published, alice: User, carol: User, api: Api) -> None:
    """An output for an approval that has not been asked yet is deciding in place of those who will be."""
    ask = {"id": "sign", "type": "approval", "with": {"title": "Pay?", "approvers": {"user": "bob"}}}
    run = paused(published(document([ask])), alice)

    resumed(api, carol, run, 403, path="sign", output={"decision": "approve"})

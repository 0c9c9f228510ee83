"""Items of a loop that failed, all of them again in one deed (rules 26 and 28)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, Strand
from runs_app.repair import mending
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]


def loop(lanes: int, **more: Any) -> dict[str, Any]:
    """Three steps for each of six items; `pay` stumbles where the test says so."""
    steps = [say("look", "look {{ item }}"), say("pay", "pay {{ item }}"), say("note", "note {{ item }}")]
    return {"id": "each", "type": "for_each", "in": [0, 1, 2, 3, 4, 5], "concurrency": lanes, "on_item_error": "continue", "steps": steps, **more}


WAIT = {"id": "wait", "type": "delay", "with": {"for": "1d"}}


def begun(version: PlaybookVersion, by: User) -> Run:
    """Start and drive as far as it goes."""
    return drive(start(version, inputs={}, by=by).run)


def counted(run: Run) -> Any:
    """The loop's output."""
    return run.step_runs.get(path="each").output


def mended(api: Api, by: User, run: Run, path: str = "each", status: int = 200, **body: Any) -> Run:
    """Ask for it through the API and drive on."""
    answer = api(by).post(f"/api/v1/runs/{run.pk}/steps/{path}/retry/", body or {"failed_items": True}, format="json")
    assert answer.status_code == status, answer.json()
    return drive(run)


@pytest.mark.spec("rule-28", "S1-P06-isolation")
@pytest.mark.parametrize("lanes", [1, 3])
def test_items_that_were_set_aside_are_gone_through_again_while_the_run_goes_on(
    lanes: int, published: Published, alice: User, api: Api, stumbling: Stumbling
) -> None:
    """What succeeded in them is kept, the steps behind the failure run, and the loop's output is counted anew."""
    stumbling.failing = {"pay 1", "pay 4"}
    run = begun(published(document([loop(lanes), WAIT])), alice)
    assert counted(run)["failed"] == 2
    stumbling.failing = {"pay 4"}
    stumbling.tried.clear()

    run = mended(api, alice, run)

    assert sorted(stumbling.tried) == ["note 1", "pay 1", "pay 4"]
    output = counted(run)
    assert (output["completed"], output["failed"], [error["index"] for error in output["errors"]]) == (5, 1, [4])
    assert run.status == "waiting"
    assert run.events.filter(type="items_retried", by=alice.pk, data__of=[1, 4]).exists()
    stumbling.failing = set()
    assert counted(mended(api, alice, run))["failed"] == 0


def test_no_more_items_at_once_than_the_loop_allows(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """The others stand in line, and each begins when one has ended."""
    stumbling.failing = {f"pay {n}" for n in range(6)}
    run = begun(published(document([loop(2), WAIT])), alice)
    stumbling.failing = set()

    api(alice).post(f"/api/v1/runs/{run.pk}/steps/each/retry/", {"failed_items": True}, format="json")

    mends = Strand.objects.filter(run=run, mends=True)
    assert (mends.filter(status="queued").count(), mends.filter(in_line=True, status="parked").count()) == (2, 4)
    assert counted(drive(run))["failed"] == 0


@pytest.mark.spec("rule-18")
def test_items_of_a_run_that_failed_later_are_mended_and_the_failure_waits(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """The run opens, its items are mended, and it stays paused at what failed it; a retry of the run completes it."""
    stumbling.failing = {"pay 1", "bad"}
    run = begun(published(document([loop(3), say("bad")], **OUTRIGHT)), alice)
    assert run.status == "failed"
    stumbling.failing = set()
    stumbling.tried.clear()

    run = mended(api, alice, run)
    assert (run.status, stumbling.tried) == ("paused", ["pay 1", "note 1"])
    api(alice).post(f"/api/v1/runs/{run.pk}/retry/")

    assert drive(run).status == "completed"
    assert counted(run)["failed"] == 0


def test_held_items_begin_again_in_one_deed(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """Where a failed item stops the loop."""
    stumbling.failing = {"pay 0", "pay 1", "pay 2"}
    run = begun(published(document([loop(3, on_item_error="stop")])), alice)
    assert run.status == "paused"
    stumbling.failing = set()

    assert mended(api, alice, run).status == "completed"


def test_one_item_that_was_set_aside_gets_another_input(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """By the path of its failed step; the key stays."""
    stumbling.failing = {"pay 1", "pay 2"}
    run = begun(published(document([loop(1), WAIT])), alice)

    run = mended(api, alice, run, "each/body[1]/pay", input={"message": "pay by hand"})

    assert counted(run)["failed"] == 1
    assert run.step_runs.get(path="each/body[1]/pay").output == {"message": "pay by hand"}


def test_where_nothing_failed_there_is_nothing_to_retry(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """409; and 422 for a step without items, and for an input for all of them."""
    run = begun(published(document([loop(1), say("x"), WAIT])), alice)

    mended(api, alice, run, status=409)
    mended(api, alice, run, "x", status=422)
    mended(api, alice, run, status=422, failed_items=True, input={"message": "x"})


def test_the_run_does_not_end_before_its_mended_items(published: Published, alice: User, api: Api, stumbling: Stumbling) -> None:
    """It waits for those that wait, and then ends."""
    asked = {"id": "hold", "type": "delay", "with": {"for": "1d"}}
    stumbling.failing = {"pay 1"}
    body = loop(1)
    run = begun(published(document([{**body, "steps": [*body["steps"][:2], {**asked, "when": "${{ index == 1 }}"}]}, WAIT])), alice)
    stumbling.failing = set()
    run = mended(api, alice, run)

    run.step_runs.get(path="wait").wake(alice)
    assert drive(run).status == "waiting"
    run.step_runs.get(path="each/body[1]/hold").wake(alice)

    assert drive(run).status == "completed"
    assert run.events.order_by("-number")[0].type in ("run_completed", "items_mended")


def test_the_clock_counts_anew_what_nobody_did(
    published: Published, alice: User, api: Api, stumbling: Stumbling, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between the item's end and the counting loses nothing."""
    stumbling.failing = {"pay 1"}
    run = begun(published(document([loop(1), WAIT])), alice)
    stumbling.failing = set()
    monkeypatch.setattr(mending, "recount_after", lambda *_: None)
    run = mended(api, alice, run)
    assert counted(run)["failed"] == 1

    assert mending.recount() == 1

    assert counted(run)["failed"] == 0

"""The effect ledger: what a run changed outside, attempt by attempt (F-4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import User
from runs_app.models import Effect, Run
from tests.machine import drive, tick
from tests.recorder import Recorder
from tests.runs.trials.conftest import Begun, post

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[[User | None], APIClient]


def outcomes(run: Run) -> list[tuple[str, int, str]]:
    """(path, attempt, outcome) in order."""
    return list(Effect.objects.filter(run=run).order_by("id").values_list("path", "attempt", "outcome"))


@pytest.mark.spec("F-4", "S2-idempotency-key")
def test_every_external_write_is_in_the_ledger(begun: Begun, recorder: Recorder) -> None:
    """One row for each attempt of a write, with its key, its target and what came of it; a reading call leaves none."""
    get = {"id": "look", "type": "http", "with": {"url": f"http://127.0.0.1:{recorder.port}/look"}}
    run = begun([get, post(recorder, json={"amount": 12, "password": "hush"})])
    (effect,) = Effect.objects.filter(run=run)
    assert (effect.method, effect.target, effect.key) == ("POST", f"http://127.0.0.1:{recorder.port}/pay", f"run-{run.pk}/pay")
    assert (effect.outcome, effect.body) == ("done", {"amount": 12, "password": "•••"})
    assert effect.ended_at is not None and effect.ended_at >= effect.begun_at


@pytest.mark.parametrize(("status", "outcome"), [(402, "refused"), (429, "refused"), (503, "refused"), (500, "unknown")])
def test_what_came_of_it(begun: Begun, recorder: Recorder, status: int, outcome: str) -> None:
    """An answer that says no is a refusal; one after which nobody can tell is unknown."""
    recorder.answer(status)
    run = begun([post(recorder, retry={"max_attempts": 1})])
    assert outcomes(run) == [("pay", 1, outcome)]


def test_a_server_that_was_never_reached_has_done_nothing(begun: Begun, recorder: Recorder) -> None:
    """Nothing left the house: refused, not unknown."""
    recorder.stop()
    assert outcomes(begun([post(recorder, retry={"max_attempts": 1})])) == [("pay", 1, "refused")]


@pytest.mark.spec("F-4", "S2-idempotency-key", "S1-P01-idempotency_key")
def test_each_try_is_a_row_under_the_same_key(begun: Begun, recorder: Recorder) -> None:
    """Tries of one step share a key; another item of the loop has another."""
    recorder.answer(503, times=1)
    loop = {"id": "each", "type": "for_each", "in": [1, 2], "steps": [post(recorder, retry={"max_attempts": 2, "initial": "1ms", "max": "1ms"})]}
    run = begun([loop])
    while run.status == "waiting":
        tick()
        drive(run)
    assert outcomes(run) == [("each/body[0]/pay", 1, "refused"), ("each/body[0]/pay", 2, "done"), ("each/body[1]/pay", 1, "done")]
    assert [call.key for call in recorder.calls] == [f"run-{run.pk}/each/body[{n}]/pay" for n in (0, 0, 1)]


def test_a_trial_only_intends(begun: Begun, recorder: Recorder) -> None:
    """In the sandbox the ledger says what would have been sent."""
    run = begun([post(recorder)], mode="sandbox")
    (effect,) = Effect.objects.filter(run=run)
    assert (effect.outcome, effect.body, effect.key) == ("intended", {"amount": 12}, f"sandbox-{run.pk}/pay")


@pytest.mark.spec("F-4")
def test_the_ledger_in_the_api(begun: Begun, recorder: Recorder, alice: User, dave: User, api: Api) -> None:
    """On the step and as a list of the run; who may not read values sees that something was sent, not what and where."""
    run = begun([post(recorder)])
    step = api(alice).get(f"/api/v1/runs/{run.pk}/steps/pay/").json()["effects"]
    listed = api(alice).get(f"/api/v1/runs/{run.pk}/effects/").json()
    assert listed["count"] == 1 and listed["results"][0]["path"] == "pay"
    assert {key: step[0][key] for key in ("key", "target", "outcome")} == {
        "key": f"run-{run.pk}/pay", "target": f"http://127.0.0.1:{recorder.port}/pay", "outcome": "done",
    }  # fmt: skip
    (seen,) = api(dave).get(f"/api/v1/runs/{run.pk}/effects/").json()["results"]
    assert (seen["outcome"], seen["target"], seen["body"]) == ("done", None, None)
    assert api(None).get(f"/api/v1/runs/{run.pk}/effects/").status_code in (401, 403)


@pytest.fixture
def lost(begun: Begun, recorder: Recorder) -> Run:
    """A run in which the answer to a payment that may go out once only was lost."""
    recorder.answer(never=True)
    after: dict[str, Any] = {"id": "note", "type": "log", "with": {"message": "{{ steps.pay.output.status | 'paid' }}"}}
    run = begun([post(recorder, once=True, timeout="300ms"), after])
    assert (run.status, outcomes(run)) == ("paused", [("pay", 1, "unknown")])
    return run


@pytest.mark.spec("rule-32", "F-4")
def test_what_may_run_once_is_asked_about_when_its_answer_is_lost(lost: Run, recorder: Recorder, carol: User, api: Api) -> None:
    """It happened: the run goes on with the given output, nothing is sent again, and the ledger says who knew."""
    assert api(carol).get(f"/api/v1/runs/{lost.pk}/steps/pay/").json()["error"]["code"] == "UnknownOutcome"
    address = f"/api/v1/runs/{lost.pk}/steps/pay/resolve/"
    answer = api(carol).post(address, {"happened": True, "output": {"status": 201}}, format="json")
    assert answer.status_code == 200 and answer.json()["status"] == "succeeded", answer.json()
    assert drive(lost).status == "completed" and len(recorder.calls) == 1
    assert (answer.json()["effects"][0]["outcome"], answer.json()["effects"][0]["told_by"]) == ("done", "carol")
    assert api(carol).post(address, {"happened": True}, format="json").status_code == 409
    events = api(carol).get(f"/api/v1/runs/{lost.pk}/events/").json()["results"]
    assert [(each["by"], each["data"]["happened"]) for each in events if each["type"] == "outcome_told"] == [("carol", True)]


@pytest.mark.spec("rule-32")
def test_do_it_again_sends_it_under_the_same_key(lost: Run, recorder: Recorder, carol: User, dave: User, api: Api) -> None:
    """It did not happen: one more try, with the same key; a viewer decides nothing."""
    recorder.forget_answers()
    address = f"/api/v1/runs/{lost.pk}/steps/pay/resolve/"
    assert api(dave).post(address, {"happened": False}, format="json").status_code == 403
    assert api(carol).post(address, {}, format="json").status_code == 422
    assert api(carol).post(address, {"happened": False}, format="json").status_code == 200
    assert drive(lost).status == "completed"
    assert [call.key for call in recorder.calls] == [f"run-{lost.pk}/pay"] * 2
    assert outcomes(lost) == [("pay", 1, "refused"), ("pay", 2, "done")]


@pytest.mark.spec("rule-32")
def test_nobody_sends_it_again_by_the_way(lost: Run, recorder: Recorder, carol: User, api: Api) -> None:
    """Retrying a whole run, or resuming it, leaves out what nobody knows the outcome of: that is said of each such step alone."""
    for deed in ("retry", "resume"):
        assert api(carol).post(f"/api/v1/runs/{lost.pk}/{deed}/", {}, format="json").status_code == 409
    drive(lost)
    assert lost.status == "paused" and len(recorder.calls) == 1

"""Runs made from runs: the whole again in the sandbox, from a step on, or one step of it (S2-replay-sandbox, F-14, S2-rerun-step)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import User
from runs_app.models import Run, RunVariable, StepRun
from tests.machine import drive, tick
from tests.recorder import Recorder
from tests.runs.trials.conftest import Begun, post, var

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[[User | None], APIClient]


def outputs(run: Run) -> dict[str, Any]:
    """path -> output of every step run."""
    return dict(StepRun.objects.filter(run=run).values_list("path", "output"))


def made(answer: Any) -> Run:
    """The run that an answer tells of, driven until nothing moves."""
    assert answer.status_code == 201, answer.json()
    return drive(Run.objects.get(pk=answer.json()["id"]))


def frozen(run: Run) -> Any:
    """All that a copy might disturb."""
    rows = list(StepRun.objects.filter(run=run).order_by("id").values())
    run.refresh_from_db()
    return (run.status, run.event_count, rows, list(RunVariable.objects.filter(run=run).values_list("name", "value")))


@pytest.mark.spec("S2-replay-sandbox", "F-5", "S2-sandbox-keys")
def test_a_replay_sends_nothing_and_ends_with_a_diff(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """The same inputs, version, answers, moments and chance: nothing differs, and the diff says what would have been sent."""
    recorder.answer(201, {"id": 7})
    steps = [
        post(recorder, json={"amount": "{{ inputs.amount }}", "ref": "${{ uuid() }}", "at": "${{ now() }}", "run": "{{ run.id }}"}),
        var("got", "{{ steps.pay.output.body.id }}"),
    ]
    inputs = [{"name": "amount", "type": "number"}]
    run = begun(steps, {"amount": 12}, top={"inputs": inputs})
    before = frozen(run)
    answer = api(alice).post(f"/api/v1/runs/{run.pk}/replay/", {}, format="json")
    assert answer.json()["mode"] == "sandbox" and answer.json()["original"] == run.pk
    copy = made(answer)
    assert copy.status == "completed" and len(recorder.calls) == 1 and outputs(copy) == outputs(run)
    diff = api(alice).get(f"/api/v1/runs/{copy.pk}/diff/").json()
    assert [(each["path"], each["same"]) for each in diff["results"]] == [("pay", True), ("set_got", True)], diff
    (pay, got) = diff["results"]
    assert pay["would_have_sent"]["target"].endswith("/pay") and pay["would_have_sent"]["body"]["amount"] == 12
    assert pay["would_have_sent"] == pay["sent"] and got["would_have_sent"] is None and diff["same"]
    assert frozen(run) == before


@pytest.mark.spec("S2-replay-sandbox")
def test_a_replay_fails_and_is_decided_as_the_original_was(begun: Begun, recorder: Recorder, bob: User, api: Api) -> None:
    """A recorded decision counts, so that nobody is asked; a recorded failure goes the way it went."""
    recorder.answer(402)
    caught = {"id": "guard", "type": "try", "steps": [post(recorder)], "catch": [{"code": "ClientError", "steps": [var("why", "{{ error.code }}")]}]}
    run = begun([{"id": "sign", "type": "approval", "with": {"title": "Pay?", "approvers": "bob"}}, caught])
    (asked,) = api(bob).get(f"/api/v1/approvals/?run={run.pk}").json()["results"]
    assert api(bob).post(f"/api/v1/approvals/{asked['id']}/decide/", {"decision": "approve", "comment": "ok"}, format="json").status_code == 200
    assert drive(run).status == "completed"
    copy = made(api(run.owner).post(f"/api/v1/runs/{run.pk}/replay/"))
    assert copy.status == "completed" and len(recorder.calls) == 1
    assert outputs(copy)["sign"]["by"] == "bob" and outputs(copy)["guard/catch-1/set_why"] == "ClientError"
    assert api(run.owner).get(f"/api/v1/runs/{copy.pk}/diff/?only=different").json()["count"] == 0


def test_the_diff_names_what_is_not_the_same(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """A step that went otherwise, with both sides of what was sent; a run that is no copy has no diff."""
    run = begun([post(recorder, json={"amount": 1})])
    copy = made(
        api(alice).post(
            f"/api/v1/runs/{run.pk}/steps/pay/rerun/",
            {"input": {"method": "POST", "url": f"{recorder.url}/pay", "json": {"amount": 2}}},
            format="json",
        )
    )
    (pay,) = api(alice).get(f"/api/v1/runs/{copy.pk}/diff/").json()["results"]
    assert (pay["same"], pay["differs"]) == (False, ["input", "sent"])
    assert (pay["sent"]["body"], pay["would_have_sent"]["body"]) == ({"amount": 1}, {"amount": 2})
    assert api(alice).get(f"/api/v1/runs/{run.pk}/diff/").status_code == 409


@pytest.mark.spec("S2-rerun-step")
def test_one_step_again_leaves_its_run_as_it_is(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """In the sandbox nothing is sent; for real only when confirmed, under a key of its own."""
    loop = {"id": "each", "type": "for_each", "in": [5, 6], "steps": [post(recorder, json={"amount": "{{ item }}"})]}
    run = begun([loop, var("end", 1)])
    before, address = frozen(run), f"/api/v1/runs/{run.pk}/steps/each/body[1]/pay/rerun/"
    dry = made(api(alice).post(address))
    assert (dry.mode, dry.status, len(recorder.calls)) == ("sandbox", "completed", 2)
    assert outputs(dry)["pay"] == outputs(run)["each/body[1]/pay"]
    assert api(alice).get(f"/api/v1/runs/{dry.pk}/effects/").json()["results"][0]["body"] == {"amount": 6}
    assert api(alice).post(address, {"live": True}, format="json").status_code == 422
    live = made(api(alice).post(address, {"live": True, "confirm": True}, format="json"))
    assert (live.mode, live.status) == ("live", "completed")
    assert (recorder.calls[-1].json, recorder.calls[-1].key) == ({"amount": 6}, f"run-{live.pk}/pay")
    assert frozen(run) == before
    assert api(alice).get("/api/v1/runs/").json()["count"] == 1, "one step again is no run of its own in lists"


def test_what_cannot_be_tried_alone_says_so(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """A container is forked instead, and a step without effect does not act for real."""
    run = begun([{"id": "large", "type": "condition", "if": "${{ true }}", "then": [var("a", 1)]}])
    assert api(alice).post(f"/api/v1/runs/{run.pk}/steps/large/rerun/").status_code == 409
    real = {"live": True, "confirm": True}
    assert api(alice).post(f"/api/v1/runs/{run.pk}/steps/large/then/set_a/rerun/", real, format="json").status_code == 409
    assert made(api(alice).post(f"/api/v1/runs/{run.pk}/steps/large/then/set_a/rerun/")).status == "completed"


def nested(recorder: Recorder) -> list[Any]:
    """A step before, a loop with a condition and a parallel inside, a step after."""
    branches = [
        {"name": "left", "steps": [var("left", "{{ item }}"), post(recorder, "ship", json={"n": "{{ item }}", "sum": "{{ vars.sum }}"})]},
        {"name": "right", "steps": [post(recorder, "tell")]},
    ]
    inner = {"id": "both", "type": "parallel", "branches": branches}
    large = {"id": "large", "type": "condition", "if": "${{ item > 0 }}", "then": [inner, var("sum", "${{ vars.sum + item }}")]}
    return [var("start", 0), {"id": "first", "type": "var", "with": {"name": "sum", "value": 0}}, {
        "id": "each", "type": "for_each", "in": [1, 2, 3], "steps": [post(recorder), large],
    }, var("end", "{{ vars.sum }}")]  # fmt: skip


FORKS = [
    "set_start",
    "each",
    "each/body[0]/pay",
    "each/body[1]/pay",
    "each/body[1]/large",
    "each/body[1]/large/then/both",
    "each/body[1]/large/then/both/left/set_left",
    "each/body[1]/large/then/both/left/ship",
    "each/body[2]/large/then/both/right/tell",
    "each/body[2]/large/then/set_sum",
    "set_end",
]


@pytest.mark.spec("F-14")
def test_a_fork_goes_on_from_any_step(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """Inside loops, branches and conditions: what led to the step is taken over, the rest runs again, dry, and comes to the same end."""
    run = begun(nested(recorder))
    assert run.status == "completed"
    before, calls = frozen(run), len(recorder.calls)
    for path in FORKS:
        copy = made(api(alice).post(f"/api/v1/runs/{run.pk}/fork/", {"path": path}, format="json"))
        assert (copy.status, copy.mode) == ("completed", "sandbox"), (path, copy.error)
        assert outputs(copy) == outputs(run), path
        own = StepRun.objects.filter(run=copy).exclude(finished_at__lte=copy.created_at)
        assert own.filter(path=path).exists(), path
        diff = api(alice).get(f"/api/v1/runs/{copy.pk}/diff/").json()
        assert diff["same"] and path in [each["path"] for each in diff["results"]], (path, diff)
    assert len(recorder.calls) == calls and frozen(run) == before


@pytest.mark.spec("F-14")
def test_a_fork_in_a_concurrent_loop_keeps_the_items_before(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """The item goes on from the step, and later items run again behind it."""
    loop = {"id": "each", "type": "for_each", "in": [1, 2, 3, 4], "concurrency": 2, "steps": [var("n", "{{ item }}"), post(recorder)]}
    run = begun([loop, var("end", "{{ steps.each.output.completed }}")])
    copy = made(api(alice).post(f"/api/v1/runs/{run.pk}/fork/", {"path": "each/body[2]/pay"}, format="json"))
    assert copy.status == "completed" and outputs(copy)["set_end"] == 4 and len(recorder.calls) == 4
    own = StepRun.objects.filter(run=copy).exclude(finished_at__lte=copy.created_at).values_list("path", flat=True)
    assert set(own) == {"each", "each/body[2]/pay", "each/body[3]/set_n", "each/body[3]/pay", "set_end"}


@pytest.mark.spec("F-14")
def test_a_fork_for_real_acts_under_its_own_keys(begun: Begun, recorder: Recorder, alice: User, carol: User, api: Api) -> None:
    """With `dry: false`; variables are what they were at that step, not what later steps made of them."""
    steps = [var("x", 1), post(recorder, json={"x": "{{ vars.x }}"}), {"id": "again", "type": "var", "with": {"name": "x", "value": 2}}]
    run = begun(steps)
    copy = made(api(carol).post(f"/api/v1/runs/{run.pk}/fork/", {"path": "pay", "dry": False}, format="json"))
    assert (copy.mode, copy.status) == ("live", "completed")
    assert (recorder.calls[-1].json, recorder.calls[-1].key) == ({"x": 1}, f"run-{copy.pk}/pay")


def test_a_fork_inside_a_catch_goes_on_there(begun: Begun, recorder: Recorder, alice: User, api: Api) -> None:
    """What failed before it is known to it; the playbook's own catch cannot be forked into."""
    failing = {"id": "oops", "type": "throw", "with": {"code": "Oops", "message": "No."}}
    guard = {"id": "guard", "type": "try", "steps": [failing], "catch": [{"code": "*", "steps": [var("a", 1), var("why", "{{ error.code }}")]}]}
    run = begun([guard])
    copy = made(api(alice).post(f"/api/v1/runs/{run.pk}/fork/", {"path": "guard/catch-1/set_why"}, format="json"))
    assert copy.status == "completed" and outputs(copy)["guard/catch-1/set_why"] == "Oops"
    own = begun([failing], top={"catch": [{"code": "*", "steps": [var("b", 1)]}]})
    assert api(alice).post(f"/api/v1/runs/{own.pk}/fork/", {"path": "catch/set_b"}, format="json").status_code == 409
    assert api(alice).post(f"/api/v1/runs/{own.pk}/fork/", {"path": "nowhere"}, format="json").status_code == 404


def test_turns_of_a_loop_do_not_wait_in_the_sandbox(begun: Begun) -> None:
    """A pause of an hour between turns passes at once."""
    loop = {"id": "again", "type": "loop", "every": "1h", "max_iterations": 3, "steps": [var("n", 1)]}
    run = begun([loop], mode="sandbox")
    while run.status == "waiting":
        assert tick()
        drive(run)
    assert run.status == "completed"


def test_who_may_copy(begun: Begun, recorder: Recorder, carol: User, dave: User, eve: User, api: Api) -> None:
    """Whoever may start the playbook and read the run's values; a copy is seen by those who see the original, and no more of it than of that."""
    run = begun([post(recorder)])
    replay, fork, rerun = (f"/api/v1/runs/{run.pk}/{deed}/" for deed in ("replay", "fork", "steps/pay/rerun"))
    for address, body in ((replay, {}), (fork, {"path": "pay"}), (rerun, {})):
        assert api(dave).post(address, body, format="json").status_code == 403
        assert api(eve).post(address, body, format="json").status_code == 404
    copy = made(api(carol).post(replay))
    seen = api(dave).get(f"/api/v1/runs/{copy.pk}/").json()
    assert seen["inputs"] is None and api(dave).get(f"/api/v1/runs/{copy.pk}/steps/pay/").json()["output"] is None
    (step,) = api(dave).get(f"/api/v1/runs/{copy.pk}/diff/").json()["results"]
    assert (step["same"], step["would_have_sent"], step["sent"]) == (True, None, None)
    Run.objects.filter(pk=run.pk).update(visibility="private")
    private = made(api(run.owner).post(replay))
    assert private.visibility == "private" and api(carol).get(f"/api/v1/runs/{private.pk}/").status_code == 404

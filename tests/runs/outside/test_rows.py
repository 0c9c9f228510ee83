"""Rows of the specification that no other file checks from outside: which failures are tried again, dead letters, plug-ins, nested playbooks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from playbooks_app import clock
from playbooks_app.language.registry import step_types
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, StepContext, StepType
from playbooks_app.models import User
from runs_app.models import Run
from tests.machine import drive, tick
from tests.recorder import Recorder
from tests.runs.outside.test_locks import Api, Published, begin, of, seen
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)

QUICK = {"max_attempts": 3, "initial": "1ms", "max": "1ms", "jitter": 0}


def through(run: Run, monkeypatch: pytest.MonkeyPatch, gap: timedelta = timedelta(minutes=1), times: int = 4) -> Run:
    """Drive it, and let its back-offs pass."""
    for number in range(times):
        drive(run)
        moment = clock.now() + gap * (number + 1)
        with monkeypatch.context() as later:
            later.setattr(clock, "now", lambda moment=moment: moment)
            tick()
    return drive(run)


def call(step_id: str, url: str, **more: Any) -> dict[str, Any]:
    """A step that writes outside."""
    return {"id": step_id, "type": "http", "with": {"method": "POST", "url": url, "json": {}}, **more}


@pytest.mark.spec("S3-retry-classes", "S3-retry-exhausted", "S0-retry-policy")
def test_only_what_may_pass_by_itself_is_tried_again(
    published: Published, alice: User, api: Api, allowed: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """429 and 5xx three times in all, 4xx once, by default; then the background run is paused."""
    for status in (400, 401, 404, 422, 429, 500, 503):
        allowed.answer(status, {}, path=f"/{status}")
    branches = [
        {"name": f"b{status}", "steps": [call(f"c{status}", f"{allowed.url}/{status}", retry=QUICK)]}
        for status in (400, 401, 404, 422, 429, 500, 503)
    ]
    run = of(begin(api(alice), published(document([{"id": "all", "type": "parallel", "branches": branches}]))))
    through(run, monkeypatch)

    calls = {status: sum(each.path == f"/{status}" for each in allowed.calls) for status in (400, 401, 404, 422, 429, 500, 503)}
    assert calls == {400: 1, 401: 1, 404: 1, 422: 1, 429: 3, 500: 3, 503: 3}
    assert seen(api(alice), run.pk)["status"] == "paused"


@pytest.mark.spec("S3-retry-formula")
def test_gaps_double_from_two_seconds(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """min(30 s, 2 s x 2^attempt + jitter): the first wait is told as until when; two runs differ."""
    allowed.answer(503, {}, path="/pay")
    version = published(document([call("pay", f"{allowed.url}/pay")]))
    gaps = []
    for _ in range(2):
        run = of(begin(api(alice), version))
        drive(run)
        told = api(alice).get(f"/api/v1/runs/{run.pk}/steps/pay/").json()
        (attempt,) = told["attempts"]
        gaps.append((datetime.fromisoformat(told["wake_at"]) - datetime.fromisoformat(attempt["finished_at"])).total_seconds())
    assert all(2 <= gap <= 3.1 for gap in gaps)
    assert gaps[0] != gaps[1]


@pytest.mark.spec("S1-P01-dlq")
def test_what_no_provider_took_is_found_among_the_failed_and_tried_again_from_there(
    published: Published, alice: User, api: Api, allowed: Recorder
) -> None:
    """The list of failed runs names it with error and step; a retry there finishes it once a provider is back."""
    allowed.answer(402, {}, path="/first")
    allowed.answer(402, {}, path="/second")
    charge = {
        "id": "charge", "type": "try", "steps": [call("first", f"{allowed.url}/first")],
        "catch": [{"code": "*", "steps": [call("second", f"{allowed.url}/second")]}],
    }  # fmt: skip
    client = api(alice)
    run = drive(of(begin(client, published(document([charge], settings={"on_failure": "fail"})))))

    (listed,) = client.get("/api/v1/runs/?status=failed").json()["results"]
    assert listed["id"] == run.pk and listed["error"]["code"] == "ClientError" and "second" in listed["error"]["address"]
    allowed.forget_answers()
    assert client.post(f"/api/v1/runs/{run.pk}/retry/", {}, format="json").status_code == 200
    assert drive(run).status == "completed"


@pytest.mark.spec("S4-success", "S4-FR-4.5")
def test_phases_may_be_playbooks_in_playbooks(published: Published, alice: User, api: Api) -> None:
    """Three deep; what the innermost gives comes out at the top, and nothing is skipped."""
    inner = published({**document([{"id": "give", "type": "return", "with": {"outputs": {"total": 3}}}]), "name": "Inner"})
    middle_steps = [
        {"id": "count", "type": "playbook", "with": {"playbook": inner.playbook_id}},
        {"id": "give", "type": "return", "with": {"outputs": {"total": "${{ steps.count.output.total + 1 }}"}}},
    ]
    middle = published({**document(middle_steps), "name": "Middle"})
    outer_steps = [
        {"id": "phase", "type": "playbook", "with": {"playbook": middle.playbook_id}},
        {"id": "give", "type": "return", "with": {"outputs": {"total": "${{ steps.phase.output.total * 10 }}"}}},
    ]
    run = of(begin(api(alice), published({**document(outer_steps), "name": "Outer"})))
    for _ in range(6):
        for each in Run.objects.filter(status__in=["queued", "running", "waiting"]).order_by("-pk"):
            drive(each)
    assert seen(api(alice), run.pk)["outputs"] == {"total": 40}


@dataclass(frozen=True, slots=True)
class GreetSettings:
    """What the step type of another package is told."""

    who: str = setting("text", label="Who", required=True)


class Greet(StepType[GreetSettings]):
    """A step type that another package brings. It keeps what it saw, to show that nothing stays from run to run."""

    name, label, summary, icon, family = "greet", "Greet", "Says hello.", "dot", "data"
    Config = GreetSettings

    def run(self, context: StepContext[GreetSettings]) -> Done:
        """Says hello; tells all that it can reach of the run."""
        return Done(
            {"said": f"Hello {context.config.who}", "reaches": sorted(name for name in ("inputs", "vars", "steps") if hasattr(context, name))}
        )


@pytest.fixture
def greet(monkeypatch: pytest.MonkeyPatch) -> None:
    """As an installed package would add it."""
    monkeypatch.setitem(step_types._types, "greet", Greet())  # the registry has no way out: nothing is taken away from a running product


@pytest.mark.spec("S4-FR-5.1", "S4-FR-5.2", "S4-NFR-4.1", "S4-P1", "S4-FR-5.3")
def test_another_package_adds_a_step_type(greet: None, published: Published, alice: User, api: Api) -> None:
    """Registered, it is in the catalogue and runs like our own, in loops too; it receives its settings and nothing of the run beside them."""
    assert "greet" in {each["name"] for each in api(alice).get("/api/v1/step-types/").json()}
    loop = {"id": "each", "type": "for_each", "in": ["Ann", "Bo"], "steps": [{"id": "hi", "type": "greet", "with": {"who": "{{ item }}"}}]}
    run = drive(of(begin(api(alice), published(document([loop])))))

    said = [run.step_runs.get(path=f"each/body[{number}]/hi").output for number in (0, 1)]
    assert said == [{"said": "Hello Ann", "reaches": []}, {"said": "Hello Bo", "reaches": []}]


@pytest.mark.spec("S4-NFR-3.1", "S4-P3")
def test_an_action_is_replaced_by_a_stub(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """In the sandbox a pinned output stands in for the call, which is not made."""
    version = published(
        document([call("pay", f"{allowed.url}/pay"), {"id": "give", "type": "return", "with": {"outputs": "{{ steps.pay.output.body.paid }}"}}])
    )
    run = of(begin(api(alice), version, mode="sandbox", pinned={"pay": {"status": 200, "headers": {}, "body": {"paid": True}}}))

    assert drive(run).outputs == {"result": True} and not allowed.calls


@pytest.mark.spec("S1-P10-ci-timeout")
def test_a_step_may_take_longer_than_usual(published: Published, alice: User, api: Api, allowed: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes where sixty seconds are usual (here a fifth of one), on every try: the flaky infrastructure fails once, the slow check passes."""
    monkeypatch.setattr("runs_app.engine.leaf.STEP_TIMEOUT_SECONDS", 0.2)
    allowed.answer(503, {}, path="/ci", times=1)
    allowed.answer(200, {"passed": True}, path="/ci", delay_seconds=2)
    allowed.answer(200, {}, path="/usual", delay_seconds=2)
    steps = [call("ci", f"{allowed.url}/ci", timeout=600_000, retry=QUICK), call("usual", f"{allowed.url}/usual", retry={"max_attempts": 1})]
    run = through(of(begin(api(alice), published(document(steps)))), monkeypatch)

    found = {each["path"]: each for each in api(alice).get(f"/api/v1/runs/{run.pk}/steps/?flat=1").json()["results"]}
    assert (found["ci"]["status"], found["ci"]["attempt"], found["ci"]["output"]["body"]) == ("succeeded", 2, {"passed": True})
    assert (found["usual"]["status"], found["usual"]["error"]["code"]) == ("failed", "Timeout")

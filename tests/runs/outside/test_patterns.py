"""Whole playbooks of tests/documents, run against a server that records what arrives: an agent's loop, children, a test of variants, a fortnight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from playbooks_app import clock
from playbooks_app.language.document import normalise
from playbooks_app.language.reading import read_text
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Checkpoint, Run
from tests.machine import drive, tick
from tests.recorder import Recorder
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document

pytestmark = pytest.mark.django_db(transaction=True)

DOCUMENTS = Path(__file__).parents[2] / "documents"
KEY = "sk-live-77120-do-not-show"

Start = Callable[..., Run]


@pytest.fixture
def start(published: Published, alice: User, api: Api, allowed: Recorder) -> Start:
    """`start("agent", question=…)`: publish that document and drive a run of it as far as it goes; all services are the recorder."""

    def started(name: str, version: PlaybookVersion | None = None, **inputs: Any) -> Run:
        version = version or published(read_text((DOCUMENTS / f"{name}.yaml").read_bytes()))
        services = {each: f"{allowed.url}/{each}" for each in ("model", "tools", "analytics", "archive")}
        return drive(of(begin(api(alice), version, inputs=inputs, config={"services": services, "model_key": KEY})))

    return started


@pytest.mark.spec("S1-P04-loop", "S1-P04-router-default", "rule-30")
def test_an_agent_uses_tools_until_it_has_an_answer(start: Start, allowed: Recorder) -> None:
    """Search is called when the model says so; what is no tool is the final answer; the loop's condition sees it."""
    for said in ({"tool": "search", "argument": "opening hours"}, {"tool": "weather", "argument": "Rome"}, {"tool": "none", "answer": "Nine."}):
        allowed.answer(200, said, path="/model/next", times=1)
    run = start("agent", question="When do you open?")

    assert run.status == "completed", run.error
    assert run.outputs == {"answer": "Nine.", "capped": False}
    assert [call.path for call in allowed.calls] == ["/model/next", "/tools/search", "/model/next", "/tools/weather", "/model/next"]
    assert [each["tool"] for each in allowed.calls[-1].json["history"]] == ["search", "weather"]


@pytest.mark.spec("S1-P04-loop")
def test_an_agent_that_never_ends_is_stopped_after_ten_rounds(start: Start, allowed: Recorder) -> None:
    """Exactly ten, and the run says that the cap was reached."""
    allowed.answer(200, {"tool": "search", "argument": "x"}, path="/model/next")
    run = start("agent", question="Why?")

    assert (run.status, run.outputs) == ("completed", {"answer": None, "capped": True})
    assert Counter(call.path for call in allowed.calls) == {"/model/next": 10, "/tools/search": 10}


@pytest.mark.spec("S1-P04-iterations-saved")
def test_rounds_that_are_over_are_not_run_again(start: Start, allowed: Recorder, alice: User) -> None:
    """The sixth fails and is tried again: the model was asked once in each of the rounds before."""
    allowed.answer(200, {"tool": "search", "argument": "x"}, path="/model/next", times=5)
    allowed.answer(402, {}, path="/model/next", times=1)
    allowed.answer(200, {"tool": "none", "answer": "So."}, path="/model/next")
    run = start("agent", question="Why?")
    assert (run.status, run.pause_reason) == ("paused", "error")

    run.step_runs.get(status="failed").retry(alice)
    assert drive(run).outputs == {"answer": "So.", "capped": False}
    asked = [call.key for call in allowed.calls if call.path == "/model/next"]
    assert Counter(asked) == {f"run-{run.pk}/think/body[{n}]/model": 2 if n == 5 else 1 for n in range(6)}


@pytest.mark.spec("S1-P06-fan-out", "S1-P06-isolation", "S1-P06-reuse", "S1-P06-summary")
def test_refunds_are_children_of_their_own(start: Start, published: Published, alice: User, api: Api) -> None:
    """Twenty items: twenty linked runs of version 1 though there is a version 2; item 7 alone fails, and is named in the report.

    The child can be started by itself, in its newest version.
    """
    refuse = {"id": "refuse", "type": "throw", "when": "${{ inputs.refund.id == 7 }}", "with": {"code": "NoAccount", "message": "No account."}}
    child = published({**document([refuse], inputs=[{"name": "refund", "type": "object", "required": True}]), "name": "Pay one refund"})
    broken = {
        **document([{"id": "t", "type": "throw", "with": {"code": "Two", "message": "Not me."}}]),
        "name": "Pay one refund",
        "settings": {"on_failure": "fail"},
    }
    PlaybookVersion.objects.create(playbook=child.playbook, number=2, document=normalise(broken), published_by=alice)

    run = start("refunds", refunds=[{"id": n} for n in range(1, 21)])
    assert run.outputs == {"report": {"total": 20, "paid": 19, "failed": [7]}}
    listed = api(alice).get(f"/api/v1/runs/?parent={run.pk}").json()
    assert listed["count"] == 20 and {each["parent"] for each in listed["results"]} == {run.pk}
    assert {each["version"]["number"] for each in listed["results"]} == {1}
    assert drive(of(begin(api(alice), child))).code == "Two"


@pytest.mark.spec("S1-P06-cap")
def test_a_batch_over_the_cap_is_refused_before_its_first_item(start: Start) -> None:
    """501 refunds: no child is started, and the error says how many there are."""
    run = start("refunds", refunds=[{"id": n} for n in range(501)])
    error: Any = run.step_runs.get(path="each").error
    assert run.status == "paused" and "501" in error["message"] and "500" in error["message"]
    assert not Run.objects.filter(trigger="child").exists()


@pytest.mark.spec("S1-P14-ab_split", "S1-P14-output", "S1-P14-nesting", "rule-10")
def test_a_variant_is_chosen_by_key_and_told(start: Start, allowed: Recorder) -> None:
    """Inside a branch inside a loop; the same customer has the same variant in another run, and only the chosen one runs."""
    customers = [f"customer-{n}" for n in range(40)]
    runs = [start("welcome_test", customers=customers) for _ in range(2)]

    assert [run.status for run in runs] == ["completed", "completed"]
    told = [{call.json["customer"]: call.json["variant"] for call in allowed.calls if call.key.startswith(f"run-{run.pk}/")} for run in runs]
    assert told[0] == told[1] and set(told[0]) == set(customers) and set(told[0].values()) == {"short", "long", "video"}
    mails = runs[0].step_runs.filter(step__endswith="_mail").values_list("step", "output__message")
    assert {(message.split(" to ")[1], step.removesuffix("_mail")) for step, message in mails} == set(told[0].items())


@pytest.mark.spec("S1-P22-milestones", "S1-P22-complement", "S4-FR-7.1")
def test_a_fortnight_keeps_its_place_its_lock_and_its_milestones(
    start: Start, allowed: Recorder, published: Published, api: Api, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each part is copied once in fourteen days; the lock keeps others out all the while; the newest milestone says how far it is."""
    run, began = start("fortnight", parts=list(range(14))), clock.now()
    begin(api(alice), run.version, status=409, inputs={"parts": []})
    for day in range(1, 15):
        assert run.status == "waiting"
        moment = began + timedelta(days=day, minutes=day)
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        tick()
        drive(run)

    assert (run.status, run.outputs) == ("completed", {"moved": 14})
    assert Counter(call.json["part"] for call in allowed.calls) == dict.fromkeys(range(14), 1)
    assert Checkpoint.objects.filter(run=run).count() == 14
    newest = api(alice).get(f"/api/v1/checkpoints/latest/?run={run.pk}").json()
    assert (newest["name"], newest["data"]["moved"]) == ("part-13", 14)


@pytest.mark.spec("S1-P04-config-secrets")
def test_a_key_in_the_config_is_nowhere_to_be_read(start: Start, allowed: Recorder, api: Api, alice: User) -> None:
    """It is sent, and stands in no step, event, error or page."""
    allowed.answer(500, {"error": f"bad key {KEY}"}, path="/model/next")
    run = start("agent", question="Why?")
    assert allowed.calls[0].headers["authorization"] == f"Bearer {KEY}"

    client = api(alice)
    for address in ("", "steps/", "events/", "steps/think/body[0]/model/"):
        assert KEY not in client.get(f"/api/v1/runs/{run.pk}/{address}").content.decode(), address

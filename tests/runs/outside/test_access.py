"""The guard `access` from outside: what a step may not see is not there, in the request, the mail, the log and the run that it starts (rule 22)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.models import Account, User
from runs_app.models import Run, StepRun
from tests.machine import drive
from tests.recorder import Recorder
from tests.runs.outside.test_language import asked
from tests.runs.outside.test_locks import Api, Published, begin, of
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "sk-live-access-4711"
INPUTS = [{"name": "customer"}, {"name": "salary"}]
GIVEN = {"customer": "Ann", "salary": 9000}


@pytest.fixture
def config(acme: Account) -> None:
    """The account has an address, and a key that is a secret by its name."""
    acme.config = {"bank_url": "https://bank.example.com", "api_key": KEY}
    acme.save()


def send(step_id: str, url: str, access: Any, sent: Any = "{{ context }}", **more: Any) -> dict[str, Any]:
    """Posts something to the recorder; what may be seen, by default all of it."""
    step = {"id": step_id, "type": "http", "with": {"method": "POST", "url": f"{url}/{step_id}", "json": sent}, "retry": {"max_attempts": 1}, **more}
    return step if access is None else {**step, "access": access}


@pytest.mark.spec("S1-P18-sections", "S1-P18-absent", "rule-22")
@pytest.mark.usefixtures("config")
def test_a_section_that_is_not_granted_is_not_in_the_request(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """Each flag false: its key is not there at all. Without a word of it the config as a whole is not there either; one value of it can be named."""
    everything = {"data": True, "config": True, "audit": True, "runtime": True}
    steps = [
        {"id": "bad", "type": "throw", "with": {"code": "Bad", "message": "No."}},
        var("v", "total", 5),
        *(send(f"no-{each}", allowed.url, {**everything, each: False}) for each in everything),
        send("usual", allowed.url, None),
        send("named", allowed.url, {"data": ["customer", "vars.total"], "runtime": False}, ["{{ context }}", "{{ config.bank_url }}"]),
        send("some", allowed.url, {"data": False, "config": ["bank_url"]}, ["{{ context.config }}", '{{ inputs.salary | "gone" }}']),
    ]
    run = drive(of(begin(api(alice), published(document(steps, inputs=INPUTS)), inputs=GIVEN)))
    run.step_runs.get(path="bad").skip(alice, "known")
    run = drive(run)

    assert run.status == "completed", run.error
    sent: dict[str, Any] = {call.path.removeprefix("/"): call.json for call in allowed.calls}
    for each in everything:
        assert set(sent[f"no-{each}"]) == set(everything) - {each}
    assert sent["no-audit"]["data"] == {**GIVEN, "total": 5} and sent["no-data"]["config"] == {"bank_url": "https://bank.example.com", "api_key": KEY}
    assert sent["no-config"]["runtime"]["started_by"]["username"] == "alice"
    (deed,) = sent["no-runtime"]["audit"]
    assert (deed["type"], deed["path"], deed["by"]) == ("step_skipped", "bad", "alice") and deed["at"]
    assert "config" not in sent["usual"] and KEY not in str(sent["usual"])
    assert sent["named"] == [{"data": {"customer": "Ann", "total": 5}, "audit": [deed]}, "https://bank.example.com"]
    assert sent["some"] == [{"bank_url": "https://bank.example.com"}, "gone"]
    stored: Any = StepRun.objects.get(run=run, path="some").input
    assert "9000" not in str(stored)


@pytest.mark.spec("S1-P18-sections", "rule-22")
def test_what_a_step_may_not_see_is_said_when_it_is_drawn(alice: User, api: Api) -> None:
    """At the setting that reads it, with how to mend it; a default is a warning, and publishing waits for the rest."""
    steps = [
        send(
            "a",
            "https://x.example.com",
            {"data": ["customer"], "config": False},
            ["{{ inputs.salary }}", "{{ config.bank_url }}", "{{ inputs.customer }}"],
        ),
        send("b", "https://x.example.com", {"data": False}, "{{ inputs.salary | 0 }}"),
        send("c", "https://x.example.com", None, "{{ config }}"),
        send("d", "https://x.example.com", {"secrets": True, "data": "customer"}, "x"),
    ]
    found = asked(api(alice), document(steps, inputs=INPUTS))

    assert {address: (each["code"], each["level"]) for address, each in found.items()} == {
        "steps/a/with/json/0": ("NotGranted", "error"),
        "steps/a/with/json/1": ("NotGranted", "error"),
        "steps/b/with/json": ("NotGranted", "warning"),
        "steps/c/with/json": ("NotGranted", "error"),
        "steps/d/access/secrets": ("UnknownKey", "error"),
        "steps/d/access/data": ("WrongType", "error"),
    }
    assert "inputs.salary" in found["steps/a/with/json/0"]["message"] and all(each["hint"] for each in found.values())
    drawn = api(alice).post("/api/v1/playbooks/", {"document": document(steps, inputs=INPUTS)}, format="json")
    assert drawn.status_code == 422


@pytest.mark.spec("S1-P18-absent", "S1-P18-all-handlers", "rule-22")
@pytest.mark.usefixtures("config")
def test_neither_other_steps_nor_the_run_it_starts_are_a_way_round(published: Published, alice: User, api: Api, allowed: Recorder) -> None:
    """The mark of a key in data of another step is not filled in; a started run gets nothing of this run's config; mails and logs see no more."""
    child = published({**document([send("child", allowed.url, {"config": True})]), "name": "Child"})
    carried = send("carried", allowed.url, {"config": False}, "{{ vars.key }}", on_error="continue")
    steps = [
        var("v", "key", "{{ config.api_key }}"),
        carried,
        send("granted", allowed.url, {"config": ["api_key"]}, "{{ vars.key }}"),
        {"id": "m", "type": "email", "access": {"data": False, "config": False, "audit": False},
         "with": {"to": ["a@example.com"], "subject": "x", "body": "{{ context }}"}, "retry": {"max_attempts": 1}, "on_error": "continue"},
        {"id": "note", "type": "log", "access": {"config": False, "runtime": False}, "with": {"message": "{{ context }}"}},
        {"id": "start", "type": "playbook", "access": {"config": False}, "with": {"playbook": "Child"}},
        {"id": "again", "type": "playbook", "with": {"playbook": "Child"}},
    ]  # fmt: skip
    run = drive(of(begin(api(alice), published(document(steps, inputs=INPUTS)), inputs=GIVEN, config={"tenant": "T1"})))
    for each in Run.objects.filter(version=child):
        drive(each)
    run = drive(run)
    for each in Run.objects.filter(version=child):
        drive(each)
    run = drive(run)

    assert run.status == "completed", [(s.path, s.status, s.error, s.wait) for s in StepRun.objects.exclude(status="succeeded")]
    error: Any = run.step_runs.get(path="carried").error
    assert (error["code"], "access" in error["message"]) == ("EgressBlocked", True)
    paths = [call.path for call in allowed.calls]
    assert "/carried" not in paths and next(call for call in allowed.calls if call.path == "/granted").json == KEY
    mail: Any = run.step_runs.get(path="m").input
    assert set(mail["body"]) == {"runtime"}
    logged: Any = run.step_runs.get(path="note").output
    assert "salary" in logged["message"] and "bank_url" not in str(logged) and "started_by" not in str(logged)
    kept, handed = (call.json["config"] for call in allowed.calls if call.path == "/child")
    assert "tenant" not in kept and handed["tenant"] == "T1"

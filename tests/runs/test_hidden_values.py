"""A viewer follows a run without its values: they are not in errors, not in events, and not to be found by searching."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]
RUNS = "/api/v1/runs/"
IBAN = "ES91 2100 0418"
ERROR = {**CLOSED, "details": {"status": 422, "body": {"iban": IBAN}}}


@pytest.fixture
def failed(three_steps: PlaybookVersion, alice: User) -> Run:
    """s1 was tried with another input and failed; the bank's answer is in the details."""
    more: dict[str, Any] = {"error": ERROR, "inputs": {"iban": IBAN}, "outputs": {"paid": IBAN}}
    built = RunBuilder(three_steps, alice, status=RunStatus.FAILED, code="ClientError", **more)
    built.step("s1", status=StepStatus.FAILED, error=ERROR, input={"iban": IBAN})
    built.save()
    built.events([("step_started", "s1", 0)])
    built.events([("step_failed", "s1", 1)], data={"error": ERROR})
    built.events([("step_retried", "s1", 2)], by=alice, data={"input": {"iban": IBAN}}, attempt=2)
    built.events([("step_overridden", "s1", 3)], by=alice, data={"reason": "by hand", "output": IBAN}, attempt=2)
    built.events([("variable_set", "s1", 3)], data={"name": IBAN})
    built.events([("something_of_tomorrow", "s1", 3)], data={"anything": IBAN})
    return built.run


def read(client: APIClient, run: Run) -> dict[str, Any]:
    """Every door that tells of it."""
    paths = ("", "steps/", "steps/?flat=1", "steps/s1/", "events/")
    return {path: client.get(f"{RUNS}{run.pk}/{path}").json() for path in paths} | {"list": client.get(RUNS).json()}


def test_details_inputs_and_data_of_events_are_values(api: Api, carol: User, dave: User, failed: Run) -> None:
    """A viewer reads the code and who did what; an operator reads all of it."""
    for_viewer, for_operator = read(api(dave), failed), read(api(carol), failed)

    for path, told in for_viewer.items():
        assert IBAN not in str(told), path
        assert IBAN in str(for_operator[path]), path
    assert for_viewer["steps/s1/"]["error"]["message"] == for_viewer[""]["error"]["message"] == "It failed with ClientError."
    events = {each["type"]: each["data"] for each in for_viewer["events/"]["results"]}
    assert events["step_failed"]["error"]["code"] == "ClientError"
    assert (events["step_retried"], events["step_overridden"]) == ({}, {})


@pytest.mark.parametrize("text", ["ES91", IBAN])
def test_values_are_not_found_by_who_may_not_read_them(api: Api, web: Web, carol: User, dave: User, failed: Run, text: str) -> None:
    """Searching would tell them letter by letter; name and number are found as ever."""
    assert api(carol).get(RUNS, {"q": text}).json()["count"] == 1
    assert api(dave).get(RUNS, {"q": text}).json()["count"] == 0
    assert f"/runs/{failed.pk}/" in web(carol).get("/runs/", {"q": text}).content.decode()
    assert f"/runs/{failed.pk}/" not in web(dave).get("/runs/", {"q": text}).content.decode()
    for known in (str(failed.pk), "Steps in a row"):
        assert api(dave).get(RUNS, {"q": known}).json()["count"] == 1


def test_a_viewer_finds_values_of_runs_of_their_own(api: Api, dave: User, failed: Run) -> None:
    """Who started it reads it."""
    Run.objects.filter(pk=failed.pk).update(owner=dave)

    assert api(dave).get(RUNS, {"q": "ES91"}).json()["count"] == 1


PLANTED = "ES91-2100-PLANTED"


@pytest.fixture
def leaking(three_steps: PlaybookVersion, alice: User) -> Run:
    """The value stands wherever people and machines write freely."""
    error = {"code": "ClientError", "message": f"The bank refused {PLANTED}.", "hint": f"Look at {PLANTED}", "address": ""}
    built = RunBuilder(three_steps, alice, status=RunStatus.PAUSED, pause_reason="error", error=error, message=f"Refused {PLANTED}")
    failed = built.step("s1", status=StepStatus.FAILED, error=error, input={"iban": PLANTED})
    built.step("s2", status=StepStatus.WAITING, wait={"cause": "event", "name": f"paid-{PLANTED}"})
    built.hold(failed)
    built.save()
    built.events([("step_started", "s1", 0)])
    built.events([("step_attempt_failed", "s1", 1)], data={"error": error})
    built.events([("run_paused", "", 2)], by=alice, data={"reason": f"because of {PLANTED}"})
    built.events([("approval_decided", "s1", 2)], by=alice, data={"comment": f"not for {PLANTED}", "decision": "reject"})
    return built.run


@pytest.mark.spec("S0-sharing-actions")
def test_no_door_tells_a_viewer_a_value_that_stands_in_words(api: Api, web: Web, carol: User, dave: User, leaking: Run) -> None:
    """Messages, hints, reasons, comments, names of events: not on pages, over REST, in exports, in searches; who may read values finds them."""
    pages = [
        "/",
        "/runs/",
        f"/runs/{leaking.pk}/",
        f"/runs/{leaking.pk}/?step=s1",
        f"/runs/{leaking.pk}/?step=s2",
        f"/playbooks/{leaking.playbook_id}/",
    ]
    doors = ["", "steps/", "steps/?flat=1", "steps/s1/", "steps/s2/", "events/", "glance/"]

    def told(person: User) -> dict[str, str]:
        found = {page: web(person).get(page).content.decode() for page in pages}
        found |= {door: api(person).get(f"{RUNS}{leaking.pk}/{door}").content.decode() for door in doors}
        export = web(person).get("/runs/?as=csv")
        return found | {"list": api(person).get(RUNS).content.decode(), "export": b"".join(export.streaming_content).decode()}  # type: ignore[attr-defined]

    assert [door for door, text in told(dave).items() if PLANTED in text] == []
    assert [door for door, text in told(carol).items() if PLANTED in text] != []
    assert api(dave).get(RUNS, {"q": PLANTED}).json()["count"] == 0
    assert api(carol).get(RUNS, {"q": PLANTED}).json()["count"] == 1


def test_one_level_of_a_huge_loop_is_cut(api: Api, carol: User, three_steps: PlaybookVersion, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer has an end, and says how to get the rest."""
    monkeypatch.setattr("runs_app.api.steps.MOST_NODES", 3)
    built = RunBuilder(three_steps, alice)
    loop = built.step("s1", type="for_each")
    for number in range(5):
        built.step("s2", inside=loop, block="body", iteration=number)
    built.save()

    answer = api(carol).get(f"{RUNS}{built.run.pk}/steps/", {"parent": "s1"}).json()

    assert len(answer["results"]) == 3 and answer["more"] is True and "flat=1" in answer["hint"]

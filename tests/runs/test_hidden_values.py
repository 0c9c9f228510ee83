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
    """A viewer reads code, message, hint and who did what; an operator reads all of it."""
    for_viewer, for_operator = read(api(dave), failed), read(api(carol), failed)

    for path, told in for_viewer.items():
        assert IBAN not in str(told), path
        assert IBAN in str(for_operator[path]), path
    assert for_viewer["steps/s1/"]["error"] == CLOSED
    assert for_viewer[""]["error"]["message"] == CLOSED["message"]
    events = {each["type"]: each["data"] for each in for_viewer["events/"]["results"]}
    assert events["step_failed"] == {"error": CLOSED}
    assert (events["step_retried"], events["step_overridden"]) == ({}, {"reason": "by hand"})


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

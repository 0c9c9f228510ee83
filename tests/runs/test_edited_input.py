"""A step tried again with another input: the input is looked at before anything is tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import StepRun
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder

Api = Callable[[User | None], APIClient]
Web = Callable[[User | None], Client]


@pytest.fixture
def held(three_steps: PlaybookVersion, alice: User) -> RunBuilder:
    """A run that s2, a log step, holds."""
    built = RunBuilder(three_steps, alice, status=RunStatus.PAUSED, pause_reason="error")
    held = built.step("s2", status=StepStatus.FAILED, error=CLOSED, input={"message": "x"})
    built.hold(held)
    built.save()
    return built


@pytest.mark.parametrize(
    ("input", "address"),
    [
        (5, ""),
        ([], ""),
        ("text", ""),
        (False, ""),
        ({}, "/message"),
        ({"message": "x", "level": "shouting"}, "/level"),
        ({"message": "x", "massage": "y"}, "/massage"),
    ],
)
def test_an_input_that_cannot_work_is_refused_with_its_place(api: Api, carol: User, held: RunBuilder, input: Any, address: str) -> None:
    """422 at both doors, and nothing was tried."""
    client, run = api(carol), f"/api/v1/runs/{held.run.pk}/"

    retried = client.post(f"{run}steps/s2/retry/", {"input": input})
    resumed = client.post(f"{run}resume/", {"override": {"path": "s2", "input": input}})

    assert (retried.status_code, [each["address"] for each in retried.json()["problems"]]) == (422, [f"input{address}"])
    assert (resumed.status_code, [each["address"] for each in resumed.json()["problems"]]) == (422, [f"override/input{address}"])
    assert StepRun.objects.get(run=held.run, path="s2").status == StepStatus.FAILED


@pytest.mark.parametrize("text", ["5", "null", '"x"', '{"massage": "y"}'])
def test_the_page_refuses_it_too(web: Web, carol: User, held: RunBuilder, text: str) -> None:
    """422 with what is wrong."""
    assert web(carol).post(f"/runs/{held.run.pk}/steps/s2/retry/", {"input": text}).status_code == 422
    assert StepRun.objects.get(run=held.run, path="s2").status == StepStatus.FAILED


def test_an_input_that_fits_is_taken(api: Api, carol: User, held: RunBuilder) -> None:
    """Texts are taken as they are: what looks like a template is none any more."""
    answer = api(carol).post(f"/api/v1/runs/{held.run.pk}/steps/s2/retry/", {"input": {"message": "{{ not a template"}})

    assert answer.status_code == 200
    assert StepRun.objects.get(run=held.run, path="s2").pinned == {"input": {"message": "{{ not a template"}}

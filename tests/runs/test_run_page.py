"""The page of one run."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from playbooks_app.models import PlaybookVersion, User
from runs_app.statuses import StepStatus
from tests.runs.factories import RunBuilder, payments_run

Web = Callable[[User | None], Client]


def rows(html: str) -> dict[str, str]:
    """data-path -> data-state of the rows on screen."""
    return dict(re.findall(r'data-path="([^"]+)" data-state="([^"]+)"', html))


def page(web: Web, user: User, built: RunBuilder, query: str = "", status: int = 200) -> str:
    """The run's page as this person sees it."""
    answer = web(user).get(f"/runs/{built.run.pk}/{query}")
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.spec("S0-progress-current", "S0-progress-pending", "S0-progress-completed")
def test_what_ran_what_runs_and_what_is_to_come_stand_in_one_list(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """Done, running and pending steps are told apart (S0-progress-current, -completed, -pending)."""
    built = RunBuilder(three_steps, alice)
    built.step("s1")
    built.step("s2", status=StepStatus.RUNNING, begin=1, end=None)
    built.save()

    assert rows(page(web, alice, built)) == {"s1": "succeeded", "s2": "running", "s3": "pending"}


def test_a_big_loop_shows_what_needs_a_person_first(web: Web, alice: User, big: RunBuilder) -> None:
    """Of 872 items the failed ones come first, then those that wait for a person; the rest is a press away."""
    shown = rows(page(web, alice, big))

    items = [state for path, state in shown.items() if re.fullmatch(r"each/body\[\d+\]", path)]
    assert len(items) == 8
    assert items == sorted(items, key=["failed", "person", "running"].index)
    assert items[0] == "failed"


def test_the_first_screen_of_a_big_run_is_quick_and_asks_no_more_than_a_small_one(
    web: Web, alice: User, payments: PlaybookVersion, big: RunBuilder
) -> None:
    """The number of queries does not follow the number of items; the first screen takes less than a second of work."""
    small = payments_run(payments, alice, 60)
    client = web(alice)
    client.get(f"/runs/{small.run.pk}/")
    with CaptureQueriesContext(connection) as of_small:
        client.get(f"/runs/{small.run.pk}/")

    begun = time.process_time()
    with CaptureQueriesContext(connection) as of_big:
        client.get(f"/runs/{big.run.pk}/")
    took = time.process_time() - begun

    assert len(of_big) == len(of_small)
    assert len(of_big) <= 35
    assert took < 1.0

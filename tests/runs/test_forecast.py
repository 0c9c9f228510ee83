"""How long it still takes: a range from history, or nothing (S0-eta, F-6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.reading.forecast import rough_etas
from runs_app.reading.readings import read
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import PAYMENTS, RunBuilder, finished_runs

Web = Callable[[User | None], Client]


def half_way(version: PlaybookVersion, by: User, seconds: float = 30) -> RunBuilder:
    """Of a run of 60 s: the first of three steps done, the second half way."""
    built = RunBuilder(version, by, started=clock.now() - timedelta(seconds=seconds))
    built.step("s1", begin=0, end=20)
    built.step("s2", status=StepStatus.RUNNING, begin=20, end=None)
    built.save()
    return built


@pytest.mark.spec("S0-eta")
def test_without_history_nothing_is_said(web: Web, three_steps: PlaybookVersion, alice: User) -> None:
    """Unknown, never 0; the page says the word."""
    built = half_way(three_steps, alice)

    assert read(built.run).eta() is None
    assert "Time left: unknown" in web(alice).get(f"/runs/{built.run.pk}/").content.decode()


@pytest.mark.spec("S0-eta")
def test_after_twenty_runs_of_a_minute_half_a_minute_is_left(three_steps: PlaybookVersion, alice: User) -> None:
    """At half way between 20 and 40 s are left."""
    finished_runs(three_steps, alice, 20, seconds=60)

    eta = read(half_way(three_steps, alice).run).eta()

    assert eta is not None
    assert 20 <= eta.low_seconds <= eta.high_seconds <= 40
    assert eta.people_seconds == 0


def test_the_list_estimates_the_same_from_whole_runs(three_steps: PlaybookVersion, alice: User) -> None:
    """For many runs at once, within the same bounds."""
    finished_runs(three_steps, alice, 20, seconds=60)
    run = half_way(three_steps, alice).run

    eta = rough_etas([run], clock.now())[run.pk]

    assert 20 <= eta.low_seconds <= eta.high_seconds <= 40


def test_a_run_that_takes_longer_than_any_before_is_never_said_to_be_done(three_steps: PlaybookVersion, alice: User) -> None:
    """The high end stays above zero while it goes on."""
    finished_runs(three_steps, alice, 5, seconds=60)

    eta = read(half_way(three_steps, alice, seconds=3600).run).eta()

    assert eta is not None
    assert eta.high_seconds >= 1


def test_nothing_is_said_of_a_run_that_stands_still(three_steps: PlaybookVersion, alice: User) -> None:
    """Nobody knows when a person lets it go on."""
    finished_runs(three_steps, alice, 5)
    built = half_way(three_steps, alice)
    Run.objects.filter(pk=built.run.pk).update(status=RunStatus.PAUSED, pause_reason="person")
    built.run.refresh_from_db()

    assert read(built.run).eta() is None


def paid(version: PlaybookVersion, by: User, number: int, asked: float) -> None:
    """A finished run: a loop of ten items in 100 s of work, with an approval that took `asked` seconds beside it."""
    built = RunBuilder(version, by, status=RunStatus.COMPLETED, started=clock.now() - timedelta(hours=3, minutes=number))
    each = built.step("each", "for_each", begin=0, end=100 + asked, items=10)
    sign = {"cause": "approval", "name": "Bob"}
    built.step("sign", "approval", inside=each, block="body", iteration=0, begin=100, end=100 + asked, wait=sign)
    built.run.finished_at = built.at(100 + asked)
    built.run.save(update_fields=["finished_at"])
    built.save()


def test_loops_count_by_item_and_people_are_told_apart(published: Callable[..., PlaybookVersion], alice: User) -> None:
    """Five of ten items left are half of the machine's time; the open answer is what it usually takes."""
    version = published({**PAYMENTS, "steps": PAYMENTS["steps"][1:2]})
    for number in range(5):
        paid(version, alice, number, asked=600)
    built = RunBuilder(version, alice, started=clock.now() - timedelta(seconds=60))
    waits = {"status": StepStatus.WAITING, "end": None}
    each = built.step("each", "for_each", items=10, next_item=6, policy="all", wait={"cause": "child"}, **waits)  # type: ignore[arg-type]
    built.save()
    lane = built.strand(each, block="body", is_lane=True)
    built.step("sign", "approval", inside=each, block="body", iteration=5, strand=lane, wait={"cause": "approval", "name": "Bob"}, **waits)  # type: ignore[arg-type]
    built.save()

    eta = read(built.run).eta()

    assert eta is not None
    assert 40 <= eta.low_seconds <= eta.high_seconds <= 60
    assert eta.people_seconds is not None
    assert 500 <= eta.people_seconds <= 600

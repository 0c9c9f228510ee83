"""What people do to a run from its page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run, RunEvent, StepRun
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder

Web = Callable[[User | None], Client]


@pytest.fixture
def held(three_steps: PlaybookVersion, alice: User) -> RunBuilder:
    """A run that s2 holds after three tries."""
    built = RunBuilder(three_steps, alice, status=RunStatus.PAUSED, pause_reason="error")
    built.step("s1")
    held = built.step("s2", status=StepStatus.FAILED, attempt=3, begin=1, end=30, error=CLOSED, input={"iban": "ES12"})
    built.hold(held)
    built.save()
    return built


@pytest.mark.spec("S0-retry-failed")
def test_a_failed_step_is_retried_from_the_page(web: Web, carol: User, held: RunBuilder) -> None:
    """An operator presses Retry: the step is due again, the record says who, and the page comes back as it was."""
    answer = web(carol).post(f"/runs/{held.run.pk}/steps/s2/retry/", {"back": "?step=s2"})

    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{held.run.pk}/?step=s2")
    assert StepRun.objects.get(run=held.run, path="s2").status != StepStatus.FAILED
    assert RunEvent.objects.filter(run=held.run, path="s2", by=carol.pk).exists()


@pytest.mark.spec("S0-skip-failed")
def test_a_skip_is_told_with_who_and_why(web: Web, carol: User, held: RunBuilder) -> None:
    """The timeline says it for ever."""
    client = web(carol)

    client.post(f"/runs/{held.run.pk}/steps/s2/skip/", {"reason": "paid by card"})

    assert StepRun.objects.get(run=held.run, path="s2").status == StepStatus.SKIPPED
    assert "by Carol Cole: paid by card" in client.get(f"/runs/{held.run.pk}/").content.decode()


def test_the_details_of_a_failure_offer_what_can_be_done(web: Web, carol: User, dave: User, held: RunBuilder) -> None:
    """Message, remedy and code; retry, skip and edit for operators, none of them for viewers."""
    for_operator = web(carol).get(f"/runs/{held.run.pk}/?step=s2").content.decode()
    for_viewer = web(dave).get(f"/runs/{held.run.pk}/?step=s2").content.decode()

    assert "The bank refused the payment: the receiving account is closed." in for_operator
    assert "Change the account, then retry." in for_operator
    for deed in ("retry", "skip", "retry-edited"):
        assert f'data-action="{deed}"' in for_operator
        assert f'data-action="{deed}"' not in for_viewer
    assert "ES12" in for_operator
    assert "ES12" not in for_viewer


def test_an_edited_input_must_be_readable(web: Web, carol: User, held: RunBuilder) -> None:
    """Text that is no JSON changes nothing."""
    answer = web(carol).post(f"/runs/{held.run.pk}/steps/s2/retry/", {"input": "{iban: NaN"})

    assert answer.status_code == 422
    assert StepRun.objects.get(run=held.run, path="s2").status == StepStatus.FAILED


def test_a_run_is_paused_resumed_and_cancelled_from_its_page(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """Each button does its deed, and the page offers the next one."""
    run = RunBuilder(three_steps, alice, status=RunStatus.QUEUED).run
    client = web(alice)

    client.post(f"/runs/{run.pk}/pause/")
    paused = client.get(f"/runs/{run.pk}/").content.decode()
    client.post(f"/runs/{run.pk}/resume/")
    client.post(f"/runs/{run.pk}/cancel/", {"reason": "not needed"})

    assert 'data-action="resume"' in paused
    assert "Paused" in paused
    run.refresh_from_db()
    assert run.stopping == "cancel" or run.status == RunStatus.CANCELLED


def test_a_second_press_on_the_same_button_is_told_so(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """409 with a sentence instead of a second deed."""
    run = RunBuilder(three_steps, alice, status=RunStatus.COMPLETED).run
    client = web(alice)
    client.post(f"/runs/{run.pk}/archive/")

    again = client.post(f"/runs/{run.pk}/archive/")

    assert again.status_code == 409
    assert Run.objects.get(pk=run.pk).archived_at is not None


def test_deeds_need_a_right_and_a_post(web: Web, dave: User, eve: User, alice: User, held: RunBuilder) -> None:
    """403 for viewers, 404 for outsiders, 405 for links."""
    for deed in ("pause", "resume", "cancel", "archive", "steps/s2/retry", "steps/s2/skip"):
        address = f"/runs/{held.run.pk}/{deed}/"
        assert web(dave).post(address).status_code == 403
        assert web(eve).post(address).status_code == 404
        assert web(alice).get(address).status_code in (404, 405)


def test_what_people_wrote_is_never_markup(web: Web, alice: User, three_steps: PlaybookVersion) -> None:
    """Outputs, errors and inputs are shown as text."""
    evil = "<script>alert(1)</script>"
    built = RunBuilder(three_steps, alice, inputs={evil: evil})
    built.step("s1", output={evil: [evil]}, input=evil)
    held = built.step("s2", status=StepStatus.FAILED, error={"code": evil, "message": evil, "hint": evil})
    built.hold(held)
    built.save()

    for step in ("s1", "s2"):
        assert evil not in web(alice).get(f"/runs/{built.run.pk}/?step={step}&find={evil}").content.decode()

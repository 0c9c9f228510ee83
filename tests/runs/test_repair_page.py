"""What people repair on a run's page: all that failed, failed items, and a step that has not begun."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.starting import start
from tests.machine import drive
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

pytestmark = pytest.mark.django_db(transaction=True)
Published = Callable[..., PlaybookVersion]
Web = Callable[[User | None], Client]


@pytest.fixture
def failed(published: Published, alice: User, stumbling: Stumbling) -> Run:
    """One item was set aside, then a step failed the run; one step was not reached."""
    stumbling.failing = {"pay 1", "bad"}
    loop = {"id": "each", "type": "for_each", "in": [0, 1], "on_item_error": "continue", "steps": [say("pay", "pay {{ item }}")]}
    run = drive(start(published(document([loop, say("bad"), say("next")], **OUTRIGHT)), inputs={}, by=alice).run)
    assert run.status == "failed"
    return run


@pytest.mark.spec("rule-18", "S0-retry-failed")
def test_a_run_that_failed_is_retried_from_its_page(failed: Run, web: Web, carol: User, dave: User, stumbling: Stumbling) -> None:
    """One press for whoever may operate; a viewer has no such button."""
    assert 'data-action="retry-all"' not in web(dave).get(f"/runs/{failed.pk}/").content.decode()
    page = web(carol).get(f"/runs/{failed.pk}/?step=bad").content.decode()
    assert all(f'data-action="{deed}"' in page for deed in ("retry-all", "retry", "skip"))
    stumbling.failing = set()

    answer = web(carol).post(f"/runs/{failed.pk}/retry/", {"back": "?step=bad"})

    assert (answer.status_code, answer["Location"]) == (302, f"/runs/{failed.pk}/?step=bad")
    assert drive(failed).status == "completed"


@pytest.mark.spec("rule-28")
def test_failed_items_are_shown_and_retried_from_the_loop(failed: Run, web: Web, carol: User, stumbling: Stumbling) -> None:
    """The drawer says how many; the run stays at what failed it."""
    page = web(carol).get(f"/runs/{failed.pk}/?step=each").content.decode()
    assert "One item failed." in page
    assert 'data-action="retry-items"' in page
    stumbling.failing = set()

    web(carol).post(f"/runs/{failed.pk}/steps/each/retry/", {"failed_items": "1"})

    assert drive(failed).status == "paused"
    assert (failed.step_runs.get(path="each").output or {})["failed"] == 0
    assert 'data-action="retry-items"' not in web(carol).get(f"/runs/{failed.pk}/?step=each").content.decode()


@pytest.mark.spec("S2-resume-override")
def test_a_step_that_has_not_begun_is_given_its_output(failed: Run, web: Web, carol: User, dave: User, stumbling: Stumbling) -> None:
    """From its drawer, with a reason; text that is no JSON changes nothing."""
    address = f"/runs/{failed.pk}/steps/next/override/"
    assert 'data-action="output-given"' in web(carol).get(f"/runs/{failed.pk}/?step=next").content.decode()
    assert 'data-action="output-given"' not in web(dave).get(f"/runs/{failed.pk}/?step=next").content.decode()
    assert web(dave).post(address, {"value": "{}"}).status_code == 403
    assert web(carol).post(address, {"value": "{"}).status_code == 422
    stumbling.failing = set()

    web(carol).post(address, {"what": "output", "value": '{"message": "by hand"}', "reason": "Done at the counter"})

    assert drive(failed).status == "completed"
    assert failed.step_runs.get(path="next").output == {"message": "by hand"}
    assert "by Carol Cole: Done at the counter" in web(carol).get(f"/runs/{failed.pk}/?step=next").content.decode()

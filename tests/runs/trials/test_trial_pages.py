"""What the pages show of effects and trials, and what their buttons do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from playbooks_app.models import User
from runs_app.models import Effect, Run, StepRun
from tests.machine import drive
from tests.recorder import Recorder
from tests.runs.trials.conftest import Begun, post, var

pytestmark = pytest.mark.django_db(transaction=True)
Web = Callable[[User | None], Client]


def newest() -> Run:
    """The run that was made last."""
    run: Run | None = Run.objects.order_by("-pk").first()
    assert run is not None
    return run


@pytest.mark.spec("S2-replay-sandbox", "F-5", "S2-rerun-step", "F-14")
def test_replay_fork_and_rerun_from_the_page(begun: Begun, recorder: Recorder, alice: User, web: Web) -> None:
    """Each button leads to the new run, which says what it is and links to its original; the diff tells what would have been sent."""
    run = begun([post(recorder), var("a", 1)])
    page = web(alice)
    assert 'data-action="replay"' in page.get(f"/runs/{run.pk}/").content.decode()
    answer = page.post(f"/runs/{run.pk}/replay/")
    copy = drive(newest())
    assert answer["Location"] == f"/runs/{copy.pk}/"
    said = page.get(f"/runs/{copy.pk}/").content.decode()
    assert "Played again in the sandbox" in said and f'href="/runs/{run.pk}/"' in said and f'href="/runs/{copy.pk}/compare/"' in said
    assert f'href="/runs/{copy.pk}/"' in page.get(f"/runs/{run.pk}/").content.decode(), "the original names its copies"
    assert "Nothing differs" in page.get(f"/runs/{copy.pk}/compare/").content.decode()
    every = page.get(f"/runs/{copy.pk}/compare/?show=all").content.decode()
    assert f"http://127.0.0.1:{recorder.port}/pay" in every and "the same" in every
    drawer = page.get(f"/runs/{run.pk}/?step=pay").content.decode()
    assert "What left the house" in drawer and 'data-action="fork"' in drawer and 'data-action="rerun"' in drawer
    page.post(f"/runs/{run.pk}/steps/set_a/fork/")
    assert (drive(newest()).status, newest().made_as, newest().mode) == ("completed", "fork", "sandbox")
    page.post(f"/runs/{run.pk}/steps/pay/rerun/", {"input": "", "live": "yes"})
    assert newest().made_as == "fork", "for real only when it is meant"
    page.post(f"/runs/{run.pk}/steps/pay/rerun/", {"live": "yes", "confirm": "yes"})
    assert (drive(newest()).status, newest().mode, len(recorder.calls)) == ("completed", "live", 2)


@pytest.mark.spec("rule-32", "F-4")
def test_two_buttons_for_what_nobody_knows(begun: Begun, recorder: Recorder, carol: User, dave: User, web: Web) -> None:
    """It happened, with an output, or do it again; who may not repair sees neither."""
    recorder.answer(never=True)
    run = begun([post(recorder, once=True, timeout="300ms"), var("a", "{{ steps.pay.output.n }}")])
    shown = web(carol).get(f"/runs/{run.pk}/?step=pay").content.decode()
    assert 'data-action="happened"' in shown and 'data-action="again"' in shown and "Outcome unknown, paused" in shown
    assert not [deed for deed in ("retry-all", "retry", "skip") if f'data-action="{deed}"' in shown], "only what may be done"
    assert 'data-action="find-out"' in shown and "waits for somebody to find out" in shown
    assert 'data-action="again"' not in web(dave).get(f"/runs/{run.pk}/?step=pay").content.decode()
    web(carol).post(f"/runs/{run.pk}/steps/pay/resolve/", {"happened": "yes", "output": '{"n": 4}'})
    assert drive(run).status == "completed" and StepRun.objects.get(run=run, path="set_a").output == 4
    assert Effect.objects.get(run=run).outcome == "done" and len(recorder.calls) == 1
    assert "Carol" in web(carol).get(f"/runs/{run.pk}/?step=pay").content.decode()


def test_the_list_shows_live_runs_unless_asked(begun: Begun, alice: User, web: Web) -> None:
    """Trials have a filter of their own."""
    live, tried = begun([var("a", 1)]), begun([var("a", 1)], mode="sandbox")
    page = web(alice)
    assert [each in page.get("/runs/").content.decode() for each in (f'id="run-{live.pk}"', f'id="run-{tried.pk}"')] == [True, False]
    assert [each in page.get("/runs/?mode=trial").content.decode() for each in (f'id="run-{live.pk}"', f'id="run-{tried.pk}"')] == [False, True]
    assert "Nothing leaves the house" in page.get(f"/runs/{tried.pk}/").content.decode()


@pytest.mark.spec("S4-options")
def test_a_plan_from_the_start_page(begun: Begun, recorder: Recorder, alice: User, web: Web) -> None:
    """Only plan: the page of the plan says that nothing was run, and what cannot be decided."""
    choice = {"id": "open", "type": "condition", "if": "${{ steps.pay.output.body.ok }}", "then": [var("b", 1)], "else": []}
    run = begun([post(recorder), choice])
    calls = len(recorder.calls)
    web(alice).post(f"/playbooks/{run.playbook_id}/start/", {"mode": "what_if"})
    shown = web(alice).get(f"/runs/{newest().pk}/").content.decode()
    assert newest().mode == "what_if" and "nothing was run" in shown and "Cannot be decided before" in shown and len(recorder.calls) == calls


@pytest.mark.spec("S4-options")
def test_a_plan_is_told_as_one(begun: Begun, recorder: Recorder, alice: User, dave: User, web: Web) -> None:
    """Each step says what would come of it; none wears the mark of a run; a viewer reads no address."""
    inside = [post(recorder, "again"), var("b", 1)]
    choice = {"id": "open", "type": "condition", "name": "Is it open?", "if": "${{ steps.pay.output.body.ok }}", "then": inside, "else": []}
    never = var("c", 1, when="${{ 1 > 2 }}")
    wrong = {"id": "wrong", "type": "throw", "with": {"code": "Odd", "message": "No."}}
    run = begun([post(recorder, name="Pay them"), choice, never, wrong, var("d", 1)])
    web(alice).post(f"/playbooks/{run.playbook_id}/start/", {"mode": "what_if"})
    shown = web(alice).get(f"/runs/{newest().pk}/?step=pay").content.decode()

    told = ["Would send POST", "which way depends on “Pay them”", "Depends on “Pay them”", "Would be left out: its condition", "Would fail: No."]
    of_a_run = [">skipped<", "Skipped", "Succeeded", ">Took<", "No try is recorded"]
    assert ([each for each in told if each not in shown], [each for each in of_a_run if each in shown]) == ([], [])
    assert "It would end with Odd" in shown
    assert str(recorder.port) not in web(dave).get(f"/runs/{newest().pk}/").content.decode()


def test_values_stay_hidden_in_comparisons(begun: Begun, recorder: Recorder, carol: User, dave: User, eve: User, web: Web) -> None:
    """A viewer sees which steps differ, not what was sent; there is no button to copy; others see nothing."""
    run = begun([post(recorder)])
    web(carol).post(f"/runs/{run.pk}/replay/")
    copy = drive(newest())
    shown = web(dave).get(f"/runs/{copy.pk}/compare/?show=all").content.decode()
    assert "Values are hidden" in shown and str(recorder.port) not in shown
    assert 'data-action="replay"' not in web(dave).get(f"/runs/{run.pk}/").content.decode()
    assert str(recorder.port) not in web(dave).get(f"/runs/{run.pk}/?step=pay").content.decode()
    assert web(eve).get(f"/runs/{copy.pk}/compare/").status_code == 404
    assert web(dave).post(f"/runs/{run.pk}/replay/").status_code == 403

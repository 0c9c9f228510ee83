"""Playbooks that run playbooks: links, isolation, versions, ends, cancels, cycles and depth (S1-P06, S4-FR-4.5, S4-NFR-2.2, rule 29)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from playbooks_app.errors import Refused
from playbooks_app.language.document import normalise
from playbooks_app.models import Group, PlaybookVersion, User, Visibility
from runs_app.entry import children
from runs_app.models import Run, StepRun
from runs_app.starting import start
from runs_app.worker.driver import Driver
from tests.machine import drive, tick
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]


def call(step_id: str, playbook: Any, inputs: Any = None, **more: Any) -> dict[str, Any]:
    """A step that runs another playbook."""
    guards: dict[str, Any] = {key: more.pop(key) for key in ("on_error", "retry", "cancellable", "output_schema") if key in more}
    return {"id": step_id, "type": "playbook", "with": {"playbook": playbook, "inputs": inputs or {}, **more}, **guards}


def named(name: str, steps: list[Any], **more: Any) -> dict[str, Any]:
    """A whole document called so."""
    return {**document(steps, **more), "name": name}


def doubler(published: Published, **more: Any) -> PlaybookVersion:
    """Returns twice the number; refuses 7."""
    refuse = {"id": "odd", "type": "throw", "when": "${{ inputs.number == 7 }}", "with": {"code": "NoSeven", "message": "Not seven."}}
    back = {"id": "back", "type": "return", "with": {"outputs": {"twice": "${{ inputs.number * 2 }}"}}}
    return published(named("Doubler", [refuse, back], inputs=[{"name": "number", "type": "number", "required": True}]), **more)


def asker(published: Published, **more: Any) -> PlaybookVersion:
    """Waits for a day."""
    return published(named("Asker", [{"id": "ask", "type": "delay", "with": {"for": "1d"}}, *more.pop("after", [])], **more))


def begin(version: PlaybookVersion, by: User, **inputs: Any) -> Run:
    """Start and drive as far as it goes."""
    return drive(start(version, inputs=inputs, by=by).run)


def output_of(run: Run, path: str) -> Any:
    """What a step gave."""
    return run.step_runs.get(path=path).output


def error_of(run: Run, path: str) -> Any:
    """How a step failed."""
    return run.step_runs.get(path=path).error


def child_of(run: Run, path: str) -> Run:
    """The newest run that a step started."""
    child: Run = Run.objects.filter(parent_step=run.step_runs.get(path=path).pk).latest("pk")
    return child


def test_the_parent_waits_and_reads_what_the_child_returns(published: Published, alice: User) -> None:
    """The child is a run of its own, linked, of the same owner and sight; its outputs and its number are the step's output."""
    doubler(published)
    run = begin(published(document([call("twice", "Doubler", {"number": 4}), var("v", "n", "{{ steps.twice.output.twice }}")])), alice)

    child = child_of(run, "twice")
    assert run.status == child.status == "completed"
    assert run.step_runs.get(path="twice").output == {"twice": 8, "run": child.pk}
    assert run.step_runs.get(path="v").output == 8
    assert (child.trigger, child.owner, child.account, child.visibility) == ("child", alice, run.account, run.visibility)
    assert child.idempotency_key == run.step_runs.get(path="twice").idempotency_key


def test_a_child_sees_its_inputs_and_nothing_else(published: Published, alice: User) -> None:
    """Variables of the parent are out of its reach, and its own stay with it (P06 isolation)."""
    published(named("Child", [var("mine", "x", "{{ vars.secret | 'none' }}")], outputs=[{"name": "x"}]))
    run = begin(published(document([var("s", "secret", 1), call("c", "Child"), var("after", "y", "{{ vars.x | 'none' }}")])), alice)

    assert output_of(run, "c")["x"] == "none"
    assert run.step_runs.get(path="after").output == "none"


@pytest.mark.spec("S1-P06-isolation")
def test_a_run_for_each_item_and_one_that_fails_is_set_aside(published: Published, alice: User) -> None:
    """20 items: 20 linked runs, 19 well, one failed with its code; the parent completes (S1-P06-fan-out, isolation, summary)."""
    doubler(published)
    loop = {"id": "each", "type": "for_each", "in": "${{ inputs.all }}", "concurrency": 6, "on_item_error": "continue"}
    version = published(document([{**loop, "steps": [call("c", "Doubler", {"number": "{{ item }}"})]}], inputs=[{"name": "all", "type": "array"}]))

    run = begin(version, alice, all=list(range(1, 21)))

    report = output_of(run, "each")
    started = Run.objects.filter(trigger="child")
    assert run.status == "completed"
    assert (report["iterations"], report["completed"], report["failed"]) == (20, 19, 1)
    assert [(each["index"], each["code"]) for each in report["errors"]] == [(6, "NoSeven")]
    assert started.count() == 20
    assert set(started.values_list("parent_step", flat=True)) == set(run.step_runs.filter(step="c").values_list("pk", flat=True))


def test_a_failed_child_fails_the_step_with_its_code_and_message(published: Published, alice: User) -> None:
    """And the parent's own handling decides what that means."""
    doubler(published)
    held = begin(published(document([call("c", "Doubler", {"number": 7})])), alice)
    passed = begin(published(document([call("c", "Doubler", {"number": 7}, on_error="continue"), var("v", "n", 1)])), alice)

    error = error_of(held, "c")
    assert (held.status, held.pause_reason) == ("paused", "error")
    assert (error["code"], error["message"], error["details"]["run"]) == ("NoSeven", "Not seven.", child_of(held, "c").pk)
    assert passed.status == "completed"
    assert passed.step_runs.get(path="c").status == "failed"


def test_a_failed_child_is_started_anew_when_the_step_is_tried_again(published: Published, alice: User) -> None:
    """By a person, with another input; the second run has a key of its own."""
    doubler(published)
    run = begin(published(document([call("c", "Doubler", {"number": 7})])), alice)
    first = child_of(run, "c")

    run.step_runs.get(path="c").retry(alice, input={"playbook": "Doubler", "inputs": {"number": 8}})
    drive(run)

    assert run.status == "completed"
    assert run.step_runs.get(path="c").output == {"twice": 16, "run": child_of(run, "c").pk}
    assert child_of(run, "c").idempotency_key == f"{first.idempotency_key}#2"


def test_a_retry_policy_starts_a_child_for_each_try(published: Published, alice: User) -> None:
    """Executions in all, as for every step (rule 9)."""
    doubler(published)
    policy = {"max_attempts": 3, "initial": "0s", "jitter": "0s", "on": ["NoSeven"]}
    run = start(published(document([call("c", "Doubler", {"number": 7}, retry=policy)])), inputs={}, by=alice).run

    for _ in range(3):
        drive(run)
        tick()

    drive(run)
    assert run.status == "paused"
    assert run.step_runs.get(path="c").attempt == 3
    assert Run.objects.filter(trigger="child").count() == 3


def test_the_clock_finds_the_end_of_a_child_that_nobody_told(published: Published, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies between the child's end and the parent's wake loses nothing."""
    monkeypatch.setattr(children, "tell_parents_of", lambda *_: None)
    doubler(published)
    run = begin(published(document([call("c", "Doubler", {"number": 1})])), alice)
    assert run.status == "waiting"

    assert children.look_after() == 1

    assert drive(run).status == "completed"
    assert children.look_after() == 0


def test_a_child_that_was_cancelled_fails_the_step(published: Published, alice: User) -> None:
    """Its code is Cancelled."""
    asker(published)
    run = begin(published(document([call("c", "Asker")])), alice)
    assert run.status == "waiting"
    assert run.step_runs.get(path="c").cause == "child"

    child_of(run, "c").cancel(alice)
    drive(run)

    assert run.status == "paused"
    assert error_of(run, "c")["code"] == "Cancelled"


@pytest.mark.spec("rule-29", "S0-cancel")
def test_a_cancel_goes_down_to_the_children_and_theirs(published: Published, alice: User) -> None:
    """Two levels; each unwinds by itself, `finally` included (rule 29)."""
    asker(published)
    published(named("Middle", [call("inner", "Asker")], **{"finally": [var("tidy", "t", 1)]}))
    run = begin(published(document([call("outer", "Middle")])), alice)
    middle = child_of(run, "outer")
    lowest = child_of(middle, "inner")

    run.cancel(alice)
    drive(run)
    drive(middle)
    drive(lowest)

    assert {each.status for each in (run, middle, lowest)} == {"cancelled"}
    assert middle.step_runs.get(path="finally/tidy").status == "succeeded"


@pytest.mark.spec("rule-29", "S1-P05-cancellation_scope")
def test_a_protected_step_lets_its_child_end_before_the_cancel(published: Published, alice: User) -> None:
    """The child goes on; then the parent is cancelled (rule 29)."""
    asker(published)
    run = begin(published(document([call("c", "Asker", cancellable=False), var("never", "x", 1)])), alice)

    run.cancel(alice)
    drive(run)
    child = child_of(run, "c")
    assert (run.stopping, child.stopping) == ("cancel", "")

    child.step_runs.get(path="ask").wake(alice)
    drive(child)
    drive(run)

    assert (run.status, child.status) == ("cancelled", "completed")
    assert not run.step_runs.filter(path="never").exists()


@pytest.mark.spec("rule-29")
def test_a_detached_child_is_left_running(published: Published, alice: User) -> None:
    """The step is done at once with the number of the run; neither the parent's end nor its cancel touch it."""
    asker(published)
    steps = [call("c", "Asker", detach=True), {"id": "d", "type": "delay", "with": {"for": "1h"}}]
    run = begin(published(document(steps)), alice)
    child = child_of(run, "c")
    assert run.step_runs.get(path="c").output == {"run": child.pk}

    run.cancel(alice)
    drive(run)
    children.look_after()
    child.refresh_from_db()

    assert run.status == "cancelled"
    assert (child.status, child.stopping) == ("waiting", "")


def test_a_child_whose_step_was_skipped_is_cancelled_by_the_clock(published: Published, alice: User) -> None:
    """Nobody waits for it any more."""
    asker(published)
    run = begin(published(document([call("c", "Asker")])), alice)
    run.step_runs.get(path="c").skip(alice)

    assert children.look_after() == 1

    assert drive(run).status == "completed"
    assert drive(child_of(run, "c")).status == "cancelled"


def test_a_pinned_version_stays(published: Published, alice: User) -> None:
    """A newer one is taken only where none is named; a deprecated one is refused (S1-P06-reuse)."""
    first = published(named("Child", [var("v", "x", 1)], outputs=[{"name": "x"}]))
    first.playbook.versions.create(number=2, document=normalise(named("Child", [var("v", "x", 2)], outputs=[{"name": "x"}])))
    pinned = published(document([call("c", "Child", version=1)]))

    assert output_of(begin(pinned, alice), "c")["x"] == 1
    assert output_of(begin(published(document([call("c", first.playbook_id)])), alice), "c")["x"] == 2
    first.deprecate()
    assert error_of(begin(pinned, alice), "c")["code"] == "WrongState"


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (call("c", "Nobody"), "PlaybookNotFound"),
        (call("c", "Doubler", {"number": 1}, version=9), "PlaybookNotFound"),
        (call("c", "{{ inputs.which | 'Doubler' }}", {}), "InputInvalid"),
        (call("c", "Doubler", {"number": 1, "more": 2}), "InputInvalid"),
    ],
)
def test_what_cannot_be_started_fails_the_step(step: Any, code: str, published: Published, alice: User) -> None:
    """Before any run is made."""
    doubler(published)

    run = begin(published(document([step])), alice)

    assert error_of(run, "c")["code"] == code
    assert not Run.objects.filter(trigger="child").exists()


def test_only_what_the_owner_sees_can_be_run(published: Published, alice: User, carol: User, eve: User, bob: User) -> None:
    """Private, another group's and another account's playbooks are not there; neither are archived ones."""
    private = doubler(published, owner=bob, visibility=Visibility.PRIVATE)
    parent = published(document([call("c", "Doubler", {"number": 1})]))
    assert error_of(begin(parent, carol), "c")["code"] == "PlaybookNotFound"
    assert begin(parent, bob).status == "completed"

    private.playbook.share("group", group=Group.objects.get(slug="finance-leads"))
    assert error_of(begin(parent, carol), "c")["code"] == "PlaybookNotFound"
    private.playbook.archive()
    assert error_of(begin(parent, bob), "c")["code"] == "PlaybookNotFound"
    doubler(published, owner=eve)
    assert error_of(begin(parent, alice), "c")["code"] == "PlaybookNotFound"


def test_two_of_one_name_are_told_apart_by_number(published: Published, alice: User) -> None:
    """A name that fits several is refused."""
    one, _two = doubler(published), doubler(published)

    assert "Several" in error_of(begin(published(document([call("c", "Doubler", {"number": 1})])), alice), "c")["message"]
    assert begin(published(document([call("c", one.playbook_id, {"number": 1})])), alice).status == "completed"


def test_the_authors_key_names_one_run(published: Published, alice: User) -> None:
    """The second step takes the run of the first, whether it is over or not."""
    doubler(published)
    run = begin(published(document([call(each, "Doubler", {"number": 3}, idempotency_key="march") for each in ("a", "b")])), alice)
    assert run.status == "completed"
    assert run.step_runs.get(path="a").output == run.step_runs.get(path="b").output

    asker(published)
    open_ones = [begin(published(document([call("c", "Asker", idempotency_key="k")])), alice) for _ in range(2)]
    (child,) = Run.objects.filter(idempotency_key="k")
    child.step_runs.get(path="ask").wake(alice)
    drive(child)

    children.look_after()
    assert [drive(each).status for each in open_ones] == ["completed", "completed"]


@pytest.mark.spec("S4-FR-4.5", "S4-NFR-2.2")
def test_playbooks_that_would_run_each_other_are_refused_with_the_chain(published: Published, alice: User) -> None:
    """A → B → A, and a playbook that runs itself (S4-FR-4.5, S4-NFR-2.2)."""
    first = published(named("A", [var("v", "x", 1)])).playbook
    second = published(named("B", [call("to_a", "A")])).playbook
    first.save_draft(named("A", [call("to_b", second.pk)]), by=alice)
    with pytest.raises(Refused) as refused:
        first.publish(by=alice)
    (problem,) = refused.value.problems
    assert (problem.code, problem.address) == ("PlaybookCycle", "steps/to_b/with/playbook")
    assert "A → B → A" in problem.message

    first.save_draft(named("A", [call("again", "A")]), by=alice)
    with pytest.raises(Refused, match="A → A"):
        first.publish(by=alice)
    first.save_draft(named("A", [call("fine", "B", version=1)]), by=alice)
    second.save_draft(named("B", [var("v", "x", 1)]), by=alice)
    second.publish(by=alice)
    first.save_draft(named("A", [call("fine", "B")]), by=alice)
    assert first.publish(by=alice).number == 2


@pytest.mark.parametrize(("settings", "levels"), [({}, 10), ({"max_depth": 3}, 3)])
def test_what_runs_itself_by_a_computed_name_ends_at_the_greatest_depth(
    settings: dict[str, Any], levels: int, published: Published, alice: User
) -> None:
    """With the chain named; ten runs unless the playbook says otherwise."""
    deeper = call("deeper", "{{ inputs.name }}", {"name": "{{ inputs.name }}"})
    version = published(named("Deep", [deeper], settings={"on_failure": "fail", **settings}, inputs=[{"name": "name"}]))

    run = begin(version, alice, name="Deep")

    assert run.status == "failed"
    assert run.code == "MaxRecursionDepthExceeded"
    assert "Deep → Deep" in run.message
    assert Run.objects.count() == levels


def test_a_worker_that_dies_leaves_one_child_and_loses_none(published: Published, alice: User) -> None:
    """After each of the first turns the driver is dropped and its executor buried."""
    doubler(published)
    version = published(document([call("c", "Doubler", {"number": 2}), var("v", "n", "{{ steps.c.output.twice }}")]))
    for turns in range(1, 8):
        run = start(version, inputs={}, by=alice).run
        driver = Driver(threads=1)
        driver.journal.executor = driver.presence.enter()
        for _ in range(turns):
            driver.hint = True
            if not (driver.driving or driver.notes):
                driver._claim()
            driver.turn()
        driver.presence.leave()
        driver.journal.bury_the_dead()
        children.look_after()
        drive(run)
        children.look_after()

        assert drive(run).status == "completed"
        assert StepRun.objects.get(run=run, path="v").output == 4
        assert Run.objects.filter(parent_step=run.step_runs.get(path="c").pk).count() == 1

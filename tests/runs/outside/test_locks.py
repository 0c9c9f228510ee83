"""Locks of runs and of scopes: never two inside, in line or refused, given back at every end (S0-resource-locks, S4-FR-7, rule 19)."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.entry import entering, lapsing
from runs_app.models import Entry, Executor, Run, StepRun
from tests.machine import drive
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

Published = Callable[..., PlaybookVersion]
Api = Callable[[User | None], APIClient]
DAY = {"id": "day", "type": "delay", "with": {"for": "1d"}}


def begin(client: APIClient, version: PlaybookVersion, status: int = 201, **body: Any) -> Any:
    """Start over the API."""
    answer = client.post("/api/v1/runs/", {"playbook": version.playbook_id, **body}, format="json")
    assert answer.status_code == status, answer.json()
    return answer.json()


def seen(client: APIClient, run: int) -> Any:
    """The run as it is shown."""
    return client.get(f"/api/v1/runs/{run}/").json()


def of(shown: Any) -> Run:
    """Its row."""
    return Run.objects.get(pk=shown["id"])


def holder(published: Published, *locks: Any, name: str = "Holder", steps: Any = (DAY,), **settings: Any) -> PlaybookVersion:
    """Holds its locks for a day."""
    return published({**document(list(steps), settings={"locks": list(locks), **settings}, inputs=[{"name": "who"}]), "name": name})


def look(times: int = 1) -> None:
    """The clock's turn."""
    for _ in range(times):
        entering.look_after()


@pytest.mark.spec("S0-resource-locks", "S4-FR-7.1")
def test_the_second_waits_in_line_and_says_for_whom(published: Published, alice: User, api: Api) -> None:
    """With name, holder, since when and place; the list of locks has run, names, paths, owner and TTL."""
    version, client = holder(published, "ledger", {"path": "/a/{{ inputs.who | 'b' }}"}, lock_ttl="10m"), api(alice)
    first = begin(client, version)
    drive(of(first))
    second, third = begin(client, version), begin(client, version)
    drive(of(second))

    shown = seen(client, second["id"])
    assert (shown["status"], shown["started_at"]) == ("queued", None)
    (why,) = shown["waiting_for"]
    assert (why["cause"], why["name"], why["place"]) == ("lock", "ledger, /a/b", 1)
    assert f"held by run {first['id']} since" in why["sentence"]
    assert seen(client, third["id"])["waiting_for"][0]["place"] == 2
    rows = client.get("/api/v1/locks/").json()["results"]
    assert [(row["run"], row["place"], row["holder"]) for row in rows] == [
        (first["id"], None, None), (second["id"], 1, first["id"]), (third["id"], 2, first["id"]),
    ]  # fmt: skip
    assert (rows[0]["names"], rows[0]["paths"], rows[0]["owner"], rows[0]["ttl_seconds"]) == (["ledger"], ["/a/b"], "alice", 600)
    assert rows[0]["since"] and rows[0]["expires_at"]


@pytest.mark.spec("S4-FR-7.3", "S0-resource-locks")
def test_who_wants_to_be_refused_is_told_who_and_since_when(published: Published, alice: User, api: Api) -> None:
    """409 with the holder's run id; no run is made."""
    client = api(alice)
    first = begin(client, holder(published, "ledger"))
    answer = begin(client, holder(published, "ledger", on_lock="refuse", name="Other"), status=409)

    assert answer["code"] == "LockHeld"
    assert f"held by run {first['id']} since" in answer["message"]
    assert answer["details"]["run"] == first["id"] and answer["details"]["since"]
    assert Run.objects.count() == 1


@pytest.mark.spec("S4-FR-7.2")
def test_paths_conflict_with_what_they_hold(published: Published, alice: User, api: Api) -> None:
    """`/a` and `/a/b` conflict, `/a` and `/ab` do not."""
    client = api(alice)
    begin(client, holder(published, {"path": "/a"}))
    begin(client, holder(published, {"path": "/ab"}, on_lock="refuse", name="Beside"))
    begin(client, holder(published, {"path": "/a/b"}, on_lock="refuse", name="Inside"), status=409)
    begin(client, holder(published, {"path": "/"}, on_lock="refuse", name="Around"), status=409)


def test_another_account_has_locks_of_its_own(published: Published, alice: User, eve: User, api: Api) -> None:
    """And sees none of ours."""
    begin(api(alice), holder(published, "ledger"))
    begin(api(eve), published(document([DAY], settings={"locks": ["ledger"], "on_lock": "refuse"}), owner=eve))
    assert len(api(eve).get("/api/v1/locks/").json()["results"]) == 1


@pytest.mark.spec("S4-FR-7.4")
@pytest.mark.parametrize("end", ["success", "failure", "cancel"])
def test_the_next_goes_in_when_the_holder_is_over(end: str, published: Published, alice: User, api: Api) -> None:
    """However it ends."""
    last = {"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}} if end == "failure" else var("v", "x", 1)
    version, client = holder(published, "ledger", steps=(DAY, last), on_failure="fail"), api(alice)
    first = of(begin(client, version))
    drive(first)
    second = of(begin(client, version))
    if end == "cancel":
        assert client.post(f"/api/v1/runs/{first.pk}/cancel/").status_code == 200
    else:
        first.step_runs.get(path="day").wake(alice)
    drive(first)
    assert first.status == {"success": "completed", "failure": "failed", "cancel": "cancelled"}[end]

    look()
    assert drive(second).status == "waiting"
    assert second.step_runs.get(path="day").status == "waiting"
    assert Entry.objects.get().run == second


def test_a_run_in_line_can_be_cancelled_and_paused(published: Published, alice: User, api: Api) -> None:
    """One that was never let in ends at once, without its `finally`; one that is paused goes in when it is resumed."""
    version, client = holder(published, "ledger"), api(alice)
    first, second, third = (of(begin(client, version)) for _ in range(3))
    drive(first)

    client.post(f"/api/v1/runs/{second.pk}/cancel/")
    second.refresh_from_db()
    assert (second.status, second.step_runs.count()) == ("cancelled", 0)
    assert client.post(f"/api/v1/runs/{third.pk}/pause/").json()["status"] == "paused"
    first.cancel(alice)
    drive(first)
    look()
    drive(third)
    assert third.status == "paused"
    client.post(f"/api/v1/runs/{third.pk}/resume/")
    assert drive(third).status == "waiting"


@pytest.mark.spec("S0-resource-locks", "rule-19")
def test_many_at_once_and_never_two_inside(published: Published, alice: User, api: Api) -> None:
    """Eight clients start at the same moment, two workers drive; every pair of runs is one after the other, and all of them end."""
    inside = {"id": "s", "type": "scope", "locks": ["desk"], "steps": [var("v", "x", 1)]}
    version = holder(published, "ledger", {"path": "/a"}, steps=(inside,))
    starters = [threading.Thread(target=_start_one, args=(api(alice), version)) for _ in range(8)]
    for each in starters:
        each.start()
    for each in starters:
        each.join(30)
    runs = list(Run.objects.order_by("pk"))
    assert len(runs) == 8 and Entry.objects.filter(since__isnull=False).count() == 1
    for _ in runs:
        drive(runs[-1], until=lambda run: True)
        for run in Run.objects.filter(finished_at=None, gate=""):
            drive(run)
        look()

    over = sorted(Run.objects.filter(status="completed"), key=lambda run: str(run.started_at))
    assert len(over) == 8
    assert all(str(before.finished_at) <= str(after.started_at) for before, after in itertools.pairwise(over))


def _start_one(client: APIClient, version: PlaybookVersion) -> None:
    try:
        begin(client, version)
    finally:
        connection.close()


def scope(name: str, *locks: Any, steps: Any = (), **more: Any) -> dict[str, Any]:
    """A scope with locks."""
    return {"id": name, "type": "scope", "locks": list(locks), **more, "steps": list(steps) or [{**DAY, "id": f"in_{name}"}]}


@pytest.mark.spec("S0-resource-locks")
def test_branches_exclude_each_other(published: Published, alice: User, api: Api) -> None:
    """The scope of one branch waits for that of the other, with the reason on the step; and goes on at its end."""
    branches = [{"name": name, "steps": [scope(name, "ledger")]} for name in ("left", "right")]
    version, client = published(document([{"id": "both", "type": "parallel", "branches": branches}])), api(alice)
    run = drive(of(begin(client, version)))

    waiting = {step.path: step.cause for step in StepRun.objects.filter(run=run, status="waiting", policy=None)}
    assert sorted(waiting.values()) == ["lock", "timer"]
    path = next(path for path, cause in waiting.items() if cause == "lock")
    why = next(each for each in seen(client, run.pk)["waiting_for"] if each["cause"] == "lock")
    assert why["path"] == path and f"held by run {run.pk} since" in why["sentence"] and why["place"] == 1
    assert client.get(f"/api/v1/runs/{run.pk}/steps/{path}/").json()["waiting_for"] == [why]

    run.step_runs.get(wait__cause="timer").wake(alice)
    drive(run)
    look()
    drive(run)
    run.step_runs.get(status="waiting", wait__cause="timer").wake(alice)
    assert drive(run).status == "completed"
    assert not Entry.objects.exists()


def test_a_scope_that_wants_to_be_refused_fails_in_a_way_that_can_be_caught(published: Published, alice: User, api: Api) -> None:
    """With the holder's number in the message."""
    first = begin(api(alice), holder(published, "ledger"))
    caught = {
        "id": "t", "type": "try", "steps": [scope("s", "ledger", on_lock="refuse")],
        "catch": [{"code": "LockHeld", "steps": [var("why", "why", "{{ error.message }}")]}],
    }  # fmt: skip
    run = drive(of(begin(api(alice), published(document([caught])))))

    assert run.status == "completed"
    assert f"held by run {first['id']}" in str(run.variables.get(name="why").value)


def test_a_cancel_while_a_scope_waits_frees_its_place(published: Published, alice: User, api: Api) -> None:
    """It has not begun, so it is not protected."""
    begin(api(alice), holder(published, "ledger"))
    run = drive(of(begin(api(alice), published(document([scope("s", "ledger")])))))
    assert Entry.objects.filter(run=run).count() == 1

    run.cancel(alice)
    assert drive(run).status == "cancelled"
    assert not Entry.objects.filter(run=run).exists()


def test_what_is_held_around_a_step_is_not_asked_for_again(published: Published, alice: User, api: Api) -> None:
    """Neither by a scope inside it, nor by a run that it waits for."""
    published({**document([var("v", "x", 1)], settings={"locks": ["ledger"]}), "name": "Child"})
    steps = [scope("s", "ledger", steps=[{"id": "c", "type": "playbook", "with": {"playbook": "Child"}}])]
    run = of(begin(api(alice), holder(published, "ledger", steps=steps)))

    drive(run, until=lambda _: Run.objects.filter(trigger="child", status="completed").exists())
    assert drive(run).status == "completed"


def test_two_that_would_wait_for_each_other_do_not(published: Published, alice: User, api: Api) -> None:
    """The second to ask is refused, in words, and may be caught."""
    one = published(document([{"id": "p", "type": "wait_for_event", "with": {"name": "go"}}, scope("s", "b")], settings={"locks": ["a"]}))
    other = published(document([scope("s", "a")], settings={"locks": ["b"]}))
    first = drive(of(begin(api(alice), one)))
    drive(of(begin(api(alice), other)))
    api(alice).post("/api/v1/events/go/", {}, format="json")
    drive(first)

    error: Any = first.step_runs.get(path="s").error
    assert error["code"] == "LockHeld" and "neither would ever go on" in error["message"]


@pytest.mark.spec("rule-19", "S4-NFR-2.3")
def test_a_held_run_and_a_waiting_one_keep_their_lock(published: Published, alice: User, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day after its TTL too: what it protects is half done, and only a person can say what becomes of it."""
    broken = {"id": "t", "type": "throw", "with": {"code": "Bad", "message": "No."}}
    run = drive(of(begin(api(alice), holder(published, "ledger", steps=(broken,), lock_ttl="5s"))))
    assert run.status == "paused"

    tomorrow = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: tomorrow)
    lapsing.look_after()
    begin(api(alice), holder(published, "ledger", on_lock="refuse", name="Other"), status=409)


@pytest.mark.spec("S4-FR-7.5", "S4-NFR-2.3")
def test_the_lock_of_a_killed_holder_is_free_after_its_ttl(published: Published, alice: User, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is renewed while a worker lives; after that its run is paused, and goes on by itself when it has its lock again."""
    run = of(begin(api(alice), holder(published, "ledger", steps=(var("v", "x", 1),), lock_ttl="5s")))
    worker = Executor.objects.create(name="gone", pid=1, alive=True)
    later = clock.now() + timedelta(seconds=20)
    monkeypatch.setattr(clock, "now", lambda: later)
    lapsing.look_after()
    other = holder(published, "ledger", on_lock="refuse", name="Other")
    begin(api(alice), other, status=409)

    Executor.objects.filter(pk=worker.pk).update(alive=False)
    latest = later + timedelta(seconds=6)
    monkeypatch.setattr(clock, "now", lambda: latest)
    lapsing.look_after()
    look()
    second = of(begin(api(alice), other))
    run.refresh_from_db()
    assert run.status == "paused"
    assert api(alice).post(f"/api/v1/runs/{run.pk}/resume/").status_code == 409

    drive(second, until=lambda seen: seen.status == "waiting")
    second.cancel(alice)
    drive(second)
    Executor.objects.create(name="new", pid=2, alive=True)
    lapsing.look_after()
    look()
    assert drive(run).status == "completed"


def test_a_crash_between_letting_in_and_telling_loses_nothing(published: Published, alice: User, api: Api) -> None:
    """It is told in the next round."""
    version = holder(published, "ledger")
    first, second = (of(begin(api(alice), version)) for _ in range(2))
    first.cancel(alice)
    drive(first)
    entering.pass_on()
    second.refresh_from_db()
    assert second.gate == "lock"

    look()
    assert drive(second).status == "waiting"

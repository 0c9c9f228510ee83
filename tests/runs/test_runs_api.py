"""REST: reading, starting and steering runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from playbooks_app.models import Playbook, PlaybookVersion, User, Visibility
from runs_app.api import documents
from runs_app.models import Run
from runs_app.reading.values import MOST_BYTES
from runs_app.statuses import RunStatus, StepStatus
from tests.runs.factories import CLOSED, RunBuilder, finished_runs, payments_run

Api = Callable[[User | None], APIClient]
RUNS = "/api/v1/runs/"


def half_way(version: PlaybookVersion, by: User, **fields: Any) -> RunBuilder:
    """s1 is done, s2 at work, s3 to come."""
    built = RunBuilder(version, by, **fields)
    built.step("s1", output={"said": "x"})
    built.step("s2", status=StepStatus.RUNNING, begin=1, end=None)
    built.save()
    return built


@pytest.mark.spec("S0-progress-anytime", "S3-run-record")
def test_a_run_says_how_far_it_is(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """During step 2 of 3: one succeeded, one running, one pending (S0-progress-anytime)."""
    run = half_way(three_steps, alice).run

    told = api(alice).get(f"{RUNS}{run.pk}/").json()

    assert told["status"] == "running"
    assert (told["counts"]["succeeded"], told["counts"]["running"], told["counts"]["pending"], told["counts"]["total"]) == (1, 1, 1, 3)
    assert told["version"] == {"id": three_steps.pk, "number": 1}
    assert told["started_by"] == "alice"


def test_what_is_sent_has_the_keys_that_the_schema_promises(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """The description of a run, a step run and an event is true (law of the doors)."""
    built = half_way(three_steps, alice)
    built.events([("run_started", "", 0), ("step_started", "s1", 0), ("step_succeeded", "s1", 1)])
    client, address = api(alice), f"{RUNS}{built.run.pk}/"

    run, step = client.get(address).json(), client.get(f"{address}steps/s1/").json()
    event = client.get(f"{address}events/").json()["results"][0]

    for sent, shape in (
        (run, documents.RunShape),
        (step, documents.StepShape),
        (event, documents.EventShape),
        (step["attempts"][0], documents.TryShape),
    ):
        promised = shape().fields
        assert set(sent) <= set(promised)
        assert {name for name, field in promised.items() if field.required} <= set(sent)


def test_out_of_sight_is_404_for_every_call(api: Api, alice: User, eve: User, three_steps: PlaybookVersion) -> None:
    """Nobody of another account learns whether a run exists, whatever they try."""
    run = half_way(three_steps, alice).run
    client = api(eve)

    for path in ("", "steps/", "steps/s1/", "events/", "inputs/", "outputs/", "steps/s1/output/"):
        answer = client.get(f"{RUNS}{run.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    for path in ("pause/", "resume/", "cancel/", "archive/", "steps/s1/retry/", "steps/s1/skip/", "steps/s1/wake/"):
        assert client.post(f"{RUNS}{run.pk}/{path}").status_code == 404, path
    assert client.get(RUNS).json()["count"] == 0


@pytest.mark.parametrize(
    ("visibility", "seen_by"),
    [
        (Visibility.PRIVATE, {"alice", "admin"}),
        (Visibility.DEPARTMENT, {"alice", "admin", "bob"}),
        (Visibility.ACCOUNT, {"alice", "admin", "bob", "carol", "dave"}),
    ],
)
def test_each_visibility_refuses_exactly_the_outsiders(
    api: Api, people: dict[str, User], three_steps: PlaybookVersion, visibility: str, seen_by: set[str]
) -> None:
    """Private, department and account, by list and by address (S0-sharing)."""
    alice = people["alice"]
    assert alice.membership is not None
    run = RunBuilder(three_steps, alice, visibility=visibility, department=alice.membership.department).run

    assert {name for name, user in people.items() if api(user).get(f"{RUNS}{run.pk}/").status_code == 200} == seen_by
    assert {name for name, user in people.items() if api(user).get(RUNS).json()["count"] == 1} == seen_by


def test_a_viewer_follows_a_run_but_neither_steers_it_nor_reads_values(api: Api, alice: User, dave: User, three_steps: PlaybookVersion) -> None:
    """Progress without values and without deeds (S0-sharing-actions)."""
    built = half_way(three_steps, alice, inputs={"secret": 5})
    address, client = f"{RUNS}{built.run.pk}/", api(dave)

    assert client.get(address).json()["inputs"] is None
    assert client.get(f"{address}steps/s1/").json()["output"] is None
    assert client.get(f"{address}steps/s1/output/").status_code == 403
    for path in ("pause/", "resume/", "cancel/", "archive/", "steps/s1/retry/", "steps/s1/skip/"):
        answer = client.post(f"{address}{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), path


def test_steps_are_a_tree_a_level_or_a_flat_list(api: Api, alice: User, payments: PlaybookVersion) -> None:
    """The tree holds everything once, `parent` one level, `flat` everything in order of start."""
    run = payments_run(payments, alice, 24).run
    client, address = api(alice), f"{RUNS}{run.pk}/steps/"

    tree = client.get(address).json()["results"]
    level = client.get(address, {"parent": "each"}).json()["results"]
    item = client.get(address, {"parent": "each/body[3]"}).json()["results"]
    flat = client.get(address, {"flat": "1", "page_size": "500"}).json()

    assert [step["path"] for step in tree] == ["note", "each"]
    assert {step["path"] for step in tree[1]["children"]} == {step["path"] for step in level}
    assert [step["path"] for step in item] == ["each/body[3]/large", "each/body[3]/pay"]
    assert flat["count"] == len(flat["results"]) == run.step_runs.count()
    assert [step["started_at"] for step in flat["results"]] == sorted(step["started_at"] for step in flat["results"])


def test_a_flat_list_can_be_narrowed_by_status(api: Api, alice: User, payments: PlaybookVersion) -> None:
    """Only the statuses that were asked for; an unknown one is refused by name."""
    run = payments_run(payments, alice, 80).run
    client, address = api(alice), f"{RUNS}{run.pk}/steps/"

    running = client.get(address, {"flat": "1", "status": "running"}).json()["results"]

    assert {step["status"] for step in running} == {"running"}
    assert client.get(address, {"flat": "1", "status": "sleeping"}).status_code == 422


@pytest.mark.parametrize("path", ["each/body[0]/large", "each/body%5B0%5D/large", "each%2Fbody%5B0%5D%2Flarge"])
def test_a_path_may_be_percent_encoded_or_not(api: Api, alice: User, payments: PlaybookVersion, path: str) -> None:
    """Brackets and slashes reach the same step either way."""
    run = payments_run(payments, alice, 12).run

    assert api(alice).get(f"{RUNS}{run.pk}/steps/{path}/").json()["path"] == "each/body[0]/large"


@pytest.mark.spec("S0-progress-completed")
def test_a_large_value_has_an_address_of_its_own(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """Over 64 KiB a value is left out of every shape and served whole at its address."""
    built, large = RunBuilder(three_steps, alice, inputs={"text": "y" * MOST_BYTES}), {"text": "x" * MOST_BYTES}
    built.step("s1", output=large, input={"small": 1})
    run, client = built.save(), api(alice)

    step = client.get(f"{RUNS}{run.pk}/steps/s1/").json()
    told = client.get(f"{RUNS}{run.pk}/").json()

    assert step["output"] is None
    assert step["input"] == {"small": 1}
    assert client.get(step["output_url"]).json() == large
    assert told["inputs"] is None
    assert client.get(told["inputs_url"]).json() == run.inputs


def test_events_come_in_order_after_the_number_one_has(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """`after=n` leaves out what the caller has; people are named."""
    built = half_way(three_steps, alice)
    built.events([("run_started", "", 0), ("step_started", "s1", 0)])
    built.events([("run_paused", "", 2)], by=alice, data={"reason": "lunch"})

    told = api(alice).get(f"{RUNS}{built.run.pk}/events/", {"after": 1}).json()

    assert [event["number"] for event in told["results"]] == [2, 3]
    assert told["results"][1] | {"at": ""} == {"number": 3, "type": "run_paused", "at": "", "path": None, "by": "alice", "data": {"reason": "lunch"}}
    assert (told["count"], told["next"]) == (2, None)


@pytest.mark.spec("S3-retry-log")
def test_the_tries_of_a_step_are_told_with_their_errors(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """Each try has a number, a beginning, an end and what went wrong (S3-retry-log)."""
    built = RunBuilder(three_steps, alice)
    built.step("s1", status=StepStatus.FAILED, attempt=2, error=CLOSED, end=9)
    built.save()
    built.events([("step_started", "s1", 0)])
    built.events([("step_attempt_failed", "s1", 3)], data={"error": {"code": "Timeout", "message": "No answer."}})
    built.events([("step_again", "s1", 5)], attempt=2)
    built.events([("step_failed", "s1", 9)], attempt=2, data={"error": CLOSED})

    tries = api(alice).get(f"{RUNS}{built.run.pk}/steps/s1/").json()["attempts"]

    assert [(each["number"], each["error"]["code"]) for each in tries] == [(1, "Timeout"), (2, "ClientError")]
    assert all(each["finished_at"] > each["started_at"] for each in tries)


def test_a_step_that_was_never_begun_has_no_try(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """Skipped by its `when`, given an output, or cut off before its turn; skipped after a try keeps that one."""
    built = RunBuilder(three_steps, alice)
    for step, kind in (("s1", "step_skipped"), ("s2", "step_overridden")):
        built.step(step, status=StepStatus.SKIPPED, end=1)
        built.save()
        built.events([(kind, step, 1)])
    built.step("s3", status=StepStatus.SKIPPED, end=9)
    built.save()
    built.events([("step_started", "s3", 2), ("step_failed", "s3", 5), ("step_skipped", "s3", 9)])

    told = {step: api(alice).get(f"{RUNS}{built.run.pk}/steps/{step}/").json()["attempts"] for step in ("s1", "s2", "s3")}
    assert [len(tries) for tries in told.values()] == [0, 0, 1]


def test_the_list_is_narrowed_by_every_filter(api: Api, alice: User, carol: User, three_steps: PlaybookVersion, payments: PlaybookVersion) -> None:
    """playbook, status, started_by, since, until, q and parent."""
    mine = half_way(three_steps, alice, inputs={"supplier": "Norda Oy"}).run
    parent_step = mine.step_runs.get(path="s1")
    child = RunBuilder(payments, carol, status=RunStatus.COMPLETED, parent_step=parent_step.pk).run
    client = api(alice)

    def found(**query: Any) -> list[int]:
        return [run["id"] for run in client.get(RUNS, query).json()["results"]]

    assert found() == [child.pk, mine.pk]
    assert found(playbook=three_steps.playbook_id) == [mine.pk]
    assert found(status="completed,failed") == [child.pk]
    assert found(started_by="carol") == found(started_by=carol.pk) == [child.pk]
    assert found(q="norda") == found(q=f"#{mine.pk}") == [mine.pk]
    assert found(parent=mine.pk) == [child.pk]
    assert found(since="2999-01-01") == found(until="1999-01-01T00:00:00Z") == []


def test_filters_that_cannot_be_read_are_refused_all_at_once(api: Api, alice: User) -> None:
    """422 with one problem for each, addressed by its key."""
    answer = api(alice).get(RUNS, {"playbook": "x", "status": "asleep", "since": "soon", "q": "fine"})

    assert answer.status_code == 422
    assert {problem["address"] for problem in answer.json()["problems"]} == {"playbook", "status", "since"}


def test_a_page_of_runs_costs_the_same_number_of_queries_for_one_run_and_for_many(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """No query per row."""
    client = api(alice)
    finished_runs(three_steps, alice, 3)
    half_way(three_steps, alice)
    with CaptureQueriesContext(connection) as few:
        client.get(RUNS)
    for _ in range(15):
        half_way(three_steps, alice)

    with CaptureQueriesContext(connection) as many:
        client.get(RUNS)

    assert len(many) <= len(few)


def test_a_start_with_faults_keeps_nothing_and_names_each(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """Unknown keys, wrong types and a wrong version are all told at once, and no run is made."""
    answer = api(alice).post(RUNS, {"playbook": three_steps.playbook_id, "inputs": [], "colour": "red", "mode": "dance"}, format="json")

    assert answer.status_code == 422
    assert {problem["address"] for problem in answer.json()["problems"]} == {"inputs", "colour", "mode"}
    assert not Run.objects.exists()


def test_a_start_needs_sight_right_and_a_version(api: Api, alice: User, bob: User, eve: User, three_steps: PlaybookVersion) -> None:
    """404 out of sight, 403 for an approver, 422 for a version that is not there, 409 without any."""
    body = {"playbook": three_steps.playbook_id, "inputs": {}}
    unpublished = Playbook.objects.create(account=three_steps.playbook.account, owner=alice, name="Draft only", draft={})

    assert api(eve).post(RUNS, body, format="json").status_code == 404
    assert api(bob).post(RUNS, body, format="json").status_code == 403
    assert api(alice).post(RUNS, {**body, "version": 7}, format="json").status_code == 422
    assert api(alice).post(RUNS, {"playbook": unpublished.pk, "inputs": {}}, format="json").status_code == 409
    assert not Run.objects.exists()


@pytest.mark.spec("S0-async-start")
def test_a_start_answers_with_the_run(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """201 with the shape of a run; the same idempotency key again answers 200 with the same run."""
    body = {"playbook": three_steps.playbook_id, "inputs": {}, "idempotency_key": "order-7", "labels": {"team": "a"}}

    first = api(alice).post(RUNS, body, format="json")
    second = api(alice).post(RUNS, body, format="json")

    assert (first.status_code, first.json()["deduplicated"]) == (201, False)
    assert (second.status_code, second.json()["deduplicated"]) == (200, True)
    assert first.json()["id"] == second.json()["id"]
    assert first.json()["labels"] == {"team": "a"}


def test_a_start_that_waits_gives_up_waiting_in_time(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """Without a worker the answer comes at the limit, with the run as it stands."""
    answer = api(alice).post(RUNS, {"playbook": three_steps.playbook_id, "inputs": {}, "wait": 0.1}, format="json")

    assert answer.status_code == 201
    assert answer.json()["status"] == "queued"
    assert answer.json()["waiting_for"][0]["cause"] == "worker"


def test_a_deed_in_the_wrong_state_is_409(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """What is over can be neither paused nor cancelled; what runs cannot be archived."""
    over = RunBuilder(three_steps, alice, status=RunStatus.COMPLETED).run
    running = half_way(three_steps, alice).run
    client = api(alice)

    for run, deed in ((over, "pause"), (over, "cancel"), (over, "resume"), (running, "archive")):
        answer = client.post(f"{RUNS}{run.pk}/{deed}/")
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state"), deed


def test_an_operator_does_not_pass_over_a_decision(api: Api, carol: User, alice: User, admin: User, payments: PlaybookVersion) -> None:
    """Skipping an approval would be approving: only the account's leads may."""
    built = payments_run(payments, alice, 60)
    address = f"{RUNS}{built.run.pk}/steps/each/body[20]/large/then/both/people/sign/skip/"

    assert api(carol).post(address).status_code == 403


def test_an_override_needs_one_value(api: Api, alice: User, three_steps: PlaybookVersion) -> None:
    """`resume` with an override of neither input nor output, or of both, is refused."""
    run = half_way(three_steps, alice).run
    for override in ({"path": "s1"}, {"path": "s1", "input": 1, "output": 2}):
        answer = api(alice).post(f"{RUNS}{run.pk}/resume/", {"override": override}, format="json")
        assert answer.status_code == 422


def test_the_schema_describes_the_runs(api: Api, alice: User) -> None:
    """Every address of runs stands in OpenAPI with its answer."""
    schema = api(alice).get("/api/v1/schema/", {"format": "json"})

    paths = json.loads(schema.content)["paths"]
    for path in ("", "{id}/", "{id}/pause/", "{id}/resume/", "{id}/cancel/", "{id}/archive/", "{id}/events/"):
        assert f"{RUNS}{path}" in paths, path
    for path in ("", "{path}/", "{path}/retry/", "{path}/skip/", "{path}/wake/"):
        assert f"{RUNS}{{run_id}}/steps/{path}" in paths, path


@pytest.mark.parametrize(
    "path",
    [
        "99999999999999999999999/",
        "%s/steps/%%00/",
        "%s/steps/?parent=%%00",
        "%s/steps/?parent=each/body[99999999999999999999]",
        "%s/steps/?flat=perhaps",
        "%s/events/?after=%%C2%%B2",
        "?q=%%00&started_by=%%00",
        "?playbook=%%C2%%B2&parent=99999999999999999999999",
        "?page=0",
        "?page=99999999999999999999",
        "?since=2026-13-45&until=0000-00-00",
    ],
)
def test_no_address_breaks_the_door(api: Api, alice: User, three_steps: PlaybookVersion, path: str) -> None:
    """Numbers too large, NUL and digits of other scripts are answered, never with 500."""
    run = half_way(three_steps, alice).run

    answer = api(alice).get(RUNS + (path % run.pk if "%s" in path else path.replace("%%", "%")))

    assert answer.status_code < 500


BAD_BODIES: list[Any] = [None, [], "x", 5, {"playbook": "x"}, {"playbook": -1}, {"playbook": 10**30}, {"playbook": True}]
BAD_BODIES += [{"playbook": 1, "wait": "soon"}, {"playbook": 1, "wait": -5}, {"playbook": 1, "labels": []}, {"playbook": 1, "idempotency_key": {}}]
BAD_QUERIES = [
    "keep=each~1,%C2%B2",
    "items=each~failed~99999",
    "only=x",
    "idle=x",
    "find=%F0%9F%98%80",
    "fold=" + "a" * 3000,
]


@pytest.mark.parametrize("body", BAD_BODIES)
def test_no_body_breaks_a_start(api: Api, alice: User, body: Any) -> None:
    """Whatever JSON it is: 4xx and no run."""
    answer = api(alice).post(RUNS, body, format="json")

    assert 400 <= answer.status_code < 500
    assert not Run.objects.exists()


@pytest.mark.parametrize("query", BAD_QUERIES)
def test_no_address_breaks_the_page(web: Callable[[User | None], Any], alice: User, three_steps: PlaybookVersion, query: str) -> None:
    """What cannot be read is left out."""
    run = half_way(three_steps, alice).run

    assert web(alice).get(f"/runs/{run.pk}/?{query}").status_code == 200

"""What a long job remembers of itself: saved by steps and from outside, the newest found, old ones pruned (S1-P22)."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks_app.models import User
from runs_app import checkpoints
from runs_app.models import Checkpoint
from tests.machine import drive
from tests.runs.outside.test_locks import DAY, Api, Published, begin, of
from tests.runs.test_machine import document, var

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/checkpoints/"


def waiting_run(published: Published, api: Api, user: User) -> int:
    """A run that waits for a day."""
    return int(drive(of(begin(api(user), published(document([DAY]))))).pk)


@pytest.mark.spec("S1-P22-checkpoint-api", "S1-P22-prune")
def test_the_newest_is_found_and_the_oldest_are_pruned(published: Published, alice: User, api: Api) -> None:
    """Twelve saved, the latest is the twelfth; keep 5 removes seven, keep 0 the rest."""
    client, run = api(alice), waiting_run(published, api, alice)
    for number in range(1, 13):
        answer = client.post(ADDRESS, {"run": run, "name": f"page-{number}", "data": {"cursor": number}}, format="json")
        assert answer.status_code == 201, answer.json()
    assert client.get(f"{ADDRESS}latest/?run={run}").json()["data"] == {"cursor": 12}
    assert client.get(f"{ADDRESS}latest/?run={run}&name=page-3").json()["data"] == {"cursor": 3}

    assert client.post(f"{ADDRESS}prune/", {"run": run, "keep": 5}, format="json").json() == {"removed": 7}
    left = client.get(f"{ADDRESS}?run={run}").json()
    assert left["count"] == 5 and [each["name"] for each in left["results"]] == [f"page-{n}" for n in (12, 11, 10, 9, 8)]
    assert client.post(f"{ADDRESS}prune/", {"run": run, "keep": 0}, format="json").json() == {"removed": 5}
    assert client.get(f"{ADDRESS}latest/?run={run}").status_code == 404


@pytest.mark.spec("S1-P22-milestones", "S1-P22-complement")
def test_a_step_saves_one_however_often_it_is_tried(published: Published, alice: User, api: Api) -> None:
    """One for each turn of a loop; the run itself needs none to go on."""
    saves = {"id": "save", "type": "checkpoint", "with": {"name": "page-{{ index }}", "data": {"cursor": "{{ item }}"}}}
    loop = {"id": "each", "type": "for_each", "in": [10, 20, 30], "steps": [saves]}
    run = drive(of(begin(api(alice), published(document([loop, var("v", "x", "{{ steps.each.output.results }}")])))))

    assert run.status == "completed", run.error
    kept = list(Checkpoint.objects.filter(run=run).order_by("pk").values_list("path", "name", "data"))
    assert kept == [(f"each/body[{n}]/save", f"page-{n}", {"cursor": (n + 1) * 10}) for n in range(3)]
    shown = api(alice).get(f"{ADDRESS}latest/?run={run.pk}").json()
    assert (shown["name"], shown["path"], shown["by"]) == ("page-2", "each/body[2]/save", None)

    again = Checkpoint.objects.get(path="each/body[2]/save")
    run.status = "running"
    assert checkpoints.save(run, "page-2", {"cursor": 31}, path="each/body[2]/save").pk == again.pk


def test_those_in_sight_only(published: Published, alice: User, dave: User, eve: User, api: Api) -> None:
    """A viewer reads no values and saves nothing; another account sees nothing."""
    run = waiting_run(published, api, alice)
    api(alice).post(ADDRESS, {"run": run, "name": "a"}, format="json")
    for person, statuses in ((dave, (403, 403, 403)), (eve, (404, 404, 404))):
        client = api(person)
        found = (
            client.post(ADDRESS, {"run": run, "name": "b"}, format="json").status_code,
            client.get(f"{ADDRESS}latest/?run={run}").status_code,
            client.post(f"{ADDRESS}prune/", {"run": run, "keep": 0}, format="json").status_code,
        )
        assert found == statuses
        assert client.get(ADDRESS).json()["count"] == 0


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "x", "data": "y" * 300_000}, "data"),
        ({"name": "x", "data": {"a": "b\u0000"}}, "data/a"),
        ({}, "name"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(body: dict[str, Any], address: str, published: Published, alice: User, api: Api) -> None:
    """422; a number of a run that is none too, and a run that is over is 409."""
    client, run = api(alice), waiting_run(published, api, alice)
    answer = client.post(ADDRESS, {"run": run, **body}, format="json")
    assert answer.status_code == 422
    assert [each["address"] for each in answer.json()["problems"]] == [address]
    assert client.get(f"{ADDRESS}latest/?run=x").status_code == client.post(f"{ADDRESS}prune/", {"run": run, "keep": -1}).status_code == 422

    client.post(f"/api/v1/runs/{run}/cancel/")
    drive(of({"id": run}))
    assert client.post(ADDRESS, {"run": run, "name": "late"}, format="json").status_code == 409


def test_a_step_with_too_much_fails_in_words(published: Published, alice: User, api: Api) -> None:
    """And says what to keep instead."""
    steps = [{"id": "c", "type": "checkpoint", "with": {"name": "all", "data": "${{ inputs.rows }}"}}]
    version = published(document(steps, inputs=[{"name": "rows", "type": "array"}], settings={"on_failure": "fail"}))
    run = drive(of(begin(api(alice), version, inputs={"rows": ["x" * 1000] * 300})))
    assert (run.status, run.code) == ("failed", "PayloadTooLarge")


def test_only_so_many_are_kept(published: Published, alice: User, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go."""
    monkeypatch.setattr(checkpoints, "MOST_KEPT", 3)
    run = waiting_run(published, api, alice)
    for number in range(5):
        api(alice).post(ADDRESS, {"run": run, "name": str(number)}, format="json")
    assert sorted(Checkpoint.objects.values_list("name", flat=True)) == ["2", "3", "4"]


def test_the_page_of_a_run_shows_its_locks_and_checkpoints(published: Published, alice: User, dave: User, api: Api, web: Any) -> None:
    """Who holds what, who waits for whom; values for those who may read them."""
    version, client = published(document([DAY], settings={"locks": ["ledger"]})), api(alice)
    first, second = (begin(client, version)["id"] for _ in range(2))
    for number in range(7):
        client.post(ADDRESS, {"run": first, "name": f"page-{number}", "data": {"cursor": "c-981"}}, format="json")
    page = web(alice).get(f"/runs/{first}/").content.decode()
    assert "ledger" in page and "Held since" in page and "page-6" in page and "c-981" in page and "the newest 5 of 7" in page
    waits = web(alice).get(f"/runs/{second}/").content.decode()
    assert f"Waits for the lock ledger, held by run {first}" in waits and "place 1 in line" in waits
    assert "c-981" not in web(dave).get(f"/runs/{first}/").content.decode()

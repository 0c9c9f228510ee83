"""Values are found in runs of any age, within bounded time; long lists are counted so far, and gone through by cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from playbooks_app.api import paging
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.reading import searching
from tests.runs.factories import RunBuilder

pytestmark = pytest.mark.django_db
Api = Callable[[User | None], APIClient]


def made(version: PlaybookVersion, by: User, **inputs: Any) -> Run:
    """A run that is over."""
    return RunBuilder(version, by, status="completed", inputs=inputs).save()


def many(run: Run, count: int) -> None:
    """So many more like it, in one statement."""
    columns = ", ".join(f'"{field.column}"' for field in Run._meta.concrete_fields if not field.primary_key and field.name != "inputs")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO runs_app_run ({columns}, inputs) SELECT {columns}, '{{}}' FROM runs_app_run, generate_series(1, %s) WHERE id = %s",
            [count, run.pk],
        )


def test_a_value_is_found_behind_the_newest_20_000(api: Api, web: Callable[..., Client], alice: User, three_steps: PlaybookVersion) -> None:
    """In inputs, quotation marks and umlauts included; the answer says that all runs were looked at."""
    old = made(three_steps, alice, note='Größe "XL" \\ 7')
    many(old, 20_500)
    for text in ('"XL" \\', "größe"):
        answer = api(alice).get("/api/v1/runs/", {"q": text}).json()
        assert [each["id"] for each in answer["results"]] == [old.pk] and answer["search"] == {"complete": True, "until": None}
    assert f"#{old.pk}" in web(alice).get("/runs/", {"q": "größe"}).content.decode()


def test_a_search_that_takes_too_long_says_how_far_it_came(
    api: Api, web: Callable[..., Client], alice: User, three_steps: PlaybookVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops, says at which moment, and goes on from there with `until`."""
    old, *_, new = [made(three_steps, alice, note=f"needle {n}") for n in range(6)]
    monkeypatch.setattr(searching, "SECONDS", 0.0)
    monkeypatch.setattr(searching, "FIRST_LOT", 2)
    first = api(alice).get("/api/v1/runs/", {"q": "needle"}).json()
    assert first["count"] == 2 and first["search"]["complete"] is False and first["results"][0]["id"] == new.pk
    assert "Values were looked for in runs back to" in web(alice).get("/runs/", {"q": "needle"}).content.decode()
    onward = api(alice).get("/api/v1/runs/", {"q": "needle", "until": first["search"]["until"]}).json()
    assert {each["id"] for each in onward["results"]}.isdisjoint({each["id"] for each in first["results"]}) and onward["count"] == 2
    monkeypatch.setattr(searching, "SECONDS", 30.0)
    assert api(alice).get("/api/v1/runs/", {"q": "needle"}).json()["count"] == 6
    assert api(alice).get("/api/v1/runs/", {"q": f"#{old.pk}"}).json()["count"] >= 1


def test_who_may_not_read_values_finds_none_by_them(api: Api, alice: User, dave: User, three_steps: PlaybookVersion) -> None:
    """A viewer sees that a run is there, and cannot guess what is in it."""
    made(three_steps, alice, note="salary 4711")
    assert api(alice).get("/api/v1/runs/?q=4711").json()["count"] == 1
    assert api(dave).get("/api/v1/runs/?q=4711").json()["count"] == 0 and api(dave).get("/api/v1/runs/").json()["count"] == 1


def test_long_lists_are_counted_so_far_and_read_by_cursor(
    api: Api, alice: User, three_steps: PlaybookVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`count` stops at a limit and says so; the cursor passes every run once, in order, also where one comes in between."""
    runs = [made(three_steps, alice) for _ in range(7)]
    monkeypatch.setattr(paging, "MOST_COUNTED", 5)
    numbered = api(alice).get("/api/v1/runs/?page_size=3").json()
    assert (numbered["count"], numbered["more_than_counted"]) == (5, True)

    seen, address = [], "/api/v1/runs/?cursor=&page_size=3"
    while address:
        page = api(alice).get(address).json()
        seen += [each["id"] for each in page["results"]]
        address = page["next"]
        if len(seen) == 3:
            made(three_steps, alice)
    assert seen == [run.pk for run in reversed(runs)]
    assert api(alice).get("/api/v1/runs/?cursor=nonsense").status_code == 422
    for path in ("playbooks/", "secrets/", "approvals/", "tokens/", "locks/", f"runs/{runs[0].pk}/steps/?flat=1&cursor="):
        assert api(alice).get(f"/api/v1/{path}{'' if '?' in path else '?cursor='}").status_code == 200, path
    for cursor in ("cD1hYmM=", "cD0yMDI2LTEzLTQ1", "bz0tMQ=="):  # places that no thing can have
        assert api(alice).get(f"/api/v1/members/?page_size=1&cursor={cursor}").status_code in (200, 422)
    people, address = [], "/api/v1/members/?cursor=&page_size=2"
    while address:
        page = api(alice).get(address).json()
        people += [each["username"] for each in page["results"]]
        address = page["next"]
    assert len(people) == len(set(people)) == page["count"]

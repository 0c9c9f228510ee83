"""The tree of a run's steps has a limit: what is near the top is told, and where something is left out is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import StepRun
from runs_app.reading import tree
from runs_app.statuses import StepStatus
from tests.runs.factories import RunBuilder, payments_run

Api = Callable[[User | None], APIClient]


def paths(shapes: list[dict[str, Any]]) -> list[str]:
    """Of the whole tree."""
    return [path for shape in shapes for path in (shape["path"], *paths(shape["children"]))]


def test_a_small_tree_is_whole(api: Api, alice: User, payments: PlaybookVersion) -> None:
    """Everything once, and nothing about more."""
    run = payments_run(payments, alice, 24).run

    told = api(alice).get(f"/api/v1/runs/{run.pk}/steps/").json()

    assert sorted(paths(told["results"])) == sorted(StepRun.objects.filter(run=run).values_list("path", flat=True))
    assert set(told) == {"results"} and "more" not in str(told)


def test_a_large_one_is_cut_and_says_so(api: Api, alice: User, payments: PlaybookVersion) -> None:
    """2,000 step runs at most, the hint how to get the rest, and `more` at the loop whose items are left out."""
    built = RunBuilder(payments, alice)
    built.step("note")
    each = built.step("each", "for_each", status=StepStatus.WAITING, end=None, policy="all", items=3000)
    for number in range(3000):
        built.step("pay", "http", inside=each, block="body", iteration=number)
    run = built.save()

    told = api(alice).get(f"/api/v1/runs/{run.pk}/steps/").json()

    assert [shape["path"] for shape in told["results"]] == ["note", "each"]
    assert len(paths(told["results"])) == 2000
    assert [child["path"] for child in told["results"][1]["children"]] == [f"each/body[{number}]/pay" for number in range(1998)]
    assert [shape.get("more", False) for shape in told["results"]] == [False, True]
    assert told["more"] is True and "?parent=" in told["hint"] and "?flat=1" in told["hint"]
    assert api(alice).get(f"/api/v1/runs/{run.pk}/steps/?flat=1").json()["count"] == 3002


@pytest.mark.parametrize("most", range(1, 14))
def test_whatever_the_limit_every_gap_is_marked(alice: User, payments: PlaybookVersion, most: int) -> None:
    """A step run is cut if and only if some child of it is not told, and parents are told before their children."""
    built = RunBuilder(payments, alice)
    each = built.step("each", "for_each", status=StepStatus.WAITING, end=None, policy="all", items=3)
    for number in range(3):
        large = built.step("large", "condition", inside=each, block="body", iteration=number, output={"branch": "then"})
        built.step("sign", "approval", inside=large, block="then")
        built.step("pay", "http", inside=each, block="body", iteration=number)
    built.step("report", "email")
    run = built.save()

    found = tree.tree_of(run, most)

    told = {step.pk for step in found.steps}
    assert len(found.steps) == len(told) == min(most, 11)
    assert all(step.parent_id == 0 or step.parent_id in told for step in found.steps)
    left_out = StepRun.objects.filter(run=run).exclude(pk__in=told)
    assert found.cut == {step.parent_id for step in left_out if step.parent_id in {0, *told}}

"""Shares by weight, and one choice for one key (S1-P14, rule 10)."""

from __future__ import annotations

from collections import Counter

import pytest

from playbooks_app.language.check import check
from playbooks_app.language.step_type import Json
from runs_app.step_types.control.ab_split import place
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import ask, each, effect, split, throw


def chance(step_id: str = "s", weights: tuple[Json, ...] = (1, 1), **more: Json) -> Json:
    """A split whose variants are called a, b, c and ask somebody before they act."""
    variants = []
    for name, weight in zip("abc", weights, strict=False):
        variants.append({"name": name, "weight": weight, "steps": [ask(f"{step_id}_ask_{name}"), effect(f"{step_id}_do_{name}", name)]})
    return {"id": step_id, "type": "ab_split", "variants": variants, **more}


@pytest.mark.spec("S1-P14-weights")
@pytest.mark.parametrize(("weights", "shares"), [((1, 1), (0.5, 0.5)), ((2, 1), (0.667, 0.333)), ((3, 1, 1), (0.6, 0.2, 0.2)), ((0, 5), (0.0, 1.0))])
def test_shares_follow_the_weights(weights: tuple[int, ...], shares: tuple[float, ...]) -> None:
    """3,000 runs: each within three points (S1-P14-weights)."""
    taken = Counter(place(f"run-{number}/s", weights) for number in range(3000))

    assert [taken[number] / 3000 for number in range(len(weights))] == pytest.approx(shares, abs=0.03)


def test_the_choice_is_the_output_and_later_steps_read_it(forget: bool) -> None:
    """`selected_variant` holds the name (S1-P14-output); a restart does not choose again (S1-P14-ab_split)."""
    s = Simulation(document([chance(), effect("after", "{{ steps.s.output.selected_variant }}")])).drive(forget=forget)
    (waiting,) = s.waiting()
    chosen = waiting.block
    s.answer(waiting.path)

    s.drive(forget=forget)

    assert s.output("s") == {"selected_variant": chosen}
    assert s.output("after")["value"] == chosen
    assert s.made == [f"s/{chosen}/s_do_{chosen}", "after"]


@pytest.mark.parametrize("name", ["ann", "bob", "cleo", "dan"])
def test_the_same_key_gives_the_same_variant_everywhere(name: str, forget: bool) -> None:
    """In other runs, other steps and other items (rule 10)."""
    steps = [each("l", [1, 2], [chance("x", split_key="{{ inputs.who }}")], concurrency=2), chance("y", split_key="${{ inputs.who }}")]
    s = Simulation(document(steps, inputs=[{"name": "who"}]), inputs={"who": name}).drive(forget=forget)
    while s.waiting():
        s.answer(s.waiting()[0].path)
        s.drive(forget=forget)

    assert {row.output["selected_variant"] for row in s.journal.rows.values() if row.type == "ab_split"} == {"ab"[place(name, (1, 1))]}


def test_without_a_key_each_item_is_chosen_for_itself(forget: bool) -> None:
    """By run and path, inside a branch inside a loop (S1-P14-nesting)."""
    s = Simulation(document([each("l", list(range(20)), [split("p", {"one": [chance("x")]})])])).drive(forget=forget)
    while s.waiting():
        s.answer(s.waiting()[0].path)
        s.drive(forget=forget)

    chosen = {row.path: row.output["selected_variant"] for row in s.journal.rows.values() if row.type == "ab_split"}
    assert chosen == {path: "ab"[place(f"run-1/{path}", (1, 1))] for path in chosen}
    assert set(chosen.values()) == {"a", "b"}


def test_a_failure_inside_holds_the_variant_and_a_retry_stays_in_it(forget: bool) -> None:
    """Nothing is chosen anew."""
    variants = [{"name": name, "steps": [throw(f"x_{name}")]} for name in "ab"]
    s = Simulation(document([{"id": "s", "type": "ab_split", "variants": variants}])).drive(forget=forget)
    (held,) = s.held()
    s.journal.skip(held.id)

    assert s.drive(forget=forget).output("s") == {"selected_variant": held.block}


def test_weights_that_are_all_nothing_fail_the_step(forget: bool) -> None:
    """In words, where they are computed."""
    s = Simulation(document([chance(weights=("${{ 0 }}", "${{ 1 - 1 }}"))])).drive(forget=forget)

    assert s.row("s").error["code"] == "InputInvalid"


@pytest.mark.parametrize(
    ("step", "address"),
    [
        ({"variants": []}, "steps/s/variants"),
        ({"variants": [{"weight": 1, "steps": []}]}, "steps/s/variants/0/name"),
        ({"variants": [{"name": "a", "weight": -1, "steps": []}]}, "steps/s/variants/0/weight"),
        ({"variants": [{"name": "a", "weight": 1.5, "steps": []}]}, "steps/s/variants/0/weight"),
        ({"variants": [{"name": "a", "steps": []}, {"name": "a", "steps": []}]}, "steps/s/variants"),
        ({"variants": [{"name": "a", "weight": 0, "steps": []}, {"name": "b", "weight": 0, "steps": []}]}, "steps/s/variants"),
    ],
)
def test_what_cannot_be_chosen_from_is_refused(step: Json, address: str) -> None:
    """When it is checked, at its place."""
    found = check(document([{"id": "s", "type": "ab_split", **step}]), REGISTRY)

    assert address in {problem.address for problem in found if problem.level == "error"}

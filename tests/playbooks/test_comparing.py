"""Two versions beside each other: what has changed, line by line, with a little of what is the same around it."""

from __future__ import annotations

from playbooks_app.drafting.differences import Change, differences
from tests.playbooks.documents import document


def test_only_what_is_different_is_marked() -> None:
    """Of a long value the lines that changed, with two around them; how many are left out is said."""
    inputs = [{"name": f"figure_{number}", "type": "number", "default": number} for number in range(6)]
    changed = [*inputs[:3], {**inputs[3], "default": 250}, *inputs[4:]]

    (change,) = differences(document(inputs=inputs), document(inputs=changed))

    assert [(line.sign, line.text.strip()) for line in change.lines] == [
        ("gap", "9 lines are the same"),
        ("same", "- name: figure_3"),
        ("same", "type: number"),
        ("was", "default: 3"),
        ("is", "default: 250"),
        ("same", "- name: figure_4"),
        ("same", "type: number"),
        ("gap", "4 lines are the same"),
    ]


def test_what_came_or_went_is_marked_as_a_whole() -> None:
    """And short values stand as they are."""
    assert [line.sign for line in Change("added", "steps/x", "x", None, {"id": "x", "type": "log"}).lines] == ["is", "is"]
    assert [line.sign for line in Change("removed", "owner", None, "Finance", None).lines] == ["was"]
    assert [line.text for line in Change("changed", "owner", None, "Finance", "IT").lines] == ["Finance", "IT"]

"""The step runs of a run as a tree of bounded size, level by level: what is near the top is told first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from runs_app.models import Run, StepRun
from runs_app.reading.values import with_values

MOST_NODES = 2_000
_ORDER = ("parent_id", "block", "iteration", "position")


@dataclass(slots=True)
class Tree:
    """Parents stand before their children, siblings in order. `cut` are the ids of those of whose children some are left out; 0 is the run itself."""

    steps: list[StepRun] = field(default_factory=list)
    cut: set[int] = field(default_factory=set)


def tree_of(run: Run, most: int = MOST_NODES) -> Tree:
    """At most `most` step runs, annotated by `with_values`. Two queries for each level of nesting that is told."""
    tree, parents = Tree(), {0}
    while parents:
        left = most - len(tree.steps)
        level = list(with_values(StepRun.objects.filter(run=run, parent_id__in=parents)).order_by(*_ORDER)[: left + 1])
        if len(level) > left:
            tree.cut = _incomplete(run, parents, level[left])
            level = level[:left]
        tree.steps += level
        parents = set() if tree.cut else {step.pk for step in level}
    if tree.cut:
        tree.cut |= _parents_among(run, {step.pk for step in tree.steps} - {step.parent_id for step in tree.steps})
    return tree


def _incomplete(run: Run, parents: Collection[int], first_left_out: StepRun) -> set[int]:
    """Those of `parents` of whose children this one and later ones are left out."""
    return _parents_among(run, {pk for pk in parents if pk >= first_left_out.parent_id})


def _parents_among(run: Run, ids: Collection[int]) -> set[int]:
    return set(StepRun.objects.filter(run=run, parent_id__in=ids).order_by().values_list("parent_id", flat=True).distinct())

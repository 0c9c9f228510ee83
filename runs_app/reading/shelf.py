"""The step runs that a timeline shows, level by level: the number of queries follows the nesting of the document, not the size of the run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from runs_app.models import Run, StepRun
from runs_app.reading.attention import Attention
from runs_app.reading.look import Look
from runs_app.reading.loops import Loop, loops_of
from runs_app.reading.outline import Outline, loops

DEEPEST = 64


class Shelf:
    """What was fetched: children by place, and loops by the id of their step run."""

    def __init__(self) -> None:
        self.loops: dict[int, Loop] = {}
        self._inside: dict[tuple[int, str, int], list[StepRun]] = defaultdict(list)

    def inside(self, parent: int, block: str, iteration: int = 0) -> list[StepRun]:
        """The step runs of one block, in order."""
        return self._inside.get((parent, block, iteration), [])

    def put(self, steps: Iterable[StepRun]) -> None:
        """Keep these."""
        for step in steps:
            self._inside[step.parent_id, step.block, step.iteration].append(step)

    def every(self) -> Iterable[StepRun]:
        """All that was fetched."""
        return (step for steps in self._inside.values() for step in steps)


def fetch(run: Run, outline: Outline, attention: Attention, look: Look, *, values: bool) -> Shelf:
    """All that this look shows. One query for the top; for each level one for plain containers, up to four where there are loops."""
    shelf = Shelf()
    level = list(_light(StepRun.objects.filter(strand__run=run, strand__parent_id=0, parent_id=0)))
    for _ in range(DEEPEST):
        shelf.put(level)
        wanted = _wanted(level, shelf, outline, attention, look, values=values)
        if wanted is None:
            break
        level = list(_light(StepRun.objects.filter(wanted, run=run)))
    return shelf


def _wanted(level: list[StepRun], shelf: Shelf, outline: Outline, attention: Attention, look: Look, *, values: bool) -> Q | None:
    """Which children are on screen; None when none are."""
    containers = [step for step in level if (drawn := outline.by_id.get(step.step)) and drawn.blocks and step.path not in look.folded]
    found = loops_of([step for step in containers if loops(outline.by_id[step.step])], attention, look, values=values)
    shelf.loops.update(found)
    plain = [step.pk for step in containers if step.pk not in found]
    wanted = Q(parent_id__in=plain) if plain else None
    for pk, loop in found.items():
        opened = [number for number in loop.shown if item_path(loop.step, outline, number) in look.opened]
        if opened:
            inside = Q(parent_id=pk, iteration__in=opened)
            wanted = inside if wanted is None else wanted | inside
    return wanted


def item_path(loop: StepRun, outline: Outline, number: int) -> str:
    """`each/body[3]`."""
    block = next(iter(outline.by_id[loop.step].blocks), "body")
    return f"{loop.path}/{block}[{number}]"


def _light(steps: QuerySet[StepRun]) -> QuerySet[StepRun]:
    """Without the values, which may be large; with the few words of them that a row says."""
    said = {"code": KeyTextTransform("code", "error"), "went": KeyTextTransform("branch", "output"), "route": KeyTextTransform("route", "output")}
    return steps.annotate(**said).defer("input", "output", "state", "pinned", "error").order_by("parent_id", "block", "iteration", "position")

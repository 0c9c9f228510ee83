"""Which names can be read at which step. One walk over the document serves the check of references and the data picker.

A step sees the steps before it in its own block and before each of its ancestors in theirs; what lies inside an earlier container (which may not
have run); in a `catch` or `finally` those of the guarded block; and the names that the loops around it give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playbooks_app.language.guards import DEADLINE
from playbooks_app.language.step_type import Block, Json
from playbooks_app.language.tree import Document, Step, every_step

GUARDED_BY = frozenset({"catch", "finally"})  # keys of blocks that see what the other blocks of their step have done


@dataclass(frozen=True, slots=True)
class Sight:
    """What can be read at one place. `steps`: id -> whether it is sure to have ended there. Valid until the walk goes on."""

    steps: Mapping[str, bool]
    names: Mapping[str, str]  # name -> item, index or error


@dataclass(frozen=True, slots=True)
class Place:
    """A step, or the end of one of its blocks (`block` is set), and what can be read there."""

    step: Step
    block: str
    sight: Sight


def places(document: Document) -> Iterator[Place]:
    """Every step in order of the document; after each block of a step the place at the end of it."""
    walk = _Walk()
    yield from walk.block(document.steps, {})
    walk.leave_unsure(document.steps)
    for clause in document.catch:
        yield from walk.block(clause.steps, {"error": "error"})
        walk.leave_unsure(clause.steps)
    yield from walk.block(document.finally_, {"error": "error"})


class _Walk:
    def __init__(self) -> None:
        self.seen: dict[str, bool] = {}

    def block(self, steps: tuple[Step, ...], names: Mapping[str, str]) -> Iterator[Place]:
        """The steps of a block; afterwards all of them are seen."""
        for step in steps:
            yield Place(step, "", Sight(self.seen, names))
            yield from self._inside(step, names)
            self.seen[step.id] = True

    def _inside(self, step: Step, names: Mapping[str, str]) -> Iterator[Place]:
        guards = {name for name, key in block_keys(step).items() if key in GUARDED_BY}
        last: tuple[Step, ...] = ()
        for name, steps in step.blocks.items():
            inner = {**names, **bound_names(step, name)}
            if name not in guards:
                self.forget(last)
                last = steps
            yield from self.block(steps, inner)
            yield Place(step, name, Sight(self.seen, inner))
            self.leave_unsure(steps)
        for steps in step.blocks.values():
            self.leave_unsure(steps)

    def leave_unsure(self, steps: tuple[Step, ...]) -> None:
        """After a block: it may not have run at all, or only in part."""
        for step in every_step(steps):
            self.seen[step.id] = False

    def forget(self, steps: tuple[Step, ...]) -> None:
        """Before a block: what the block beside it does is not seen."""
        for step in every_step(steps):
            self.seen.pop(step.id, None)


def block_keys(step: Step) -> dict[str, str]:
    """Block names of a step as in paths, and the key under which each stands in the document."""
    found: dict[str, str] = {}
    for block in step.kind.blocks:
        if isinstance(block, Block):
            found[block.name] = block.key
        else:
            found.update({clause.name: block.key for clause in step.clauses.get(block.key, ())})
    return found


def bound_names(step: Step, block: str) -> Mapping[str, str]:
    """The names that a step gives to the steps of one of its blocks, and what they stand for."""
    return {"error": "error"} if block == DEADLINE else step.kind.binds(block, step.settings)


def iterated_blocks(step: Step) -> tuple[str, ...]:
    """The names of the blocks that are gone through again and again."""
    return tuple(block.name for block in step.kind.blocks if isinstance(block, Block) and block.iterated)


def variables_set(document: Document) -> dict[str, list[str]]:
    """Names of variables, and the ids of the steps that set them. A name that is computed stands under ""."""
    found: dict[str, list[str]] = {}
    for step in document.by_id.values():
        if step.kind.sets_variables:
            name: Json = step.settings.get("name")
            found.setdefault(name if isinstance(name, str) and "{{" not in name else "", []).append(step.id)
    return found

"""The document behind a run, for reading: the names of its steps, and what is still to come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache

from playbooks_app.language.document import Document, Step, read_form
from playbooks_app.language.faults import Faults
from playbooks_app.language.guards import DEADLINE
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Block
from playbooks_app.models import PlaybookVersion


class Outline:
    """The steps of a version; empty when its document can no longer be read, so that the run stays readable."""

    def __init__(self, document: Document | None) -> None:
        self.steps: tuple[Step, ...] = document.steps if document else ()
        self.finally_: tuple[Step, ...] = document.finally_ if document else ()
        self.catch: tuple[Step, ...] = tuple(step for clause in document.catch for step in clause.steps) if document else ()
        self.by_id = dict(document.by_id) if document else {}

    def name(self, step_id: str) -> str:
        """How people call a step."""
        step = self.by_id.get(step_id)
        return named(step) if step else step_id

    def pending(self, reached: Collection[str]) -> int:
        """How many steps are still to come, given the ids of those that were reached: of branches not taken and of `catch` none."""
        return sum(self._pending(step, reached) for step in (*self.steps, *self.finally_))

    def _pending(self, step: Step, reached: Collection[str]) -> int:
        inside = {name: [self._pending(child, reached) for child in children] for name, children in step.blocks.items() if not is_rescue(name)}
        if step.id not in reached:
            return 1 + sum(map(sum, inside.values()))
        if excludes(step) and any(is_reached(children, reached) for children in step.blocks.values()):
            inside = {name: counts for name, counts in inside.items() if is_reached(step.blocks[name], reached)}
        return sum(map(sum, inside.values()))

    def sections(self) -> tuple[tuple[str, tuple[Step, ...]], ...]:
        """(what paths in it begin with, steps) of the playbook's own blocks; the main line comes first."""
        return (("", self.steps), ("catch/", self.catch), ("finally/", self.finally_))


def named(step: Step) -> str:
    """The step's own name, else its id in words."""
    return step.name or step.id.replace("_", " ").replace("-", " ").capitalize()


def excludes(step: Step) -> bool:
    """Whether only one of its blocks is gone through."""
    return step.kind.family == "decide" and sum(not is_rescue(name) for name in step.blocks) > 1


def is_rescue(block: str) -> bool:
    """Whether a block is only for what went wrong."""
    return block.startswith("catch") or block == DEADLINE


def is_reached(steps: Iterable[Step], reached: Collection[str]) -> bool:
    """Whether any of these steps was begun."""
    return any(step.id in reached for step in steps)


def is_iterated(step: Step, block: str) -> bool:
    """Whether paths through this block carry a number."""
    return any(isinstance(each, Block) and each.name == block and each.iterated for each in step.kind.blocks)


def loops(step: Step | None) -> bool:
    """Whether the step goes through a block again and again."""
    return step is not None and any(isinstance(each, Block) and each.iterated for each in step.kind.blocks)


def icon_of(type_name: str) -> str:
    """The icon of a step type; of one that no longer exists a dot."""
    return step_types.get(type_name).icon if type_name in step_types else "dot"


def outline_of(version: PlaybookVersion) -> Outline:
    """Of a version, which never changes: read once per process. Faults do not matter here: rules may have become stricter since it was published."""
    return _outline(version.pk, version)


@lru_cache(maxsize=256)
def _outline(pk: int, version: PlaybookVersion) -> Outline:
    return Outline(read_form(version.document, step_types, Faults()))

"""A document made ready for walking: what does not depend on any run is worked out once per version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from playbooks_app.language.document import Document, Step
from playbooks_app.language.guards import DEADLINE
from playbooks_app.language.places import bound_names
from playbooks_app.language.step_type import Block, StepFailed
from playbooks_app.language.template import Compiled, compile

MAIN, CATCH, FINALLY = "main", "catch", "finally"
NEEDS_PERSON = frozenset({"NeedsPerson", "UnknownOutcome"})  # no handler may deal with these


@dataclass(frozen=True, slots=True)
class Ancestor:
    """One enclosing container of a step in the document."""

    step: Step
    block: str


class Program:
    """One version of a playbook, for the interpreter."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._compiled: dict[str, Compiled] = {}
        self._ancestors: dict[str, tuple[Ancestor, ...]] = {}

    def step(self, step_id: str) -> Step:
        """The step with this id. Raises KeyError."""
        return self.document.by_id[step_id]

    def settings(self, step: Step) -> Compiled:
        """The settings of a leaf, compiled."""
        if step.id not in self._compiled:
            self._compiled[step.id] = compile(step.settings)
        return self._compiled[step.id]

    def ancestors(self, step: Step) -> tuple[Ancestor, ...]:
        """The enclosing containers, outermost first."""
        if step.id not in self._ancestors:
            found: tuple[Ancestor, ...] = ()
            if step.parent is not None:
                above = self.step(step.parent)
                found = (*self.ancestors(above), Ancestor(above, step.parent_block))
            self._ancestors[step.id] = found
        return self._ancestors[step.id]

    def is_iterated(self, step: Step, block: str) -> bool:
        """Whether paths through this block carry a number."""
        return any(isinstance(each, Block) and each.name == block and each.iterated for each in step.kind.blocks)

    def steps_of(self, step: Step | None, block: str) -> tuple[Step, ...]:
        """The steps of a block; of the playbook itself when `step` is None."""
        if step is not None:
            return step.blocks.get(block, ())
        if block == FINALLY:
            return self.document.finally_
        if block == MAIN:
            return self.document.steps
        return self.document.catch[int(block.removeprefix(CATCH))].steps

    def binds(self, step: Step, block: str) -> Mapping[str, str]:
        """The names that a step gives to the steps of a block."""
        return bound_names(step, block)

    def catcher(self, code: str) -> str | None:
        """The playbook's own catch clause for a code, as a block name; None if there is none."""
        for number, clause in enumerate(self.document.catch):
            if clause.code in (code, "*"):
                return f"{CATCH}{number}"
        return None

    @property
    def forgives_finally(self) -> bool:
        """Whether a failure in a `finally` is recorded and goes no further (rule 11)."""
        return self.document.settings.get("finally_errors") != "fail"

    def handles(self, step: Step, block: str, code: str) -> bool:
        """Whether a container deals with a failure in one of its blocks. Its clauses are shown to it as it would write them."""
        if block == DEADLINE:
            return True  # what is done because a step is late does not make matters worse
        if block == FINALLY and not self.forgives_finally:
            return False
        clauses = {key: [clause.values for clause in each] for key, each in step.clauses.items()}
        return step.kind.handles(block, {**step.settings, **clauses}, code)

    def is_handled(self, step: Step, code: str) -> bool:
        """Whether a failure of this step finds somebody who deals with it (rule 35)."""
        if code in NEEDS_PERSON:
            return False
        inner: Step = step
        for above in reversed(self.ancestors(step)):
            if self.handles(above.step, above.block, code):
                return True
            code = above.step.kind.lost(StepFailed(code, "")).code  # what it is called from here on outwards
            if reaction(above.step, code) in ("continue", "ignore"):  # a container is not tried again
                return True
            inner = above.step
        return self.is_in_finally(inner) or (self.is_in_main(inner) and self.catcher(code) is not None)

    def is_in_main(self, outermost: Step) -> bool:
        """Whether a top-level step stands in `steps`, not in the playbook's `catch` or `finally`."""
        return any(outermost is each for each in self.document.steps)

    def is_in_finally(self, outermost: Step) -> bool:
        """Whether a top-level step stands in the playbook's `finally`, where a failure holds nothing up (rule 11)."""
        return any(outermost is each for each in self.document.finally_)


def reaction(step: Step, code: str) -> str:
    """What the step's own `on_error` says about a code: stop, continue, ignore or retry."""
    return step.guards.on_error.get(code) or step.guards.on_error.get("*", "stop")

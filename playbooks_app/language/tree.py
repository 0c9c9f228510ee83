"""A playbook as it is walked: steps with their types, settings and guards, in blocks inside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from playbooks_app.language.declarations import Input, Output
from playbooks_app.language.guards import Guards, Retry
from playbooks_app.language.step_type import Json, StepType

__all__ = ["CatchClause", "Clause", "Document", "Guards", "Input", "Output", "Retry", "Step", "every_step"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause of a BlockList. `name`: its block's name in paths; `values`: its own keys (when, weight, code …), as written; `steps`: its block."""

    name: str
    values: Mapping[str, Json]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `settings` are as written, defaults not applied; `address` is its place, `steps/each/body/pay`.

    Among the settings of a step with clauses are their own keys, under the key of their list: `{catch: [{code: Timeout}]}`.

    `blocks` are by block name as in paths, without iteration; of clauses that share a name (`catch`) all steps stand in one block, one clause after
    the other. `clauses` are by the key of their list.
    """

    id: str
    type: str
    name: str
    kind: StepType[Any]
    settings: Mapping[str, Json]
    guards: Guards
    blocks: Mapping[str, tuple[Step, ...]]
    clauses: Mapping[str, tuple[Clause, ...]]
    address: str
    parent: str | None
    parent_block: str


@dataclass(frozen=True, slots=True)
class CatchClause:
    """A clause of the playbook's own `catch`. `code`: "*" for all; `then`: "recover" or "fail"."""

    code: str
    then: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A playbook that has been read. `settings` are the playbook's own, as written; `raw` is the normalised document."""

    name: str
    description: str
    owner: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    settings: Mapping[str, Json]
    steps: tuple[Step, ...]
    catch: tuple[CatchClause, ...]
    finally_: tuple[Step, ...]
    by_id: Mapping[str, Step]
    raw: Json = field(repr=False, default=None)

    @property
    def takes_extra_inputs(self) -> bool:
        """Whether inputs that are not declared are let through."""
        return self.settings.get("extra_inputs") == "allow"


def every_step(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps and all that are nested in them, in order of the document."""
    for step in steps:
        yield step
        for block in step.blocks.values():
            yield from every_step(block)

"""Documents: from JSON as it is stored to steps that can be walked."""

from __future__ import annotations

from playbooks_app.language.faults import Faults
from playbooks_app.language.json_values import check_json
from playbooks_app.language.normal_form import normalise
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reader import read
from playbooks_app.language.registry import Registry, step_types
from playbooks_app.language.tree import CatchClause, Clause, Document, Guards, Input, Output, Retry, Step, every_step
from playbooks_app.language.values import Json, kind_of

__all__ = ["CatchClause", "Clause", "Document", "Guards", "Input", "Output", "Retry", "Step", "every_step", "normalise", "parse", "read_form"]


def parse(raw: Json, registry: Registry = step_types) -> Document:
    """A document as steps. Raises Invalid with every fault of its form; what its templates refer to is looked at by `check` alone."""
    faults = Faults()
    document = read_form(raw, registry, faults)
    if document is None or faults.errors:
        raise Invalid(faults.errors)
    return document


def read_form(raw: Json, registry: Registry, faults: Faults) -> Document | None:
    """The document as far as it can be read; None when it cannot be looked through at all."""
    unfit = check_json(raw)
    if not unfit and not isinstance(raw, dict):
        unfit = [Problem("", "WrongType", f"A playbook must be an object, not {kind_of(raw)}.", "Begin with `name: …`.")]
    faults.extend(unfit)
    return None if unfit else read(normalise(raw, registry), registry, faults)

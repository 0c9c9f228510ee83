"""What can be read at a place of a document: for the data picker. Works on drafts with faults, too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from playbooks_app.language.document import read_form
from playbooks_app.language.faults import Faults
from playbooks_app.language.names import ITEM_NAME
from playbooks_app.language.places import Place, Sight, places, variables_set
from playbooks_app.language.registry import Registry, step_types
from playbooks_app.language.tree import Document
from playbooks_app.language.values import Json

FIELDS_OF_RUN = {"id": "number of the run", "status": "state of the run", "started_by": "who started it: username, email, name"}
FIELDS_OF_ERROR = {"code": "what kind of failure", "message": "what happened", "address": "which step"}


@dataclass(frozen=True, slots=True)
class Name:
    """One thing that can be read. `path` is what to write between braces; `is_sure`: it is there whenever the step runs, else give a default."""

    group: str  # inputs, vars, steps, loop, error, run
    path: str
    label: str
    help: str = ""
    kind: str = "any"
    is_sure: bool = True
    fields: tuple[tuple[str, str], ...] = ()  # (path, help) of what is known to be inside

    def as_json(self) -> dict[str, Json]:
        """For the wire."""
        fields = [{"path": path, "help": help_} for path, help_ in self.fields]
        return {
            "group": self.group,
            "path": self.path,
            "label": self.label,
            "help": self.help,
            "kind": self.kind,
            "sure": self.is_sure,
            "fields": fields,
        }


def names_at(raw: Json, step_id: str, block: str | None = None, registry: Registry = step_types) -> list[Name]:
    """The names that can be read in the settings of a step or, with `block`, at the end of one of its blocks. Empty for a place that is not there."""
    document = read_form(raw, registry, Faults())
    if document is None:
        return []
    for place in places(document):
        if place.step.id == step_id and place.block == (block or ""):
            return list(_names(document, place))
    return []


def _names(document: Document, place: Place) -> Iterator[Name]:
    for declared in document.inputs:
        sure = declared.required or declared.has_default
        yield Name("inputs", _path("inputs", declared.name), declared.title, declared.description, declared.type, sure)
    yield from _variables(document, place.sight)
    for step_id, is_sure in place.sight.steps.items():
        step = document.by_id[step_id]
        path = _path("steps", step_id)
        fields = tuple((f"{path}.output.{field}", help_) for field, help_ in step.kind.output_help.items())
        yield Name("steps", f"{path}.output", step.name or step_id, step.type, "object" if fields else "any", is_sure, fields)
    for name, source in place.sight.names.items():
        is_error = source == "error"
        fields = tuple((f"{name}.{field}", help_) for field, help_ in FIELDS_OF_ERROR.items()) if is_error else ()
        helps = {"item": "the present item", "index": "its number, from 0", "error": "what was caught"}
        kind = {"index": "number", "error": "object"}.get(source, "any")
        yield Name("error" if is_error else "loop", name, name, helps[source], kind, True, fields)
    yield Name("run", "run", "This run", "", "object", True, tuple((f"run.{field}", help_) for field, help_ in FIELDS_OF_RUN.items()))


def _variables(document: Document, sight: Sight) -> Iterator[Name]:
    for name, setters in variables_set(document).items():
        before = [setter for setter in setters if setter in sight.steps]
        if name and before:
            yield Name("vars", _path("vars", name), name, f"set by {before[-1]}", "any", any(sight.steps[setter] for setter in before))


def _path(root: str, name: str) -> str:
    """`root.name`, in brackets where the name is no plain word, so that it reads the same in templates and expressions."""
    return f"{root}.{name}" if ITEM_NAME.match(name) else f'{root}["{name}"]'

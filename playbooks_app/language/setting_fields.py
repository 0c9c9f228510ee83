"""The settings of a step type: one dataclass is the source of its form, its check, its JSON schema and its docs.

@dataclass(frozen=True, slots=True)
class Config:
    url: str = setting("text", label="Address", required=True, help="Where to send it.", example="https://api.example.com/pay")
    seconds: float = setting("duration", key="for", label="How long", minimum=1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import lru_cache
from typing import Any, Literal

Kind = Literal[
    "text",  # one line, templates allowed
    "long_text",  # several lines, templates allowed
    "expression",  # "${{ … }}"; evaluated by the step type itself (containers) or before the step runs (leaves)
    "name",  # an identifier
    "number",
    "integer",
    "boolean",
    "duration",  # "30s" or milliseconds as a number; built as seconds (float)
    "choice",  # one of `choices`
    "list",  # list of anything
    "texts",  # list of strings; a single string is taken as a list of one
    "map",  # object with string keys
    "json",  # any JSON
    "people",  # selectors of people: user, group, department, role, manager_of, expression
    "rows",  # list of objects described by `row`
]


@dataclass(frozen=True, slots=True)
class Field:
    """One setting as the form, the check and the schema see it."""

    key: str  # in documents
    attribute: str  # in the dataclass
    kind: Kind
    label: str
    help: str = ""
    example: str = ""
    required: bool = False
    default: Any = None
    choices: Sequence[tuple[str, str]] = ()  # (value, label)
    minimum: float | None = None
    maximum: float | None = None
    row: type | None = None
    advanced: bool = False  # folded away in the form
    group: str = ""
    names: str = ""  # what the account has under such a name: connection, playbook, group, department, calendar; or timezone
    unless: str = ""  # key of another setting: this one is not `required` where that one is given

    def is_needed(self, given: Mapping[str, Any]) -> bool:
        """Whether it has to be filled in beside these settings."""
        return self.required and not (self.unless and given.get(self.unless) not in (None, ""))


def setting(kind: Kind, *, key: str = "", label: str, default: Any = None, **more: Any) -> Any:
    """Declare one setting of a Config dataclass; `more` are the other attributes of `Field`."""
    metadata = {"kind": kind, "key": key, "label": label, **more}
    if isinstance(default, list | dict):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@lru_cache(maxsize=1024)
def fields_of(config: type) -> tuple[Field, ...]:
    """The settings of a Config dataclass, in order."""
    found = []
    for each in fields(config):
        metadata: Mapping[str, Any] = each.metadata
        default = each.default if each.default is not MISSING else (each.default_factory() if each.default_factory is not MISSING else None)
        rest = {name: value for name, value in metadata.items() if name != "key"}
        found.append(Field(key=metadata["key"] or each.name, attribute=each.name, default=default, **rest))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class NoSettings:
    """For step types and clauses without settings of their own."""

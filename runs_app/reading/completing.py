"""What can be read at a place of a playbook, with what it was in the last run that the asker may read: for pickers, editors and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playbooks_app.errors import OutOfSight
from playbooks_app.language.document import read_form
from playbooks_app.language.faults import Faults
from playbooks_app.language.names import ITEM_NAME
from playbooks_app.language.registry import step_types
from playbooks_app.language.tree import Document
from playbooks_app.language.values import Json, json_text
from playbooks_app.language.visible import Name, names_at
from playbooks_app.models import Playbook, User
from runs_app.reading.glance import samples

MOST_CHARACTERS = 2_000  # of one sample; a longer one is left out, and its fields are told instead
MOST_FIELDS = 50  # of one object
MOST_NAMES = 2_000
_MISSING = object()


def names_with_samples(playbook: Playbook, user: User, raw: Json, at: str) -> dict[str, Any]:
    """`{at, block, run, names: [{group, path, label, help, kind, sure, sample?, fields: [{path, help, kind, sample?}]}]}`. Raises OutOfSight.

    `at` is a step's id or an address such as `steps/each/body/pay/with/url`; one that ends with a step's block means the end of that block.
    """
    document = read_form(raw, step_types, Faults())
    step, block = _place(document, at) if document is not None else ("", "")
    if document is None or not step:
        raise OutOfSight("There is no step at this place.", address="at", hint="Name a step's id, or an address as problems have them.")
    known = samples(playbook, user)
    loops = list(_loops(document, step, block))
    names = [_told(name, known, loops) for name in names_at(raw, step, block or None)[:MOST_NAMES]]
    return {"at": step, "block": block or None, "run": known["run"]["id"] if known["run"] else None, "names": names}


def _place(document: Document, at: str) -> tuple[str, str]:
    """The innermost step that an address names, and its block if the address ends there."""
    parts = [part for part in at.split("/") if part]
    for place in range(len(parts) - 1, -1, -1):
        found = document.by_id.get(parts[place])
        if found is not None:
            block = parts[place + 1].partition("[")[0] if place + 2 == len(parts) else ""
            return found.id, block if block in found.blocks else ""
    return "", ""


def _loops(document: Document, step: str, block: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The containers around a place, the nearest first: (id, what it binds there)."""
    at, inside = (step, block) if block else (document.by_id[step].parent, document.by_id[step].parent_block)
    while at is not None:
        found = document.by_id[at]
        yield at, found.kind.binds(inside, found.settings)
        at, inside = found.parent, found.parent_block


def _told(name: Name, known: Mapping[str, Any], loops: list[tuple[str, Mapping[str, str]]]) -> dict[str, Json]:
    value = _value(name, known, loops)
    told = {**name.as_json(), **_sample(value)}
    if value is not _MISSING and name.kind == "any":
        told["kind"] = _kind(value)
    if isinstance(value, dict):
        helps = dict(name.fields)
        paths = {_inside(name.path, key): each for key, each in list(value.items())[:MOST_FIELDS]}
        found = [{"path": path, "help": helps.get(path, ""), "kind": _kind(each), **_sample(each)} for path, each in paths.items()]
        told["fields"] = [*found, *(field for field in told["fields"] if field["path"] not in paths)]
    return told


def _value(name: Name, known: Mapping[str, Any], loops: list[tuple[str, Mapping[str, str]]]) -> Json:
    match name.group:
        case "inputs" | "vars":
            return next((value for key, value in known[name.group].items() if _inside(name.group, key) == name.path), _MISSING)
        case "steps":
            return next((value["output"] for key, value in known["steps"].items() if _inside("steps", key) + ".output" == name.path), _MISSING)
        case "loop":
            owner = next(((step, binds[name.path]) for step, binds in loops if name.path in binds), ("", ""))
            return 0 if owner[1] == "index" else known["items"].get(owner[0], _MISSING)
    return _MISSING


def _sample(value: Json) -> dict[str, Json]:
    return {} if value is _MISSING or len(json_text(value)) > MOST_CHARACTERS else {"sample": value}


def _kind(value: Json) -> str:
    if value is None:
        return "any"
    kinds = ((bool, "boolean"), (int | float, "number"), (str, "string"), (list, "array"))
    return next((kind for of, kind in kinds if isinstance(value, of)), "object")


def _inside(path: str, key: str) -> str:
    return f"{path}.{key}" if ITEM_NAME.match(key) else f'{path}["{key}"]'

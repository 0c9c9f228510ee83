"""Finds people, groups and departments in settings that the account does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from playbooks_app.language.faults import Faults
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.setting_fields import fields_of
from playbooks_app.language.template import is_template
from playbooks_app.language.tree import Document
from playbooks_app.language.values import Json

REQUESTER = ("requester", "the requester")  # whoever started the run


@dataclass(frozen=True, slots=True)
class Known:
    """The names that an account has; None = not looked up, nothing is said about them. Groups and departments by slug, people by username."""

    groups: frozenset[str] | None = None
    users: frozenset[str] | None = None
    departments: frozenset[str] | None = None
    secrets: frozenset[str] | None = None
    playbooks: frozenset[str] | None = None
    other_names: frozenset[str] | None = None  # of its people: e-mail addresses in small letters, and numbers
    connections: frozenset[str] | None = None


def check_people(document: Document, known: Known, faults: Faults) -> None:
    """Every selector that names somebody who is not there."""
    names = {"group": known.groups, "user": known.users, "manager_of": known.users, "department": known.departments}
    for step in document.by_id.values():
        inside = step.kind.settings_in == "with"
        for key, kind, value in _selectors(step.kind.Config, step.settings):
            address = f"{step.address}/with/{key}" if inside else f"{step.address}/{key}"
            faults.extend(_unknown(value, kind, names, address, known.other_names))


def _selectors(config: type, settings: Mapping[str, Json]) -> Iterator[tuple[str, str, Json]]:
    """(key, what a plain text there names, value) of the settings that name people, groups or departments, rows included."""
    for setting in fields_of(config):
        value = settings.get(setting.key)
        if setting.kind == "people":
            yield setting.key, "user", value
        elif setting.names in ("group", "department"):
            yield setting.key, setting.names, value
        elif setting.kind == "rows" and setting.row is not None:
            for number, row in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(row, dict):
                    yield from ((f"{setting.key}/{number}/{key}", kind, each) for key, kind, each in _selectors(setting.row, row))


def _unknown(value: Json, kind: str, names: Mapping[str, frozenset[str] | None], address: str, others: frozenset[str] | None) -> Iterator[Problem]:
    if isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _unknown(each, kind, names, f"{address}/{number}", others)
    elif isinstance(value, dict):
        for each in names:
            yield from _unknown(value.get(each), each, names, f"{address}/{each}", others)
    elif isinstance(value, str) and value and not is_template(value):
        there = names[kind]
        if there is not None and not _is_there(value, kind, there, others):
            word = "user" if kind == "manager_of" else kind
            yield Problem(address, f"Unknown{word.capitalize()}", f"There is no {word} “{value[:60]}” in this account.", did_you_mean(value, there))


def _is_there(name: str, kind: str, there: frozenset[str], others: frozenset[str] | None) -> bool:
    """Names are taken whatever their capitals; people also by address or number, as far as these were looked up."""
    if kind == "manager_of" and name.lower() in REQUESTER:
        return True
    if kind in ("user", "manager_of") and ("@" in name or name.isdigit()):
        return others is None or name.lower() in others or name.lower() in {each.lower() for each in there}
    slug = "-".join(name.lower().split())
    return any(slug == each.lower() or name.lower() == each.lower() for each in there)

"""Collects faults while something is being read, and answers the small questions that every reader asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.values import Json, kind_of

MOST_PROBLEMS = 1000


class Faults:
    """The faults found so far, in the order in which they were found; after a thousand no more are kept."""

    def __init__(self) -> None:
        self.found: list[Problem] = []

    def add(self, address: str, code: str, message: str, hint: str = "", level: str = "error") -> None:
        """One more."""
        self.extend([Problem(address, code, message, hint, level)])

    def extend(self, problems: Iterable[Problem]) -> None:
        """Several more."""
        self.found += list(problems)[: max(0, MOST_PROBLEMS - len(self.found))]

    def wrong_type(self, address: str, what: str, wanted: str, value: Json, hint: str = "") -> None:
        """`what` is not of the wanted kind."""
        self.add(address, "WrongType", f"{what} must be {wanted}, not {kind_of(value)}.", hint or f"Write {wanted} there, or leave it out.")

    @property
    def errors(self) -> list[Problem]:
        """Those that are no mere warnings."""
        return [problem for problem in self.found if problem.level == "error"]

    # -- reading a part of an object --------------------------------------------------------------------------------------------------------

    def text(self, owner: Mapping[str, Json], key: str, address: str, *, required: bool = False) -> str:
        """A text, "" when absent."""
        value = owner.get(key)
        if isinstance(value, str) and (value.strip() or not required):
            return value
        if value is None or isinstance(value, str):
            if required:
                self.add(f"{address}{key}", "Required", f"“{key}” is missing.", f"Add `{key}: …`.")
        else:
            self.wrong_type(f"{address}{key}", f"“{key}”", "a text", value, "Put it into quotation marks.")
        return ""

    def boolean(self, owner: Mapping[str, Json], key: str, address: str, default: bool) -> bool:
        """True or false."""
        value = owner.get(key)
        if isinstance(value, bool):
            return value
        if value is not None:
            self.wrong_type(f"{address}{key}", f"“{key}”", "true or false", value)
        return default

    def choice(self, owner: Mapping[str, Json], key: str, address: str, choices: tuple[str, ...]) -> str:
        """One of some words; the first is the default."""
        value = owner.get(key)
        if isinstance(value, str) and value in choices:
            return value
        if value is not None:
            shown = value[:40] if isinstance(value, str) else kind_of(value)
            self.add(f"{address}{key}", "WrongType", f"“{key}” cannot be {shown}.", f"Choose one of: {', '.join(choices)}.")
        return choices[0]

    def objects(self, owner: Mapping[str, Json], key: str, address: str) -> list[tuple[str, dict[str, Any]]]:
        """The objects of a list, each with its address; what is no object is a fault."""
        value = owner.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.wrong_type(f"{address}{key}", f"“{key}”", "a list", value)
            return []
        found = []
        for number, each in enumerate(value):
            if isinstance(each, dict):
                found.append((f"{address}{key}/{number}", each))
            else:
                self.wrong_type(f"{address}{key}/{number}", f"Number {number + 1} of “{key}”", "an object", each)
        return found

    def only(self, owner: Mapping[str, Json], known: Iterable[str], address: str) -> None:
        """Every other key is a fault that names the nearest known one."""
        names = set(known)
        for key in owner:
            if key not in names:
                self.add(f"{address}{key}", "UnknownKey", f"“{key[:60]}” means nothing here.", did_you_mean(key, names))

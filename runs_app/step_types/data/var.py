"""Gives a value a name for all later steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepFailed, StepType

RESERVED = frozenset({"step", "steps", "playbook", "action", "config"})
KEBAB = re.compile(r"^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$")


class Var(StepType["Var.Config"]):
    """Sets `vars.<name>`; a later one with the same name overwrites it."""

    name = "var"
    label = "Set a value"
    summary = "Keep a value under a name for later steps."
    icon = "braces"
    family = "data"
    effect = False
    sets_variables = True
    shorthand = "name"
    examples = (Example("A total", {"type": "var", "with": {"name": "total", "value": "${{ sum([p.amount for p in inputs.payments]) }}"}}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        name: str = setting("name", label="Name", required=True, help="Read later as vars.<name>.", example="total")
        value: Json = setting("json", label="Value", help="Text, figure, list or expression.", example="${{ inputs.amount * 2 }}")

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Reserved and unusual names."""
        name = settings.get("name")
        if not isinstance(name, str) or not name.strip():
            return [Problem(f"{address}/name", "VarInvalidName", "The value has no name.", "Give it a name such as `total`.")]
        if name in RESERVED:
            return [Problem(f"{address}/name", "VarInvalidName", f"`{name}` is a name of the language.", "Choose another name.")]
        if not KEBAB.match(name):
            return [
                Problem(f"{address}/name", "VarInvalidName", f"`{name}` is unusual as a name.", "Use small letters, digits and hyphens.", "warning")
            ]
        return []

    def run(self, context: StepContext[Any]) -> Done:
        """Set it."""
        name, value = context.config.name, context.config.value
        if not name or name in RESERVED:
            raise StepFailed("VarInvalidName", f"`{name}` cannot name a value.", hint="Choose another name.")
        return Done(value, {name: value})

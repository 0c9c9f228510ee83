"""Which step types there are. Apps register theirs when they start; the language knows none by name."""

from __future__ import annotations

from typing import Any

from playbooks_app.language.step_type import StepType

AnyStepType = StepType[Any]


class Registry:
    """Step types by name, in order of registration."""

    def __init__(self, *step_types: AnyStepType) -> None:
        self._types: dict[str, AnyStepType] = {}
        for step_type in step_types:
            self.register(step_type)

    def register(self, step_type: AnyStepType) -> None:
        """Add one. Raises ValueError when another has its name; the same class again is nothing."""
        there = self._types.get(step_type.name)
        if there is not None and type(there) is not type(step_type):
            raise ValueError(f"Two step types are called {step_type.name!r}.")
        self._types[step_type.name] = step_type

    def get(self, name: str) -> AnyStepType:
        """The type with this name. Raises KeyError."""
        return self._types[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self._types

    def all(self) -> tuple[AnyStepType, ...]:
        """All of them, in order of registration."""
        return tuple(self._types.values())

    def names(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(self._types)


step_types = Registry()

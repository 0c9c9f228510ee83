"""How expressions and templates reach the values of a run, and what they raise when they cannot.

StepFailed
├── TemplateError      a path is missing and has no default, or a template is written wrongly
└── ExpressionError    an expression is written wrongly, or computes something impossible
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from playbooks_app.language.step_type import Json, StepFailed


class Missing(LookupError):
    """There is nothing at this path. Raised by `Scope.lookup`; the argument is the path."""


class Scope(Protocol):
    """The values that a step may see."""

    def lookup(self, root: str, name: str | None) -> Json:
        """The value of `root.name`, or of the whole root when `name` is None.

        Roots `inputs vars steps config secrets` are asked for a name where the text gives one (`steps.pay.output.x` asks for ("steps", "pay") and
        expects {"output": …, "status": …}); `run error session event item index` and the item names of loops are asked for as a whole.
        Raises Missing.
        """


class Reference(NamedTuple):
    """What a template may look up: the two arguments of `Scope.lookup`."""

    root: str
    name: str | None


class TemplateError(StepFailed):
    """A template cannot be filled in."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("TemplateError", message, hint=hint)


class ExpressionError(StepFailed):
    """An expression cannot be computed."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("ExpressionError", message, hint=hint)

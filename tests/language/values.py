"""A scope made of plain values, and short ways to compute."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from playbooks_app.language.expression import evaluate
from playbooks_app.language.scope import Missing
from playbooks_app.language.template import render

Json = Any
NOON = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)  # a Monday


class Values:
    """Answers from a dict of roots; counts how often it was asked."""

    def __init__(self, **roots: Json) -> None:
        self.roots, self.asked = roots, [0]

    def lookup(self, root: str, name: str | None) -> Json:
        """As Scope."""
        self.asked[0] += 1
        try:
            return self.roots[root] if name is None else self.roots[root][name]
        except (KeyError, TypeError):
            raise Missing(root if name is None else f"{root}.{name}") from None


def computed(expression: str, **roots: Json) -> Json:
    """The value of an expression."""
    return evaluate(expression, Values(**roots), seed="step", now=NOON)


def filled(value: Json, **roots: Json) -> Json:
    """A JSON value with its templates filled in."""
    return render(value, Values(**roots), seed="step", now=NOON)

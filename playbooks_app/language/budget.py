"""How much an expression may do. The budget counts work, not time: the same expression ends the same way on a slow day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from playbooks_app.language.scope import ExpressionError, Scope

LONGEST_EXPRESSION = 2_000  # characters
DEEPEST_EXPRESSION = 32  # brackets, signs and choices inside each other
MOST_WORK = 1_000_000  # units; one is about what reading a value costs, so all of them take well under a second
MOST_ITEMS = 100_000  # in one list
LONGEST_TEXT = 1_000_000  # characters that an expression may make
WIDEST_NUMBER = 256  # bits of a whole number
MOST_PARTS = 1_000_000  # values in all inside a list that an expression made


class Frame:
    """One evaluation: what it sees, its own names, what it has left to spend, and where its random values come from."""

    __slots__ = ("calls", "left", "names", "now", "scope", "seed")

    def __init__(self, scope: Scope, seed: str = "", now: datetime | None = None) -> None:
        self.scope, self.seed, self.now = scope, seed, now
        self.names: dict[str, Any] = {}
        self.left = MOST_WORK
        self.calls = 0

    def spend(self, units: int) -> None:
        """Count work. Raises ExpressionError when there is none left."""
        self.left -= units
        if self.left < 0:
            raise ExpressionError("The expression does too much work.", hint="Work on a shorter list, or do it in several steps.")

    def made_text(self, length: int) -> None:
        """Count a text that is about to be made. Raises ExpressionError when it is too long."""
        if length > LONGEST_TEXT:
            raise ExpressionError(f"The text would be longer than {LONGEST_TEXT:,} characters.")
        self.spend(length // 16 + 1)

    def made_list(self, length: int) -> None:
        """Count a list that is about to be made. Raises ExpressionError when it is too long."""
        if length > MOST_ITEMS:
            raise ExpressionError(f"The list would have more than {MOST_ITEMS:,} items.", hint="Work on a shorter list.")
        self.spend(length + 1)


def finite(value: Any) -> Any:
    """The number, if JSON can hold it. Raises ExpressionError for numbers out of bounds."""
    if type(value) is int:
        if value.bit_length() > WIDEST_NUMBER:
            raise ExpressionError("The number is too large.")
    elif value != value or value in (float("inf"), float("-inf")):
        raise ExpressionError("The number is too large.")
    return value


def weigh(value: Any, frame: Frame) -> None:
    """Refuse a value that is small in memory and huge when written down (the same list in a list, many times); counts the work of writing it."""
    parts, waiting = 0, [value]
    while waiting:
        found = waiting.pop()
        parts += 1
        if isinstance(found, str):
            parts += len(found) // 16
        elif isinstance(found, list | dict):
            parts += len(found) + (sum(map(len, found)) // 16 if isinstance(found, dict) else 0)
            if parts <= MOST_PARTS:
                waiting.extend(found if isinstance(found, list) else found.values())
        if parts > MOST_PARTS:
            raise ExpressionError("The value would be too large.", hint="Keep fewer fields or fewer items.")
    frame.spend(parts // 2)

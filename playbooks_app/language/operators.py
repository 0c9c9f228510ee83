"""What the operators of expressions do with two values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbooks_app.language.budget import Frame, finite
from playbooks_app.language.functions_lists import contains
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.values import Json, comparable, is_number, kind_of, same


def add(frame: Frame, left: Json, right: Json) -> Json:
    """Numbers are added; two texts or two lists are put together."""
    if is_number(left) and is_number(right):
        return finite(left + right)
    if isinstance(left, str) and isinstance(right, str):
        frame.made_text(len(left) + len(right))
        return left + right
    if isinstance(left, list) and isinstance(right, list):
        frame.made_list(len(left) + len(right))
        return left + right
    raise ExpressionError(
        f"“+” cannot put {kind_of(left)} and {kind_of(right)} together.",
        hint="To put values into text, write them in braces: `{{ a }} and {{ b }}`.",
    )


def subtract(frame: Frame, left: Json, right: Json) -> Json:
    """`a - b`."""
    _numbers("-", left, right)
    return finite(left - right)


def multiply(frame: Frame, left: Json, right: Json) -> Json:
    """`a * b`."""
    _numbers("*", left, right)
    return finite(left * right)


def divide(frame: Frame, left: Json, right: Json) -> Json:
    """`a / b`; whole numbers that divide evenly stay whole."""
    _divisible("/", left, right)
    if type(left) is int and type(right) is int and left % right == 0:
        return left // right
    return finite(left / right)


def remainder(frame: Frame, left: Json, right: Json) -> Json:
    """`a % b`, with the sign of b."""
    _divisible("%", left, right)
    return finite(left % right)


def _numbers(mark: str, left: Json, right: Json) -> None:
    if not (is_number(left) and is_number(right)):
        raise ExpressionError(f"“{mark}” needs two numbers, not {kind_of(left)} and {kind_of(right)}.")


def _divisible(mark: str, left: Json, right: Json) -> None:
    _numbers(mark, left, right)
    if right == 0:
        raise ExpressionError("Nothing can be divided by 0.", hint="Check for 0 first, as in `b ? a / b : 0`.")


def signed(mark: str, value: Json) -> Json:
    """`-a` and `+a`."""
    if not is_number(value):
        raise ExpressionError(f"“{mark}” needs a number, not {kind_of(value)}.")
    return -value if mark == "-" else value


ARITHMETIC: dict[str, Callable[[Frame, Any, Any], Any]] = {"+": add, "-": subtract, "*": multiply, "/": divide, "%": remainder}

# Comparing different kinds is false; `!=` and `not in` are the opposite of `==` and `in`.
COMPARISONS: dict[str, Callable[[Frame, Any, Any], bool]] = {
    "==": lambda frame, left, right: same(left, right, frame.spend),
    "!=": lambda frame, left, right: not same(left, right, frame.spend),
    "<": lambda frame, left, right: comparable(left, right) and bool(left < right),
    "<=": lambda frame, left, right: comparable(left, right) and bool(left <= right),
    ">": lambda frame, left, right: comparable(left, right) and bool(left > right),
    ">=": lambda frame, left, right: comparable(left, right) and bool(left >= right),
    "in": lambda frame, left, right: contains(frame, right, left),
    "not in": lambda frame, left, right: not contains(frame, right, left),
}

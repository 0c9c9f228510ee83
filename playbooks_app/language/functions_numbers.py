"""Functions over numbers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from playbooks_app.language.budget import WIDEST_NUMBER, Frame, finite
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.values import comparable, is_number, kind_of


def number_in(value: Any, name: str) -> Any:
    """The value, if it is a number. Raises ExpressionError."""
    if not is_number(value):
        raise ExpressionError(f"“{name}” needs a number, not {kind_of(value)}.")
    return value


def whole_in(value: Any, name: str) -> int:
    """The value, if it is a whole number of a sensible size. Raises ExpressionError."""
    if is_number(value) and value == int(finite(value)) and abs(value) < 2**53:
        return int(value)
    raise ExpressionError(f"“{name}” needs a whole number, not {kind_of(value)}.")


def list_in(value: Any, name: str) -> list[Any]:
    """The value, if it is a list. Raises ExpressionError."""
    if not isinstance(value, list):
        raise ExpressionError(f"“{name}” needs a list, not {kind_of(value)}.")
    return value


def absolute(frame: Frame, value: Any) -> Any:
    """`abs`."""
    return abs(number_in(value, "abs"))


def clamp(frame: Frame, value: Any, low: Any, high: Any) -> Any:
    """`clamp`."""
    low, high = number_in(low, "clamp"), number_in(high, "clamp")
    if low > high:
        raise ExpressionError("“clamp” needs the low bound first.")
    return min(max(number_in(value, "clamp"), low), high)


def rounded(frame: Frame, value: Any, digits: Any = 0) -> Any:
    """`round`: 2.5 is 3, -2.5 is -3; a whole number when no digits are asked for."""
    number_in(value, "round")
    places = whole_in(digits, "round")
    if not -20 <= places <= 20:
        raise ExpressionError("“round” takes from -20 to 20 digits.")
    with localcontext() as context:
        context.prec = WIDEST_NUMBER + 100  # enough for any number that a value may hold
        if isinstance(value, float) and abs(value) > 2.0**200:
            return value
        found = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return int(found) if places <= 0 else float(found)


def total(frame: Frame, values: Any) -> Any:
    """`sum`."""
    found: Any = 0
    frame.spend(len(list_in(values, "sum")))
    for value in values:
        found = finite(found + number_in(value, "sum"))
    return found


def average(frame: Frame, values: Any) -> Any:
    """`avg`."""
    found = total(frame, list_in(values, "avg"))
    return finite(found / len(values)) if values else None


def maximum(frame: Frame, *values: Any) -> Any:
    """`max`."""
    return _outermost(frame, "max", values, is_largest=True)


def minimum(frame: Frame, *values: Any) -> Any:
    """`min`."""
    return _outermost(frame, "min", values, is_largest=False)


def _outermost(frame: Frame, name: str, values: Any, *, is_largest: bool) -> Any:
    if len(values) == 1:
        values = list_in(values[0], name)
    frame.spend(len(values))
    found = values[0] if values else None
    for value in values:
        if not comparable(found, value):
            raise ExpressionError(f"“{name}” cannot compare {kind_of(found)} with {kind_of(value)}.")
        if (value > found) if is_largest else (value < found):
            found = value
    return found

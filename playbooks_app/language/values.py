"""What JSON values mean in expressions: truth, equality, order and how they are written as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Json = Any

_KINDS: dict[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


def kind_of(value: Json) -> str:
    """The kind of a JSON value, in the words of messages."""
    return _KINDS.get(type(value), "something that is not JSON")


def is_number(value: Json) -> bool:
    """Whether it is a number; true and false are none."""
    return type(value) is int or type(value) is float


def truth(value: Json) -> bool:
    """Whether a value counts as true. False are: false, null, 0, "", []."""
    return isinstance(value, dict) or bool(value)


def same(left: Json, right: Json, spend: Callable[[int], None] | None = None) -> bool:
    """Equality of JSON values; values of different kinds are never equal (`true` is not 1, 1 is 1.0). `spend` is told the work done."""
    if is_number(left):
        return is_number(right) and bool(left == right)
    if type(left) is not type(right):
        return False
    if isinstance(left, list | dict):
        if len(left) != len(right):
            return False
        if spend is not None:
            spend(len(left))
        return _same_inside(left, right, spend)
    return bool(left == right)


def _same_inside(left: Any, right: Any, spend: Callable[[int], None] | None) -> bool:
    if isinstance(left, list):
        return all(same(a, b, spend) for a, b in zip(left, right, strict=True))
    return all(key in right and same(value, right[key], spend) for key, value in left.items())


def comparable(left: Json, right: Json) -> bool:
    """Whether `<` means something between the two: both numbers or both text."""
    return (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str))


def json_text(value: Json) -> str:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))


def text_of(value: Json) -> str:
    """How a value is written inside text: JSON, strings bare."""
    return value if isinstance(value, str) else json_text(value)

"""Functions over lists and objects; some take text as well."""

from __future__ import annotations

import json
from typing import Any

from playbooks_app.language.budget import Frame
from playbooks_app.language.functions_numbers import list_in, whole_in
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.values import Json, is_number, kind_of, same


def length(frame: Frame, value: Json) -> int:
    """`len`."""
    if value is None:
        return 0
    if isinstance(value, str | list | dict):
        return len(value)
    raise ExpressionError(f"“len” needs a text, a list or an object, not {kind_of(value)}.")


def count(frame: Frame, values: Json, *wanted: Json) -> int:
    """`count`."""
    if not wanted:
        return length(frame, values)
    frame.spend(len(list_in(values, "count")))
    return sum(1 for value in values if same(value, wanted[0], frame.spend))


def contains(frame: Frame, where: Json, what: Json) -> bool:
    """`contains`, and the operator `in`. Things that contain nothing give false."""
    if isinstance(where, str):
        frame.spend(len(where) // 64 + 1)
        return isinstance(what, str) and what in where
    if isinstance(where, dict):
        return isinstance(what, str) and what in where
    if not isinstance(where, list):
        return False
    frame.spend(len(where))
    return any(same(value, what, frame.spend) for value in where)


def first(frame: Frame, values: Json) -> Json:
    """`first`."""
    return values[0] if list_in([] if values is None else values, "first") else None


def last(frame: Frame, values: Json) -> Json:
    """`last`."""
    return values[-1] if list_in([] if values is None else values, "last") else None


def keys(frame: Frame, value: Json) -> list[Json]:
    """`keys`."""
    frame.made_list(len(_object_in(value, "keys")))
    return list(value)


def values(frame: Frame, value: Json) -> list[Json]:
    """`values`."""
    frame.made_list(len(_object_in(value, "values")))
    return list(value.values())


def _object_in(value: Json, name: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise ExpressionError(f"“{name}” needs an object, not {kind_of(value)}.")
    return value


def part(frame: Frame, value: Json, start: Json, end: Json = None) -> Json:
    """`slice`: negative places count from the end."""
    if not isinstance(value, str):
        list_in(value, "slice")
    found = value[whole_in(start, "slice") : None if end is None else whole_in(end, "slice")]
    if isinstance(found, str):
        frame.made_text(len(found))
    else:
        frame.made_list(len(found))
    return found


def unique(frame: Frame, values: Json) -> list[Json]:
    """`unique`: equality as with `==`."""
    frame.made_list(len(list_in(values, "unique")))
    seen, found = set(), []
    for value in values:
        mark = _mark(frame, value)
        if mark not in seen:
            seen.add(mark)
            found.append(value)
    return found


def _mark(frame: Frame, value: Json) -> Any:
    """Something hashable that is the same for values that are equal."""
    if isinstance(value, list | dict):
        inside = value if isinstance(value, list) else [each for pair in sorted(value.items()) for each in pair]
        frame.spend(len(inside) + 1)
        return type(value).__name__, tuple(_mark(frame, each) for each in inside)
    return (is_number(value), type(value).__name__ if not is_number(value) else "", value)


def sort(frame: Frame, values: Json, key: Json = None) -> list[Json]:
    """`sort`: all numbers or all texts; nulls and rows without the field come last."""
    frame.made_list(2 * len(list_in(values, "sort")))
    if key is not None and not isinstance(key, str):
        raise ExpressionError(f"“sort” needs the name of a field, not {kind_of(key)}.")
    paired = [(_field(value, key), value) for value in values]
    present = [pair for pair in paired if pair[0] is not None]
    if not (all(is_number(found) for found, _ in present) or all(isinstance(found, str) for found, _ in present)):
        raise ExpressionError("“sort” needs all numbers or all texts.", hint="Name the field to sort by, as in `sort(rows, 'amount')`.")
    return [value for _, value in sorted(present, key=lambda pair: pair[0])] + [value for found, value in paired if found is None]


def _field(value: Json, key: str | None) -> Json:
    if key is None:
        return value
    return value.get(key) if isinstance(value, dict) else None


def written(frame: Frame, value: Json) -> str:
    """The value as JSON in one line, objects in order of their names: the same for equal values."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

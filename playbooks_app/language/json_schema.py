"""JSON Schema (2020-12) for inputs and outputs, within bounds: nothing is fetched, no pattern and no reference can make it run for ever."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TypeAlias

import jsonschema
import jsonschema.exceptions
import jsonschema.validators
import referencing
import referencing.exceptions
import regex

from playbooks_app.language.problem import Problem
from playbooks_app.language.values import Json

MOST_REFERENCES = 50_000  # followed for one value
PATTERN_SECONDS = 0.2  # for one match; an honest one takes microseconds
LONGEST_PATTERN = 500
MOST_WRITTEN_OUT = 500_000  # signs; `a{1000000}` takes seconds and 270 MB before anything is looked for, and no time limit ends that
_TIMES = re.compile(r"\{([0-9]+)")
MOST_PROBLEMS = 50

_Errors: TypeAlias = Iterator[jsonschema.ValidationError]
_references_left: ContextVar[list[int]] = ContextVar("references_left")


class TooMuchWork(Exception):
    """The schema cannot be applied within bounds."""


def schema_faults(schema: Json, address: str) -> list[Problem]:
    """What is wrong with a schema itself."""
    if not isinstance(schema, dict | bool):
        return [Problem(address, "BadSchema", "A schema must be an object.", "Write for example {type: object}.")]
    problems = list(_outside_references(schema, address))
    if problems:
        return problems
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except RecursionError:
        return [Problem(address, "BadSchema", "The schema is nested too deep.", "Make it simpler.")]
    except jsonschema.exceptions.SchemaError as error:
        place = "/".join([address, *map(str, error.absolute_path)])
        return [Problem(place, "BadSchema", f"The schema is not valid: {error.message[:200]}.", "See json-schema.org for what may stand there.")]
    return []


def _outside_references(schema: Json, address: str) -> Iterator[Problem]:
    waiting: list[tuple[Any, str]] = [(schema, address)] if isinstance(schema, dict) else []
    while waiting:
        found, place = waiting.pop()
        for key, value in found.items() if isinstance(found, dict) else enumerate(found):
            here = f"{place}/{key}"
            if key in _UNBOUNDED:
                yield Problem(here, "BadSchema", f"“{key}” cannot be used here.", "Name the properties, or leave it out.")
            elif key in ("$ref", "$schema") and isinstance(value, str) and not _is_inside(str(key), value):
                yield Problem(here, "BadSchema", "A schema may refer to its own parts only.", "Copy the part under `$defs` and refer to `#/$defs/…`.")
            elif key == "pattern" and isinstance(value, str) and pattern_fault(value):
                yield Problem(here, "BadPattern", pattern_fault(value), "Test the pattern with an example.")
            elif isinstance(value, dict | list):
                waiting.append((value, here))


def _is_inside(key: str, value: str) -> bool:
    if key == "$schema":
        return value.rstrip("#") == "https://json-schema.org/draft/2020-12/schema"
    return value.startswith("#")


_UNBOUNDED = frozenset({"patternProperties", "$dynamicRef", "$recursiveRef", "$id"})


def schema_problems(schema: Json, value: Json, address: str) -> list[Problem]:
    """Where a value does not follow a schema (the first fifty places)."""
    found: list[Problem] = []
    _references_left.set([MOST_REFERENCES])
    try:
        for error in _Validator(schema, registry=referencing.Registry()).iter_errors(value):
            place = "/".join([address, *map(str, error.absolute_path)])
            found.append(Problem(place, "WrongValue", _sentence(error), "Mend the value at this place."))
            if len(found) == MOST_PROBLEMS:
                break
    except (TooMuchWork, RecursionError):
        return [Problem(address, "BadSchema", "The schema is too costly to check.", "Make it simpler: fewer references inside each other.")]
    except referencing.exceptions.Unresolvable as error:
        return [Problem(address, "BadSchema", f"The schema refers to “{str(error.ref)[:100]}”, which it does not have.", "Add it under `$defs`.")]
    return found


def _sentence(error: jsonschema.exceptions.ValidationError) -> str:
    message = error.message if len(error.message) <= 200 else error.message[:200] + "…"
    return message[:1].upper() + message[1:] + "."


def pattern_fault(pattern: str) -> str:
    """What is wrong with a regular expression, or ""."""
    if len(pattern) > LONGEST_PATTERN:
        return f"The pattern is longer than {LONGEST_PATTERN} characters."
    if _is_bomb(pattern):
        return "The pattern repeats its parts too often: write a smaller number in braces, or `*` and a length."
    try:
        regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError, ValueError) as error:
        return f"The pattern cannot be read: {error}."
    return ""


def _is_bomb(pattern: str) -> bool:
    """Whether a pattern may become too long: repetitions are written out before it is used, those inside each other times each other.

    Which are inside which is not looked at: whoever means harm would find a spelling that is read in another way.
    """
    return math.prod(int(number) or 1 for number in _TIMES.findall(pattern)) * len(pattern) > MOST_WRITTEN_OUT


def matches(pattern: str, text: str, *, whole: bool = False) -> bool:
    """Whether a regular expression is found in a text (or is the whole of it). Raises TooMuchWork when that takes too long."""
    if _is_bomb(pattern):
        raise TooMuchWork(pattern)
    try:
        find = regex.fullmatch if whole else regex.search
        return find(pattern, text, timeout=PATTERN_SECONDS) is not None
    except TimeoutError:
        raise TooMuchWork(pattern) from None


def _pattern(validator: Any, pattern: str, value: Json, schema: Json) -> _Errors:
    if isinstance(value, str) and not matches(pattern, value):
        yield jsonschema.ValidationError(f"{value[:60]!r} does not match {pattern!r}")


def _reference(validator: Any, reference: str, value: Json, schema: Json) -> _Errors:
    left = _references_left.get()
    left[0] -= 1
    if left[0] < 0:
        raise TooMuchWork(reference)
    yield from _STANDARD.VALIDATORS["$ref"](validator, reference, value, schema)


def _unique_items(validator: Any, wanted: bool, value: Json, schema: Json) -> _Errors:
    if wanted and isinstance(value, list) and len({json.dumps(each, sort_keys=True) for each in value}) < len(value):
        yield jsonschema.ValidationError("some items are there twice")


_STANDARD = jsonschema.Draft202012Validator
_extend: Any = jsonschema.validators.extend  # without types
_Validator: Any = _extend(_STANDARD, {"pattern": _pattern, "$ref": _reference, "uniqueItems": _unique_items})

"""Takes what somebody gives to a playbook, and says everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from playbooks_app.language.declarations import UNSET, Input, Output, Rule
from playbooks_app.language.expression import evaluate, truth
from playbooks_app.language.files import MOST_BYTES, file_of
from playbooks_app.language.json_schema import TooMuchWork, matches, schema_problems
from playbooks_app.language.json_values import DEEPEST_VALUE, check_json, short
from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.reading import read_text
from playbooks_app.language.scope import ExpressionError, Missing, TemplateError
from playbooks_app.language.values import Json, is_number, kind_of, same, text_of

__all__ = ["Input", "Output", "Rule", "take"]

_WORDS = {
    "string": "a text",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "date": "a date such as 2026-05-04",
    "datetime": "a date and time such as 2026-05-04T08:00:00Z",
    "file": f"a file of at most {MOST_BYTES // 1024 // 1024} MB, as {{name, base64}} or {{name, content}}",
}
_FORM_WORDS = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False, "0": False}


def take(inputs: tuple[Input, ...], given: Mapping[str, Json], *, extra: bool, from_form: bool = False) -> dict[str, Json]:
    """The inputs of a run: what was given, with defaults. An optional input that is not given stays absent.

    extra: whether undeclared ones are let through. from_form: texts become numbers, true and false, lists and objects where those are declared,
    and empty fields count as not given. Raises Invalid with addresses such as `inputs/limit` or `inputs/rows/3/amount`.
    """
    if not isinstance(given, Mapping):
        raise Invalid([Problem("inputs", "WrongType", f"The inputs must be an object, not {kind_of(given)}.", "Send names and values.")])
    problems = check_json(dict(given), "inputs", deepest=DEEPEST_VALUE + 1)
    if problems:
        raise Invalid(problems)
    taken = dict(given) if extra else {}
    for each in inputs:
        value = _given(each, given, from_form=from_form)
        found = list(_faults(each, value))
        problems += found
        if value is not UNSET and not found:
            taken[each.name] = value
        elif value is UNSET:
            taken.pop(each.name, None)
    problems += _undeclared(inputs, given, extra=extra)
    problems += [problem for each in inputs if not problems for problem in _own_rule(each, taken)]
    if problems:
        raise Invalid(problems)
    return taken


def _given(declared: Input, given: Mapping[str, Json], *, from_form: bool) -> Json:
    value = given.get(declared.name, UNSET)
    if from_form and isinstance(value, str):
        value = _from_form(declared.type, value)
    if value is UNSET or (value is None and declared.has_default):
        return declared.default
    return value


def _from_form(kind: str, text: str) -> Json:
    """What a form field means; texts that mean nothing stay as they are, so that the check names them."""
    if not text.strip():
        return UNSET
    if kind == "boolean":
        return _FORM_WORDS.get(text.strip().lower(), text)
    if kind in ("number", "array", "object", "file"):
        return _as_json(text.strip().replace(",", ".", 1) if kind == "number" and text.count(",") == 1 and "." not in text else text)
    return text.strip() if kind in ("date", "datetime") else text


def _as_json(text: str) -> Json:
    try:
        return read_text(text, "json")
    except Invalid:
        return text


def _faults(declared: Input, value: Json) -> Iterator[Problem]:
    address = short(f"inputs/{declared.name}")
    if value is UNSET or value is None:
        if declared.required:
            yield Problem(address, "Required", f"“{declared.title}” is missing.", declared.description or "Give it a value.")
        return
    if not fits(declared.type, value):
        yield Problem(address, "WrongType", f"“{declared.title}” must be {_WORDS[declared.type]}, not {_shown(value)}.", "Change the value.")
        return
    yield from (Problem(address, "WrongValue", message, hint) for message, hint in _rules(declared, value))
    if declared.schema is not None:
        yield from schema_problems(declared.schema, value, address)


def fits(kind: str, value: Json) -> bool:
    """Whether a value is of a declared type."""
    match kind:
        case "string":
            return isinstance(value, str)
        case "number":
            return is_number(value)
        case "boolean":
            return isinstance(value, bool)
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, dict)
        case "date" | "datetime":
            return isinstance(value, str) and _is_moment(value, kind)
        case "file":
            return file_of(value) is not None
    return True


def _is_moment(text: str, kind: str) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text)
            return len(text) == len("2026-05-04")
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) > len("2026-05-04")


def _shown(value: Json) -> str:
    return f"“{text_of(value)[:40]}”" if isinstance(value, str | bool | int | float) else kind_of(value)


def _rules(declared: Input, value: Json) -> Iterator[tuple[str, str]]:
    title = f"“{declared.title}”"
    if declared.allowed is not None and not any(same(value, each) for each in declared.allowed):
        yield f"{title} cannot be {_shown(value)}.", f"Choose one of: {', '.join(text_of(each)[:40] for each in declared.allowed[:20])}."
    if declared.pattern is not None and isinstance(value, str) and not _follows(declared.pattern, value):
        yield f"{title} does not have the right form.", declared.description or f"It must follow the pattern {declared.pattern}."
    if isinstance(value, str | list | dict):
        yield from _out_of_bounds(f"The length of {title}", len(value), declared.min_length, declared.max_length)
    elif is_number(value):
        yield from _out_of_bounds(title, value, declared.minimum, declared.maximum)


def _follows(pattern: str, text: str) -> bool:
    try:
        return matches(pattern, text, whole=True)
    except TooMuchWork:
        return False


def _out_of_bounds(what: str, size: Any, low: Any, high: Any) -> Iterator[tuple[str, str]]:
    if low is not None and size < low:
        yield f"{what} must be at least {low}.", f"It is {size}."
    if high is not None and size > high:
        yield f"{what} must be at most {high}.", f"It is {size}."


def _undeclared(inputs: tuple[Input, ...], given: Mapping[str, Json], *, extra: bool) -> list[Problem]:
    names = {each.name for each in inputs}
    if extra:
        return []
    hint = "This playbook takes no inputs." if not names else ""
    strange = [name for name in given if name not in names]
    return [
        Problem(short(f"inputs/{name}"), "UnknownInput", f"There is no input “{name[:60]}”.", hint or did_you_mean(name, names)) for name in strange
    ]


class _InputScope:
    """What an author's own rule sees."""

    def __init__(self, value: Json, inputs: Mapping[str, Json]) -> None:
        self._value, self._inputs = value, inputs

    def lookup(self, root: str, name: str | None) -> Json:
        if root == "value":
            return self._value
        if root != "inputs" or (name is not None and name not in self._inputs):
            raise Missing(root)
        return dict(self._inputs) if name is None else self._inputs[name]


def default_problems(inputs: tuple[Input, ...]) -> Iterator[Problem]:
    """Defaults that their own declaration would refuse: without them nobody could start the playbook and leave that input out."""
    for number, each in enumerate(inputs):
        if each.default not in (UNSET, None):
            for problem in _faults(each, each.default):
                yield replace(problem, address=f"inputs/{number}/default", message=f"The default does not fit: {problem.message}")


def _own_rule(declared: Input, taken: Mapping[str, Json]) -> Iterator[Problem]:
    rule = declared.check
    if rule is None or taken.get(declared.name) is None:
        return
    address = short(f"inputs/{declared.name}")
    try:
        if not truth(evaluate(rule.condition, _InputScope(taken[declared.name], taken))):
            yield Problem(address, "WrongValue", rule.message or f"“{declared.title}” does not follow its rule.", "Change the value.")
    except (ExpressionError, TemplateError) as error:
        yield Problem(address, "WrongValue", rule.message or f"The rule of “{declared.title}” cannot be computed: {error.message}", error.hint)

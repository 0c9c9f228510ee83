"""What each kind of setting accepts, and what it becomes for the step type. One function per kind: value in, value out, or a complaint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbooks_app.language import durations
from playbooks_app.language.names import LONGEST_NAME
from playbooks_app.language.setting_fields import Field
from playbooks_app.language.values import Json, is_number, kind_of, text_of

PEOPLE_KINDS = ("user", "group", "department", "role", "manager_of", "expression")


class Unfit(Exception):
    """The value does not fit its setting. Arguments: what is wrong, and how to mend it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def fitted(setting: Field, value: Json) -> Any:
    """The value as the step type gets it. Raises Unfit. Rows stay objects; a single one is a list of one."""
    return _within(setting, _KINDS[setting.kind](setting, value))


def _text(setting: Field, value: Json) -> str:
    return text_of(value)


def _name(setting: Field, value: Json) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_NAME:
        raise Unfit(f"“{setting.label}” must be a name, not {kind_of(value)}.", f"Write a name of at most {LONGEST_NAME} characters.")
    return value


def _any(setting: Field, value: Json) -> Any:
    return value


def _number(setting: Field, value: Json) -> Any:
    if not is_number(value):
        raise Unfit(f"“{setting.label}” must be a number, not {kind_of(value)}.", "Write it without quotation marks.")
    return value


def _integer(setting: Field, value: Json) -> int:
    if not is_number(value) or value != value // 1 or abs(value) >= 2**53:
        raise Unfit(
            f"“{setting.label}” must be a whole number, not {value if is_number(value) else kind_of(value)}.", "Write it without quotation marks."
        )
    return int(value)


def _boolean(setting: Field, value: Json) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"“{setting.label}” must be true or false, not {kind_of(value)}.", "Write true or false without quotation marks.")
    return value


def _duration(setting: Field, value: Json) -> float:
    found = durations.seconds(value)
    if found is None:
        raise Unfit(
            f"“{setting.label}” must be a span of time, not {text_of(value)[:40] if not isinstance(value, list | dict) else kind_of(value)}.",
            durations.HINT,
        )
    return found


def _choice(setting: Field, value: Json) -> str:
    values = [each for each, _ in setting.choices]
    if not isinstance(value, str) or value not in values:
        raise Unfit(f"“{setting.label}” cannot be {text_of(value)[:40]}.", f"Choose one of: {', '.join(values)}.")
    return value


def _list(setting: Field, value: Json) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise Unfit(f"“{setting.label}” must be a list, not {kind_of(value)}.")
    return list(value)


def _texts(setting: Field, value: Json) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else _list(setting, value)
    if any(each is None or isinstance(each, list | dict) for each in values):
        raise Unfit(f"“{setting.label}” must be a list of texts.")
    return tuple(text_of(each) for each in values)


def _map(setting: Field, value: Json) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unfit(f"“{setting.label}” must be an object, not {kind_of(value)}.", "Write it as names and values.")
    return value


def _people(setting: Field, value: Json) -> Any:
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, str) and each.strip():
            continue
        if not isinstance(each, dict) or not set(each) & set(PEOPLE_KINDS) or not set(each) <= {*PEOPLE_KINDS, "weight"}:
            raise Unfit(f"“{setting.label}” must say who, as in {{group: finance-leads}}.", f"Name one of: {', '.join(PEOPLE_KINDS)}.")
        for kind, name in each.items():
            if name in (None, "", [], {}):
                raise Unfit(f"“{setting.label}” names a {kind} without saying which.", "Write for example {group: finance-leads}.")
    return value


def _rows(setting: Field, value: Json) -> tuple[dict[str, Any], ...]:
    rows = [value] if isinstance(value, dict) else _list(setting, value)
    if not all(isinstance(row, dict) for row in rows):
        raise Unfit(f"“{setting.label}” must be a list of objects.")
    return tuple(rows)


def _within(setting: Field, value: Any) -> Any:
    """Bounds: of numbers and spans themselves, of texts and lists their length."""
    if setting.minimum is None and setting.maximum is None:
        return value
    unit = {"duration": " s"}.get(setting.kind, "")
    size = value if is_number(value) else len(value)
    what = "" if is_number(value) else "The length of "
    if setting.minimum is not None and size < setting.minimum:
        raise Unfit(f"{what}“{setting.label}” must be at least {setting.minimum:g}{unit}.")
    if setting.maximum is not None and size > setting.maximum:
        raise Unfit(f"{what}“{setting.label}” must be at most {setting.maximum:g}{unit}.")
    return value


_KINDS: dict[str, Callable[[Field, Json], Any]] = {
    "text": _text,
    "long_text": _text,
    "expression": _any,
    "name": _name,
    "number": _number,
    "integer": _integer,
    "boolean": _boolean,
    "duration": _duration,
    "choice": _choice,
    "list": _list,
    "texts": _texts,
    "map": _map,
    "json": _any,
    "people": _people,
    "rows": _rows,
}


def is_blank(setting: Field, value: Json) -> bool:
    """Whether nothing is said: null, or an empty text where an empty form field may have left it."""
    return value is None or (value == "" and setting.kind != "json")

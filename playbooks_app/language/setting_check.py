"""Finds the faults of settings as they are written in a document. A template may stand wherever a value may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from playbooks_app.language.names import did_you_mean
from playbooks_app.language.problem import Problem
from playbooks_app.language.scope import ExpressionError, TemplateError
from playbooks_app.language.setting_fields import Field, fields_of
from playbooks_app.language.setting_kinds import Unfit, fitted, is_blank
from playbooks_app.language.template import compile, is_template, is_whole
from playbooks_app.language.values import Json, kind_of

_TEXT_KINDS = frozenset({"text", "long_text"})
_KEPT_AS_WRITTEN = frozenset({"name", "choice"})  # templates there are looked at when they are filled in


def check_settings(config: type, written: Mapping[str, Json], address: str, place: Callable[[str], str] | None = None) -> list[Problem]:
    """Every fault: unknown and missing settings, wrong kinds, templates that cannot be read. `place` gives a key another address."""
    at = place or (lambda key: f"{address}/{key}")
    settings = {setting.key: setting for setting in fields_of(config)}
    problems = [_unknown(key, settings, at(key)) for key in written if key not in settings]
    for key, setting in settings.items():
        problems += _check_one(setting, written, at(key))
    return problems


def _unknown(key: str, settings: Mapping[str, Field], address: str) -> Problem:
    hint = did_you_mean(key, settings, "" if settings else "There are no settings here.")
    return Problem(address, "UnknownSetting", f"There is no setting “{key[:60]}”.", hint)


def _check_one(setting: Field, written: Mapping[str, Json], address: str) -> list[Problem]:
    value = written.get(setting.key)
    if is_blank(setting, value):
        if not setting.is_needed(written):
            return []
        return [Problem(address, "Required", f"“{setting.label}” is missing.", setting.help or "Fill it in.")]
    if isinstance(value, str) and is_template(value):
        return _check_template(setting, value, address)
    return template_problems(value, address) or _check_value(setting, value, address)


def _check_value(setting: Field, value: Json, address: str) -> list[Problem]:
    if setting.kind in _TEXT_KINDS and isinstance(value, list | dict):
        return [Problem(address, "WrongType", f"“{setting.label}” must be a text, not {kind_of(value)}.", "Put it into quotation marks.")]
    try:
        if setting.kind == "rows" and setting.row is not None:
            return _check_rows(setting.row, fitted(setting, value), value, address)
        if not (isinstance(value, list | dict) and is_template(value) and setting.kind != "map"):
            fitted(setting, value)
    except Unfit as unfit:
        return [Problem(address, "WrongType", unfit.message, unfit.hint or setting.help)]
    return []


def _check_rows(row: type, rows: list[Any], written: Json, address: str) -> list[Problem]:
    places = [address] if isinstance(written, dict) else [f"{address}/{number}" for number in range(len(rows))]
    return [problem for place, each in zip(places, rows, strict=True) for problem in check_settings(row, each, place)]


def _check_template(setting: Field, value: str, address: str) -> list[Problem]:
    problems = template_problems(value, address)
    if problems or setting.kind in _TEXT_KINDS or setting.kind in ("texts", "json", "expression", "people", *_KEPT_AS_WRITTEN) or is_whole(value):
        return problems
    return [Problem(address, "WrongType", f"“{setting.label}” cannot be a text with a value inside.", "Write nothing around the braces.")]


def template_problems(value: Json, address: str) -> list[Problem]:
    """The templates in a JSON value that cannot be read, each at its own address."""
    if isinstance(value, Mapping):
        return [found for key, each in value.items() for found in template_problems(each, f"{address}/{key}")]
    if isinstance(value, list | tuple):
        return [found for number, each in enumerate(value) for found in template_problems(each, f"{address}/{number}")]
    if not isinstance(value, str):
        return []
    try:
        compile(value)
    except (TemplateError, ExpressionError) as error:
        return [Problem(address, error.code, error.message, error.hint)]
    return []

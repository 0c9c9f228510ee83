"""Makes the Config of a step type from settings whose templates have been filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import lru_cache
from typing import Any

from playbooks_app.language import durations
from playbooks_app.language.setting_fields import Field, fields_of
from playbooks_app.language.setting_kinds import Unfit, fitted, is_blank
from playbooks_app.language.step_type import Json, StepFailed


def build(config: type, rendered: Mapping[str, Json]) -> Any:
    """An instance of `config`. What is absent or null takes its default; spans of time become seconds, rows a tuple of their dataclass.

    Raises StepFailed InputInvalid that names the setting.
    """
    made: dict[str, Any] = {}
    for setting, default in _plan(config):
        value = rendered.get(setting.key)
        if value is None or (value == "" and is_blank(setting, value)):
            if setting.is_needed(rendered):
                raise _invalid(
                    setting.key,
                    f"“{setting.label}” is missing.",
                    "The template gave nothing; give it a default, or check where the value comes from.",
                )
            made[setting.attribute] = default() if callable(default) else default
        else:
            made[setting.attribute] = _made(setting, value)
    return config(**made)


def _made(setting: Field, value: Json) -> Any:
    try:
        if setting.kind == "rows" and setting.row is not None:
            return tuple(build(setting.row, row) for row in fitted(setting, value))
        return fitted(setting, value)
    except Unfit as unfit:
        raise _invalid(setting.key, unfit.message, unfit.hint) from None
    except StepFailed as inner:
        raise _invalid(f"{setting.key}/{inner.details['field']}", inner.message, inner.hint) from None


def _invalid(key: str, message: str, hint: str) -> StepFailed:
    return StepFailed("InputInvalid", message, hint=hint, details={"field": key})


@lru_cache(maxsize=512)
def _plan(config: type) -> tuple[tuple[Field, Any], ...]:
    """The settings with the defaults as the step type gets them: a value, or a function that makes a list or an object."""
    factories = {each.name: each.default_factory for each in fields(config) if each.default_factory is not MISSING}
    plan: list[tuple[Field, Any]] = []
    for setting in fields_of(config):
        default = factories.get(setting.attribute, setting.default)
        if setting.kind == "duration" and isinstance(default, str):
            default = durations.seconds(default)
        elif setting.kind in ("texts", "rows") and setting.default is not None:
            default = _made(setting, list(setting.default))
        plan.append((setting, default))
    return tuple(plan)

"""Describes the step types as JSON: what a builder, a help page or another program needs to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks_app.language import durations
from playbooks_app.language.registry import AnyStepType, Registry
from playbooks_app.language.setting_fields import Field, fields_of
from playbooks_app.language.step_type import Block, BlockList, Json


def describe(registry: Registry) -> list[Json]:
    """One object per step type, in order of registration.

    {name, label, summary, icon, family, container, settings_in, beside, shorthand, acts, blocks, fields, examples: [{title, step}], output_help}
    """
    return [_described(kind) for kind in registry.all()]


def _described(kind: AnyStepType) -> dict[str, Json]:
    return {
        "name": kind.name,
        "label": kind.label,
        "summary": kind.summary,
        "icon": kind.icon,
        "family": kind.family,
        "container": kind.is_container,
        "settings_in": kind.settings_in,
        "beside": list(kind.beside),
        "shorthand": kind.shorthand,
        "acts": kind.acts,
        "takes_secrets": kind.takes_secrets,
        "sets_variables": kind.sets_variables,
        "blocks": [_block(kind, block) for block in kind.blocks],
        "fields": described_fields(kind.Config),
        "examples": [{"title": example.title, "step": dict(example.step)} for example in kind.examples],
        "output_help": dict(kind.output_help),
    }


def _block(kind: AnyStepType, block: Block | BlockList) -> dict[str, Json]:
    """A nested list of steps, or (`list`) a list of clauses that have one each. `names`: what steps inside can read, with standard settings."""
    if isinstance(block, Block):
        return {
            "key": block.key,
            "name": block.name,
            "label": block.label,
            "list": False,
            "iterated": block.iterated,
            "optional": block.optional,
            "names": dict(kind.binds(block.name, {})),
        }
    return {
        "key": block.key,
        "name": block.prefix,
        "label": block.label,
        "list": True,
        "iterated": False,
        "optional": block.minimum == 0,
        "prefix": block.prefix,
        "name_field": block.name_field,
        "single": block.single,
        "minimum": block.minimum,
        "fields": described_fields(block.fields),
        "names": dict(kind.binds(block.prefix, {})),
    }


def described_fields(config: type) -> list[Json]:
    """The settings of a Config, in order. `choices` are pairs of value and label, `row` describes the objects of a list."""
    return [_field(setting) for setting in fields_of(config)]


def _field(setting: Field) -> dict[str, Json]:
    found: dict[str, Any] = {
        "key": setting.key,
        "kind": setting.kind,
        "label": setting.label,
        "help": setting.help,
        "example": setting.example,
        "required": setting.required,
        "default": _default(setting),
        "choices": [[value, label] for value, label in setting.choices],
        "minimum": setting.minimum,
        "maximum": setting.maximum,
        "advanced": setting.advanced,
        "group": setting.group,
        "names": setting.names,
        "unless": setting.unless,
    }
    if setting.row is not None:
        found["row"] = described_fields(setting.row)
    return found


def _default(setting: Field) -> Json:
    """As it would be written in a document."""
    default = setting.default
    if setting.kind == "duration" and isinstance(default, int | float):
        return durations.written(default)
    if isinstance(default, tuple):
        return list(default)
    return dict(default) if isinstance(default, Mapping) else default

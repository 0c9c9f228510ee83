"""The JSON Schema (2020-12) of playbooks, made from the step types: for editors with completion and for checks before sending.

It accepts whatever `check` accepts; `check` knows more (references, ids, the names of an account).
"""

from __future__ import annotations

from typing import Any

from playbooks_app.language.access import ACCESS, BY_NAME, SECTIONS
from playbooks_app.language.declarations import VALUE_TYPES
from playbooks_app.language.guards import ENDS, MOST_ATTEMPTS, REACTIONS
from playbooks_app.language.mapping import MAPPING, SOURCES
from playbooks_app.language.names import STEP_ID
from playbooks_app.language.playbook_settings import CHOICES, DEEPEST_CALLS
from playbooks_app.language.registry import AnyStepType, Registry
from playbooks_app.language.setting_fields import Field, fields_of
from playbooks_app.language.step_type import Block
from playbooks_app.language.upgrades import CURRENT_FORM

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{", "description": "A template."}
DURATION: Schema = {
    "anyOf": [{"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|[smhdw]) ?)+$"}, {"type": "number", "minimum": 0}],
    "description": "A span of time: 100ms, 30s, 5m, 2h, 3d, or milliseconds as a number.",
}
CODES: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
STEPS: Schema = {"type": "array", "items": {"$ref": "#/$defs/step"}}
ANYTHING: Schema = {}


def playbook_schema(registry: Registry) -> Schema:
    """The schema of a whole document."""
    kinds = registry.all()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Playbook",
        "type": "object",
        "required": ["name", "description", "owner", "steps"],
        "additionalProperties": False,
        "properties": {
            "handrail": {"const": CURRENT_FORM},
            "name": {"type": "string", "minLength": 1},
            "description": {"type": "string", "minLength": 1},
            "owner": {"type": "string", "minLength": 1},
            "labels": {"type": "object"},
            "inputs": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/input"}}, {"type": "object"}]},
            "outputs": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/output"}}, {"type": "object"}]},
            "settings": {"$ref": "#/$defs/settings"},
            "steps": {**STEPS, "minItems": 1},
            "catch": {"type": "array", "items": {"$ref": "#/$defs/catch"}},
            "finally": STEPS,
        },
        "$defs": {
            "input": _input(),
            "output": _output(),
            "settings": _settings(),
            "catch": _catch(),
            "guards": _guards(),
            "step": {"anyOf": [{"$ref": f"#/$defs/step_{kind.name}"} for kind in kinds]},
            **{f"step_{kind.name}": _step(kind) for kind in kinds},
        },
    }


def json_schema(config: type) -> Schema:
    """The schema of the settings of a Config."""
    settings = fields_of(config)
    either: list[Schema] = [{"anyOf": [{"required": [each.key]}, {"required": [each.unless]}]} for each in settings if each.required and each.unless]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [setting.key for setting in settings if setting.required and not setting.unless],
        "properties": {setting.key: _setting(setting) for setting in settings},
        **({"allOf": either} if either else {}),
    }


def _setting(setting: Field) -> Schema:
    found: Schema = {"title": setting.label}
    if setting.help:
        found["description"] = setting.help
    if setting.example:
        found["examples"] = [setting.example]
    if setting.default is not None and isinstance(setting.default, str | int | float | bool):
        found["default"] = setting.default
    return {**found, **_kind(setting)}


def _kind(setting: Field) -> Schema:
    """What a document may write there: the value, a template, or null for nothing."""
    bounds = {"minimum": setting.minimum, "maximum": setting.maximum}
    bounded = {key: value for key, value in bounds.items() if value is not None}
    kinds: dict[str, Schema] = {
        "text": {"type": ["string", "number", "boolean"]},
        "long_text": {"type": ["string", "number", "boolean"]},
        "name": TEXT,
        "number": {"type": "number", **bounded},
        "integer": {"type": "integer", **bounded},
        "boolean": {"type": "boolean"},
        "duration": DURATION,
        "choice": {"enum": [value for value, _ in setting.choices]},
        "list": {"type": "array"},
        "texts": {"anyOf": [{"type": "array"}, TEXT]},
        "map": {"type": "object"},
        "people": {"type": ["object", "array", "string"]},
    }
    if setting.kind == "rows":
        row = json_schema(setting.row) if setting.row is not None else {"type": "object"}
        value: Schema = {"anyOf": [{"type": "array"}, row]}
    else:
        value = kinds.get(setting.kind, ANYTHING)
    return {"anyOf": [value, TEMPLATE, {"type": "null"}, {"const": ""}]} if value else ANYTHING


def _step(kind: AnyStepType) -> Schema:
    settings = json_schema(kind.Config)
    properties: Schema = {
        "id": {"anyOf": [{"type": "string", "pattern": f"^{STEP_ID.pattern.removesuffix(chr(92) + 'Z')}$"}, {"type": "null"}]},
        "type": {"const": kind.name},
        "name": {"type": ["string", "null"]},
        "description": TEXT,
        MAPPING: _mapping(),
    }
    if kind.settings_in == "step":
        properties |= {**settings["properties"], "with": {"type": "object", "maxProperties": 0}}
        required, inside = settings["required"], {}
    else:
        beside = {key: settings["properties"].pop(key) for key in kind.beside}
        needed = [key for key in settings.pop("required") if key not in beside]
        properties |= {**beside, "with": settings}
        inner = {key: value for key, value in (("required", needed), ("allOf", settings.pop("allOf", []))) if value}
        required = ["with"] if inner else []
        inside = {"with": inner} if inner else {}
    for block in kind.blocks:
        properties[block.key] = {**STEPS, "title": block.label} if isinstance(block, Block) else _clauses(block.fields, block.label, block.minimum)
    long_form = {
        "title": kind.label,
        "description": kind.summary,
        "type": "object",
        "required": ["type"],
        "properties": properties,
        "if": {"not": {"required": [MAPPING]}},
        "then": {"required": required, "properties": inside},
        "$ref": "#/$defs/guards",
        "unevaluatedProperties": False,
    }
    if kind.shorthand is None:
        return long_form
    return {"anyOf": [long_form, {"type": "object", "required": [kind.name], "properties": {kind.name: ANYTHING, "type": False}}]}


def _mapping() -> Schema:
    """Settings by the source of their value; a step that has some may leave required ones out."""
    parts = {"path": TEXT, "step": TEXT, "default": ANYTHING, "value": ANYTHING}
    entry = {"type": "object", "required": ["source"], "additionalProperties": False, "properties": {"source": {"enum": list(SOURCES)}, **parts}}
    return {"anyOf": [{"type": "object", "additionalProperties": entry}, {"type": "null"}]}


def _clauses(fields: type, label: str, minimum: int) -> Schema:
    clause = json_schema(fields)
    clause["properties"] = {**clause["properties"], "steps": STEPS}
    clause["additionalProperties"] = ANYTHING
    return {"type": "array", "title": label, "minItems": minimum, "items": clause}


def _guards() -> Schema:
    condition = {"type": ["string", "boolean", "null"]}
    retry = {
        "max_attempts": {"type": "integer", "minimum": 1, "maximum": MOST_ATTEMPTS, "default": 3},
        "initial": DURATION,
        "max": DURATION,
        "multiplier": {"type": "number", "minimum": 1, "maximum": 100},
        "jitter": DURATION,
        "on": CODES,
        "not_on": CODES,
        "if": condition,
    }
    reaction = {"enum": list(REACTIONS)}
    deadline = {"after": DURATION, "then": {"enum": list(ENDS), "default": "fail"}, "steps": STEPS}
    return {
        "properties": {
            "when": condition,
            "retry": {"anyOf": [{"type": "object", "additionalProperties": False, "properties": retry}, {"type": "null"}]},
            "deadline": {
                "anyOf": [
                    DURATION,
                    {"type": "object", "additionalProperties": False, "required": ["after"], "properties": deadline},
                    {"type": "null"},
                ]
            },
            "timeout": {"anyOf": [DURATION, {"type": "null"}]},
            "on_error": {"anyOf": [reaction, {"type": "object", "additionalProperties": reaction}, {"type": "null"}]},
            "once": {"type": ["boolean", "null"]},
            "cancellable": {"type": ["boolean", "null"]},
            "cache_key": {"type": ["string", "boolean", "null"]},
            "output_schema": {"type": ["object", "boolean", "null"]},
            ACCESS: _access(),
        }
    }


def _access() -> Schema:
    names = {"type": "array", "items": {"type": "string", "minLength": 1}}
    known = {name: {"anyOf": [{"type": ["boolean", "null"]}, *([names] if name in BY_NAME else [])]} for name in SECTIONS}
    return {"anyOf": [{"type": "object", "additionalProperties": False, "properties": known}, {"type": "null"}]}


def _settings() -> Schema:
    return {
        "type": "object",
        "properties": {
            "timezone": {**TEXT, "examples": ["Europe/Berlin"]},
            "timeout": DURATION,
            "lock_ttl": DURATION,
            "cache_ttl": DURATION,
            "concurrency": {
                "type": "object",
                "properties": {"key": {"type": "string"}, "max": {"type": "integer", "minimum": 1}},
                "required": ["max"],
                "additionalProperties": False,
            },
            "max_depth": {"type": "integer", "minimum": 1, "maximum": DEEPEST_CALLS},
            "locks": {"type": "array", "items": {"anyOf": [TEXT, {"type": "object", "required": ["path"], "properties": {"path": TEXT}}]}},
            **{key: {"enum": list(choices), "default": choices[0]} for key, choices in CHOICES.items()},
        },
    }


def _catch() -> Schema:
    properties = {"code": {"type": "string", "minLength": 1}, "then": {"enum": ["recover", "fail"], "default": "recover"}, "steps": STEPS}
    return {"type": "object", "required": ["code"], "additionalProperties": False, "properties": properties}


def _output() -> Schema:
    properties = {
        "name": {"type": "string", "minLength": 1},
        "type": {"enum": list(VALUE_TYPES), "default": "any"},
        "required": {"type": "boolean", "default": True},
        "description": TEXT,
    }
    return {"type": "object", "required": ["name"], "additionalProperties": False, "properties": properties}


def _input() -> Schema:
    length = {"type": ["integer", "null"], "minimum": 0}
    properties = {
        "name": {"type": "string", "minLength": 1},
        "type": {"enum": list(VALUE_TYPES), "default": "any"},
        "required": {"type": "boolean", "default": False},
        "default": ANYTHING,
        "description": TEXT,
        "label": TEXT,
        "allowed": {"type": "array", "minItems": 1},
        "pattern": {"type": "string", "description": "A regular expression for the whole text."},
        "min_length": length,
        "max_length": length,
        "min": {"type": ["number", "null"]},
        "max": {"type": ["number", "null"]},
        "check": {"type": "object", "required": ["if"], "additionalProperties": False, "properties": {"if": TEXT, "message": TEXT}},
        "schema": {"type": ["object", "boolean"], "description": "A JSON Schema for the value."},
    }
    return {"type": "object", "required": ["name"], "additionalProperties": False, "properties": properties}

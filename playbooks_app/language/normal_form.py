"""Writes a document out in full: every step gets its id, short forms become long ones, bare conditions get their braces.

A published version stores this form. What is no proper document passes through unharmed; the check says what is wrong with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from playbooks_app.language.guards import DEADLINE
from playbooks_app.language.mapping import MAPPING, write_out
from playbooks_app.language.registry import AnyStepType, Registry, step_types
from playbooks_app.language.setting_fields import fields_of
from playbooks_app.language.step_type import Block
from playbooks_app.language.template import is_template
from playbooks_app.language.upgrades import upgraded
from playbooks_app.language.values import Json

DEEPEST_STEPS = 64  # steps inside each other


def normalise(raw: Json, registry: Registry = step_types) -> Json:
    """The document in full. Returns a copy; never raises."""
    if not isinstance(raw, dict):
        return raw
    document = upgraded(raw)
    writer = _Writer(registry)
    found = dict(document)
    for key in ("inputs", "outputs"):
        if key in found:
            found[key] = _declared(found[key])
    for key in ("steps", "catch", "finally"):  # in this order, whatever the document's: generated ids depend on it
        if key in found:
            found[key] = writer.clauses(found[key], 0) if key == "catch" else writer.steps(found[key], 0)
    writer.give_ids()
    writer.write_mappings()
    return found


def _declared(written: Json) -> Json:
    """`{customer: string}` is short for a list of declarations."""
    if not isinstance(written, dict):
        return written
    return [{"name": name, **(each if isinstance(each, dict) else {"type": each})} for name, each in written.items()]


class _Writer:
    """Walks over the steps of one document."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.written: list[dict[str, Any]] = []  # every step, in order of the document
        self.before: dict[int, dict[str, Any]] = {}  # id() of a step with a mapping -> the step before it in its block

    def steps(self, steps: Json, depth: int) -> Json:
        """A list of steps, written out."""
        if not isinstance(steps, list) or depth > DEEPEST_STEPS:
            return steps
        found = [self._step(step, depth) if isinstance(step, dict) else step for step in steps]
        pairs = zip(found, found[1:], strict=False)
        self.before |= {id(step): last for last, step in pairs if isinstance(last, dict) and isinstance(step, dict) and MAPPING in step}
        return found

    def clauses(self, clauses: Json, depth: int, fields: type | None = None) -> Json:
        """A list of objects with steps of their own."""
        return [self._clause(each, depth, fields) for each in clauses] if isinstance(clauses, list) else clauses

    def _clause(self, clause: Json, depth: int, fields: type | None) -> Json:
        if not isinstance(clause, dict):
            return clause
        found = dict(clause) if fields is None else {**clause, **_with_braces(fields, clause)}
        if "steps" in clause:
            found["steps"] = self.steps(clause["steps"], depth)
        return found

    def _step(self, written: dict[str, Any], depth: int) -> dict[str, Any]:
        step = self._long_form(written)
        step = {"id": step.get("id"), **step}
        self.written.append(step)
        name = step.get("type")
        if name in self.registry:
            kind = self.registry.get(str(name))
            self._settings(step, kind)
            self._blocks(step, kind, depth)
        late = step.get(DEADLINE)
        if isinstance(late, dict) and "steps" in late:
            step[DEADLINE] = {**late, "steps": self.steps(late["steps"], depth + 1)}
        _brace(step, "when")
        if isinstance(step.get("retry"), dict):
            step["retry"] = dict(step["retry"])
            _brace(step["retry"], "if")
        return step

    def _long_form(self, step: dict[str, Any]) -> dict[str, Any]:
        """`{var: total, value: 5}` and `{return: 5}` with type and settings."""
        if "type" in step:
            return step
        shorts = [name for name in step if name in self.registry and self.registry.get(name).shorthand is not None]
        if len(shorts) != 1:
            return step
        kind = self.registry.get(shorts[0])
        keys = {setting.key for setting in fields_of(kind.Config)}
        settings: dict[str, Json] = {str(kind.shorthand): step[kind.name]}
        settings |= {key: step[key] for key in step if key in keys}
        rest = {key: value for key, value in step.items() if key != kind.name and key not in keys and key != "with"}
        if isinstance(step.get("with"), dict):
            settings |= step["with"]
        return {**rest, "type": kind.name, **(settings if kind.settings_in == "step" else {"with": settings})}

    def _settings(self, step: dict[str, Any], kind: AnyStepType) -> None:
        if kind.settings_in == "step":
            step |= _with_braces(kind.Config, step)
        elif isinstance(step.get("with"), dict):
            step["with"] = {**step["with"], **_with_braces(kind.Config, step["with"])}

    def _blocks(self, step: dict[str, Any], kind: AnyStepType, depth: int) -> None:
        for block in kind.blocks:
            if block.key in step:
                inside = step[block.key]
                step[block.key] = self.steps(inside, depth + 1) if isinstance(block, Block) else self.clauses(inside, depth + 1, block.fields)

    def give_ids(self) -> None:
        """The n-th step of a type is called `<type>-<n>` unless it says otherwise; numbers that are taken are passed over."""
        taken = {step["id"] for step in self.written if isinstance(step["id"], str)}
        seen: Counter[str] = Counter()
        for step in self.written:
            kind = step.get("type")
            if not isinstance(kind, str):
                kind = "step"
            seen[kind] += 1
            if step["id"] is None:
                while f"{kind}-{seen[kind]}" in taken:
                    seen[kind] += 1
                step["id"] = f"{kind}-{seen[kind]}"
                taken.add(str(step["id"]))

    def write_mappings(self) -> None:
        """Mappings become settings; what cannot be written out stays, for the check to say why."""
        for step in self.written:
            if step.get(MAPPING) is None or step.get("type") not in self.registry:
                continue
            kind, before = self.registry.get(str(step["type"])), self.before.get(id(step), {}).get("id")
            inside = step.get("with") if isinstance(step.get("with"), dict) else {}
            settings = step if kind.settings_in == "step" else dict(inside or {})
            step[MAPPING] = write_out(step[MAPPING], settings, before, frozenset(each.key for each in fields_of(kind.Config)))
            if kind.settings_in == "with":
                step["with"] = settings
            if step[MAPPING] is None:
                del step[MAPPING]
            self._settings(step, kind)


def _with_braces(config: type, written: Mapping[str, Json]) -> dict[str, Json]:
    """The settings that are bare expressions, with braces."""
    found: dict[str, Json] = {}
    for setting in fields_of(config):
        if setting.kind == "expression" and setting.key in written:
            found[setting.key] = braced(written[setting.key])
    return found


def _brace(owner: dict[str, Json], key: str) -> None:
    if key in owner:
        owner[key] = braced(owner[key])


def braced(value: Json) -> Json:
    """`a > 5` as `${{ a > 5 }}`; blanks around a template are dropped, so that it keeps its type."""
    if not isinstance(value, str) or not value.strip():
        return value
    text = value.strip()
    return text if is_template(text) else f"${{{{ {text} }}}}"

"""Settings filled from sources that are named: `mapping: {amount: {source: previousStep, path: total}}` beside `with`.

    workflowInput  {path?, default?}        an input of the run, or a part of it; without a path all inputs
    previousStep   {step?, path?, default?} the output of a step, or a part of it; without a step of the one before in the same block
    loopItem       {path?, default?}        the present item of the nearest loop, or a part of it
    static         {value}                  just this; what looks like a template in it is text

They are short for templates, and are written out as such with the other short forms. What cannot be written out stays where it is, and is a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from playbooks_app.language.faults import Faults
from playbooks_app.language.names import ITEM_NAME, STEP_ID, did_you_mean
from playbooks_app.language.values import Json, is_number, kind_of

MAPPING = "mapping"
SOURCES: dict[str, tuple[str, ...]] = {
    "workflowInput": ("path", "default"),
    "previousStep": ("step", "path", "default"),
    "static": ("value",),
    "loopItem": ("path", "default"),
}
_BRACES = re.compile(r"\$?\{\{")
_TARGET = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[^.\s]+)*\Z")  # a setting, or a field inside one: `inputs.customer`


def write_out(mapping: Json, settings: dict[str, Any], before: str | None, known: frozenset[str]) -> Json:
    """Put every entry that is in order into `settings` (changed in place); the rest comes back, None if there is none.

    `before`: the id of the step before in the same block. `known`: the settings that can be filled.
    """
    if not isinstance(mapping, dict):
        return mapping
    rest = {}
    for target, entry in mapping.items():
        keys = target.split(".")
        in_order = _TARGET.match(target) and keys[0] in known and not _entry_faults(entry) and (before or not _means_last(entry))
        if not in_order or not _put(settings, keys, _value(entry, before)):
            rest[target] = entry
    return rest or None


def check_mapping(written: Json, address: str, known: frozenset[str], faults: Faults) -> None:
    """What is left of a mapping after it was written out: each entry is a fault. `known`: the settings that can be filled."""
    if written is None:
        return
    if not isinstance(written, dict):
        faults.wrong_type(address, "“mapping”", "an object", written, "Write for example {amount: {source: workflowInput, path: amount}}.")
        return
    for target, entry in written.items():
        found = _entry_faults(entry)
        if not _TARGET.match(target) or target.split(".")[0] not in known:
            hint = did_you_mean(target, known, "Write the setting's name, or a part of it as in inputs.customer.")
            faults.add(f"{address}/{target}", "UnknownKey", f"“{target[:60]}” is no setting of this step.", hint)
        elif not found and _means_last(entry):
            message = "There is no step before this one in its block, or the setting is given twice."
            faults.add(f"{address}/{target}/step", "MissingReference", message, "Name the step: `step: …`.")
        elif not found:
            faults.add(
                f"{address}/{target}", "DuplicateName", f"“{target[:60]}” is given twice.", "Keep the mapping, or what stands among the settings."
            )
        for key, message, hint in found:
            faults.add(f"{address}/{target}{key}", "UnknownSource" if key == "/source" else "WrongValue", message, hint)


def _means_last(entry: Mapping[str, Json]) -> bool:
    return entry["source"] == "previousStep" and "step" not in entry


def _entry_faults(entry: Json) -> list[tuple[str, str, str]]:
    """(key with a slash before it, message, hint) of all that is wrong with one entry."""
    if not isinstance(entry, dict):
        return [("", f"A mapping must be an object, not {kind_of(entry)}.", "Write for example {source: workflowInput, path: amount}.")]
    source = entry.get("source")
    if not isinstance(source, str) or source not in SOURCES:
        shown = source[:60] if isinstance(source, str) else kind_of(source)
        otherwise = f"Choose one of: {', '.join(SOURCES)}."
        return [("/source", f"There is no source “{shown}”.", did_you_mean(str(source), SOURCES, otherwise))]
    known = SOURCES[source]
    found = [
        (f"/{key}", f"“{key[:60]}” means nothing here.", f"A {source} takes {', '.join(known)}.") for key in entry if key not in (*known, "source")
    ]
    if source == "static" and "value" not in entry:
        found.append(("/value", "The value is missing.", "Add `value: …`; null is a value."))
    step = entry.get("step")
    if "step" in entry and not (isinstance(step, str) and STEP_ID.match(step)):
        found.append(("/step", f"“{str(step)[:60]}” is no id of a step.", "Write the id of a step before this one."))
    if not isinstance(entry.get("path", ""), str):
        found.append(("/path", f"A path is a text, not {kind_of(entry['path'])}.", "Write it with dots, as in customer.lines.0.name."))
    if not (isinstance(default := entry.get("default"), str | bool) or default is None or is_number(default)):
        found.append(("/default", f"A default cannot be {kind_of(default)}.", "Write a text, a number, true, false or null."))
    return found


def _put(settings: dict[str, Any], keys: list[str], value: Json) -> bool:
    """Whether there was room for it: objects on the way are made, what is there is not overwritten."""
    holder = settings
    for key in keys[:-1]:
        inner = holder.get(key, {})
        if not isinstance(inner, dict):
            return False
        holder[key] = holder = dict(inner)
    if keys[-1] in holder:
        return False
    holder[keys[-1]] = value
    return True


def _value(entry: Mapping[str, Json], before: str | None) -> Json:
    source = entry["source"]
    if source == "static":
        return _escaped(entry["value"])
    root = {"workflowInput": "inputs", "loopItem": "item"}.get(source) or f"steps.{entry.get('step', before or '')}.output"
    path = root + "".join(_part(part) for part in str(entry.get("path", "")).split(".") if part)
    default = f" | {json.dumps(entry['default'], ensure_ascii=False)}" if "default" in entry else ""
    return f"{{{{ {path}{default} }}}}"


def _part(part: str) -> str:
    return f".{part}" if ITEM_NAME.match(part) or part.isdecimal() else f"[{json.dumps(part, ensure_ascii=False)}]"


def _escaped(value: Json) -> Json:
    if isinstance(value, str):
        return _BRACES.sub(lambda mark: f"\\{mark[0]}", value)
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    return [_escaped(each) for each in value] if isinstance(value, list) else value

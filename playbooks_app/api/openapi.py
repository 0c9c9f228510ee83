"""What every operation of the REST doors may answer besides its own: written into the OpenAPI description once, for all apps."""

from __future__ import annotations

import re
from typing import Any

from playbooks_app.errors import PROBLEM

REFERENCE = re.compile(r"#/components/schemas/(\w+)")
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
REFUSAL = "#/components/schemas/Refusal"
FAULTS = "#/components/schemas/Faults"
ALWAYS = {"404": "Not there, or not shared with you.", "429": "Too many calls in this minute; Retry-After says for how long."}
CHANGES = {"409": "Not possible in the present state, or the Idempotency-Key belongs to another call."}
SIGNED_IN = {"401": "No token, and no session.", "403": "In sight, but not yours to do."}
WITH_BODY = {"413": "The body is too large.", "415": "Send JSON.", "422": "Refused: every fault at once. Nothing is kept."}
WITH_QUERY = {"422": "The query is refused: every fault at once."}


def common_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular. What an operation says itself is left alone."""
    if "Refusal" not in result.get("components", {}).get("schemas", {}):
        return result
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                _add(operation, ALWAYS)
                _add(operation, CHANGES if method != "get" else {})
                _add(operation, SIGNED_IN if any(operation.get("security", [{}])) else {})
                _add(operation, WITH_BODY if "requestBody" in operation else {})
                _add(operation, WITH_QUERY if any(each["in"] == "query" for each in operation.get("parameters", [])) else {})
                _name_refusals(operation)
    _close_bodies(result)
    return result


def _name_refusals(operation: dict[str, Any]) -> None:
    """Refusals come as what they are: `application/problem+json`."""
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if status[0] in "45" and "application/json" in content:
            answer["content"] = {PROBLEM: content["application/json"]}


def _close_bodies(result: dict[str, Any]) -> None:
    """What a body says that nobody knows is refused (bodies.py): its schema is closed, unless an answer has the same one."""
    told, asked = set[str](), set[str]()
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                asked |= set(REFERENCE.findall(repr(operation.get("requestBody", {}))))
                told |= set(REFERENCE.findall(repr(operation["responses"])))
    schemas = result["components"]["schemas"]
    for name in _inside(asked, schemas) - _inside(told, schemas):
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False


def _inside(names: set[str], schemas: dict[str, Any]) -> set[str]:
    """These schemas, and all that they refer to."""
    found, fresh = set[str](), set(names)
    while fresh:
        found |= fresh
        fresh = {inner for name in fresh for inner in REFERENCE.findall(repr(schemas.get(name, {})))} - found
    return found


def _add(operation: dict[str, Any], answers: dict[str, str]) -> None:
    for status, description in answers.items():
        reference = FAULTS if status == "422" else REFUSAL
        answer = {"description": description, "content": {PROBLEM: {"schema": {"$ref": reference}}}}
        operation["responses"].setdefault(status, answer)

"""What every operation of the REST doors may answer besides its own: written into the OpenAPI description once, for all apps."""

from __future__ import annotations

import re
from typing import Any

from playbooks_app.errors import PROBLEM

REFERENCE = re.compile(r"#/components/schemas/(\w+)")
METHODS = frozenset({"get", "post", "put", "patch", "delete"})
REFUSAL = "#/components/schemas/Refusal"
FAULTS = "#/components/schemas/Faults"
ALWAYS = {
    "400": "The address or its query cannot be read.",
    "404": "Not there, or not shared with you.",
    "406": "Only JSON is told here.",
    "429": "Too many calls in this minute; Retry-After says for how long.",
}
CHANGES = {"409": "Not possible in the present state, or the Idempotency-Key belongs to another call."}
SIGNED_IN = {"401": "No token, and no session.", "403": "In sight, but not yours to do."}
WITH_BODY = {"413": "The body is too large.", "415": "Send JSON.", "422": "Refused: every fault at once. Nothing is kept."}
WITH_QUERY = {"422": "The query is refused: every fault at once."}
WITH_KEY = {"413": "The body is too large.", "422": "Refused: every fault at once. Nothing is kept."}
WITH_TAG = {"412": "Changed since it was read: the header ETag, and `details.etag`, is the present one."}


def _header(name: str, words: str, longest: int) -> dict[str, Any]:
    """An optional header as OpenAPI describes it; of printable characters."""
    told = {"name": name, "in": "header", "required": False, "description": words}
    return {**told, "schema": {"type": "string", "pattern": "^[ -~]*$", "maxLength": longest}}


HEADERS = {
    "IdempotencyKey": _header("Idempotency-Key", "The same call again gets the first answer again; another call under this key is 409.", 200),
    "IfMatch": _header("If-Match", "The ETag that was read. Nothing is done if it has been changed since.", 1000),
    "IfNoneMatch": _header("If-None-Match", "An ETag that you have: the answer is 304, without a body, if it is still true.", 1000),
}


def common_refusals(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular. What an operation says itself is left alone."""
    if "Refusal" not in result.get("components", {}).get("schemas", {}):
        return result
    result["components"]["parameters"] = HEADERS
    for path in result["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                _add(operation, ALWAYS)
                _add_headers(operation, method, readable="get" in path)
                _sum_up(operation)
                _add(operation, CHANGES if method != "get" else {})
                _add(operation, SIGNED_IN if any(operation.get("security", [{}])) else {})
                _add(operation, WITH_BODY if "requestBody" in operation else {})
                _add(operation, WITH_QUERY if any(each.get("in") == "query" for each in operation.get("parameters", [])) else {})
                _name_refusals(operation)
    _close_bodies(result)
    return result


def _add_headers(operation: dict[str, Any], method: str, *, readable: bool) -> None:
    """What every POST, every GET, and every change of what can be read at the same address takes."""
    taken = operation.setdefault("parameters", [])
    if method == "post":
        taken.append(_named("IdempotencyKey"))
        _add(operation, WITH_KEY)
    elif method == "get":
        taken.append(_named("IfNoneMatch"))
        operation["responses"]["304"] = {"description": "You have it already."}
    elif readable:
        taken.append(_named("IfMatch"))
        _add(operation, WITH_TAG)
    if method == "get" and "200" in operation["responses"]:
        operation["responses"]["200"]["headers"] = {"ETag": {"description": "Of what is told.", "schema": {"type": "string"}}}


def _sum_up(operation: dict[str, Any]) -> None:
    """The first sentence of what it says, for lists of operations."""
    said = operation.get("description", "").split("\n\n")[0].replace("\n", " ")
    if said:
        operation.setdefault("summary", re.split(r"(?<=[.:;])\s", said)[0].rstrip(".:;"))


def _named(header: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{header}"}


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

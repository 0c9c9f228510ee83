"""What every operation of the REST doors may answer besides its own: written into the OpenAPI description once, for all apps."""

from __future__ import annotations

from typing import Any

METHODS = frozenset({"get", "post", "put", "patch", "delete"})
REFUSAL = "#/components/schemas/Refusal"
FAULTS = "#/components/schemas/Faults"
ALWAYS = {"404": "Not there, or not shared with you."}
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
                _add(operation, SIGNED_IN if any(operation.get("security", [{}])) else {})
                _add(operation, WITH_BODY if "requestBody" in operation else {})
                _add(operation, WITH_QUERY if any(each["in"] == "query" for each in operation.get("parameters", [])) else {})
    return result


def _add(operation: dict[str, Any], answers: dict[str, str]) -> None:
    for status, description in answers.items():
        reference = FAULTS if status == "422" else REFUSAL
        answer = {"description": description, "content": {"application/json": {"schema": {"$ref": reference}}}}
        operation["responses"].setdefault(status, answer)

"""Small documents for the tests of playbooks."""

from __future__ import annotations

from typing import Any


def document(name: str = "Daily check", **changes: Any) -> dict[str, Any]:
    """A document without faults: one step that logs."""
    whole = {"handrail": 1, "name": name, "description": "Looks once a day.", "owner": "Finance", "inputs": []}
    return {**whole, "steps": [{"id": "note", "type": "log", "with": {"message": "hello"}}], **changes}


FAULTY = document(
    steps=[
        {"id": "twice", "type": "log", "with": {"message": "a"}},
        {"id": "twice", "type": "log", "with": {"message": "b"}},
        {"id": "odd", "type": "teleport"},
        {"id": "reader", "type": "log", "with": {"message": "{{ steps.nowhere.output }}"}},
    ]
)

"""What is left of errors and waits for somebody who may not read values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HINT = "Ask who may share the playbook to let you read its values."
NAMED_BY_PEOPLE = frozenset({"approval", "person", "timer", "window", "child", "start"})  # causes whose names are not made from values


def plain_error(error: Any) -> Any:
    """An error without a word of what happened: `{code, message, hint, address}`."""
    if not isinstance(error, Mapping):
        return None
    return {"code": error.get("code"), "message": f"It failed with {error.get('code')}.", "hint": HINT, "address": error.get("address") or ""}


def plain_wait(wait: Any) -> Any:
    """What it waits for, without names that are made from values."""
    if not isinstance(wait, Mapping) or wait.get("cause") in NAMED_BY_PEOPLE:
        return wait
    return {"cause": wait.get("cause")}


def without_reason(said: str) -> str:
    """`by Carol Mensah: the IBAN was wrong` -> `by Carol Mensah`."""
    return said.partition(":")[0]

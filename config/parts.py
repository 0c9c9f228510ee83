"""Which of the apps' address lists are there."""

from __future__ import annotations

from importlib.util import find_spec


def existing(*modules: str) -> list[str]:
    """Those that exist, in the same order."""
    return [module for module in modules if find_spec(module)]

"""Which words mean something: roots of paths, reserved ids, and the nearest known name for a wrong one."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

# Roots whose next word is a name of its own; `lookup(root, name)` is asked for that name. Every other root is one value, `lookup(root, None)`.
NAMED_ROOTS = frozenset({"inputs", "vars", "steps", "config", "secrets"})
ROOTS = NAMED_ROOTS | {"item", "index", "run", "error", "session", "event"}
ALIASES = frozenset({"workflow_input", "step", "loop_item", "context"})
KEYWORDS = frozenset({"and", "or", "not", "in", "if", "else", "for", "true", "false", "null", "True", "False", "None"})

# Top-level blocks of a run stand in paths beside step ids, and keywords cannot be written after a dot in other tools.
RESERVED_IDS = KEYWORDS | {"catch", "finally", "step", "steps"}
RESERVED_ITEM_NAMES = ROOTS | ALIASES | KEYWORDS | {"value", "get"}

LONGEST_NAME = 100
STEP_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
ITEM_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
FORBIDDEN_IN_BLOCK_NAMES = frozenset("/[]")


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The known name that looks most like `wrong`, or "" when none comes close."""
    found = difflib.get_close_matches(wrong[:LONGEST_NAME], list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def did_you_mean(wrong: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known word, or else lists what there is (ten at most)."""
    names = sorted(known)
    near = nearest(wrong, names)
    if near:
        return f"Did you mean “{near}”?"
    if otherwise:
        return otherwise
    return f"Known are: {', '.join(names[:10])}{' …' if len(names) > 10 else ''}." if names else ""

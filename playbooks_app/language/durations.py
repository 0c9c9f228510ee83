"""Spans of time as documents write them: `100ms 30s 5m 2h 3d`, or milliseconds as a number."""

from __future__ import annotations

import re

from playbooks_app.language.values import Json, is_number

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PARTS = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,6})?(?:ms|[smhdw]))+\Z")
_PART = re.compile(r"([0-9.]+)(ms|[smhdw])")
LONGEST_SECONDS = 3650 * 86400.0  # ten years: nothing waits longer, and no date overflows

HINT = "Write it as 30s, 5m, 2h or 3d, or in milliseconds as a number; at most ten years."


def seconds(written: Json) -> float | None:
    """The span in seconds; None for what is no span of time between 0 and ten years."""
    if is_number(written):
        found = float(written) / 1000 if abs(written) < 1e15 else -1.0
    elif isinstance(written, str) and len(written) < 60 and _PARTS.match(text := written.replace(" ", "")):
        found = sum(float(amount) * _SECONDS[unit] for amount, unit in _PART.findall(text))
    else:
        return None
    return found if 0 <= found <= LONGEST_SECONDS else None


def written(span: float) -> str:
    """A span in seconds as documents write it, in the largest unit that fits evenly."""
    milliseconds = round(span * 1000)
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds % size == 0 and milliseconds:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"

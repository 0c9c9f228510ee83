"""What the effect ledger keeps of what is sent: the body without what must not lie about, and not without bound."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from playbooks_app.language.step_type import Json
from runs_app.secrecy.references import hidden

MASK = "•••"
MOST_BYTES = 65_536  # of a body; the step's input has it whole
HIDDEN = re.compile(r"pass(word|phrase|wd)|secret|token|authori[sz]ation|api_?key|credential|cvv|cvc|card_?number", re.I)


def masked(body: Json) -> Json:
    """The body with the values under telling names masked; of one that is too large, its size."""
    found = _masked(body)
    size = len(json.dumps(found, default=str))
    return found if size <= MOST_BYTES else {"too_large": True, "bytes": size}


def _masked(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {str(name): MASK if HIDDEN.search(str(name)) and each not in (None, "") else _masked(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    if isinstance(value, str):
        return hidden(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)

"""Brings documents of older forms up to the present one: one function per form, in order. There is one form so far, so there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Document = dict[str, Any]

UPGRADES: Sequence[Callable[[Document], Document]] = ()  # number n makes form n + 1 of form n
CURRENT_FORM = len(UPGRADES) + 1


def upgraded(document: Document, upgrades: Sequence[Callable[[Document], Document]] = UPGRADES) -> Document:
    """The document in the present form. `handrail: n` says its form; 1 where it says nothing. What says nonsense is handed back as it is."""
    form = document.get("handrail", 1)
    if not isinstance(form, int) or isinstance(form, bool) or not 1 <= form <= len(upgrades) + 1:
        return document
    for upgrade in upgrades[form - 1 :]:
        document = upgrade(document)
    return {**document, "handrail": len(upgrades) + 1}

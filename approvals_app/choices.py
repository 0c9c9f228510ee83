"""The choices of an approval as buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from approvals_app.question import SUBMIT
from approvals_app.verdict import APPROVE, REJECT

if TYPE_CHECKING:
    from approvals_app.models import Approval

KINDS = {APPROVE: "approve", REJECT: "danger", SUBMIT: "primary"}
KEYS = {APPROVE: "A", REJECT: "R"}
ORDER = ("danger", "", "primary", "approve")


@dataclass(frozen=True, slots=True)
class Button:
    """One choice. `kind`: approve, danger, primary or ""."""

    value: str
    label: str
    kind: str
    key: str = ""


def buttons(approval: Approval) -> list[Button]:
    """In the order in which they stand on a page: rejecting first, approving last, beside the thumb."""
    found = [Button(each["value"], each["label"], KINDS.get(each["value"], ""), KEYS.get(each["value"], "")) for each in approval.choices]
    return sorted(found, key=lambda button: ORDER.index(button.kind))

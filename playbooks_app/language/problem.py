"""What is wrong with something that somebody wrote, in the one shape that all doors use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: what (`message`), where (`address`), how to mend it (`hint`).

    `address` is a step's path-like place such as `steps/each/body/pay/with/url`, or a field's name; "" is the whole.
    `level` is "error" (publishing waits for it) or "warning".
    """

    address: str
    code: str
    message: str
    hint: str = ""
    level: str = "error"

    def as_json(self) -> dict[str, str]:
        """The shape of DOORS.md, B."""
        return {"address": self.address, "code": self.code, "message": self.message, "hint": self.hint, "level": self.level}


class Invalid(Exception):
    """Content that cannot be accepted; carries every fault at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{p.address}: {p.message}" for p in problems[:5]))
        self.problems = problems

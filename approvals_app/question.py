"""What a step asks people, whatever its type: the author's words with everything filled in, before anybody is looked up. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approvals_app.policy import Escalation, Silence
from playbooks_app.language.step_type import Json

APPROVAL, FORM = "approval", "form"
STARTER, EDITORS = "starter", "editors"
SUBMIT = "submit"  # the only choice of a form


@dataclass(frozen=True, slots=True)
class Question:
    """`who`: (selectors, how many, stage) per rule. `four_eyes`: who of STARTER, EDITORS may not decide. `conflicts`: data whose people may not.

    Spans are seconds; with `working_time` they are counted by the calendars of those asked.
    """

    title: str
    who: Sequence[tuple[Json, Json, int]]
    kind: str = APPROVAL
    summary: str = ""
    shown: Mapping[str, Json] | None = None
    choices: Sequence[Mapping[str, str]] = ()
    form: Sequence[Json] = ()
    four_eyes: frozenset[str] = frozenset()
    conflicts: Sequence[Json] = ()
    comment_required: Sequence[str] = ()
    remind_every: float | None = None
    escalation: Escalation | None = None
    silence: Silence | None = None
    on_reject: str = "fail"
    working_time: bool = False

    @property
    def policy(self) -> dict[str, Any]:
        """As `Approval.policy` stores it."""
        ladder, end = self.escalation, self.silence
        return {
            "on_reject": self.on_reject,
            "four_eyes": bool(self.four_eyes),
            "comment_required": list(self.comment_required),
            "remind_every": self.remind_every,
            "escalate": {"after": ladder.after, "to": ladder.to, "mode": ladder.mode} if ladder else None,
            "silence": {"after": end.after, "do": end.do} if end else None,
            "working_time": self.working_time,
        }

    @property
    def everybody(self) -> list[Json]:
        """The selectors of all rules."""
        return [selectors for selectors, _, _ in self.who if selectors]

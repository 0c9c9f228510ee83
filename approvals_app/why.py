"""Why an approval waits, and until when: kept with the waiting step, so that run pages and the API can say it without looking here (F-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from approvals_app import sentences
from approvals_app.policy import SILENCE_WORDS
from runs_app.models import StepRun

if TYPE_CHECKING:
    from approvals_app.models import Approval

MOST_NAMES = 3


def remember(approval: Approval) -> None:
    """Bring the note of the step's `wait` up to date: {who, until, then, next}."""
    step = StepRun.objects.filter(pk=approval.step_run_id).only("wait").first()
    if step is None or not step.wait:
        return
    StepRun.objects.filter(pk=approval.step_run_id).update(wait={**step.wait, "note": note(approval)})


def who(approval: Approval) -> str:
    """Whose turn it is, by name where they are few, else the rule: `Bob Banks`, `Bob Banks or Dana Whitfield`, `group finance-leads`."""
    rows = list(approval.asked.filter(round=approval.round, ended_at=None, barred="").select_related("person").order_by("pk")[: MOST_NAMES + 1])
    rules = [rule["name"] for rule in approval.rules if rule["stage"] == approval.stage and rule["name"]]
    if approval.claimed_by is not None:
        return approval.claimed_by.display_name
    if not rows or len(rows) > MOST_NAMES:
        return ", ".join(dict.fromkeys(rules))
    return " or ".join(row.person.display_name for row in rows)


def note(approval: Approval) -> dict[str, Any]:
    """`who` is asked, in words; `until` (ISO 8601) and what happens `then`: escalate, approve, reject, fail; `next` says it in words."""
    found = {"who": who(approval)}
    escalates = approval.escalate_at is not None and (approval.silence_at is None or approval.escalate_at < approval.silence_at)
    if escalates and approval.escalate_at is not None:
        ladder = approval.policy["escalate"]
        also = "instead" if ladder["mode"] == "move" else "too"
        return {**found, "until": approval.escalate_at.isoformat(), "then": "escalate", "next": f"{sentences.next_in_line(approval)} is asked {also}"}
    if approval.silence_at is not None and approval.policy.get("silence"):
        do = approval.policy["silence"]["do"]
        return {**found, "until": approval.silence_at.isoformat(), "then": do, "next": SILENCE_WORDS[do]}
    return found

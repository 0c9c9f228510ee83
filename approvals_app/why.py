"""Why an approval waits, and until when: kept with the waiting step, so that run pages and the API can say it without looking here (F-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from approvals_app import sentences
from approvals_app.policy import SILENCE_WORDS
from runs_app.models import StepRun

if TYPE_CHECKING:
    from approvals_app.models import Approval, Asked

MOST_NAMES = 3
MOST_ROWS = 200  # of those who are asked that are looked through for names


def remember(approval: Approval) -> None:
    """Bring the note of the step's `wait` up to date: {who, until, then, next}."""
    step = StepRun.objects.filter(pk=approval.step_run_id).only("wait").first()
    if step is None or not step.wait:
        return
    StepRun.objects.filter(pk=approval.step_run_id).update(wait={**step.wait, "note": note(approval)})


def who(approval: Approval) -> str:
    """Whose turn it is, rule by rule: names where they are few, else the rule: `Bob Banks, and Dana Moss or Erin Lee`, `group finance-leads`."""
    if approval.claimed_by is not None:
        return approval.claimed_by.display_name
    rules = [rule for rule in approval.rules if rule["stage"] == approval.stage]
    open_rows = approval.asked.filter(round=approval.round, ended_at=None, barred="").select_related("person").order_by("pk")
    rows = list(open_rows[:MOST_ROWS])
    said = [_of_rule(rule, rows) for rule in rules]
    return ", and ".join(dict.fromkeys(each for each in said if each)) or ", ".join(dict.fromkeys(rule["name"] for rule in rules if rule["name"]))


def _of_rule(rule: dict[str, Any], rows: list[Asked]) -> str:
    """Those of a rule whose turn it is, and who stands in for them; "" when it is nobody's."""
    seats = rule["people"]
    people = [row.person for row in rows if str(row.person_id) in seats or str(row.stands_in_for_id) in seats]
    return sentences.either([each.display_name for each in people]) if len(people) <= MOST_NAMES else str(rule["name"])


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

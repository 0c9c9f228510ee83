"""What is said about an approval, the same on pages and in mails. Moments are in the zone that is active."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from approvals_app import people, policy
from playbooks_app import wording
from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Approval

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SILENCE = {
    "approve": "Silence approves: if nobody answers by {when}, it counts as approved.",
    "reject": "If nobody answers by {when}, it counts as rejected.",
    "fail": "If nobody answers by {when}, the step fails and the run waits for help.",
}
PAST = {"approve": ("Approve", "approved"), "reject": ("Reject", "rejected"), "submit": ("Submit", "filled in")}


def asks(approval: Approval) -> str:
    """Who asks: the person who started the run, else the playbook."""
    if approval.requester is not None and approval.requester.is_active:
        return approval.requester.display_name
    return f"“{approval.run.playbook.name}”"


def number(count: float) -> str:
    """`two`, `11`, `2.5`."""
    return NUMBERS[int(count)] if count == int(count) and 0 <= count < len(NUMBERS) else f"{count:g}"


def needs(approval: Approval) -> str:
    """How many of whom decide."""
    said = [_need(rule, "fills it in" if approval.is_form else "decides") for rule in approval.rules]
    stages = {rule["stage"] for rule in approval.rules}
    joined = ", then ".join(said) if len(stages) == len(said) else " and ".join(said)
    return f"{joined[:1].upper()}{joined[1:]}{'' if approval.rules and len(said) == 1 else ': all are needed'}." if said else ""


def _need(rule: dict[str, object], deed: str) -> str:
    members, need = rule["people"], float(rule["need"])  # type: ignore[arg-type]
    count, name = len(members), str(rule["name"])  # type: ignore[arg-type]
    if count == 1:
        person = User.objects.filter(pk=int(next(iter(members)))).first()  # type: ignore[call-overload]
        return f"{person.display_name if person else name} {deed}"
    if need <= 1:
        return f"any one of {number(count)} people {deed} ({name})" if count else f"nobody is there who {deed} ({name})"
    return f"{number(need)} of {number(count)} are needed ({name})"


def needs_short(approval: Approval) -> str:
    """The same in three words, without a query: `one approval is enough`, `two approvals needed`."""
    if len(approval.rules) == 1 and len(approval.rules[0]["people"]) == 1:
        return "your answer is awaited" if approval.is_form else "your decision alone"
    total = sum(float(rule["need"]) for rule in approval.rules)
    if approval.is_form:
        return "one answer is enough"
    return "one approval is enough" if total <= 1 else f"{number(total)} approvals needed"


def waits(approval: Approval, viewer: User | None = None) -> str:
    """Why it waits and until when, from the note of its step, without a query: `waits for Bob Banks until Fri, 12:00; then Carol is asked too`.

    Whose own turn it is need not read that it is theirs.
    """
    note = (approval.step_run.wait or {}).get("note") or {}
    who, until = str(note.get("who") or ""), _read(note.get("until"))
    said = f"waits for {who}" if who and (viewer is None or who != viewer.display_name) else ""
    if until is None:
        return said
    after = f"; then {note['next']}" if note.get("next") else ""
    return f"{said or 'waits'} until {wording.until(until).partition(', in ')[0]}{after}"


def _read(moment: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(moment))
    except ValueError:
        return None


def silence(approval: Approval, *, after_due: bool = False) -> str:
    """What happens when nobody answers: who is asked next, and that silence never approves unless the author has said so.

    `after_due`: the sentence before has said by when an answer is expected.
    """
    ladder, end = approval.policy.get("escalate"), approval.policy.get("silence")
    said = []
    if ladder and approval.escalate_at:
        also = "instead" if ladder["mode"] == "move" else "too"
        said.append(f"If nobody answers by {_moment(approval, approval.escalate_at, after_due)}, {next_in_line(approval)} is asked {also}.")
    if end and approval.silence_at:
        said.append(SILENCE[end["do"]].format(when=_moment(approval, approval.silence_at, after_due)))
    if not approval.is_form and (not end or end["do"] != "approve"):
        said.append("Silence never approves.")
    return " ".join(said)


def _moment(approval: Approval, moment: datetime, after_due: bool) -> str:
    """Day and time, without the distance; "then" for the moment that was just named."""
    return "then" if after_due and moment == approval.due_at else wording.until(moment).partition(", in ")[0]


def chose(approval: Approval, value: str) -> str:
    """A choice as a deed: `approved`, `rejected`, `chose “Ask again in a week”`."""
    label = approval.label_of(value)
    usual, past = PAST.get(value, ("", ""))
    return past if label == usual else f"chose “{label}”"


def next_in_line(approval: Approval) -> str:
    """Whom an escalation would ask, by name when it is one person."""
    to = approval.policy["escalate"]["to"]
    found = people.chosen(to, approval.account_id, approval.requester)
    return found[0].person.display_name if len(found) == 1 else people.named(to)


def stuck(approval: Approval) -> str:
    """Why nobody can decide it; "" when somebody can."""
    return policy.unreachable(approval)


def city(zone: str) -> str:
    """A zone as mails name it: `Europe/Berlin` -> Berlin."""
    return zone.rpartition("/")[2].replace("_", " ")

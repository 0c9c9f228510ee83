"""What is said about an approval, the same on pages and in mails. Moments are in the zone that is active."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from approvals_app import people, policy
from playbooks_app import wording
from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Approval

MOST_NAMES = 3  # of one rule that are named; of more the rule is
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
    """How many of whom decide: `Bob Banks decides.`, `Needed: Bob Banks, and two of three (group finance-leads); then Carol Cole.`"""
    small = [pk for rule in approval.rules if len(rule["people"]) <= MOST_NAMES for pk in rule["people"]]
    names = dict.fromkeys(small, "somebody who has left") | {str(each.pk): each.display_name for each in User.objects.filter(pk__in=small)}
    deed = "fills it in" if approval.is_form else "decides"
    if len(approval.rules) == 1:
        return _alone(approval.rules[0], names, deed)
    stages: dict[int, list[str]] = {}
    for rule in approval.rules:
        stages.setdefault(rule["stage"], []).append(_part(rule, names))
    said = "; then ".join(", and ".join(parts) for _, parts in sorted(stages.items()))
    return f"Needed: {said}." if said else ""


def _alone(rule: dict[str, Any], names: dict[str, str], deed: str) -> str:
    count = len(rule["people"])
    if not count:
        return f"Nobody is there who {deed} ({rule['name']})."
    if float(rule["need"]) <= 1:
        return f"{either([names[pk] for pk in rule['people']])} {deed}." if count <= 2 else f"Any {_part(rule, names)} {deed}."
    said = _part(rule, names)
    return f"{said[:1].upper()}{said[1:]} {'are' if count > 1 else 'is'} needed."


def _part(rule: dict[str, Any], names: dict[str, str]) -> str:
    """One rule among several: a name, `one of Alice Archer and Carol Cole`, `two of three (group finance-leads)`."""
    people, need = rule["people"], float(rule["need"])
    if len(people) == 1:
        return names[next(iter(people))]
    if not people:
        return f"nobody ({rule['name']})"
    if need <= 1 and len(people) <= MOST_NAMES:
        return f"one of {both([names[pk] for pk in people])}"
    if need == len(people) <= MOST_NAMES:
        return both([names[pk] for pk in people])
    whole = f"all {number(len(people))}" if need == len(people) else f"{number(max(need, 1))} of {number(len(people))}"
    return f"{whole} ({rule['name']})"


def either(names: Sequence[str]) -> str:
    """`Bob`, `Bob or Dana`, `Bob, Dana or Erin`."""
    return " or ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def both(names: Sequence[str]) -> str:
    """`Bob`, `Bob and Dana`, `Bob, Dana and Erin`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


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

    For `viewer`, whose own turn it may be as well: only what comes then, `then Carol is asked too`; the moment stands beside it.
    """
    note = (approval.step_run.wait or {}).get("note") or {}
    who, until = str(note.get("who") or ""), _read(note.get("until"))
    if viewer is not None and viewer.display_name in who:
        return f"then {note['next']}" if until is not None and note.get("next") else ""
    said = f"waits for {who}" if who else ""
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

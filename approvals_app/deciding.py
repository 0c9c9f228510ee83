"""Votes, one after the other, and the end that the last of them makes. Every function here wants the run's lock (`Approval.changing`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from approvals_app import asking, barring, deadlines, emails, news, policy, questions, sentences, why
from approvals_app.question import SUBMIT
from approvals_app.verdict import REJECT, Standing, Vote, standing
from playbooks_app import audit, clock
from playbooks_app.errors import NotAllowed, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import User
from runs_app import timeline

if TYPE_CHECKING:
    from approvals_app.models import Approval, Asked, Decision

OUTCOMES = {"approve": "approved", REJECT: "rejected"}
CODE_REJECTED = "ApprovalRejected"


class Stale(WrongState):
    """What was shown has changed since."""

    code = "stale"
    hint = "Look at what has changed and decide again."


def decide(
    approval: Approval,
    decision: str,
    *,
    by: User,
    comment: str | None = "",
    values: dict[str, Any] | None = None,
    payload_hash: str | None = None,
    channel: str = "inbox",
    address: str | None = None,
) -> Decision:
    """Store the vote of `by`; if it settles the matter, end the step. Raises NotAllowed, WrongState, Stale, Refused."""
    asked = asked_or_refuse(approval, by)
    if payload_hash is not None and payload_hash != approval.payload_hash:
        raise Stale("What is to be decided has changed since it was shown to you.", details=told(approval))
    comment, decision = comment or "", decision or (SUBMIT if approval.is_form else "")
    answers = checked_answer(approval, decision, comment, values or {}, from_form=channel in ("inbox", "mail", "reply"))
    made = approval.decisions.create(
        round=approval.round,
        person=by,
        on_behalf_of=asked.stands_in_for,
        at=clock.now(),
        decision=decision,
        comment=comment.strip(),
        values=answers,
        channel=channel,
        address=address,
        payload_hash=approval.payload_hash,
    )
    audit.note(by, "approval.decided", approval, new={"decision": decision, "channel": channel, "for": of_name(asked)})
    principal = asked.stands_in_for or by
    done = Q(person=principal) | Q(stands_in_for=principal)  # one vote for one seat, whoever of the two was first
    approval.asked.filter(done, round=approval.round, ended_at=None).update(ended_at=made.at)
    if approval.claimed_by_id in (by.pk, principal.pk):
        approval.unclaim()  # with more votes needed it is the others' turn
    _go_on(approval, made)
    return made


def of_name(asked: Asked) -> str | None:
    """The username of the person for whom somebody stands in."""
    return asked.stands_in_for.username if asked.stands_in_for else None


def asked_or_refuse(approval: Approval, by: User) -> Asked:
    """The asking under which `by` may decide at present. Raises NotAllowed when others are asked, WrongState when it is too late."""
    rows = list(approval.asked.filter(person=by).order_by("-round"))
    if not rows or not by.is_active or not _works_in(by, approval.account_id):
        raise NotAllowed("Others are asked to decide this.", hint="Ask one of them, or have it handed over to you.")
    newest = rows[0]
    if newest.barred:
        raise NotAllowed(f"You may not decide this: {barring.of_you(newest.barred)}.", hint="Somebody else has to.")
    if not approval.is_open:
        raise WrongState(over(approval), details=told(approval))
    if newest.round != approval.round or newest.ended_at is not None:
        raise WrongState(_no_longer(approval, newest, by), details=told(approval))
    return newest


def checked_answer(approval: Approval, decision: str, comment: str, values: Mapping[str, Any], *, from_form: bool) -> dict[str, Any]:
    """The answers to the questions, with defaults; none for a rejection. Raises Refused with every fault at once."""
    faults = []
    if decision not in approval.choice_values:
        said = f"“{decision}” is not one of the choices." if decision else "Say what you decide."
        faults.append(Problem("decision", "choice", said, f"One of: {', '.join(approval.choice_values)}."))
    if decision in approval.policy.get("comment_required", []) and not comment.strip():
        faults.append(Problem("comment", "required", "Say why: this choice needs a comment.", "One sentence is enough."))
    answers: dict[str, Any] = {}
    if decision != REJECT:
        try:
            answers = questions.answers(approval.form, values, from_form=from_form)
        except Refused as refused:
            faults += refused.problems
    if faults:
        raise Refused(faults)
    return answers


def end(approval: Approval, made: Decision, decision: str, outcome: str = "") -> None:
    """Close the approval and let the step go on. `made` is the vote that settled it, `decision` what all votes together came to."""
    now = clock.now()
    approval.closed_at, approval.outcome, approval.decision, approval.next_at = now, outcome or OUTCOMES.get(decision, "decided"), decision, None
    approval.save(update_fields=["closed_at", "outcome", "decision", "next_at"])
    approval.asked.filter(ended_at=None).update(ended_at=now)
    if not _resolve(approval, made, step_output(approval, made, decision)):
        raise WrongState("The step has ended in the meantime.", details=told(approval))
    emails.send_outcome(approval, made)


def step_output(approval: Approval, made: Decision, decision: str) -> dict[str, Any]:
    """What the step ends with: of a form the values, who and when."""
    found = output_of(made)
    if approval.is_form:
        return {**made.values, **{key: value for key, value in found.items() if key in ("by", "at", "on_behalf_of")}}
    return {**found, "decision": decision}


def output_of(made: Decision) -> dict[str, Any]:
    """What later steps see."""
    found = {
        "decision": made.decision,
        "by": made.person.username if made.person else None,
        "at": made.at.isoformat(),
        "comment": made.comment,
        "values": made.values,
    }
    return {**found, "on_behalf_of": made.on_behalf_of.username} if made.on_behalf_of else found


def told(approval: Approval) -> dict[str, Any]:
    """What somebody who comes too late is told: status, hash and the recorded decisions."""
    return {
        "status": approval.status,
        "payload_hash": approval.payload_hash,
        "decisions": [
            {**output_of(made), "channel": made.channel, "payload_hash": made.payload_hash, "round": made.round}
            for made in approval.decisions.select_related("person", "on_behalf_of")
        ],
    }


def over(approval: Approval) -> str:
    """Who ended it, and when, in a sentence."""
    if approval.status == "open":
        return "The data has changed; this is about to be asked again."
    made = approval.decisions.filter(round=approval.round).select_related("person", "on_behalf_of").last()
    if approval.status == "cancelled" or made is None:
        return "This need not be decided any more: its step was ended."
    return f"{made.by_name} {sentences.chose(approval, made.decision)} this already."


def _go_on(approval: Approval, made: Decision) -> None:
    """Count the votes: the matter is settled, or the next stage is asked, or more votes are awaited."""
    found = count(approval)
    data = {"approval": approval.pk, "decision": made.decision, "comment": made.comment, "channel": made.channel, "payload_hash": made.payload_hash}
    if made.on_behalf_of:
        data["on_behalf_of"] = made.on_behalf_of.username
    kind = "approval_voted" if found.decision is None else "approval_decided"
    timeline.record(approval.run, kind, path=approval.step_run.path, by=made.person, data=data)
    if found.decision is not None:
        end(approval, made, found.decision)
    elif found.stage != approval.stage:
        approval.stage = found.stage
        approval.unclaim()  # who has claimed it may not be among those who are asked next
        deadlines.set_for(approval)
        approval.save(update_fields=["stage", "due_at", "next_at"])
        approval.asked.filter(ended_at=None, barred="").update(ended_at=made.at)  # who was asked before and was not needed
        asking.ask_stage(approval)
    if found.decision is None:
        why.remember(approval)
    news.inbox_changed(approval.account_id)


def count(approval: Approval) -> Standing:
    """How things stand. A vote on behalf of somebody counts as theirs."""
    votes = approval.decisions.filter(round=approval.round, person__isnull=False).order_by("pk").values_list("person", "on_behalf_of", "decision")
    return standing(policy.policy_of(approval), [Vote(behalf or person, choice) for person, behalf, choice in votes])


def _resolve(approval: Approval, made: Decision, output: dict[str, Any]) -> bool:
    step_run = approval.step_run
    if approval.outcome == "rejected" and approval.policy.get("on_reject") != "continue":
        said = f": {made.comment}" if made.comment else "."
        message = f"{made.by_name} rejected “{approval.title}”{said}"
        error = {"code": CODE_REJECTED, "message": message, "hint": "Mend what was criticised, then retry the step to ask again.", "details": output}
        return bool(step_run.resolve("failed", error={**error, "address": step_run.path}, by=made.person))
    return bool(step_run.resolve("done", output=output, by=made.person))


def _no_longer(approval: Approval, asked: Asked, by: User) -> str:
    vote = approval.decisions.filter(round=approval.round, person=by).last()
    if vote is not None:
        return f"You {sentences.chose(approval, vote.decision)} this already."
    heir = approval.asked.filter(round=approval.round, stands_in_for=by, through="handover", ended_at=None).select_related("person").first()
    if heir is not None:
        return f"You have handed this over to {heir.person.display_name}."
    if asked.stage < approval.stage:
        return "This needs you no more: your part of it is decided, and others are asked next."
    return "You are not asked any more."


def _works_in(person: User, account_id: int) -> bool:
    return person.memberships.filter(account=account_id, active=True).exists()

"""What the clock does about approvals: remind, escalate, and carry out what the author has said about silence.

May be done twice, and by several clocks: each deed looks again under the run's lock.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from approvals_app import asking, deadlines, deciding, emails, mail_choices, news, people, policy, why
from approvals_app.models import Approval, Asked
from playbooks_app import clock
from runs_app import timeline
from runs_app.statuses import STEP_OPEN

log = structlog.get_logger()
AT_ONCE = 200
CODE_SILENCE = "DeadlineExceeded"
CODE_NOBODY = "NeedsPerson"


def remind_due(limit: int = AT_ONCE) -> int:
    """Look at every approval whose moment has come; how many there were. One transaction each; a fault in one holds up no other."""
    due = list(Approval.objects.filter(closed_at=None, next_at__lte=clock.now()).order_by("next_at", "pk")[:limit])
    for approval in due:
        try:
            with approval.changing() as fresh:
                look_at(fresh, clock.now())
        except Exception:
            log.exception("approval_duty_failed", approval=approval.pk)
    return len(due)


def close_gone(limit: int = AT_ONCE) -> int:
    """Close approvals whose step was ended otherwise (skip, cancel), so that lists and indexes stay small. By definition they are closed already."""
    gone = list(Approval.objects.filter(closed_at=None).exclude(step_run__status__in=STEP_OPEN).order_by("pk")[:limit])
    for approval in gone:
        with approval.changing() as fresh:
            if fresh.closed_at is None and fresh.status == "cancelled":
                _close_gone(fresh)
    return len(gone)


def look_at(approval: Approval, now: datetime) -> None:
    """Do for one approval what is due at `now`."""
    if not approval.is_open:  # gone, or about to be asked again, which sets it anew
        approval.next_at = None
        approval.save(update_fields=["next_at"])
        return
    if approval.silence_at is not None and approval.silence_at <= now:
        _end_silence(approval, now)
        return
    if approval.escalate_at is not None and approval.escalate_at <= now:
        _escalate(approval)
    else:
        _remind(approval, now)
    _set_next(approval, now)


def _end_silence(approval: Approval, now: datetime) -> None:
    """What silence means in the end: the author's own choice, recorded as an automatic decision."""
    nobody = policy.unreachable(approval)
    silence = approval.policy.get("silence") or {"do": "fail"}
    if nobody or silence["do"] == "fail":
        _fail(approval, now, nobody)
        return
    said = {"decision": silence["do"], "comment": "Nobody answered in time.", "channel": "automatic"}
    made = approval.decisions.create(round=approval.round, at=now, payload_hash=approval.payload_hash, **said)
    data = {"approval": approval.pk, "decision": made.decision, "channel": "automatic"}
    timeline.record(approval.run, "approval_decided_automatically", path=approval.step_run.path, data=data)
    deciding.end(approval, made, made.decision)
    news.inbox_changed(approval.account_id)


def _fail(approval: Approval, now: datetime, nobody: str) -> None:
    """The step fails; the run then waits for somebody who mends it, unless the failure is caught."""
    message = nobody or f"Nobody answered “{approval.title}” in time."
    hint = "Add people, then retry the step." if nobody else "Retry the step to ask again."
    approval.closed_at, approval.outcome, approval.next_at = now, "expired", None
    approval.save(update_fields=["closed_at", "outcome", "next_at"])
    approval.asked.filter(ended_at=None).update(ended_at=now)
    error = {"code": CODE_NOBODY if nobody else CODE_SILENCE, "message": message, "hint": hint, "address": approval.step_run.path}
    timeline.record(approval.run, "approval_expired", path=approval.step_run.path, data={"approval": approval.pk, "message": message})
    approval.step_run.resolve("failed", error=error)
    news.inbox_changed(approval.account_id)


def _escalate(approval: Approval) -> None:
    """Ask the next in line, as well or instead. The task never falls through: with nobody there, those asked before stay asked."""
    ladder = approval.policy["escalate"]
    barred = approval.policy.get("barred", {})
    meant = people.chosen(ladder["to"], approval.account_id, approval.requester)
    chosen = [each for each in meant if str(each.person.pk) not in barred]
    approval.escalate_at = None
    if chosen:
        approval.unclaim()  # a claim that led to no answer hides it from nobody
        _share(approval, chosen, instead=ladder["mode"] == "move")
        invitations = [asking.Invitation(each.person, "no answer so far", "escalation") for each in chosen]
        asking.ask(approval, invitations, kind="escalated")
    data = {"approval": approval.pk, "to": [each.person.username for each in chosen], "mode": ladder["mode"]}
    timeline.record(approval.run, "approval_escalated", path=approval.step_run.path, data=data)
    news.inbox_changed(approval.account_id)


def _share(approval: Approval, chosen: list[people.Chosen], *, instead: bool) -> None:
    """Give the next in line a vote in every rule of this stage; `instead` takes the others' away and leaves one vote to decide."""
    added = {str(each.person.pk): {"weight": each.weight, "why": each.why, "through": "escalation"} for each in chosen}
    for rule in approval.rules:
        if rule["stage"] == approval.stage:
            rule["people"] = added if instead else {**added, **rule["people"]}
            rule["need"] = min(rule["need"], 1.0) if instead else rule["need"]
    if instead:
        approval.asked.filter(round=approval.round, ended_at=None).exclude(person__in=[each.person for each in chosen]).update(ended_at=clock.now())
    approval.save(update_fields=["rules", "escalate_at"])


def _remind(approval: Approval, now: datetime) -> None:
    """One mail to everybody whose turn it still is; missed beats are not made up for."""
    if not approval.policy.get("remind_every"):
        return
    times = deadlines.calendars_of(approval)
    waiting = approval.asked.filter(round=approval.round, ended_at=None, barred="").select_related("person", "stands_in_for")
    reminded = [row for row in waiting if _has_missed(row, deadlines.last_beat(approval, now, times.get(row.person_id)))]
    for row in reminded:
        row.reminded_at, row.reminders = now, row.reminders + 1
        row.save(update_fields=["reminded_at", "reminders"])
        if not mail_choices.waits_for_digest(approval, row, "reminder"):
            emails.send_question(approval, row, kind="reminder")
    if reminded:
        data = {"approval": approval.pk, "people": [row.person.username for row in reminded]}
        timeline.record(approval.run, "approval_reminded", path=approval.step_run.path, data=data)


def _has_missed(row: Asked, beat: datetime | None) -> bool:
    return beat is not None and row.at < beat and (row.reminded_at is None or row.reminded_at < beat)


def _set_next(approval: Approval, now: datetime) -> None:
    deadlines.set_for(approval, now)
    approval.save(update_fields=["due_at", "escalate_at", "next_at"])
    why.remember(approval)


def _close_gone(approval: Approval) -> None:
    now = clock.now()
    approval.closed_at, approval.outcome, approval.next_at = now, "cancelled", None
    approval.save(update_fields=["closed_at", "outcome", "next_at"])
    approval.asked.filter(ended_at=None).update(ended_at=now)
    news.inbox_changed(approval.account_id)

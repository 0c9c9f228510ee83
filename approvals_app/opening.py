"""A step waits for people: the question is stored and asked. In the transaction that parks the step."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from approvals_app import asking, deadlines, fingerprint, news, policy
from approvals_app.facts import worded
from approvals_app.models import Approval
from playbooks_app.models import User
from runs_app import timeline

if TYPE_CHECKING:
    from approvals_app.step_types.approval import Settings
    from playbooks_app.language.step_type import StepContext

WHO_STARTED = "who started this trial"
DEFAULT_CHOICES = [{"value": "approve", "label": "Approve"}, {"value": "reject", "label": "Reject"}]


def open_approval(context: StepContext[Settings]) -> Approval:
    """The approval of this step run.

    A step that waits again has the same approval: with other data, or after an end, in its next round, where earlier votes count no more; with the
    same data as it was. In the sandbox nobody is asked but who started the run.
    """
    starter = User.objects.filter(pk=context.starter_id).first() if context.starter_id else None
    context = context if context.mode == "live" else _in_sandbox(context, starter)
    barred = frozenset({starter.pk}) if starter is not None and context.config.four_eyes else frozenset()
    asked = _fields(context, barred)
    approval, made = Approval.objects.get_or_create(
        step_run_id=context.step_run_id, defaults={**asked, "account_id": context.account_id, "run_id": context.run_id, "requester": starter}
    )
    why = "asked" if made else "changed" if approval.closed_at is None else "again"
    if why == "changed" and approval.payload_hash == asked["payload_hash"]:
        return approval
    if not made:
        _next_round(approval, asked)
    _show_and_ask(approval, why)
    return approval


def _in_sandbox(context: StepContext[Settings], starter: User | None) -> StepContext[Settings]:
    """The same question, to who started the run alone: one answer is enough, nobody is reminded, and silence means nothing."""
    quiet: dict[str, Any] = {"rules": (), "four_eyes": False, "remind_every": None, "escalate": None, "on_silence": None}
    asked = {"user": starter.username} if starter is not None else []
    return replace(context, config=replace(context.config, approvers=asked, **quiet))


def _next_round(approval: Approval, fields: dict[str, Any]) -> None:
    approval.asked.filter(ended_at=None).update(ended_at=fields["asked_at"])
    afresh = {"round": approval.round + 1, "stage": 1, "closed_at": None, "outcome": "", "decision": "", "claimed_by": None, "claimed_at": None}
    for name, value in {**fields, **afresh}.items():
        setattr(approval, name, value)


def _show_and_ask(approval: Approval, why: str) -> None:
    deadlines.set_for(approval)
    approval.save()
    approval.showings.create(
        round=approval.round, why=why, title=approval.title, summary=approval.summary, shown=approval.shown,
        payload_hash=approval.payload_hash, at=approval.asked_at,
    )  # fmt: skip
    approval = Approval.objects.with_place().get(pk=approval.pk)
    _note_barred(approval)
    rows = asking.ask_stage(approval, kind=why)
    data = {"approval": approval.pk, "round": approval.round, "asked": [row.person.username for row in rows], "payload_hash": approval.payload_hash}
    timeline.record(approval.run, "approval_voided" if why == "changed" else "approval_asked", path=approval.step_run.path, data=data)
    news.inbox_changed(approval.account_id)


def _note_barred(approval: Approval) -> None:
    """Who would decide but may not is in the record too."""
    for pk in {pk for rule in approval.rules for pk in rule["barred"]}:
        approval.asked.create(person_id=pk, round=approval.round, why="would decide here", barred="started this run")


def _fields(context: StepContext[Settings], barred: frozenset[int]) -> dict[str, Any]:
    config = context.config
    shown = shown_of(config.show)
    escalation, silence = policy.escalation_of(config.escalate), policy.silence_of(config.on_silence)
    return {
        "title": config.title,
        "summary": config.summary or "",
        "shown": shown,
        "shown_order": list(shown),
        "payload_hash": fingerprint.hash_of(config.title, config.summary or "", shown),
        "choices": [{"value": each.value, "label": each.label or worded(each.value)} for each in config.choices] or DEFAULT_CHOICES,
        "form": list(config.form),
        "rules": policy.rules_of(config, context.account_id, barred),
        "asked_at": context.now,
        "policy": {
            "on_reject": config.on_reject,
            "four_eyes": config.four_eyes,
            "comment_required": list(config.comment_required),
            "remind_every": config.remind_every,
            "escalate": {"after": escalation.after, "to": escalation.to, "mode": escalation.mode} if escalation else None,
            "silence": {"after": silence.after, "do": silence.do} if silence else None,
        },
        "escalate_at": context.now + timedelta(seconds=escalation.after) if escalation else None,
        "silence_at": context.now + timedelta(seconds=silence.after) if silence else None,
    }


def shown_of(pairs: Any) -> dict[str, Any]:
    """{label: value} of what the author shows; a label that comes twice gets a number."""
    found: dict[str, Any] = {}
    for pair in pairs:
        label = str(pair.get("label") or "") or "Details"
        name, number = label, 2
        while name in found:
            name, number = f"{label} ({number})", number + 1
        found[name] = pair.get("value")
    return found

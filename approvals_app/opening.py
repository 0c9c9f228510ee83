"""A step waits for people: the question is stored and asked. In the transaction that parks the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from approvals_app import asking, barring, deadlines, files, fingerprint, news, policy, why
from approvals_app.models import Approval, ShownFile
from approvals_app.question import Question
from playbooks_app.language.files import File
from playbooks_app.language.step_type import StepContext
from playbooks_app.models import User
from runs_app import timeline

WHO_STARTED = "who started this trial"


def open_approval(context: StepContext[Any], question: Question) -> Approval:
    """The approval of this step run.

    A step that waits again has the same approval: with other data, or after an end, in its next round, where earlier votes count no more; with the
    same data as it was. In the sandbox nobody is asked but who started the run.
    """
    starter = User.objects.filter(pk=context.starter_id).first() if context.starter_id else None
    question = question if context.mode == "live" else in_sandbox(question, starter)
    shown_files: dict[str, File] = {}
    question = replace(question, shown=files.put_away(dict(question.shown or {}), shown_files))
    asked = _fields(context, question, starter)
    approval, made = Approval.objects.get_or_create(
        step_run_id=context.step_run_id, defaults={**asked, "account_id": context.account_id, "run_id": context.run_id, "requester": starter}
    )
    reason = "asked" if made else "changed" if approval.closed_at is None else "again"
    if reason == "changed" and approval.payload_hash == asked["payload_hash"]:
        return approval
    if not made:
        _next_round(approval, asked)
    _keep(approval, shown_files)
    _show_and_ask(approval, reason)
    return approval


def in_sandbox(question: Question, starter: User | None) -> Question:
    """The same question, to who started the run alone: one answer is enough, nobody is reminded, and silence means nothing."""
    asked = {"user": starter.username} if starter is not None else []
    quiet: dict[str, Any] = {"four_eyes": frozenset(), "conflicts": (), "remind_every": None, "escalation": None, "silence": None}
    return replace(question, who=[(asked, 1, 1)], **quiet)


def _next_round(approval: Approval, fields: dict[str, Any]) -> None:
    approval.asked.filter(ended_at=None).update(ended_at=fields["asked_at"])
    afresh = {"round": approval.round + 1, "stage": 1, "closed_at": None, "outcome": "", "decision": "", "claimed_by": None, "claimed_at": None}
    for name, value in {**fields, **afresh}.items():
        setattr(approval, name, value)


def _keep(approval: Approval, shown: Mapping[str, File]) -> None:
    """Store the files that are shown; one that an earlier round has shown is there already."""
    rows = [
        ShownFile(approval=approval, sha256=digest, name=file.name, media_type=file.media_type, content=file.content, at=approval.asked_at)
        for digest, file in shown.items()
    ]
    ShownFile.objects.bulk_create(rows, ignore_conflicts=True)


def _show_and_ask(approval: Approval, reason: str) -> None:
    deadlines.begin(approval)
    approval.save()
    approval.showings.create(
        round=approval.round, why=reason, title=approval.title, summary=approval.summary, shown=approval.shown,
        payload_hash=approval.payload_hash, at=approval.asked_at,
    )  # fmt: skip
    approval = Approval.objects.with_place().get(pk=approval.pk)
    _note_barred(approval)
    rows = asking.ask_stage(approval, kind=reason)
    data = {"approval": approval.pk, "round": approval.round, "asked": [row.person.username for row in rows], "payload_hash": approval.payload_hash}
    timeline.record(approval.run, "approval_voided" if reason == "changed" else "approval_asked", path=approval.step_run.path, data=data)
    why.remember(approval)
    news.inbox_changed(approval.account_id)


def _note_barred(approval: Approval) -> None:
    """Who would decide but may not is in the record too."""
    reasons = approval.policy["barred"]
    for pk in {pk for rule in approval.rules for pk in rule["barred"]}:
        approval.asked.create(person_id=pk, round=approval.round, why="would decide here", barred=reasons[str(pk)])


def _fields(context: StepContext[Any], question: Question, starter: User | None) -> dict[str, Any]:
    barred = barring.barred(question, context.account_id, context.run_id, starter)
    shown = dict(question.shown or {})
    return {
        "kind": question.kind,
        "title": question.title,
        "summary": question.summary,
        "shown": shown,
        "shown_order": list(shown),
        "payload_hash": fingerprint.hash_of(question.title, question.summary, shown),
        "choices": [dict(each) for each in question.choices],
        "form": list(question.form),
        "rules": policy.rules_of(question.who, context.account_id, barred, starter),
        "asked_at": context.now,
        "policy": {**question.policy, "barred": {str(pk): reason for pk, reason in barred.items()}},
    }

"""One approval as a person reads it: facts, who decides, what happened. Used by inbox, decision page and mail link."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.urls import reverse

from approvals_app import facts, fingerprint, permissions, questions, records, sentences, talking
from approvals_app.choices import buttons
from approvals_app.hidden import HIDDEN_TITLE
from approvals_app.models import Approval, Asked, Comment, Decision
from approvals_app.verdict import APPROVE, REJECT
from approvals_app.whereabouts import whereabouts
from playbooks_app import clock
from playbooks_app.language.values import text_of
from playbooks_app.models import User


@dataclass(frozen=True, slots=True)
class Decider:
    """One person who is asked, and how it stands with them. `state` is a state of the guide, or ""."""

    person: User
    words: str
    state: str
    why: str


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of "what happened". `said` is a person's own text."""

    at: datetime
    words: str
    person: User | None = None
    state: str = ""
    icon: str = "dot"
    said: str = ""
    aside: str = ""


def read(approval: Approval, viewer: User | None = None, *, since_round: int | None = None) -> dict[str, Any]:
    """Everything that the templates need. Changes are marked against the round before, or against `since_round`.

    A viewer who follows the run without reading its values gets no data: neither facts nor the summary. Without a viewer it is a link's page.
    """
    readable = viewer is None or permissions.may_read(viewer, approval)
    if not readable:
        approval.title = HIDDEN_TITLE  # in memory only: titles and comments are filled in from values, or speak of them
    earlier = approval.showings.filter(round=since_round or approval.round - 1).first() if approval.round > 1 and readable else None
    found = facts.facts(approval.shown, approval.shown_order, earlier.shown if earlier else None) if readable else []
    votes = list(approval.decisions.select_related("person", "on_behalf_of"))
    comments = list(approval.comments.select_related("person"))
    asked = list(approval.asked.select_related("person", "stands_in_for").order_by("pk"))
    return {
        "approval": approval,
        "readable": readable,
        "summary": approval.summary if readable else "",
        "facts": found,
        "changes": facts.changes(found),
        "earlier": earlier,
        "whereabouts": whereabouts(approval),
        "asks": sentences.asks(approval),
        "needs": sentences.needs(approval),
        "silence": sentences.silence(approval) if approval.is_open else "",
        "then": sentences.silence(approval, after_due=True) if approval.is_open else "",
        "waits": sentences.waits(approval) if approval.is_open else "",
        "stuck": sentences.stuck(approval) if approval.is_open else "",
        "deciders": deciders(approval, asked, votes, viewer),
        "happenings": [each if readable else replace(each, said="") for each in happenings(approval, asked, votes, comments)],
        "open_questions": talking.unanswered(comments) if readable and approval.is_open else [],
        "buttons": buttons(approval),
        "fingerprint": fingerprint.short(approval.payload_hash),
        "late": approval.due_at is not None and approval.due_at < clock.now(),
        "votes": [vote for vote in votes if vote.round == approval.round],
        "last_vote": votes[-1] if votes else None,
        "chose": sentences.chose(approval, approval.decision),
        "state_key": f"{approval.round}.{approval.status}.{len(votes)}.{len(asked)}.{len(comments)}.{approval.claimed_by_id or 0}",
        **(_rights(approval, viewer, asked) if viewer is not None else {}),
        "files_at": reverse("approval_file", args=[approval.pk, "-"])[:-2] if viewer is not None else "",
    }


def fields(approval: Approval, typed: Mapping[str, str] | None) -> list[questions.Field]:
    """The questions with what was typed, else with what those who have approved in this round have answered, else with what is usual."""
    found = questions.fields(approval.form, typed)
    if typed is not None or not found:
        return found
    votes = approval.decisions.filter(round=approval.round).exclude(values={}).order_by("pk")
    answered = {name: text_of(value) for vote in votes for name, value in vote.values.items() if value is not None}
    return [replace(each, value=answered.get(each.name, each.value)) for each in found]


def deciders(approval: Approval, asked: list[Asked], votes: list[Decision], viewer: User | None) -> list[Decider]:
    """Everybody who is asked in this round, whose turn it is first."""
    by_person = {vote.person_id: vote for vote in votes if vote.round == approval.round}
    earlier = {vote.person_id for vote in votes if vote.round < approval.round}
    rows = [row for row in asked if row.round == approval.round]
    found = [_decider(approval, row, by_person.get(row.person_id), viewer, again=row.person_id in earlier) for row in rows]
    return sorted(found, key=lambda each: (each.person != viewer, each.words.endswith("may not decide")))


def _decider(approval: Approval, row: Asked, vote: Decision | None, viewer: User | None, *, again: bool) -> Decider:
    if vote is not None:
        state = {APPROVE: "approved", REJECT: "rejected"}.get(vote.decision, "succeeded")
        return Decider(row.person, sentences.chose(approval, vote.decision), state, row.why)
    if row.barred:
        return Decider(row.person, "may not decide", "", row.barred)
    if row.ended_at is not None or not approval.is_open:
        return Decider(row.person, "handed over" if approval.is_open else "not needed", "", row.why)
    if row.person == viewer:
        return Decider(row.person, "your turn", "person", row.why)
    return Decider(row.person, "asked again" if again else "not yet", "person" if again else "", row.why)


def happenings(approval: Approval, asked: list[Asked], votes: list[Decision], comments: list[Comment]) -> list[Happening]:
    """What happened, oldest first."""
    found = [*_showings(approval, asked), *_votes(approval, votes), *_asked_later(asked)]
    for each in comments:
        found.append(Happening(each.at, "", each.person, said=each.text, aside="asks before deciding" if each.asks else ""))
    return sorted(found, key=lambda each: each.at)


def _showings(approval: Approval, asked: list[Asked]) -> Iterator[Happening]:
    words = {"asked": "Asked", "changed": "The data changed; asked again", "again": "The step was tried again; asked again"}
    for showing in approval.showings.order_by("round"):
        first = [row for row in asked if row.round == showing.round and not row.barred and row.through not in ("handover", "escalation")]
        names = [row.person.display_name for row in first]
        whom = ", ".join(names) if len(names) <= 3 else f"{len(names)} people"
        yield Happening(showing.at, f"{words[showing.why]}: {whom or 'nobody'}", icon="people", aside="in the inbox and by mail" if names else "")


def _votes(approval: Approval, votes: list[Decision]) -> Iterator[Happening]:
    for vote in votes:
        state = {APPROVE: "approved", REJECT: "rejected"}.get(vote.decision, "succeeded")
        aside = "no longer counts" if vote.round < approval.round else f"fingerprint {fingerprint.short(vote.payload_hash)}"
        words = f"{vote.by_name} {sentences.chose(approval, vote.decision)} {vote.get_channel_display()}"
        said = "\n".join(each for each in (vote.comment, records.values_in_words(vote.values)) if each)
        yield Happening(vote.at, words, vote.person, state, said=said, aside=aside)


def _asked_later(asked: list[Asked]) -> Iterator[Happening]:
    for row in asked:
        if row.through in ("handover", "escalation"):
            yield Happening(row.at, f"{row.person.display_name} is asked: {row.why}", icon="forward")
        if row.reminded_at:
            times = "" if row.reminders == 1 else f", {row.reminders} times so far"
            yield Happening(row.reminded_at, f"Reminded {row.person.display_name}{times}", icon="mail")


def _rights(approval: Approval, viewer: User, asked: list[Asked]) -> dict[str, Any]:
    may_decide = permissions.may_decide(viewer, approval)
    turns = [row for row in asked if row.round == approval.round and row.ended_at is None and not row.barred]
    return {
        "asking": approval.asking_of(viewer),
        "may_decide": may_decide,
        "may_claim": may_decide and len(turns) > 1 and approval.claimed_by is None,
        "may_take_over": may_decide and approval.claimed_by_id not in (None, viewer.pk),
        "is_on_it": may_decide and approval.claimed_by_id == viewer.pk,
        "may_ask": may_decide and (len(turns) > 1 or approval.requester_id not in (None, viewer.pk)),
        "may_delegate": permissions.may_delegate(viewer, approval),
        "may_comment": permissions.may_comment(viewer, approval),
        "may_see_run": permissions.may_see_run(viewer, approval),
    }

"""The record of an approval, line by line: who was asked, when and by which rule, mails, reminders, opens, decisions, comments, hashes, addresses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from approvals_app import facts, files, fingerprint, record_events
from approvals_app.models import Approval, Asked, Decision, LinkOpen
from approvals_app.record_events import Line, named

HEADS = ("When", "What", "Who", "On behalf of", "Details", "Channel", "Address", "Fingerprint", "Round")
LIST_HEADS = (
    "Number",
    "Question",
    "Playbook",
    "Run",
    "Step",
    "Status",
    "Asked at",
    "Due at",
    "Closed at",
    "Decided by",
    "Channel",
    "Comment",
    "Fingerprint",
)
SHOWINGS = {"asked": "Shown", "changed": "Shown again: the data changed", "again": "Shown again: the step was tried again"}


def record_of(approval: Approval) -> list[Line]:
    """Everything, oldest first."""
    asked = approval.asked.select_related("person", "stands_in_for").order_by("pk")
    found = [*_shown(approval), *(line for row in asked for line in _asked(row)), *_opened(approval), *record_events.lines_of(approval)]
    found += [_decided(each) for each in approval.decisions.select_related("person", "on_behalf_of")]
    comments = approval.comments.select_related("person")
    found += [Line(each.at, "Asked for more" if each.asks else "Commented", named(each.person), details=each.text) for each in comments]
    if approval.closed_at is not None:
        found.append(Line(approval.closed_at, f"Closed: {approval.outcome}", payload_hash=approval.payload_hash, round=approval.round))
    return sorted(found, key=lambda line: line.at)


def list_rows(approvals: Iterable[Approval]) -> Iterator[Sequence[object]]:
    """One row of LIST_HEADS for each; one query for the votes of all."""
    found = list(approvals)
    votes: dict[int, Decision] = {}
    for vote in Decision.objects.filter(approval__in=[each.pk for each in found]).select_related("person", "on_behalf_of").order_by("pk"):
        votes[vote.approval_id] = vote
    for each in found:
        last = votes.get(each.pk)
        by = (last.by_name, last.get_channel_display(), last.comment) if last else ("", "", "")
        place = (each.pk, each.title, each.run.playbook.name, each.run_id, each.step_run.path)
        yield (*place, each.status, each.asked_at, each.due_at, each.closed_at, *by, each.payload_hash)


def values_in_words(values: dict[str, object]) -> str:
    """`IBAN: DE02…; Amount: 12`."""
    return "; ".join(f"{facts.worded(name)}: {facts.said(value, name)}" for name, value in values.items())


def _shown(approval: Approval) -> Iterator[Line]:
    for each in approval.showings.order_by("round"):
        yield Line(each.at, SHOWINGS[each.why], details=values_in_words(each.shown), payload_hash=each.payload_hash, round=each.round)
        for file in files.all_of(each.shown):
            details = f"{file.name}, {file.size} bytes, {file.media_type}, SHA-256 {file.sha256}"
            yield Line(each.at, "File shown", details=details, payload_hash=each.payload_hash, round=each.round)


def _asked(row: Asked) -> Iterator[Line]:
    who, behalf = named(row.person), named(row.stands_in_for)
    if row.barred:
        yield Line(row.at, "May not decide", who, behalf, row.barred, round=row.round)
        return
    yield Line(row.at, "Asked", who, behalf, f"{row.why} (stage {row.stage})", round=row.round)
    if row.seen_at is not None:
        yield Line(row.seen_at, "Looked at it, signed in", who, behalf, round=row.round)


def _opened(approval: Approval) -> Iterator[Line]:
    opens = LinkOpen.objects.filter(link__approval=approval).select_related("link__person", "signed_in").order_by("pk")
    for each in opens:
        by = f"signed in as {named(each.signed_in)}; " if each.signed_in else ""
        details = f"{each.method}; {by}{each.agent}".rstrip("; ")
        yield Line(
            each.at,
            "Link of the mail opened",
            named(each.link.person),
            "",
            details,
            "mail",
            each.address or "",
            each.link.payload_hash,
            each.link.round,
        )


def _decided(made: Decision) -> Line:
    said = [f"“{made.comment}”" if made.comment else "", values_in_words(made.values)]
    details = "; ".join(each for each in said if each)
    what = f"Decided: {made.approval.label_of(made.decision)}"
    who, behalf = named(made.person) or "Handrail", named(made.on_behalf_of)
    return Line(made.at, what, who, behalf, details, made.get_channel_display(), made.address or "", made.payload_hash, made.round)


def short_hash(payload_hash: str) -> str:
    """As people read it."""
    return fingerprint.short(payload_hash) if payload_hash else ""

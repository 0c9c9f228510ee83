"""What the run's events, the outbox and the links add to a record: mails, reminders, hand-overs, escalations, claims, links switched off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from approvals_app.links import MOST_WRONG_CODES
from approvals_app.models import Approval, DecisionLink
from playbooks_app.models import User
from runs_app.models import OutboxMail, RunEvent

WORDS = {
    "approval_reminded": "Reminded",
    "approval_escalated": "Escalated",
    "approval_handed_over": "Handed over",
    "approval_claimed": "Taken out of the others' lists",
    "approval_released": "Given back to all",
    "approval_expired": "Ended without an answer",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened."""

    at: datetime
    what: str
    who: str = ""
    behalf: str = ""
    details: str = ""
    channel: str = ""
    address: str = ""
    payload_hash: str = ""
    round: int = 1

    @property
    def cells(self) -> tuple[object, ...]:
        """In the order of HEADS."""
        return (self.at, self.what, self.who, self.behalf, self.details, self.channel, self.address, self.payload_hash, self.round)


def lines_of(approval: Approval) -> Iterator[Line]:
    """In no order. Six queries."""
    events = [each for each in _events(approval) if (each.data or {}).get("approval") == approval.pk]
    people, begun = _people(events), list(approval.showings.order_by("-round").values_list("at", "round"))
    for each in events:
        yield from (replace(line, round=_round_at(line.at, begun)) for line in _told(each, people))
    yield from _mails(approval, begun)
    yield from _switched_off(approval)


def _round_at(moment: datetime, begun: Sequence[tuple[datetime, int]]) -> int:
    """The round of that moment; `begun`: when each began, the newest first."""
    return next((number for at, number in begun if at <= moment), 1)


def named(person: User | None) -> str:
    """`Bob Banks (bob)`; "" for nobody."""
    return f"{person.display_name} ({person.username})" if person is not None else ""


def _events(approval: Approval) -> list[RunEvent]:
    return list(RunEvent.objects.filter(run=approval.run_id, path=approval.step_run.path, type__in=WORDS).order_by("number"))


def _people(events: Iterable[RunEvent]) -> Mapping[str | int, User]:
    """By id and by username."""
    ids = {each.by for each in events if each.by is not None}
    names = {name for each in events for name in _usernames(each)}
    found = [*User.objects.filter(pk__in=ids), *User.objects.filter(username__in=names)]
    return {key: each for each in found for key in (each.pk, each.username)}


def _usernames(event: RunEvent) -> list[str]:
    """Whom the event names."""
    data: Mapping[str, Any] = event.data or {}
    return [*data.get("people", []), *([data["to"]] if isinstance(data.get("to"), str) else data.get("to", [])), *filter(None, [data.get("from")])]


def _told(event: RunEvent, people: Mapping[str | int, User]) -> Iterator[Line]:
    data: Mapping[str, Any] = event.data or {}
    by = named(people.get(event.by)) if event.by is not None else ""
    names = [named(people.get(name)) or name for name in _usernames(event)]
    what = WORDS[event.type]
    if event.type == "approval_reminded":
        yield from (Line(event.at, what, name) for name in names)
    elif event.type == "approval_escalated":
        also = "instead of those before" if data.get("mode") == "move" else "as well as those before"
        yield Line(event.at, what, details=f"to {', '.join(names)}, {also}" if names else "nobody was there; those before stay asked")
    elif event.type == "approval_handed_over":
        yield Line(event.at, what, by, details=f"from {names[-1]} to {names[0]}" if len(names) > 1 else "")
    else:
        yield Line(event.at, what, by, details=str(data.get("message", "")))


def _mails(approval: Approval, begun: Sequence[tuple[datetime, int]]) -> Iterator[Line]:
    """Every mail about it, when the mail server took it or why it did not; several questions in one mail are told by its link alone."""
    for each in OutboxMail.objects.filter(run=approval.run_id, reference__startswith=f"approval-{approval.pk}-").order_by("pk"):
        at, what, details = each.created_at, "Mail not sent so far", f"{each.subject}: {each.last_error}".rstrip(": ")
        if each.sent_at is not None:
            at, what, details = each.sent_at, "Mail sent", each.subject
        elif each.given_up_at is not None:
            at, what = each.given_up_at, "Mail refused"
        yield Line(at, what, each.to, details=details, channel="mail", round=_round_at(each.created_at, begun))


def _switched_off(approval: Approval) -> Iterator[Line]:
    for each in DecisionLink.objects.filter(approval=approval, revoked_at__isnull=False).select_related("person"):
        assert each.revoked_at is not None
        why = "after too many wrong codes" if each.code_tries >= MOST_WRONG_CODES else "somebody said that it was not for them"
        yield Line(each.revoked_at, "Link of the mail switched off", named(each.person), "", why, "mail", "", each.payload_hash, each.round)

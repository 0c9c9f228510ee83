"""Asking people: one row, one link and one mail each. Wants the run's lock, or a row that nobody else knows yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from approvals_app import emails, mail_choices, people
from playbooks_app import clock
from playbooks_app.models import User

if TYPE_CHECKING:
    from approvals_app.models import Absence, Approval, Asked

LONGEST_CHAIN = 5  # of people who stand in for people who stand in


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom to ask, and as what."""

    person: User
    why: str
    through: str = "user"
    stands_in_for: User | None = None
    barred: str = ""


def ask_stage(approval: Approval, *, kind: str = "asked") -> list[Asked]:
    """Ask everybody of the present stage who has not voted in this round; those who are away have their deputies asked as well."""
    by_id: dict[int, tuple[str, str]] = {}
    for rule in approval.rules:
        if rule["stage"] == approval.stage:
            for pk, each in rule["people"].items():
                by_id.setdefault(int(pk), (each["why"], each["through"]))
    voted = approval.decisions.filter(round=approval.round).values("person")
    found = people.working_in(approval.account_id).filter(pk__in=by_id).exclude(pk__in=voted).distinct().order_by("pk")
    return ask(approval, [Invitation(person, *by_id[person.pk]) for person in found], kind=kind)


def ask(approval: Approval, invitations: Iterable[Invitation], *, kind: str = "asked") -> list[Asked]:
    """Ask these people, each once in a round, with their deputies; send each a mail of this kind (see emails.LEADS)."""
    asked = []
    barred = approval.policy.get("barred", {})
    for invitation in with_deputies(invitations, approval.account_id):
        if str(invitation.person.pk) in barred:
            continue
        row = _row(approval, invitation)
        if row is not None and not row.barred:
            asked.append(row)
            if not mail_choices.waits_for_digest(approval, row, kind):
                emails.send_question(approval, row, kind=kind)
    return asked


def with_deputies(invitations: Iterable[Invitation], account_id: int, at: datetime | None = None) -> list[Invitation]:
    """The same people, and behind each who is away (at that moment) the one who stands in."""
    found = list(invitations)
    known = {each.person.pk for each in found}
    for invitation in list(found):
        deputy = None if invitation.barred else deputy_of(invitation.person, account_id, at)
        if deputy is not None and deputy.pk not in known:
            known.add(deputy.pk)
            why = f"stands in for {invitation.person.display_name}"
            found.append(Invitation(deputy, why, "deputy", stands_in_for=invitation.stands_in_for or invitation.person))
    return found


def deputy_of(person: User, account_id: int, at: datetime | None = None) -> User | None:
    """Who stands in for somebody who is away, following the chain of those who are away themselves; None when nobody does."""
    seen, present = {person.pk}, person
    for _ in range(LONGEST_CHAIN):
        absence = _absence(present, account_id, at)
        if absence is None:
            return present if present.pk != person.pk else None
        present = absence.deputy
        if present.pk in seen:
            return None
        seen.add(present.pk)
    return None


def _absence(person: User, account_id: int, at: datetime | None = None) -> Absence | None:
    now = at or clock.now()
    current = person.absences.filter(Q(until=None) | Q(until__gt=now), account=account_id, since__lte=now, ended_at=None)
    return current.filter(deputy__is_active=True).select_related("deputy").order_by("-pk").first()


def _row(approval: Approval, invitation: Invitation) -> Asked | None:
    """The asking of this person in this round; None when it stands already. One that had ended begins again."""
    row, made = approval.asked.get_or_create(
        person=invitation.person,
        round=approval.round,
        defaults={
            "stage": approval.stage,
            "why": invitation.why,
            "through": invitation.through,
            "stands_in_for": invitation.stands_in_for,
            "barred": invitation.barred,
        },
    )
    if not made and row.ended_at is None:
        return None
    if not made:
        row.ended_at, row.stage = None, approval.stage
        row.why, row.through, row.stands_in_for = invitation.why, invitation.through, invitation.stands_in_for
        row.save(update_fields=["ended_at", "stage", "why", "through", "stands_in_for"])
    return row

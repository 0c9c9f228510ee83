"""Who is away, and who stands in for them: the chain in words, for the people page and the form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q
from django.urls import reverse

from approvals_app.asking import LONGEST_CHAIN
from approvals_app.models import Absence
from playbooks_app import clock, wording
from playbooks_app.models import User
from playbooks_app.pages.panels import Standing
from playbooks_app.permissions import may_manage_account


def standings(viewer: User, people: Sequence[int]) -> Mapping[int, Standing]:
    """For the people page: ids of users -> who is away until when and who stands in; one query. Admins also get where to set it."""
    account = viewer.account
    if account is None:
        return {}
    away = present(account.pk)
    edits = may_manage_account(viewer, account)
    found = {}
    for pk in people:
        address = f"{reverse('away')}?person={pk}" if edits and pk != viewer.pk else reverse("away") if pk == viewer.pk else ""
        found[pk] = Standing(words(away[pk], away) if pk in away else "", address)
    return found


def present(account_id: int) -> dict[int, Absence]:
    """Everybody who is away at present, by id of the person; the absence that counts is the newest."""
    now = clock.now()
    rows = Absence.objects.filter(Q(until=None) | Q(until__gt=now), account=account_id, ended_at=None, since__lte=now, deputy__is_active=True)
    return {each.person_id: each for each in rows.select_related("deputy").order_by("pk")}


def words(absence: Absence, away: Mapping[int, Absence]) -> str:
    """`Away until 27 Nov, 00:00: Alice Archer stands in, away too, then Carol Chen`."""
    until = f"until {wording.when(absence.until)}" if absence.until else "until further notice"
    names = [each.display_name for each in chain(absence, away)]
    if not names:
        return f"Away {until}: nobody stands in, the deputies are away too"
    return f"Away {until}: {', away too, then '.join(names)} stands in"


def chain(absence: Absence, away: Mapping[int, Absence]) -> list[User]:
    """The deputy, and while that one is away the next; none when the chain turns back or is too long."""
    found, seen = [absence.deputy], {absence.person_id}
    while found[-1].pk in away:
        if found[-1].pk in seen or len(found) >= LONGEST_CHAIN:
            return []
        seen.add(found[-1].pk)
        found.append(away[found[-1].pk].deputy)
    return found if found[-1].pk not in seen else []

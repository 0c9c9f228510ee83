"""Somebody stops working in an account: what they look after goes to an heir, and every way in is shut at once.

Apps above hand over what is theirs, downwards, in AppConfig.ready: leaving.register(lambda member, heir, by: …). Each is called in the transaction
that switches the person off, while the place is still active.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet
from rest_framework.authtoken.models import Token

from playbooks_app import clock
from playbooks_app.entrance import sessions
from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import ApiToken, Membership, Playbook, Role, User

Hand = Callable[[Membership, User, User], None]
LOOKS_AFTER = (Role.OWNER, Role.ADMIN, Role.BUILDER)  # roles that can own a playbook

_hands: list[Hand] = []


def register(hand: Hand) -> None:
    """Call `hand(member, heir, by)` whenever somebody leaves."""
    _hands.append(hand)


def leave(member: Membership, heir: User, *, by: User) -> None:
    """Hand everything over and shut every way in. The caller holds the transaction, and switches the place off afterwards."""
    for playbook in Playbook.objects.filter(account=member.account_id, owner=member.user_id).select_related("owner"):
        playbook.hand_over(heir, by=by)
    for hand in _hands:
        hand(member, heir, by)
    if member.user.memberships.filter(active=True).exclude(pk=member.pk).exists():
        return
    shut_out(member.user)
    if not member.user.is_staff:  # who runs the installation still gets into its administration
        User.objects.filter(pk=member.user_id).update(is_active=False)


def shut_out(person: User) -> None:
    """Every way in ends for good: browsers are signed out and tokens revoked, so that none of them opens again when the person is let in again."""
    User.objects.filter(pk=person.pk).update(shut_out_at=clock.now())
    sessions.end_others(person, None)
    Token.objects.filter(user=person.pk).delete()
    ApiToken.objects.filter(user=person.pk, revoked_at=None).update(revoked_at=clock.now())


def come_back(member: Membership) -> None:
    """Let the person sign in again; tokens have to be made anew."""
    User.objects.filter(pk=member.user_id).update(is_active=True)


def heir_of(member: Membership, name: str | None, by: User) -> User:
    """Who takes over: whoever is named, else the head of the department, else `by`. Raises Refused for somebody who could not."""
    if name:
        found = heirs_of(member).filter(username__iexact=name.replace("\0", "")).first()
        if found is None:
            hint = "Name a builder, an admin or an owner who works in the account."
            raise Refused([Problem("heir", "NotOneOf", f"“{name[:60]}” could not take over.", hint)])
        return found
    head = member.department.head_id if member.department else None
    others = heirs_of(member)
    return others.filter(pk=head or 0).first() or others.filter(pk=by.pk).first() or others.order_by("pk").first() or by


def heirs_of(member: Membership) -> QuerySet[User]:
    """Everybody who could take over what this person looks after."""
    places = Membership.objects.filter(account=member.account_id, active=True, role__in=LOOKS_AFTER).exclude(pk=member.pk)
    return User.objects.filter(pk__in=places.values("user"), is_active=True)

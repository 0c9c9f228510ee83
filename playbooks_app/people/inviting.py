"""Inviting people by mail: the link in it works once, for some days, and only a digest of it is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from playbooks_app import audit, clock, letters, limits
from playbooks_app.errors import NotAllowed, OutOfSight, Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.models import Account, Invitation, Membership, Role, User
from playbooks_app.models.invitation import digest_of
from playbooks_app.models.sharing import Viewer
from playbooks_app.people import membership

MOST_OPEN = 500  # invitations of one account: more is a mistake, or spam


def invitations_of(user: Viewer) -> QuerySet[Invitation]:
    """The open ones of the account that this person leads, newest first; nobody else sees any."""
    place = getattr(user, "membership", None)
    if place is None or place.role not in (Role.OWNER, Role.ADMIN):
        return Invitation.objects.none()
    return Invitation.objects.open().filter(account=place.account_id).select_related("department", "invited_by").order_by("-pk")


def invite(
    account: Account, email: str, *, by: User, role: str = Role.VIEWER, department: str | None = None, groups: Sequence[str] = ()
) -> Invitation:
    """Store the invitation and its mail. Raises Refused with every fault, LimitReached, NotAllowed where an admin would make an owner."""
    email = email.strip()
    limits.require_place(account, Invitation.objects.open().filter(account=account).count())
    faults = [*_faults_of(account, email, role)]
    in_department, in_groups = membership.department_called(account, department, faults), membership.groups_called(account, groups, faults)
    if faults:
        raise Refused(faults)
    if role == Role.OWNER and by.role != Role.OWNER:
        raise NotAllowed("Only an owner invites owners.")
    with transaction.atomic():
        invitation = Invitation.objects.create(
            account=account,
            email=email,
            role=role,
            department=in_department,
            invited_by=by,
            digest=digest_of(secrets.token_urlsafe()),
            expires_at=clock.now(),
        )
        invitation.groups.set(in_groups)
        _send(invitation)
        audit.note(by, "invitation.sent", invitation, new=placed(invitation))
    return invitation


def send_again(invitation: Invitation, *, by: User) -> None:
    """Another link; the ones before it lead nowhere. Raises WrongState when it is over."""
    with transaction.atomic():
        held = _held(invitation)
        _send(held)
        audit.note(by, "invitation.sent_again", held)
    invitation.refresh_from_db()


def withdraw(invitation: Invitation, *, by: User) -> None:
    """Its link leads nowhere any more. Raises WrongState when it is over."""
    with transaction.atomic():
        held = _held(invitation)
        held.withdrawn_at = clock.now()
        held.save(update_fields=["withdrawn_at"])
        audit.note(by, "invitation.withdrawn", held, old=placed(held))


def invitation_behind(token: str) -> Invitation:
    """Raises OutOfSight for a link that leads nowhere: unknown, used, withdrawn or expired; the four are not told apart."""
    found = Invitation.objects.open().filter(digest=digest_of(token), expires_at__gt=clock.now()).select_related("account", "department").first()
    if found is None:
        raise OutOfSight("This invitation is used up, withdrawn or too old.", hint="Ask whoever has invited you to send it again.")
    return found


def accept(invitation: Invitation, person: User) -> Membership:
    """Give the person the place; who has worked there before gets it back. Raises WrongState when somebody was first."""
    with transaction.atomic():
        held = _held(invitation)
        limits.require_place(held.account)
        if held.is_expired:
            raise WrongState("This invitation is too old.", hint="Ask whoever has invited you to send it again.")
        person.save()
        place = {"role": held.role, "department": held.department, "active": True}
        member, _ = Membership.objects.update_or_create(user=person, account=held.account, defaults=place)
        others = person.account_groups.exclude(account=held.account)
        person.account_groups.set([*others, *held.groups.all()])
        held.accepted_at, held.accepted_by = clock.now(), person
        held.save(update_fields=["accepted_at", "accepted_by"])
        audit.note(person, "invitation.accepted", held, new=placed(held))
    return member


def placed(invitation: Invitation) -> dict[str, Any]:
    """The place that waits, for records: `{role, department, groups}`."""
    department = invitation.department.slug if invitation.department else None
    return {"role": invitation.role, "department": department, "groups": sorted(group.slug for group in invitation.groups.all())}


def _faults_of(account: Account, email: str, role: str) -> list[Problem]:
    faults = []
    try:
        validate_email(email)
    except ValidationError:
        faults.append(Problem("email", "WrongValue", f"“{email[:60]}” is no e-mail address.", "Write it as name@example.com."))
    if Membership.objects.filter(account=account, user__email__iexact=email, active=True).exists():
        faults.append(Problem("email", "Twice", f"{email} works in this account already.", "Change that person's place instead."))
    elif Membership.objects.filter(account=account, user__email__iexact=email).exists():
        faults.append(Problem("email", "Twice", f"{email} has worked here before.", "Switch that person on again."))
    if Invitation.objects.open().filter(account=account, email__iexact=email).exists():
        faults.append(Problem("email", "Twice", f"{email} is invited already.", "Send that invitation again, or withdraw it."))
    if role not in Role.values:
        faults.append(Problem("role", "NotOneOf", f"Choose one of {', '.join(Role.values)}."))
    if Invitation.objects.open().filter(account=account).count() >= MOST_OPEN:
        faults.append(Problem("email", "TooMany", f"{MOST_OPEN} invitations wait already.", "Withdraw some of them."))
    return faults


def _held(invitation: Invitation) -> Invitation:
    """Locked, and still open. Raises WrongState."""
    found = Invitation.objects.select_for_update(of=("self",)).select_related("account", "department").get(pk=invitation.pk)
    if found.accepted_at is not None or found.withdrawn_at is not None:
        raise WrongState("This invitation is over.", hint="Invite the person again.")
    return found


def _send(invitation: Invitation) -> None:
    token = secrets.token_urlsafe(32)
    invitation.digest, invitation.sent_at = digest_of(token), clock.now()
    invitation.expires_at = clock.now() + timedelta(days=settings.INVITATION_DAYS)
    invitation.times_sent += 1
    invitation.save(update_fields=["digest", "sent_at", "expires_at", "times_sent"])
    context = {"invitation": invitation, "days": settings.INVITATION_DAYS, "address": settings.BASE_URL + reverse("join", args=[token])}
    letters.post(
        to=invitation.email,
        subject=f"Work with {invitation.account} in Handrail",
        text=render_to_string("playbooks_app/mail_invitation.txt", context),
        reference=f"invitation-{invitation.pk}-{invitation.times_sent}",
    )

"""Making and revoking scoped tokens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from playbooks_app import audit, clock
from playbooks_app.errors import NotAllowed, Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models import ApiToken, User
from playbooks_app.models.api_token import Scope
from playbooks_app.permissions import may_manage_account

MOST = 50  # usable tokens of one person: more are forgotten ones


def tokens_visible_to(user: User) -> QuerySet[ApiToken]:
    """One's own; for owners and admins those of all people whose place is in the account."""
    found = ApiToken.objects.select_related("user")
    if user.account is not None and may_manage_account(user, user.account):
        return found.filter(user__memberships__account=user.account, user__memberships__active=True)
    return found.filter(user=user)


def make(
    user: User, *, name: str, scopes: Sequence[str], expires_at: datetime | None = None, through: ApiToken | None = None
) -> tuple[ApiToken, str]:
    """(token, key). `through`: the token with which it is asked for; it gives no scope that it has not. Raises Refused, NotAllowed."""
    faults = []
    if not name.strip():
        faults.append(Problem("name", "Required", "Say what it is for."))
    if not scopes:
        faults.append(Problem("scopes", "Required", "Choose at least one scope.", f"There are {', '.join(Scope.values)}."))
    if expires_at is not None and expires_at <= clock.now():
        faults.append(Problem("expires_at", "WrongValue", "It would have expired already.", "Give a moment to come, or null: never."))
    if ApiToken.objects.usable().filter(user=user).count() >= MOST:
        faults.append(Problem("", "TooMany", f"You have {MOST} tokens.", "Revoke those that are used no more."))
    if faults:
        raise Refused(faults)
    if through is not None and not set(scopes) <= set(through.scopes):
        raise NotAllowed("A token makes no token that may do more than itself.")
    with transaction.atomic():
        made, key = ApiToken.make(user, name=name.strip(), scopes=[each for each in Scope.values if each in scopes], expires_at=expires_at)
        audit.note(user, "token.created", made, new={"scopes": made.scopes, "expires_at": expires_at})
    return made, key


def revoke(token: ApiToken, *, by: User) -> None:
    """It opens nothing from here on. Twice is as good as once."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
            audit.note(by, "token.revoked", token, old={"scopes": token.scopes})
    token.refresh_from_db()


def faults_of_scopes(scopes: Any) -> list[Problem]:
    """Scopes that there are not."""
    unknown = [each for each in scopes if each not in Scope.values]
    return [Problem("scopes", "NotOneOf", f"There is no scope “{str(each)[:40]}”.", f"There are {', '.join(Scope.values)}.") for each in unknown]

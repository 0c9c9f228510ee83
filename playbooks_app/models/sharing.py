"""Who sees a thing: private, department, account or group. Sight is a queryset, and everything starts from it (law 9)."""

from __future__ import annotations

from typing import Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from playbooks_app.models.account import Account
from playbooks_app.models.member import Department, Group, Role, User

Viewer = User | AnonymousUser


class Visibility(models.TextChoices):
    """Who sees it besides its owner and the account's owners and admins."""

    PRIVATE = "private", "Only me"
    DEPARTMENT = "department", "My department"
    ACCOUNT = "account", "Everyone in the account"
    GROUP = "group", "A group"


def sees(user: Viewer) -> Q:
    """The condition under which `user` sees a shared thing by its visibility. Nobody without an active membership sees anything."""
    membership = getattr(user, "membership", None)
    if not user.is_authenticated or not user.is_active or membership is None:
        return Q(pk__in=[])
    inside = Q(account=membership.account_id)
    if membership.role in (Role.OWNER, Role.ADMIN):
        return inside
    return inside & (
        Q(owner=user)
        | Q(visibility=Visibility.ACCOUNT)
        | Q(visibility=Visibility.DEPARTMENT, department=membership.department_id, department__isnull=False)
        | Q(visibility=Visibility.GROUP, group__in=user.group_ids)
    )


class SharedQuerySet(models.QuerySet[Any]):
    """Rows that not everybody may see."""

    def visible_to(self, user: Viewer) -> Self:
        """What `user` may see; out of sight is the same as not there."""
        membership = getattr(user, "membership", None)
        if membership is None or membership.role in (Role.OWNER, Role.ADMIN):
            return self.filter(sees(user))
        return self.filter(sees(user) | (Q(account=membership.account_id) & self.granted(user) if user.is_active else Q(pk__in=[])))

    def granted(self, user: Viewer, **wanted: Any) -> Q:
        """The condition under which a grant gives `user` sight; `wanted` narrows the grants."""
        raise NotImplementedError


class Shared(models.Model):
    """Belongs to an account and an owner, and is seen according to `visibility`."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    visibility = models.CharField(max_length=12, choices=Visibility.choices, default=Visibility.ACCOUNT)
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        abstract = True

    def set_sight(self, visibility: str, *, department: Department | None = None, group: Group | None = None) -> None:
        """Decide who sees it, in memory. Raises Refused for no visibility, and for no department or group of this account."""
        if visibility not in Visibility.values:
            raise Refused([Problem("visibility", "NotOneOf", f"Choose one of {', '.join(Visibility.values)}.")])
        department = department if visibility == Visibility.DEPARTMENT else None
        group = group if visibility == Visibility.GROUP else None
        for needed, found in ((Visibility.DEPARTMENT, department), (Visibility.GROUP, group)):
            if visibility == needed and (found is None or found.account_id != self.account_id):
                raise Refused([Problem(str(needed), "Missing", f"Choose which {needed} may see it.")])
        self.visibility, self.department, self.group = visibility, department, group

    def grants_to(self, user: Viewer) -> list[Any]:
        """The grants by which `user` may do something with it; from memory, see `granted_to`."""
        raise NotImplementedError

    def all_grants(self) -> list[Any]:
        """Every grant that holds for it, with whom it is for."""
        raise NotImplementedError

    def sight(self) -> dict[str, str]:
        """Who sees it, for records: `{visibility, department?, group?}`, the latter as slugs."""
        found = {"visibility": str(self.visibility)}
        places = {"department": self.department, "group": self.group}
        return found | {kind: place.slug for kind, place in places.items() if place is not None}

"""What one person, group or department may do with one thing, beside what its visibility gives them by their role."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar, cast

from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models.member import Department, Group, User
from playbooks_app.models.sharing import Viewer


class Level(models.IntegerChoices):
    """What somebody may do; each may what the ones before it may."""

    VIEW = 1, "view"  # see that it is there, and how far it is
    RUN = 2, "run"  # start it
    OPERATE = 3, "operate"  # pause, retry, skip, cancel its runs
    EDIT = 4, "edit"  # draw, publish, archive
    MANAGE = 5, "manage"  # decide who sees it, hand it over


class Grant(models.Model):
    """A level for exactly one of `user`, `group`, `department`. `values`: whether what its steps handle is shown."""

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    department = models.ForeignKey(Department, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.VIEW)
    values = models.BooleanField(default=False)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    thing: ClassVar[str]  # name of the field that says on what

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_level_display()} for {self.to_name}"

    @property
    def principal(self) -> tuple[str, int]:
        """`("user", 4)`, `("group", 2)` or `("department", 7)`."""
        kind = next(kind for kind in PRINCIPALS if getattr(self, f"{kind}_id") is not None)
        return kind, cast(int, getattr(self, f"{kind}_id"))

    @property
    def to_slug(self) -> str:
        """The username or slug."""
        return self.user.username if self.user else (self.group or self.department).slug  # type: ignore[union-attr]

    @property
    def to_name(self) -> str:
        """The name, as people say it."""
        return self.user.display_name if self.user else str(self.group or self.department)

    def as_record(self) -> dict[str, Any]:
        """For records: `{to, level, values}`."""
        return {"to": f"{self.principal[0]} {self.to_slug}", "level": self.get_level_display(), "values": self.values}


PRINCIPALS = ("user", "group", "department")
ONE_PRINCIPAL = (
    Q(user__isnull=False, group__isnull=True, department__isnull=True)
    | Q(user__isnull=True, group__isnull=False, department__isnull=True)
    | Q(user__isnull=True, group__isnull=True, department__isnull=False)
)


G = TypeVar("G", bound=Grant)


class PlaybookGrant(Grant):
    """On a playbook and, unless they are shared otherwise, all its runs."""

    playbook = models.ForeignKey("playbooks_app.Playbook", on_delete=models.CASCADE, related_name="grants")

    thing = "playbook"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=ONE_PRINCIPAL, name="playbook_grant_to_one"),
            models.UniqueConstraint(fields=["playbook", "user", "group", "department"], name="one_playbook_grant", nulls_distinct=False),
        ]


def names(user: Viewer) -> Q:
    """The condition under which a grant is for `user`."""
    membership = user.membership if isinstance(user, User) else None
    if not isinstance(user, User) or membership is None:
        return Q(pk__in=[])
    found = Q(user=user) | Q(group__in=user.group_ids)
    return found | Q(department=membership.department_id) if membership.department_id else found


def granted_to(user: Viewer, kind: type[G]) -> Mapping[int, list[G]]:
    """The grants of `user`, by the id of the thing; read once per request, so that a list of a hundred rows asks once."""
    known: dict[type[Grant], dict[int, list[Any]]] = user.__dict__.setdefault("_granted", {})
    if kind not in known:
        known[kind] = {}
        for grant in kind._default_manager.filter(names(user)):
            known[kind].setdefault(getattr(grant, f"{kind.thing}_id"), []).append(grant)
    return known[kind]

"""Who did what, when and from where. Rows are only ever added: the database refuses to change or delete one (migration 0004)."""

from __future__ import annotations

from typing import Self

from django.db import models

from playbooks_app import clock
from playbooks_app.models.account import Account
from playbooks_app.models.member import Role, User
from playbooks_app.models.sharing import Viewer


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Entries."""

    def visible_to(self, user: Viewer) -> Self:
        """Owners and admins read the entries of their own account; nobody else reads any."""
        membership = getattr(user, "membership", None) if user.is_authenticated and user.is_active else None
        if membership is None or membership.role not in (Role.OWNER, Role.ADMIN):
            return self.none()
        return self.filter(account=membership.account_id)


class AuditEntry(models.Model):
    """One deed. Names are kept as they were, since people and things are renamed and go; references are not enforced for the same reason."""

    at = models.DateTimeField(default=clock.now)
    account = models.ForeignKey(Account, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    actor = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+")
    actor_name = models.CharField(max_length=200, blank=True)  # username; "" for the machine and for strangers
    action = models.CharField(max_length=60)  # noun.verb, e.g. playbook.shared
    kind = models.CharField(max_length=40, blank=True)  # of the thing, e.g. playbook
    thing_id = models.CharField(max_length=60, blank=True)
    thing_name = models.CharField(max_length=200, blank=True)
    address = models.GenericIPAddressField(null=True)
    old = models.JSONField(null=True)  # what it was; secrets masked
    new = models.JSONField(null=True)  # what it is; secrets masked

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-id"], name="audit_list"),
            models.Index(fields=["account", "action", "-id"], name="audit_by_action"),
            models.Index(fields=["account", "actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["account", "kind", "thing_id", "-id"], name="audit_by_thing"),
            models.Index(fields=["account", "at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_name or 'nobody'}"

"""A playbook: a name, who may see it, a draft that changes and versions that never do."""

from __future__ import annotations

from typing import Self

from django.db import models

from playbooks_app import clock
from playbooks_app.models.member import User
from playbooks_app.models.sharing import Shared, SharedQuerySet


class PlaybookQuerySet(SharedQuerySet):
    """Playbooks."""

    def current(self) -> Self:
        """Those that have not been archived."""
        return self.filter(archived_at=None)


class Playbook(Shared):
    """What operators draw. `draft` is the document being edited, as written (JSON, may have faults)."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    draft = models.JSONField(default=dict)
    draft_revision = models.PositiveIntegerField(default=1)  # rises with every save; the ETag of the draft
    draft_saved_at = models.DateTimeField(default=clock.now)
    draft_saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["account", "name"], name="playbook_by_name")]

    def __str__(self) -> str:
        return self.name

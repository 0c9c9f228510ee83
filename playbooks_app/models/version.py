"""A published version: a document that never changes again."""

from __future__ import annotations

from typing import Any, Self

from django.db import models, transaction

from playbooks_app import audit, clock
from playbooks_app.errors import WrongState
from playbooks_app.models.member import User
from playbooks_app.models.playbook import Playbook
from playbooks_app.models.sharing import Viewer


class VersionQuerySet(models.QuerySet["PlaybookVersion"]):
    """Versions."""

    def visible_to(self, user: Viewer) -> Self:
        """Whoever sees the playbook sees its versions."""
        return self.filter(playbook__in=Playbook.objects.visible_to(user))


class PlaybookVersion(models.Model):
    """Number n of a playbook; runs are bound to it for ever. The database refuses any change but deprecation and the note."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … in a playbook
    document = models.JSONField()  # normalised: every step has its id
    note = models.TextField(blank=True)
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deprecated_at = models.DateTimeField(null=True, blank=True)  # blocks new runs only

    objects = VersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="one_version_per_number")]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.playbook} version {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only once: afterwards `deprecate` and `revive` are all that can happen to it."""
        if self.pk is not None and not self._state.adding:
            raise WrongState("A published version never changes.", hint="Publish another one.")
        super().save(*args, **kwargs)

    def deprecate(self, *, by: User | None = None) -> None:
        """Start nothing with it any more; runs that have begun go on. Raises WrongState if it is deprecated."""
        with transaction.atomic():
            if not PlaybookVersion.objects.filter(pk=self.pk, deprecated_at=None).update(deprecated_at=clock.now()):
                raise WrongState("This version is deprecated already.")
            audit.note(by, "version.deprecated", self)
        self.refresh_from_db(fields=["deprecated_at"])

    def revive(self, *, by: User | None = None) -> None:
        """Allow starts again. Raises WrongState if it is not deprecated."""
        with transaction.atomic():
            if not PlaybookVersion.objects.filter(pk=self.pk, deprecated_at__isnull=False).update(deprecated_at=None):
                raise WrongState("This version is not deprecated.")
            audit.note(by, "version.revived", self)
        self.refresh_from_db(fields=["deprecated_at"])

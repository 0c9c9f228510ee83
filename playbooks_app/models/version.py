"""A published version: a document that never changes again."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q

from playbooks_app import audit, clock
from playbooks_app.errors import WrongState
from playbooks_app.models.document_field import DocumentField
from playbooks_app.models.member import User
from playbooks_app.models.playbook import Playbook
from playbooks_app.models.sharing import Viewer

TRIED = 0  # in place of a number


class VersionQuerySet(models.QuerySet["PlaybookVersion"]):
    """Versions."""

    def published(self) -> Self:
        """Those with a number; the others are drafts that somebody has tried."""
        return self.exclude(number=TRIED)

    def visible_to(self, user: Viewer) -> Self:
        """Whoever sees the playbook sees its versions."""
        return self.filter(playbook__in=Playbook.objects.visible_to(user))


class PublishedVersions(models.Manager["PlaybookVersion"]):
    """What lists, counts and `playbook.versions` see: drafts that were tried are in none of them."""

    def get_queryset(self) -> VersionQuerySet:
        """Those with a number."""
        return VersionQuerySet(self.model, using=self._db).published()

    def visible_to(self, user: Viewer) -> VersionQuerySet:
        """Whoever sees the playbook sees its versions."""
        return self.get_queryset().visible_to(user)


class PlaybookVersion(models.Model):
    """Number n of a playbook; runs are bound to it for ever. The database refuses any change but deprecation and the note.

    One without a number is a draft that was tried in the sandbox: its run needs it, nobody else sees it.
    """

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()  # 1, 2, 3 … in a playbook; 0: a draft that was tried
    document = DocumentField()  # normalised: every step has its id
    note = models.TextField(blank=True)
    published_at = models.DateTimeField(default=clock.now)
    published_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deprecated_at = models.DateTimeField(null=True, blank=True)  # blocks new runs only
    deprecated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    deprecation_reason = models.TextField(blank=True)

    objects: ClassVar[PublishedVersions] = PublishedVersions()
    with_tried = VersionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["playbook", "number"], name="one_version_per_number", condition=~Q(number=TRIED))]
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.playbook} version {self.number}" if self.number else f"{self.playbook}, a draft"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only once: afterwards `deprecate` and `revive` are all that can happen to it."""
        if self.pk is not None and not self._state.adding:
            raise WrongState("A published version never changes.", hint="Publish another one.")
        super().save(*args, **kwargs)

    def deprecate(self, *, by: User | None = None, reason: str = "") -> None:
        """Start nothing with it any more; runs that have begun go on. Raises WrongState if it is deprecated."""
        said = {"deprecated_at": clock.now(), "deprecated_by": by, "deprecation_reason": reason}
        with transaction.atomic():
            if not PlaybookVersion.objects.filter(pk=self.pk, deprecated_at=None).update(**said):
                raise WrongState("This version is deprecated already.")
            audit.note(by, "version.deprecated", self, new={"reason": reason} if reason else None)
        self.refresh_from_db(fields=list(said))

    def revive(self, *, by: User | None = None) -> None:
        """Allow starts again. Raises WrongState if it is not deprecated."""
        nothing = {"deprecated_at": None, "deprecated_by": None, "deprecation_reason": ""}
        with transaction.atomic():
            if not PlaybookVersion.objects.filter(pk=self.pk, deprecated_at__isnull=False).update(**nothing):
                raise WrongState("This version is not deprecated.")
            audit.note(by, "version.revived", self)
        self.refresh_from_db(fields=list(nothing))

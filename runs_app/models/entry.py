"""What a run, or a scope inside one, needs before it may go in: locks, and places where only so many runs go on at once."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from playbooks_app import clock
from playbooks_app.models import Account
from runs_app.models.run import Run


class Entry(models.Model):
    """In line while `since` is empty, inside after that. All that it asks for is granted at once, or nothing is.

    The row goes when its run or its scope is over (sql/entries.sql), in the same transaction. `lost`: it was inside, its run showed no life for
    `ttl_seconds`, and it has gone back to the end of the line.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="entries")
    step_run = models.BigIntegerField(default=0)  # of the scope; 0 = the run as a whole
    path = models.TextField(default="", blank=True)  # of the scope
    names = ArrayField(models.CharField(max_length=200), default=list)
    paths = ArrayField(models.CharField(max_length=300), default=list)
    covers = ArrayField(models.TextField(), default=list)  # the locks and the paths that they lie in (language/locks.py)
    limits: models.JSONField[list[list[str | int]], list[list[str | int]]] = models.JSONField(default=list)  # [[key, most at once], …]
    limit_keys = ArrayField(models.CharField(max_length=300), default=list)
    above = ArrayField(models.TextField(), default=list)  # places that wait for this one, as `run:path`: what they hold does not keep it out
    priority = models.SmallIntegerField(default=0)
    asked_at = models.DateTimeField(default=clock.now)
    since = models.DateTimeField(null=True, blank=True)
    ttl_seconds = models.FloatField()
    expires_at = models.DateTimeField(null=True, blank=True)
    told = models.BooleanField(default=False)  # its run knows that it is inside
    lost = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.UniqueConstraint(fields=["run", "step_run"], name="one_entry_per_place")]
        indexes = [
            GinIndex(fields=["covers"], name="entry_covers"),
            GinIndex(fields=["limit_keys"], name="entry_limits"),
            models.Index(fields=["account"], name="entry_in_line", condition=Q(since__isnull=True)),
            models.Index(fields=["id"], name="entry_untold", condition=Q(since__isnull=False, told=False)),
            models.Index(fields=["expires_at"], name="entry_expiry", condition=Q(since__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.words or f"{self.run_id}"

    @property
    def keys(self) -> list[str]:
        """As language/locks.py: `=ledger`, `/a/b`."""
        return [*(f"={name}" for name in self.names), *self.paths]

    @property
    def words(self) -> str:
        """The locks, for people."""
        return ", ".join([*self.names, *self.paths])

    @property
    def place(self) -> str:
        """As in `above`."""
        return f"{self.run_id}:{self.path}"


class FreedEntry(models.Model):
    """A note that somebody of this account may go in; written with the row that goes, read by whoever lets the next in."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)

    class Meta:
        verbose_name_plural = "freed entries"

    def __str__(self) -> str:
        return str(self.account_id)

"""Worker processes that hold strands; the lease belongs to the process (law 6)."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Executor(models.Model):
    """One registration of a worker process. Alive while its session's advisory lock is held and it has been seen within the lease."""

    name = models.CharField(max_length=120, blank=True)  # host:pid
    pid = models.IntegerField(default=0)
    alive = models.BooleanField(default=True)
    started_at = models.DateTimeField(db_default=Now())  # the machine's time, not product time
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name

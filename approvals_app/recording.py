"""One more event of a run."""

from __future__ import annotations

from typing import Any

from playbooks_app import clock
from playbooks_app.models import User
from runs_app.models import Run, RunEvent


def record(run: Run, type: str, path: str = "", *, by: User | None = None, data: Any = None) -> None:
    """Stands in for runs_app.timeline until it is there."""
    fresh = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    fresh.event_count += 1
    fresh.save(update_fields=["event_count"])
    RunEvent.objects.create(run=fresh, number=fresh.event_count, type=type, path=path, at=clock.now(), by=by.pk if by else None, data=data)

"""Who used which secret, in which step of which run, and to which host it went: in the audit log, as is every try to send one elsewhere.

A step that calls a thousand times is one line an hour: a process remembers what it has noted lately. Two processes may note the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.db.models import Model

from playbooks_app import audit, clock
from playbooks_app.models import User
from runs_app.models import Run

REMEMBERED = 4096  # uses of a process; beyond that the oldest would be noted again
_TURN = re.compile(r"\[\d+\]")


class Use:
    """One use. Equal to another one of the same hour and step, whatever the turn of a loop; `deed` is used or refused."""

    __slots__ = ("by", "deed", "host", "key", "name", "path", "run", "thing")

    def __init__(self, deed: str, thing: Model | None, name: str, *, run: int, path: str, host: str, by: User | None) -> None:
        self.deed, self.thing, self.name, self.run, self.path, self.host, self.by = deed, thing, name, run, path, host, by
        kept = (thing._meta.model_name, thing.pk) if thing is not None else None
        self.key = (deed, kept, name, run, _TURN.sub("", path), host, int(clock.now().timestamp() // 3600))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Use) and self.key == other.key


@lru_cache(maxsize=REMEMBERED)
def note(use: Use) -> None:
    """One row: who started the run is who used it."""
    run = Run.objects.select_related("owner").filter(pk=use.run).first() if use.run else None
    thing: Any = use.thing or run
    noun = thing._meta.model_name if use.thing is not None else "config"
    said: dict[str, Any] = {"run": use.run, "path": use.path} if use.run else {}
    said |= {"name": use.name} if use.thing is None else {}
    audit.note(use.by or (run.owner if run is not None else None), f"{noun}.{use.deed}", thing, new={**said, "host": use.host})


def forget() -> None:
    """For tests: what is used next is noted."""
    note.cache_clear()

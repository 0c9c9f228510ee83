"""Saves, finds and prunes checkpoints. They stand beside the machine's own recovery, which needs none of them (S1-P22-complement)."""

from __future__ import annotations

import json

from django.db import transaction

from playbooks_app import clock
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import check_json
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app.models import Checkpoint, Run

MOST_BYTES = 256 * 1024  # of one: a milestone's state, not its data
MOST_KEPT = 1_000  # of one run: the oldest go


def save(run: Run, name: str, data: Json, *, path: str = "", by: User | None = None) -> Checkpoint:
    """Keep it. A step that is tried again replaces its own. Raises Refused, WrongState when the run is over."""
    if problems := faults(name, data):
        raise Refused(problems)
    if run.is_over:
        raise WrongState(f"Run {run.pk} is {run.get_status_display().lower()}; there is nothing to remember any more.")
    with transaction.atomic():
        fields = {"name": name, "data": data, "by": by, "at": clock.now()}
        if path:
            kept, is_new = Checkpoint.objects.update_or_create(run=run, path=path, defaults=fields)
        else:
            kept, is_new = Checkpoint.objects.create(run=run, **fields), True
        if is_new:
            prune(run, MOST_KEPT)
    return kept


def prune(run: Run, keep: int) -> int:
    """Drop all but the newest `keep`; returns how many were dropped."""
    newest = list(Checkpoint.objects.filter(run=run).order_by("-id").values_list("pk", flat=True)[:keep])
    return Checkpoint.objects.filter(run=run).exclude(pk__in=newest).delete()[0]


def faults(name: str, data: Json) -> list[Problem]:
    """What keeps a checkpoint from being stored."""
    problems = [Problem(f"data/{each.address}".rstrip("/"), each.code, each.message, each.hint) for each in check_json(data) if each.level == "error"]
    if not name.strip() or len(name) > 200 or "\x00" in name:
        problems.append(Problem("name", "WrongValue", "A checkpoint needs a name of at most 200 characters.", "Name the milestone: page-12."))
    if not problems and len(json.dumps(data)) > MOST_BYTES:
        said = f"A checkpoint holds at most {MOST_BYTES // 1024} KiB."
        problems.append(Problem("data", "PayloadTooLarge", said, "Keep a cursor or numbers, not the data themselves."))
    return problems

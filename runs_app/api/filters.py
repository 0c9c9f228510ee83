"""Which runs are asked for; the same words in the query string of the API and of the list page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from runs_app.models import Run, StepRun
from runs_app.models.run import COUNTED
from runs_app.reading.searching import Search, search
from runs_app.statuses import RunStatus

MODES = ("live", "what_if", "sandbox")


def chosen(runs: QuerySet[Run], query: Mapping[str, str], readable: Q, found: Search | None = None) -> QuerySet[Run]:
    """The runs that fit `playbook status started_by since until q parent mode`; without a mode or a parent, live ones.

    `readable` is the condition under which the asker reads a run's values (`values_read_by`): in no others are they searched. `found` is told
    how far a search for a value came. Raises Refused with every key that cannot be read.
    """
    problems: list[Problem] = []
    if not query.get("mode") and not query.get("parent"):
        runs = runs.filter(COUNTED)
    for key, narrow in _NARROW.items():
        text = query.get(key, "").replace("\0", "").strip()
        if text:
            try:
                runs = narrow(runs, text)
            except ValueError as error:
                problems.append(Problem(key, "invalid", str(error), _HINTS.get(key, "")))
    if problems:
        raise Refused(problems)
    text = query.get("q", "").strip()
    return search(runs, text, readable, found or Search()) if text else runs


def _of_playbook(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    return runs.filter(playbook=_number(text))


def _in_status(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    wanted = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in wanted if each not in RunStatus.values]
    if unknown:
        raise ValueError(f"There is no status {unknown[0]}.")
    return runs.filter(status__in=wanted)


def _started_by(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    return runs.filter(owner=int(text)) if text.isdecimal() else runs.filter(owner__username__iexact=text)


def _since(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    return runs.filter(created_at__gte=_moment(text))


def _until(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    return runs.filter(created_at__lt=_moment(text))


def _with_parent(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    return runs.filter(parent_step__in=StepRun.objects.filter(run=_number(text)).values("pk"))


def _in_mode(runs: QuerySet[Run], text: str) -> QuerySet[Run]:
    if text == "all":
        return runs
    if text == "trial":
        return runs.exclude(COUNTED)
    if text not in MODES:
        raise ValueError(f"There is no mode {text[:40]}.")
    return runs.filter(mode=text)


_NARROW: Mapping[str, Any] = {
    "playbook": _of_playbook,
    "status": _in_status,
    "started_by": _started_by,
    "since": _since,
    "until": _until,
    "parent": _with_parent,
    "mode": _in_mode,
}
_HINTS = {
    "playbook": "The number of a playbook.",
    "parent": "The number of a run.",
    "status": f"One or more of {', '.join(RunStatus.values)}, with commas between.",
    "mode": f"{', '.join(MODES)}, trial (all that are not live) or all.",
    "since": "A moment such as 2026-11-20T08:00:00Z, or a day.",
    "until": "A moment such as 2026-11-20T08:00:00Z, or a day.",
}


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise ValueError(f"{text[:40]} is not a number.")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text.replace(" ", "+"))  # a "+" of a zone arrives as a blank
        day = None if found else parse_date(text)
    except ValueError:  # written like a moment, but there is no such day
        found = day = None
    if found is None and day is None:
        raise ValueError(f"{text[:40]} is not a moment.")
    found = found or datetime.combine(day, time.min)  # type: ignore[arg-type]
    return found if timezone.is_aware(found) else timezone.make_aware(found)

"""Which runs are asked for; the same words in the query string of the API and of the list page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from playbooks_app.errors import Refused
from playbooks_app.language.problem import Problem
from runs_app.models import Run, StepRun
from runs_app.models.run import COUNTED
from runs_app.statuses import RunStatus

MODES = ("live", "what_if", "sandbox")
MOST_SEARCHED = 20_000  # the newest runs whose values are looked through


def chosen(runs: QuerySet[Run], query: Mapping[str, str], readable: Q) -> QuerySet[Run]:
    """The runs that fit `playbook status started_by since until q parent mode`; without a mode or a parent, live ones.

    `readable` is the condition under which the asker reads a run's values (`values_read_by`): in no others are they searched. Raises Refused with
    every key that cannot be read.
    """
    problems: list[Problem] = []
    if not query.get("mode") and not query.get("parent"):
        runs = runs.filter(COUNTED)
    if text := query.get("q", "").strip():
        runs = _with_value(runs, text, readable)
    for key, narrow in _NARROW.items():
        text = query.get(key, "").replace("\0", "").strip()
        if text:
            try:
                runs = narrow(runs, text)
            except ValueError as error:
                problems.append(Problem(key, "invalid", str(error), _HINTS.get(key, "")))
    if problems:
        raise Refused(problems)
    return runs


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


def _with_value(runs: QuerySet[Run], text: str, readable: Q) -> QuerySet[Run]:
    """By number, name of the playbook, message, or any value that went in or came out of the newest runs whose values are readable."""
    text = text.replace("\0", "")[:200]
    number = text.removeprefix("#")
    named = Q(playbook__name__icontains=text) | (Q(pk=int(number)) if number.isdecimal() and len(number) < 18 else Q())
    newest = runs.order_by("-id").values("pk")[:MOST_SEARCHED]
    values = readable & (Q(inputs_text__icontains=text) | Q(outputs_text__icontains=text))
    holding = Q(pk__in=newest) & (values | Q(message__icontains=text))
    return runs.alias(inputs_text=Cast("inputs", TextField()), outputs_text=Cast("outputs", TextField())).filter(named | holding)


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
    found = parse_datetime(text.replace(" ", "+"))  # a "+" of a zone arrives as a blank
    if found is None:
        day = parse_date(text)
        if day is None:
            raise ValueError(f"{text[:40]} is not a moment.")
        found = datetime.combine(day, time.min)
    return found if timezone.is_aware(found) else timezone.make_aware(found)

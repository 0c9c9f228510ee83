"""Finds runs by a value that went in or came out, from the newest back to the oldest, for as long as somebody likes to wait."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from runs_app.models import Run

SECONDS = 2.0  # of looking; then the search says how far back it came
MOST_HITS = 1_000
FIRST_LOT, SMALLEST_LOT, LARGEST_LOT = 2_000, 100, 50_000  # runs in one query
LOT_SECONDS = 0.25  # what one query should take: lots grow and shrink with how fast they are
LONGEST_TEXT = 200


@dataclass(slots=True)
class Search:
    """How far a search came. `until`: the moment of the oldest run that was looked at, None if all were."""

    until: datetime | None = None
    is_full: bool = False  # stopped because there were hits enough

    @property
    def is_whole(self) -> bool:
        """Whether every run in sight was looked at."""
        return self.until is None

    def as_json(self) -> dict[str, Any]:
        """For the wire: `{complete, until}`; go on with the filter `until`."""
        return {"complete": self.is_whole, "until": self.until.isoformat() if self.until else None}


def search(runs: QuerySet[Run], text: str, readable: Q, found: Search) -> QuerySet[Run]:
    """Those of `runs` that have the text as number, in the name of their playbook, or, where `readable`, in their message or a value."""
    text = text.replace("\0", "")[:LONGEST_TEXT]
    number = text.removeprefix("#")
    named = Q(playbook__name__icontains=text) | (Q(pk=int(number)) if number.isdecimal() and len(number) < 18 else Q())
    hits = _hits(runs, _holding(text, readable), found)
    return runs.filter(named | Q(pk__in=hits))


def _hits(runs: QuerySet[Run], holding: Q, found: Search) -> list[int]:
    end, lot = time.monotonic() + SECONDS, FIRST_LOT
    hits: list[int] = []
    plain = runs.order_by("-id").select_related(None)
    values = plain.alias(inputs_text=Cast("inputs", TextField()), outputs_text=Cast("outputs", TextField()))
    rest: Q = Q()
    while True:
        began = time.monotonic()
        last = plain.filter(rest).values_list("pk", "created_at")[lot - 1 : lot].first()
        here = rest & Q(pk__gte=last[0]) if last else rest
        more = _looked(values.filter(here).filter(holding), MOST_HITS - len(hits), end - began)
        hits += more or []
        if last is None and more is not None:
            return hits
        found.is_full = len(hits) >= MOST_HITS
        if more is None or found.is_full or time.monotonic() > end:
            found.until = last[1] if last else plain.filter(rest).values_list("created_at", flat=True).first()
            return hits
        assert last is not None
        rest = Q(pk__lt=last[0])
        lot = min(LARGEST_LOT, max(SMALLEST_LOT, int(lot * min(4.0, LOT_SECONDS / max(0.001, time.monotonic() - began)))))


def _looked(runs: QuerySet[Run], most: int, seconds: float) -> list[int] | None:
    """The hits of one lot; None if the database gave up after so many seconds."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{max(200, int(seconds * 1000))}ms"])
            found = list(runs.values_list("pk", flat=True)[:most])
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', '0', true)")
            return found
    except OperationalError:
        return None


def _holding(text: str, readable: Q) -> Q:
    """Values stand in the tables as JSON: quotation marks and line breaks are written otherwise there."""
    written = json.dumps(text, ensure_ascii=False)[1:-1]
    return readable & (Q(message__icontains=text) | Q(inputs_text__icontains=written) | Q(outputs_text__icontains=written))

"""Where runs and scopes stand in line for locks and limits: who is inside, since when, and how many come first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from playbooks_app import wording
from runs_app.engine.policies.line import Line
from runs_app.entry.entering import in_order, seat_of
from runs_app.models import Entry


@dataclass(frozen=True, slots=True)
class InLine:
    """One that waits. name: the locks, or the limit's key. holder: number of the run inside; None while it only waits for others in line."""

    name: str
    place: int
    holder: int | None
    since: datetime | None

    def told(self, waits: str) -> str:
        """`Waits for the lock ledger, held by run 7 since 12:30, 2nd in line`, begun with the words given."""
        held = f", held by run {self.holder} since {wording.when(self.since)}" if self.holder and self.since else ""
        return f"{waits} {self.name}{held}, {ordinal(self.place)} in line"


def lines_of(runs: Collection[int]) -> dict[tuple[int, int], InLine]:
    """(run, step run; 0 = the run itself) -> its place, for those of these runs that wait. One query, or two where somebody waits."""
    asked = list(Entry.objects.filter(run__in=runs, since__isnull=True)) if runs else []
    if not asked:
        return {}
    found: dict[tuple[int, int], InLine] = {}
    for account in {entry.account_id for entry in asked}:
        entries = {entry.pk: entry for entry in in_order(Entry.objects.filter(account=account))}
        line = Line(seat_of(entry) for entry in entries.values())
        for entry in asked:
            if entry.account_id == account:
                before = [entries[seat.id] for seat in line.blockers(seat_of(entry))]
                inside = next((other for other in before if other.since is not None), None)
                name = entry.words if not entry.limit_keys or line.keeps_out(seat_of(entry), by_lock=True) else ", ".join(entry.limit_keys)
                place = 1 + sum(other.since is None for other in before)
                found[entry.run_id, entry.step_run] = InLine(name, place, inside.run_id if inside else None, inside.since if inside else None)
    return found


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …"""
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"

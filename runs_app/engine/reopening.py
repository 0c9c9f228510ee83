"""How a run that has failed opens again: what the failure closed on its way out is open, and what failed holds its strand as if it had never let go.

Pure: looks at step runs and strands as they are stored and says what each of them becomes. From there on every deed of a held run works: again, with
another input, not at all, with an output that a person gives.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

DECIDED = ("won", "returned")  # verdicts of a fork whose other strands were cancelled on purpose


@dataclass(frozen=True, slots=True)
class Broken:
    """A step run that has failed, or was cancelled. `address`: the path of the step run where its failure began."""

    id: int
    strand: int
    parent: int
    path: str
    block: str
    iteration: int
    position: int
    status: str
    policy: str | None
    verdict: str | None
    address: str


@dataclass(frozen=True, slots=True)
class EndedStrand:
    """A strand as it was left. `lane_of`: items of the loop, 0 for none."""

    id: int
    parent: int
    status: str
    is_lane: bool
    iteration: int


@dataclass(slots=True)
class Reopening:
    """What becomes of what. Ids of step runs, except where strands are said."""

    held: dict[int, int] = field(default_factory=dict)  # strand -> step run that holds it
    parked: set[int] = field(default_factory=set)  # strands that wait for a fork
    queued: set[int] = field(default_factory=set)  # strands that were stopped between two steps, and go on
    running: set[int] = field(default_factory=set)  # containers on the way to what failed
    forks: dict[int, int] = field(default_factory=dict)  # fork -> how many of its strands are open again
    next_items: dict[int, int] = field(default_factory=dict)  # loop with lanes -> the first item that no lane has taken


class Planner:
    """Looks for what failed, from the run's main line inwards."""

    def __init__(self, rows: Iterable[Broken], strands: Iterable[EndedStrand], *, unwound: bool) -> None:
        """`unwound`: the run was stopped because its time was up, and what was cancelled then is to go on as well."""
        self.found = Reopening()
        self.inside: dict[tuple[int, int], list[Broken]] = defaultdict(list)
        for row in rows:
            if row.verdict != "passed" and (row.status == "failed" or unwound):
                self.inside[row.strand, row.parent].append(row)
        self.strands: dict[int, list[EndedStrand]] = defaultdict(list)
        for strand in strands:
            self.strands[strand.parent].append(strand)
        self.ends = ("failed", "cancelled") if unwound else ("failed",)

    def run(self, address: str) -> Reopening:
        """The whole run; `address` is where its failure began."""
        (main,) = self.strands[0]
        rows = [row for row in self.inside[main.id, 0] if not row.path.startswith("finally/")] or self.inside[main.id, 0]
        self._open(main, _chosen(rows, address))
        return self.found

    def item(self, row: Broken, strand: int) -> Reopening:
        """One item of a loop, whose last step failed, for a strand of its own."""
        self._into(row, strand)
        return self.found

    def _open(self, strand: EndedStrand, row: Broken | None) -> None:
        if row is None:
            self.found.queued.add(strand.id)
        else:
            self._into(row, strand.id)

    def _into(self, row: Broken, strand: int) -> None:
        """Go down to what failed first; it holds the strand."""
        if row.policy is not None:
            if self._reopen_fork(row):
                self.found.parked.add(strand)
                return
        elif (inner := _chosen(self.inside[row.strand, row.id], row.address, only=row.status == "failed")) is not None:
            self.found.running.add(row.id)
            self._into(inner, strand)
            return
        self.found.held[strand] = row.id

    def _reopen_fork(self, fork: Broken) -> bool:
        """Whether any of its strands is open again. Those that were cancelled because the fork was decided stay so."""
        strands = self.strands[fork.id]
        broken = [] if fork.verdict in DECIDED else [strand for strand in strands if strand.status in self.ends]
        for strand in broken:
            rows = self.inside[strand.id, fork.id]
            self._open(strand, _chosen([row for row in rows if not strand.is_lane or row.iteration == strand.iteration], ""))
        if broken:
            self.found.forks[fork.id] = len(broken)
        taken = [strand.iteration for strand in strands if strand.is_lane]
        if broken and taken:
            self.found.next_items[fork.id] = max(taken) + 1
        return bool(broken)


def _chosen(rows: list[Broken], address: str, *, only: bool = False) -> Broken | None:
    """The one in which the failure began; else, unless `only` that will do, the last."""
    inside = [row for row in rows if f"{address}/".startswith(f"{row.path}/")]
    choice = inside or ([] if only else rows)
    return max(choice, key=lambda row: (row.iteration, row.position), default=None)


def address_of(error: Any) -> str:
    """Where a failure began, as its stored error says."""
    return str(error.get("address") or "") if isinstance(error, dict) else ""

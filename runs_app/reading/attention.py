"""The part of a run that is not calm: what is open or has failed, and which states its ancestors wear because of it.

Its size follows what is going on, not how much has already run: a run with 100,000 finished steps and three open ones gives three rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models.fields.json import KeyTextTransform

from runs_app.models import Run, StepRun
from runs_app.reading.veil import plain_wait
from runs_app.reading.words import RANK, step_state
from runs_app.statuses import STEP_OPEN, StepStatus

MOST_ROWS = 20_000
_COLUMNS = (
    "id", "parent_id", "path", "block", "iteration", "step", "type", "status", "attempt", "wait", "wake_at", "on_wake", "policy", "strand__held",
    "strand__held_step", "started_at", "finished_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenStep:
    """One step run that is running, waiting or failed."""

    id: int
    parent_id: int
    path: str
    block: str
    iteration: int
    step: str
    type: str
    status: str
    attempt: int
    wait: Mapping[str, Any] | None
    wake_at: datetime | None
    on_wake: str | None
    policy: str | None
    strand_held: bool
    held_step: int  # the step run that holds the strand, or last did
    started_at: datetime
    finished_at: datetime | None
    code: str | None
    message: str | None

    @property
    def state(self) -> str:
        """The key of its own state."""
        return step_state(self.status, dict(self.wait or {}), self.code)

    @property
    def is_fork(self) -> bool:
        """Whether it only waits for its own branches or items."""
        return self.policy is not None


class Attention:
    """The open and failed step runs of one run, and the states they give to containers and items. One query."""

    def __init__(self, steps: Iterable[OpenStep]) -> None:
        self.steps = list(steps)
        self.by_id = {step.id: step for step in self.steps}
        self.held = {step.id for step in self.steps if step.status == StepStatus.FAILED and step.strand_held and step.held_step == step.id}
        self._busy = {step.parent_id for step in self.steps if step.status in STEP_OPEN or step.id in self.held}
        self._below: dict[str, set[str]] = defaultdict(set)
        self._items: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for step in self.steps:
            self._spread(step)

    def leaves(self) -> Iterator[OpenStep]:
        """Open and held steps whose waiting or working is not told by a child of theirs."""
        for step in self.steps:
            if step.id in self.held or (step.status in STEP_OPEN and step.id not in self._busy and not step.is_fork):
                yield step

    def waits_for(self, cause: str) -> bool:
        """Whether some step waits for that."""
        return any(step.status in STEP_OPEN and (step.wait or {}).get("cause") == cause for step in self.steps)

    def below(self, path: str) -> str | None:
        """The state that a container or branch wears because of what is open below it; None if nothing is."""
        keys = self._below.get(path)
        if not keys:
            return None
        if path in self._items and "running" in keys and not keys & {"failed", "unknown"}:
            return "running"  # some items wait, but the loop goes on
        return min(keys, key=RANK.__getitem__)

    def items(self, path: str) -> dict[int, str]:
        """Of the loop at `path`: item number -> state, for the items that are not calm."""
        return {number: min(keys, key=RANK.__getitem__) for number, keys in self._items.get(path, {}).items()}

    def _spread(self, step: OpenStep) -> None:
        """Give its state to its ancestors. A failure that somebody dealt with ends at its own item."""
        reaches_top = step.id in self.held or (step.status in STEP_OPEN and step.id not in self._busy)
        if not reaches_top and step.status != StepStatus.FAILED:
            return
        parts = step.path.split("/")
        for length in range(len(parts) - 1, 0, -1):
            prefix = "/".join(parts[:length])
            if prefix.endswith("]"):
                loop, _, block = prefix.rpartition("/")
                self._items[loop][int(block[block.index("[") + 1 : -1])].add(step.state)
            elif not reaches_top:
                return
            self._below[prefix].add(step.state)
            if not reaches_top:
                return


def attention_of(run: Run) -> Attention:
    """What is open or has failed in `run`. One query."""
    return attentions_of([run])[run.pk]


def attentions_of(runs: Collection[Run]) -> dict[int, Attention]:
    """As `attention_of`, for many runs. One query."""
    rows = StepRun.objects.filter(run__in=runs, status__in=[*STEP_OPEN, StepStatus.FAILED]).annotate(
        code=KeyTextTransform("code", "error"), message=KeyTextTransform("message", "error")
    )
    found: dict[int, list[OpenStep]] = {run.pk: [] for run in runs}
    veiled = {run.pk for run in runs if run.conceals}
    for run_id, *row in rows.order_by("started_at", "path").values_list("run_id", *_COLUMNS, "code", "message")[:MOST_ROWS]:
        step = OpenStep(*row)
        found[run_id].append(replace(step, message=None, wait=plain_wait(step.wait)) if run_id in veiled else step)
    return {run_id: Attention(steps) for run_id, steps in found.items()}


def open_step(step: StepRun) -> OpenStep:
    """A step run as the sentences about waiting take it."""
    error = step.error or {}
    return OpenStep(
        step.pk, step.parent_id, step.path, step.block, step.iteration, step.step, step.type, step.status, step.attempt, step.wait, step.wake_at,
        step.on_wake, step.policy, False, 0, step.started_at, step.finished_at, error.get("code"), error.get("message"),
    )  # fmt: skip

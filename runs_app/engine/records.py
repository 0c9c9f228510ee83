"""What the engine holds in its hands: step runs, strands and runs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from playbooks_app.language.step_type import Json

OPEN = frozenset({"running", "waiting"})
LIVE = "live"  # mode of a run that acts on the world
NO_CANCEL = -1


@dataclass(slots=True, eq=False)
class StepRecord:
    """One step run. The fields are those of the stored row (runs_app/models/step_run.py)."""

    id: int
    strand: int
    parent: int
    path: str
    block: str
    iteration: int
    position: int
    step: str
    type: str
    status: str = "running"
    attempt: int = 1
    interrupted: int = 0
    resume_as: str | None = None
    input: Json = None
    output: Json = None
    error: Json = None
    state: dict[str, Json] | None = None
    pinned: Json = None
    returned: bool = False
    shielded: int = 0  # layers of protection around it, its own included
    wake_at: datetime | None = None
    on_wake: str | None = None
    wait: Json = None
    open_children: int = 0
    items: int = 0
    next_item: int = 0
    policy: str | None = None
    verdict: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    deadline_at: datetime | None = None  # of the guard `deadline`; None once it is over


@dataclass(slots=True, eq=False)
class StrandRecord:
    """One strand, as it was claimed."""

    id: int
    run: int
    token: int
    parent: int = 0  # the step run that forked it, 0 for the main line
    path: str = ""  # of that step run
    step: str = ""  # its id in the document
    block: str = ""
    iteration: int = 0
    is_lane: bool = False
    shielded: int = 0  # layers of protection around the fork
    cancel: int = NO_CANCEL  # it unwinds where no more layers than this are around
    fresh: bool = True  # never driven: nothing to load
    fence: int = 0  # of the run, when it was claimed
    cancel_to: int = 0  # the step run at which that unwinding ends, because its deadline is over; 0: nowhere
    overridden: bool = False  # people have said what some step of the run is to get, or to give, once it is reached


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What does not change while a run goes on."""

    id: int
    account: int
    playbook: str
    version: int
    inputs: Mapping[str, Json]
    config: Mapping[str, Json]
    root: Mapping[str, Json]  # what `run.…` reads: id, name, started_by, started_at, mode, labels, trigger, url
    fails_outright: bool = False
    mode: str = "live"
    autonomous: bool = False
    timezone: str = "UTC"
    starter: int | None = None
    seed: str = ""  # of what `random` and `uuid` give
    moments: Mapping[str, datetime] = field(default_factory=dict)  # path -> when the step began in the run that is played again
    secrets: Mapping[str, str] = field(default_factory=dict)  # what stands for each in settings until it is used; never a value

    def key(self, path: str) -> str:
        """The idempotency key of the step run at a path: runs of another mode than `live` have a key space of their own."""
        return f"{'run' if self.mode == LIVE else self.mode}-{self.id}/{path}"


@dataclass(slots=True, eq=False)
class Note:
    """What one strand has to write in one transaction."""

    strand: StrandRecord
    opened: dict[int, StepRecord] = field(default_factory=dict)
    changed: dict[int, StepRecord] = field(default_factory=dict)
    forks: list[tuple[StepRecord, Any]] = field(default_factory=list)  # (step run, Fork)
    items: list[tuple[int, list[Json]]] = field(default_factory=list)  # (step run id, values)
    variables: dict[str, Json] = field(default_factory=dict)
    events: list[tuple[str, str, int, Json]] = field(default_factory=list)  # (type, path, attempt, more)
    effects: list[tuple[StepRecord, Any, str, str]] = field(default_factory=list)  # (step run, Effect, idempotency key, outcome so far)
    told: list[tuple[int, str]] = field(default_factory=list)  # (step run id, how its effect that was under way came out)
    opened_waits: list[tuple[StepRecord, Any, Any]] = field(default_factory=list)  # (step run, StepContext, Wait): for StepType.opened
    end: str | None = None  # parked, held, finished, returned, failed, cancelled
    output: Json = None  # of a strand that ends: its result or error; of one that is held: id of the failed step run
    uncancel: set[int] = field(default_factory=set)  # step runs whose lateness has been dealt with: the strand unwinds no further
    take: bool = False  # a lane asks for its next item; if there is none, it ends

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.events or self.opened or self.changed or self.end or self.take or self.forks or self.items or self.variables)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a commit says back.

    state: ok, stale (the strand is somebody else's), handed_back (the run is paused), over (the lane asked for an item and there was none).
    """

    state: str = "ok"
    cancel: int = NO_CANCEL
    item: int | None = None  # the next item of a lane
    cancel_to: int = 0


@dataclass(slots=True, eq=False)
class Act:
    """Work outside any transaction; the answer is what the step type's `run` returned, or StepFailed is thrown in."""

    kind: Any
    context: Any
    record: StepRecord


@dataclass(frozen=True, slots=True)
class Read:
    """Something stored that is not in hand.

    kind: step (key = path), newest (key = path of an enclosing block, name = step id), variable (name), variables, item (key = path of the loop,
    number), state (key = path of a container), ended (number = id of a container's step run), stopped (the code with
    which the run is being stopped, "" for a cancel), cached (key = a step's `cache_key`, name = step type, number = seconds back; {run, output}),
    override (key = path of a step that is about to begin: what a person gave for it, {input} or {output}, with by and reason),
    audit (what people have done in the run: [{at, type, path, by}], the newest thousand, oldest first).
    """

    kind: str
    key: str = ""
    name: str = ""
    number: int = 0


MISSING: Any = object()

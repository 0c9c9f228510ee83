"""The contract between a step type, the language that describes it and the machine that runs it.

A step is done, or it waits. A *leaf* does one thing: `run` returns `Done` or `Wait`, or raises `StepFailed`. A *container* has blocks of nested
steps and says in `walk` in which order they are gone through. Everything else (templates, retry, time-outs, storage, cancelling) is the machine's
affair and the same for all.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from playbooks_app.language.access import Access

Json = Any
Outcome = Literal["done", "failed", "again"]
Config = TypeVar("Config")
Walk = Generator[Any, Any, "Done | Wait"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one passage through a block of a container ended: its last step run. `status`: succeeded, failed, skipped, cancelled."""

    block: str
    iteration: int
    status: str
    output: Any
    error: Any


@dataclass(frozen=True, slots=True)
class Done:
    """The step has ended well. `variables` are set for all later steps; only types that say `sets_variables` may.

    told: further events of the step run for the run's record, each (type, data); `by` in the data is the id of who did it.
    """

    output: Json = None
    variables: Mapping[str, Json] = field(default_factory=dict)
    told: tuple[tuple[str, Mapping[str, Json]], ...] = ()


@dataclass(frozen=True, slots=True)
class Return:
    """Ends the whole playbook well (rule 12). `outputs` is an object; anything else becomes `{result: …}`."""

    outputs: Json = None
    code: str = "Success"
    message: str = "Playbook completed successfully"


@dataclass(frozen=True, slots=True)
class Fork:
    """One strand to start: a block of the container, and whether it takes item after item."""

    block: str
    iteration: int = 0
    is_lane: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The step waits; nobody sits in memory for it.

    until: the moment (UTC) at which the wait ends by itself, with outcome `on_wake`; None = never by itself.
    cause: timer window limit breaker pool worker approval event child lock start person (DOORS.md, B).
    name: what is waited for, in words ("finance-leads"). note: JSON for whoever resolves it; stored with the step run.
    forks: strands to start; the last of them to end resolves the step. items: values for lanes to take, one after the other.
    policy: "all" lets the other forks end, "first_success" and "first_done" cancel them.
    guarded: what the wait ends with goes through the step's own guards (`retry`, `on_error`, `output_schema`), as if the step had done it itself.
    """

    until: datetime | None = None
    on_wake: Outcome = "done"
    cause: str = "timer"
    name: str = ""
    note: Json = None
    forks: tuple[Fork, ...] = ()
    items: Sequence[Json] | None = None
    policy: Literal["all", "first_success", "first_done"] = "all"
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """What a step is about to change outside: `method` in a word or two (POST, mail), `target` (an address), `body` (what is sent)."""

    method: str
    target: str
    body: Json = None


class StepFailed(Exception):
    """A step has failed. `code` is PascalCase (DOORS.md, A, Codes); `transient` says that trying again may help.

    `sent` False: it is sure that nothing has left the house.
    """

    def __init__(self, code: str, message: str, *, hint: str = "", details: Json = None, transient: bool = False, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        self.code, self.message, self.hint, self.details, self.transient = code, message, hint, details, transient
        self.address = ""  # path of the step run that failed

    def as_json(self, address: str = "") -> dict[str, Json]:
        """The error as it is stored, shown and readable as `error.…` in templates."""
        found: dict[str, Json] = {"code": self.code, "message": self.message, "hint": self.hint, "address": address or self.address}
        if self.details is not None:
            found["details"] = self.details
        return found


@dataclass(frozen=True, slots=True)
class StepContext(Generic[Config]):
    """All that a leaf may know. Nothing else of the run is within its reach."""

    config: Config
    now: datetime  # product time, UTC
    run_id: int
    path: str
    attempt: int  # 1 = first
    idempotency_key: str  # the same for every attempt of this step run
    timeout_seconds: float
    timezone: str
    account_id: int
    step_run_id: int
    mode: str = "live"  # live, what_if, sandbox
    autonomous: bool = False
    starter_id: int | None = None
    access: Access | None = None  # which sections of the run its settings could see; None: all


class Here(Protocol):
    """What a container sees of the place where it stands."""

    settings: Mapping[str, Json]  # as written, not yet evaluated
    now: datetime
    path: str  # of its step run

    has_waited: bool  # its own wait (a `Wait` without forks that ends with "again") is just over

    @property
    def item_count(self) -> int:
        """How many values `keep_items` stored."""

    @property
    def winner(self) -> str | None:
        """The block whose strand decided the fork (policies first_success and first_done)."""

    def evaluate(
        self, text: Json, block: str | None = None, iteration: int | None = None, names: Mapping[str, Json] | None = None
    ) -> Generator[Any, Any, Json]:
        """The value of a template or expression at this step, or at the end of one of its blocks; `names` hide others of the same name.

        Use with `yield from`. Raises StepFailed.
        """

    def once(self, name: str, text: Json) -> Generator[Any, Any, Json]:
        """As `evaluate`, but remembered with the step run: the same value after a crash or a resume. Use with `yield from`."""

    def remember(self, name: str, value: Json) -> None:
        """Keep a small JSON value with the step run."""

    def recall(self, name: str) -> Json:
        """What `remember` or `once` kept, or None."""

    def block(self, name: str, iteration: int | None = None) -> Generator[Any, Any, None]:
        """Go through the steps of a block; with `iteration` its path is `name[iteration]`. Use with `yield from`. Raises StepFailed."""

    def attempt(self, name: str) -> Generator[Any, Any, BaseException | None]:
        """Go through a block and hand back how it was cut short (a failure, a return, a cancel), or None. Raise it again when done with it."""

    def shielded(self, name: str) -> Generator[Any, Any, None]:
        """Go through a block that a cancel does not interrupt."""

    def tidy(self, name: str) -> Generator[Any, Any, None]:
        """Go through a `finally`: a cancel does not interrupt it, and its failure is recorded only, unless `finally_errors: fail` is set."""

    def keep_items(self, values: Sequence[Json]) -> None:
        """Store the values of a loop, one by one, with the step run."""

    def items(self, numbers: Sequence[int]) -> Generator[Any, Any, dict[int, Json]]:
        """The values of some items of a loop, by number. Use with `yield from`."""

    def ended(self) -> Generator[Any, Any, list[Ended]]:
        """How each passage through each block ended, in order of block and iteration. Use with `yield from`."""

    def clauses(self, key: str) -> Sequence[tuple[str, Mapping[str, Json]]]:
        """The clauses of a BlockList: (block name, its own keys as written)."""

    def reached(self, block: str) -> int | None:
        """The newest iteration of a block that was entered, None if none was."""

    def has(self, block: str) -> bool:
        """Whether the document gives this block any steps."""


@dataclass(frozen=True, slots=True)
class Block:
    """A nested list of steps under its own key. `iterated`: its path carries a number, `body[3]`."""

    key: str  # key in the document: then, else, steps, default …
    name: str  # name in paths: then, else, body, default …
    label: str  # for the builder: "Yes"
    iterated: bool = False
    optional: bool = True


@dataclass(frozen=True, slots=True)
class BlockList:
    """A list of clauses, each with steps of its own: branches, cases, variants, catch.

    Each clause is an object {<fields>, steps}. `name_field` holds the block's name in paths; where it is absent or None the
    name is `<prefix>-<n>`, n from 1 (or `prefix` alone when `single` is set: of these clauses at most one runs).
    """

    key: str
    label: str
    prefix: str
    fields: type  # a settings dataclass (settings.py) for the clause's own keys
    name_field: str | None = "name"
    single: bool = False
    minimum: int = 1


@dataclass(frozen=True, slots=True)
class Example:
    """A use of the step type, for the builder's help and the docs."""

    title: str
    step: Mapping[str, Json] = field(default_factory=dict)


class StepType(Generic[Config]):
    """One kind of step. Subclasses are stateless; one instance serves all runs."""

    name: ClassVar[str]  # stored in documents: never rename
    label: ClassVar[str]  # in the builder: a verb or noun that an operator uses
    summary: ClassVar[str]  # one line of help
    icon: ClassVar[str]  # name of an icon of the set
    family: ClassVar[Literal["people", "do", "decide", "time", "safety", "data"]]
    Config: ClassVar[type]  # settings dataclass, see settings.py
    settings_in: ClassVar[Literal["with", "step"]] = "with"  # where its settings stand: under `with`, or beside id and type
    beside: ClassVar[tuple[str, ...]] = ()  # settings of a type with `with` that stand beside it all the same: `on_reject`
    blocks: ClassVar[tuple[Block | BlockList, ...]] = ()
    examples: ClassVar[tuple[Example, ...]] = ()
    output_help: ClassVar[Mapping[str, str]] = {}  # field -> what it is; for the data picker
    acts: ClassVar[bool] = False  # has an effect outside: it is written down before it is done
    effect: ClassVar[bool] = True  # reaches outside, so that in the sandbox it is not run: say False for what reads and changes its run alone
    blocking: ClassVar[bool] = False  # may block (network): runs on a thread
    takes_secrets: ClassVar[bool] = False  # `secrets.…` may stand in its settings
    after_interruption: ClassVar[Literal["repeat", "ask"]] = "repeat"  # a driver died while it acted
    sets_variables: ClassVar[bool] = False  # its `Done` may carry variables
    shorthand: ClassVar[str | None] = None  # `var: name` style: the key that a bare value sets

    def check(self, settings: Mapping[str, Json], address: str) -> list[Any]:
        """Further faults of the written settings, as `Problem`s; the schema has been checked already."""
        return []

    def check_clauses(self, clauses: Mapping[str, Sequence[Mapping[str, Json]]], address: str) -> list[Any]:
        """Faults of clauses that only show when they are seen together, by the key of their list; each one has been checked already."""
        return []

    def written_out(self, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """The settings with short forms written out, as they are looked through for references and rendered (`show: [invoice]` names data). Pure."""
        return settings

    def run(self, context: StepContext[Any]) -> Done | Wait | Return:
        """Leaf: do it, or say what is waited for. Raises StepFailed."""
        raise NotImplementedError

    def intends(self, context: StepContext[Any]) -> Effect | None:
        """Leaf with `effect`: what `run` is about to change outside; None when it only reads. Pure; written down before `run` is called."""
        return Effect(self.name, "", {each.name: getattr(context.config, each.name) for each in fields(self.Config)} or None)

    def sample(self, settings: Mapping[str, Json]) -> Json:
        """Leaf with `effect`, or one that waits: an output as it might be, for the sandbox. `settings` are resolved."""
        return dict.fromkeys(self.output_help)

    def opened(self, context: StepContext[Any], wait: Wait) -> None:
        """Called inside the transaction that stores a `Wait` of this leaf, or a guarded one of this container (whose context has no config).

        Write rows of your own here, with the ORM. Never blocks.
        """

    def walk(self, here: Here) -> Walk:
        """Container: go through the blocks, with `yield from here.block(…)`, and return Done or Wait. Raises StepFailed."""
        raise NotImplementedError

    def joined(self, here: Here) -> Generator[Any, Any, Json]:
        """Container that waited for forks, all of which have ended well: its output. May use `yield from here.ended()`."""
        return {}
        yield

    def binds(self, block: str, settings: Mapping[str, Json]) -> Mapping[str, Literal["item", "index", "error"]]:
        """Container: the names that steps in this block can use, and what they stand for."""
        return {}

    def lost(self, failure: StepFailed) -> StepFailed:
        """Container that waited for forks, one of which failed: the failure of the container."""
        return failure

    def handles(self, block: str, settings: Mapping[str, Json], code: str) -> bool:
        """Container: whether a failure with this code in this block is dealt with here (rule 35)."""
        return False

    @property
    def is_container(self) -> bool:
        """Whether it has blocks of nested steps."""
        return bool(self.blocks)

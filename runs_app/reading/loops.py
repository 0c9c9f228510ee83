"""Loops with many items: how many are in which state, which are shown first, and the strip that shows all of them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, Q, TextField
from django.db.models.functions import Cast

from playbooks_app import wording
from runs_app.models import LoopItem, StepRun
from runs_app.reading.attention import Attention
from runs_app.reading.look import Look
from runs_app.reading.words import most_urgent
from runs_app.statuses import STEP_OPEN, StepStatus

LIST_ALL = 12  # up to so many items are simply listed
STRIP_FROM = 40  # from so many on there is a strip
MOST_BARS = 190
MOST_HITS = 200  # of a search
GROUPS = (  # of the chips: (key, words, states)
    ("failed", "Only failed", frozenset({"failed", "unknown"})),
    ("person", "Waiting for a person", frozenset({"person"})),
    ("time", "Waiting", frozenset({"time"})),
    ("running", "Running", frozenset({"running"})),
    ("succeeded", "Done", frozenset({"succeeded", "skipped"})),
    ("cancelled", "Cancelled", frozenset({"cancelled"})),
)
HEIGHTS = {"pending": 6, "running": 15, "time": 15, "person": 18, "failed": 22, "unknown": 22}
_TELLING = ("name", "title", "vendor", "supplier", "customer", "company", "merchant", "person", "email", "subject", "reference", "id")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of the strip, in its 1000 x 22 box."""

    x: float
    width: float
    state: str

    @property
    def height(self) -> int:
        """The more urgent, the higher."""
        return HEIGHTS.get(self.state, 12)

    @property
    def y(self) -> int:
        """Bars stand on the ground."""
        return 22 - self.height


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter above the items."""

    state: str  # "" = all
    words: str
    count: int
    address: str
    pressed: bool


@dataclass(slots=True)
class Loop:
    """One loop of the run, as far as the page shows it. Items are numbered from 0."""

    step: StepRun
    total: int
    reached: int
    states: dict[int, str]  # of every item that has begun
    shown: list[int] = field(default_factory=list)
    left: int = 0  # further items that fit the filter
    labels: dict[int, str] = field(default_factory=dict)
    spans: dict[int, tuple[datetime, datetime | None]] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        """state -> items; those not begun are `pending`."""
        return Counter({**Counter(self.states.values()), "pending": self.total - self.reached})

    @property
    def has_chips(self) -> bool:
        """Whether filters are worth their place."""
        return self.total > LIST_ALL

    def chips(self, look: Look) -> list[Chip]:
        """All, and one for each group that has any items."""
        chosen, counts = look.loop(self.step.path).state, self.counts
        chips = [Chip("", "All", self.total, look.with_loop(self.step.path, ""), chosen == "")]
        for key, words, states in GROUPS:
            if count := sum(counts[state] for state in states):
                chips.append(Chip(key, words, count, look.with_loop(self.step.path, key), chosen == key))
        return chips

    def strip(self) -> list[Bar]:
        """Every item, several to a bar where they are many; a bar wears its most urgent item's state."""
        if self.total < STRIP_FROM:
            return []
        size = -(-self.total // MOST_BARS)
        width = 1000 * size / self.total
        groups = [range(first, min(first + size, self.total)) for first in range(0, self.total, size)]
        return [
            Bar(round(place * width, 1), round(width * 0.8, 1), most_urgent(self.states.get(number, "pending") for number in group))
            for place, group in enumerate(groups)
        ]

    def sentence(self) -> str:
        """The strip for those who do not see it."""
        said = {"failed": "failed", "unknown": "of unknown outcome", "person": "wait for a person", "time": "wait", "running": "running",
                "succeeded": "succeeded", "skipped": "skipped", "cancelled": "cancelled", "pending": "not started"}  # fmt: skip
        counts = self.counts
        return f"{wording.count(self.total, 'item')} in order: " + ", ".join(f"{counts[key]:,} {words}" for key, words in said.items() if counts[key])


def loops_of(steps: Collection[StepRun], attention: Attention, look: Look, *, values: bool) -> dict[int, Loop]:
    """Step run id -> its loop, with the items to show. Three queries, whatever the number of loops and items."""
    if not steps:
        return {}
    facts = (
        StepRun.objects.filter(parent_id__in=[step.pk for step in steps])
        .values("parent_id")
        .annotate(last=Max("iteration"), cancelled=ArrayAgg("iteration", filter=Q(status=StepStatus.CANCELLED), distinct=True, default=[]))
        .values_list("parent_id", "last", "cancelled")
    )
    known = {parent: (last + 1, set(cancelled)) for parent, last, cancelled in facts}
    hits = _with_value(steps, look.find) if look.find and values else {}
    loops = {step.pk: _loop(step, *known.get(step.pk, (0, set())), attention, look, hits.get(step.pk)) for step in steps}
    _add_spans(loops)
    if values:
        _add_labels(loops)
    return loops


def label_of(value: Any) -> str:
    """An item in a few words: what names it, then what it is worth; "" when nothing does."""
    if isinstance(value, Mapping):
        named = [str(value[key]) for key in _by_name(value, _TELLING) if isinstance(value[key], str | int) and str(value[key]).strip()]
        if not named:
            named = [each for each in value.values() if isinstance(each, str) and each.strip()]
        worth = [wording.figure(value[key]) for key in _by_name(value, ("amount", "total", "sum", "price", "value")) if _is_number(value[key])]
        return ", ".join(part[:60] for part in [*named[:1], *worth[:1]])
    if isinstance(value, int | float) and not isinstance(value, bool):
        return wording.figure(value)
    return value[:60] if isinstance(value, str) else ""


def _with_value(steps: Collection[StepRun], text: str) -> dict[int, set[int]]:
    """The items in whose value the text stands, at most 200."""
    found: dict[int, set[int]] = defaultdict(set)
    items = LoopItem.objects.filter(step_run__in=steps).alias(text=Cast("value", TextField())).filter(text__icontains=text)
    for pk, number in items.order_by("step_run", "number").values_list("step_run", "number")[:MOST_HITS]:
        found[pk].add(number)
    return found


def _loop(step: StepRun, reached: int, cancelled: set[int], attention: Attention, look: Look, hits: set[int] | None) -> Loop:
    urgent = attention.items(step.path)
    states = {number: urgent.get(number, "cancelled" if number in cancelled else "succeeded") for number in range(reached)}
    loop = Loop(step, max(step.items, reached), reached, states)
    wanted = look.loop(step.path)
    group = next((states for key, _, states in GROUPS if key == wanted.state), None)
    fitting = [number for number, state in states.items() if (group is None or state in group) and (not look.find or number in (hits or ()))]
    fitting.sort(key=lambda number: (_place(states[number]), number))
    count = len(fitting) if loop.total <= LIST_ALL else wanted.count
    kept = [number for number in look.kept.get(step.path, ()) if number in states][:count]
    forced = sorted(int(path[len(step.path) :].split("[")[1][:-1]) for path in look.opened if _is_item_of(path, step.path))
    chosen = [*kept, *(number for number in fitting if number not in set(kept))][:count]
    loop.shown = [*chosen, *(number for number in forced if number in states and number not in chosen)]
    loop.left = len(fitting) - len(chosen)
    return loop


def _place(state: str) -> int:
    """Failed, for a person, waiting, running; then the rest in order of their numbers."""
    order = ("unknown", "failed", "person", "time", "running")
    return order.index(state) if state in order else len(order)


def _is_item_of(path: str, loop: str) -> bool:
    return re.fullmatch(r"/[^/\[\]]+\[\d{1,9}\]", path[len(loop) :]) is not None if path.startswith(f"{loop}/") else False


def _add_spans(loops: Mapping[int, Loop]) -> None:
    shown = _any_of((Q(parent_id=pk, iteration__in=loop.shown) for pk, loop in loops.items() if loop.shown))
    if shown is None:
        return
    rows = StepRun.objects.filter(shown).values("parent_id", "iteration")
    ended = rows.annotate(begin=Min("started_at"), end=Max("finished_at"), open=Count("id", filter=Q(status__in=STEP_OPEN)))
    for pk, number, begin, end, still_open in ended.values_list("parent_id", "iteration", "begin", "end", "open"):
        loops[pk].spans[number] = (begin, None if still_open else end)


def _add_labels(loops: Mapping[int, Loop]) -> None:
    shown = _any_of(Q(step_run=pk, number__in=loop.shown) for pk, loop in loops.items() if loop.shown)
    if shown is None:
        return
    for pk, number, value in LoopItem.objects.filter(shown).values_list("step_run", "number", "value"):
        loops[pk].labels[number] = label_of(value)


def _any_of(conditions: Iterable[Q]) -> Q | None:
    found: Q | None = None
    for condition in conditions:
        found = condition if found is None else found | condition
    return found


def _by_name(value: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """The keys that are one of these names, in the order of the names."""
    lower = {str(key).lower(): key for key in value}
    return [lower[name] for name in names if name in lower]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

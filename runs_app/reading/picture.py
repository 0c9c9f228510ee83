"""The whole picture of one run for its page, put together with a number of queries that does not follow the size of the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from playbooks_app import clock, wording
from playbooks_app.language.registry import step_types
from runs_app.engine.effects import UNKNOWN_OUTCOME
from runs_app.models import Run, RunEvent, StepRun
from runs_app.reading.details import Details, details_of, skipped_by
from runs_app.reading.forecast import Eta, eta_of, history_of
from runs_app.reading.look import Look
from runs_app.reading.plan import PlanReading, plan_of_run
from runs_app.reading.progress import Progress, progress_of
from runs_app.reading.readings import Reading, read
from runs_app.reading.reasons import Reason, reasons_of
from runs_app.reading.scale import SHORTEST_GAP, Scale, Span, idle_spans
from runs_app.reading.shelf import Shelf, fetch
from runs_app.reading.timeline import Row, Timeline
from runs_app.reading.veil import without_reason
from runs_app.reading.words import State, run_state
from runs_app.statuses import RunStatus, StepStatus

MOST_LONG = 1_000
MOST_EVENTS_FOR_IDLE = 20_000  # with more the axis stays even: looking through them would cost more than it tells


@dataclass(frozen=True, slots=True)
class Picture:
    """What the page shows."""

    reading: Reading
    state: State
    look: Look
    scale: Scale
    rows: list[Row]
    reasons: list[Reason]
    progress: Progress
    eta: Eta | None
    ends: str  # "about 15:05 to 15:40", with what people do to it; "" when over
    has_idle: bool
    needing: int  # steps that need a person
    details: Details | None
    by: str  # who paused, cancelled or gave it up, and why
    plan: PlanReading | None  # of a run that is only planned

    @property
    def seconds(self) -> float:
        """How long it has been going on, or took."""
        return ((self.reading.run.finished_at or self.scale.now) - self.scale.start).total_seconds()

    @property
    def held(self) -> int:
        """How many failed steps wait to be retried or skipped. Those of which nobody knows whether they happened are asked about one by one."""
        return len(self.reading.attention.held) - len(self.in_doubt)

    @property
    def in_doubt(self) -> list[str]:
        """Addresses of the steps of which nobody knows whether they happened."""
        attention = self.reading.attention
        return [self.look.selecting(step.path) for step in attention.steps if step.id in attention.held and step.code == UNKNOWN_OUTCOME]

    @property
    def left(self) -> str:
        """The range of what remains, in words; "" when unknown."""
        if self.eta is None:
            return ""
        people = self.eta.people_seconds or 0
        low, high = (wording.duration(seconds + people) for seconds in (self.eta.low_seconds, self.eta.high_seconds))
        return low if low == high else f"{low} to {high}"

    @property
    def needing_paths(self) -> list[str]:
        """The steps that need a person, in the order of their paths."""
        return sorted(waiting.path for waiting in self.reading.waits if waiting.needs_person and waiting.path)

    @property
    def next_needing(self) -> str:
        """Address of the next one after the step whose details are open; "" if there is none."""
        later = [path for path in self.needing_paths if path > self.look.step]
        return self.look.selecting(later[0]) if later else ""

    @property
    def previous_needing(self) -> str:
        """As `next_needing`, the other way."""
        earlier = [path for path in self.needing_paths if path < self.look.step]
        return self.look.selecting(earlier[-1]) if earlier else ""

    @property
    def first_needing(self) -> str:
        """Address of the first step that needs a person; "" if none does."""
        return self.look.selecting(self.needing_paths[0]) if self.needing_paths else ""

    @property
    def without_details(self) -> str:
        """Address of this picture with the drawer closed."""
        return self.look.selecting("")

    @property
    def only_attention(self) -> str:
        """Address that shows only what needs a person, or everything again."""
        return self.look.but(only="" if self.look.only == "attention" else "attention")

    @property
    def only_failed(self) -> str:
        """Address that shows only what failed, or everything again."""
        return self.look.but(only="" if self.look.only == "failed" else "failed")

    @property
    def everything(self) -> str:
        """Address without filter and search."""
        return self.look.but(only="", find="")

    @property
    def other_idle(self) -> str:
        """Address with idle time the other way."""
        return self.look.but(idle="" if self.look.idle else "show")


def picture_of(run: Run, look: Look, *, values: bool, operates: bool) -> Picture:
    """The run with `version` and `owner` loaded."""
    now, reading = clock.now(), read(run)
    shelf = fetch(run, reading.outline, reading.attention, look, values=values)
    eta = eta_of(run, reading.outline, reading.attention, now)
    gaps = _idle(run, now)
    scale = _scale(run, eta, now, () if look.idle == "show" else gaps)
    timeline = Timeline(reading, shelf, look, scale, None if run.is_over else history_of(run.playbook_id), _hints(run, shelf))
    plan = plan_of_run(run, reading.outline, values=values)
    return Picture(
        reading=reading,
        state=_state(run, reading),
        look=look,
        scale=scale,
        rows=plan.rows(timeline.rows()) if plan else timeline.rows(),
        reasons=reasons_of(reading, look),
        progress=progress_of([reading])[run.pk],
        eta=eta,
        ends=ends(run, eta, now),
        has_idle=bool(gaps),
        needing=sum(1 for waiting in reading.waits if waiting.needs_person),
        details=_details(reading, look.step, plan, values=values, operates=operates) if look.step else None,
        by=without_reason(_by(run)) if run.conceals else _by(run),
        plan=plan,
    )


def _details(reading: Reading, path: str, plan: PlanReading | None, *, values: bool, operates: bool) -> Details | None:
    found = details_of(reading, path, values=values, operates=operates)
    if found is not None and plan is not None:
        mark = plan.mark(path)
        found.state, found.words = mark.state, mark.words
    return found


def _state(run: Run, reading: Reading) -> State:
    """As in lists; but what stands still only because nobody knows whether a step happened says so."""
    held = [step for step in reading.attention.steps if step.id in reading.attention.held]
    if run.status == RunStatus.PAUSED and run.pause_reason == "error" and held and all(step.code == UNKNOWN_OUTCOME for step in held):
        return State("unknown", "Outcome unknown, paused")
    return run_state(run)


def ends(run: Run, eta: Eta | None, now: datetime) -> str:
    """When it will be done, as clock times: `15:05–15:40`, `unknown`; "" once it is over."""
    if run.is_over:
        return ""
    if eta is None:
        return "unknown"
    people = timedelta(seconds=eta.people_seconds or 0)
    low, high = (wording.when(now + people + timedelta(seconds=seconds)) for seconds in (eta.low_seconds, eta.high_seconds))
    return low if low == high else f"{low}–{high}"


def _scale(run: Run, eta: Eta | None, now: datetime, gaps: tuple[Span, ...] | list[Span]) -> Scale:
    start = run.started_at or run.created_at
    end = now + timedelta(seconds=eta.high_seconds + (eta.people_seconds or 0)) if eta else None
    return Scale(start, run.finished_at or now, end, is_open=not run.is_over, gaps=gaps)


def _idle(run: Run, now: datetime) -> list[Span]:
    """Long spans in which nothing happened. Two queries at most."""
    if not 0 < run.event_count <= MOST_EVENTS_FOR_IDLE:
        return []
    start, end = run.started_at or run.created_at, run.finished_at or now
    moments = RunEvent.objects.filter(run=run, at__gte=start).order_by("number").values_list("at", flat=True)
    spans = idle_spans(sorted(moments), start, end)
    return [span for span in spans if not any(begin < span[1] and finish > span[0] for begin, finish in _long_work(run, end))] if spans else []


def _long_work(run: Run, now: datetime) -> list[Span]:
    """When a step was at work for long: then nothing happened, but it was not idle. One query."""
    at_work = StepRun.objects.filter(run=run, wait__isnull=True).exclude(type__in=[each.name for each in step_types.all() if each.is_container])
    took = at_work.annotate(end=Coalesce("finished_at", Value(now))).filter(end__gte=F("started_at") + SHORTEST_GAP)
    return list(took.values_list("started_at", "end")[:MOST_LONG])


def _hints(run: Run, shelf: Shelf) -> Mapping[str, str]:
    """Who skipped the steps on screen. Up to two queries."""
    paths = [step.path for step in shelf.every() if step.status == StepStatus.SKIPPED]
    if not paths:
        return {}
    found = skipped_by(RunEvent.objects.filter(run=run, path__in=paths, type="step_skipped").values_list("path", "by", "data"))
    return {path: without_reason(said) for path, said in found.items()} if run.conceals else found


_DEEDS = {
    RunStatus.PAUSED: ("run_paused", "run_pausing"),
    RunStatus.CANCELLED: ("run_cancelling", "run_cancelled"),
    RunStatus.FAILED: ("run_abandoned",),
}


def _by(run: Run) -> str:
    """Who holds or ended it, and why. One query or two, only where somebody did."""
    kinds = _DEEDS.get(RunStatus(run.status))
    if kinds is None or (run.status == RunStatus.PAUSED and run.pause_reason != "person"):
        return ""
    last = RunEvent.objects.filter(run=run, type__in=kinds, by__isnull=False).order_by("-number").values_list("path", "by", "data")[:1]
    return skipped_by(last).get("", "")

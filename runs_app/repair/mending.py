"""Items of a loop that failed and were set aside: they are gone through again, each in a strand of its own, beside whatever the run does.

What succeeded in an item is kept; as many go side by side as the loop allows. The loop does not wait for them: if it is over by then, its output is
counted anew when the last has ended. The run does not end before they have.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, cast

from django.db import transaction

from playbooks_app import clock
from playbooks_app.errors import WrongState
from playbooks_app.language.document import Step
from playbooks_app.language.step_type import Ended, Here, Json
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.records import Note, Read
from runs_app.engine.reopening import Broken, address_of
from runs_app.models import LoopItem, Run, StepRun, Strand
from runs_app.models.step_run import item_prefix
from runs_app.repair import reopening
from runs_app.statuses import STEP_OPEN, STRAND_OPEN, RunStatus, StepStatus, StrandStatus
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.documents import document_of

MENDED = "items_mended"  # the event of a loop that was counted anew
RECOUNT = "recount"


def retry_items(run: Run, loop: StepRun, by: User | None, reason: str = "") -> int:
    """Every failed item of a loop again, held ones and those set aside; returns how many. In the caller's transaction. Raises WrongState."""
    held = [step for step in reopening.holding(run) if step.path.startswith(f"{loop.path}/")]
    begun = sum(reopening.again(step, by) for step in held)
    return begun + len(mend(run, loop, _set_aside(run, loop), by, reason=reason))


def mend(run: Run, loop: StepRun, items: list[StepRun], by: User | None, *, pinned: Json = None, reason: str = "") -> list[int]:
    """Begin these items again, given by the failed step run that each ended with. Returns their numbers."""
    steps = document_of(run.version).by_id[loop.step]
    at_once, already = int(steps.settings.get("concurrency", 1)), Strand.objects.filter(parent_id=loop.pk, mends=True, status__in=STRAND_OPEN).count()
    for place, item in enumerate(items):
        waits = already + place >= at_once
        strand = Strand.objects.create(
            run=run, parent_id=loop.pk, path=loop.path, step=loop.step, block=item.block, iteration=item.iteration, shielded=loop.shielded,
            mends=True, in_line=waits, status=StrandStatus.PARKED, token=1,
        )  # fmt: skip
        _open_item(run, loop, item, strand, by, pinned)
    if items:
        numbers = [item.iteration for item in items]
        timeline.record(run, "items_retried", path=loop.path, by=by, data={"reason": reason, "of": numbers})
    return [item.iteration for item in items]


def _open_item(run: Run, loop: StepRun, item: StepRun, strand: Strand, by: User | None, pinned: Json) -> None:
    """What failed in the item holds the new strand, and is begun again; nothing else of the item changes."""
    old = item.strand_id
    prefix = item_prefix(loop.path, item.block, item.iteration)
    StepRun.objects.filter(run=run, strand=old, path__startswith=prefix).update(strand=strand)
    columns = (item.pk, strand.pk, item.parent_id, item.path, item.block, item.iteration, item.position, item.status, item.policy, item.verdict)
    plan = reopening.planner_of(run).item(Broken(*columns, address=address_of(item.error)), strand.pk)
    reopening.reopen_steps(run.pk, plan, None)
    reopening.reopen_strands(plan)
    step = StepRun.objects.select_related("run").get(pk=plan.held[strand.pk]) if strand.pk in plan.held else None
    for inner in reopening.holding(run, plan.held.values()):
        DatabaseJournal().retry(inner.pk, by=by.pk if by else None, pinned=pinned if inner == step else None)
    if strand.in_line:
        Strand.objects.filter(pk=strand.pk).update(status=StrandStatus.PARKED, wake_requested=False)


def loop_that_set_aside(run: Run, step: StepRun) -> tuple[StepRun, StepRun] | None:
    """The loop around a failed step that took its failure, and the step run that the item ended with; None if no loop did."""
    document, inner, at = document_of(run.version), step, StepRun.objects.filter(pk=step.parent_id).first()
    while at is not None and inner.status == StepStatus.FAILED and inner.verdict != "passed":
        drawn = document.by_id.get(at.step)
        if drawn is not None and _loops(drawn, inner.block) and drawn.kind.handles(inner.block, drawn.settings, _code(inner)):
            return (at, inner) if inner.pk in {each.pk for each in _set_aside(run, at)} else None
        inner, at = at, StepRun.objects.filter(pk=at.parent_id).first()
    return None


def was_set_aside(run: Run, step: StepRun) -> bool:
    """Whether a loop took this step's failure, so that its item can be gone through again; in a run that goes on or has failed."""
    return (not run.is_over or run.status == RunStatus.FAILED) and loop_that_set_aside(run, step) is not None


def failed_items(run: Run, loop: StepRun) -> int:
    """How many items of a loop can be gone through again in one deed."""
    if run.archived_at is not None or (run.is_over and run.status != RunStatus.FAILED):
        return 0
    return sum(step.path.startswith(f"{loop.path}/") for step in reopening.holding(run)) + len(_set_aside(run, loop))


def recount_after(journal: DatabaseJournal, notes: Iterable[Note]) -> None:
    """Loops that may have to be counted anew with these ends, once they are written."""
    if any(note.end == "finished" and note.strand.parent and not note.strand.is_lane and note.strand.block == "body" for note in notes):
        recount(journal)


def recount(journal: DatabaseJournal | None = None) -> int:
    """Give loops that are over, and whose items were mended since, their output anew; the clock does it too. Returns how many."""
    journal, done = journal or DatabaseJournal(), 0
    for loop, run in journal.sql(statements.TO_RECOUNT):
        with transaction.atomic():
            Run.objects.select_for_update(no_key=True).get(pk=run)
            done += _recount(journal, StepRun.objects.filter(pk=loop, resume_as=RECOUNT).select_related("run__version").first())
    return done


def _recount(journal: DatabaseJournal, loop: StepRun | None) -> int:
    if loop is None:
        return 0
    drawn = document_of(loop.run.version).by_id[loop.step]
    output = _result(drawn.kind.joined(cast(Here, Closed(journal, loop, drawn))))
    changed = output if loop.status == StepStatus.SUCCEEDED and isinstance(output, dict) and output else loop.output
    StepRun.objects.filter(pk=loop.pk).update(resume_as=None, output=changed)
    counts = {key: changed[key] for key in ("completed", "failed") if key in changed} if isinstance(changed, dict) else {}
    timeline.record(loop.run, MENDED, path=loop.path, data=counts)
    return 1


class Closed:
    """A loop that is over, for its type to sum it up again (`Here` of the step-type contract, as far as `joined` needs it)."""

    def __init__(self, journal: DatabaseJournal, loop: StepRun, drawn: Step) -> None:
        self.settings: Mapping[str, Json] = drawn.settings
        self.now, self.path, self.has_waited, self.winner, self.item_count = clock.now(), loop.path, False, None, loop.items
        self._journal, self._loop = journal, loop

    def ended(self) -> Generator[Any, Any, list[Ended]]:
        """How each item ended."""
        (found,) = self._journal.read(self._loop.run_id, [Read("ended", number=self._loop.pk)])
        return [Ended(*each) for each in found]
        yield

    def items(self, numbers: Iterable[int]) -> Generator[Any, Any, dict[int, Json]]:
        """Their values."""
        return dict(LoopItem.objects.filter(step_run=self._loop, number__in=list(numbers)).values_list("number", "value"))
        yield


def _result(generator: Generator[Any, Any, Json]) -> Json:
    try:
        next(generator)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("summing up a loop that is over reads what is stored, and asks nobody")


def _set_aside(run: Run, loop: StepRun) -> list[StepRun]:
    """The step runs with which items of the loop have failed, one for each item, in order; not those in hand, and those which the loop is just at."""
    rows = StepRun.objects.filter(run=run, parent_id=loop.pk).order_by("block", "iteration", "-position").distinct("block", "iteration")
    last = StepRun.objects.filter(pk__in=rows.values("pk"), status=StepStatus.FAILED).exclude(verdict="passed").select_related("run")
    present = set(Strand.objects.filter(parent_id=loop.pk, status__in=STRAND_OPEN).values_list("iteration", flat=True))
    if loop.status in STEP_OPEN and loop.policy is None:
        present |= set(StepRun.objects.filter(parent_id=loop.pk).order_by("-iteration").values_list("iteration", flat=True)[:1])
    drawn = document_of(run.version).by_id[loop.step]
    taken = (row for row in last.order_by("iteration") if row.iteration not in present)
    return [row for row in taken if drawn.kind.handles(row.block, drawn.settings, _code(row))]  # else its failure has travelled on


def _loops(drawn: Step, block: str) -> bool:
    return any(getattr(each, "name", "") == block and getattr(each, "iterated", False) for each in drawn.kind.blocks)


def _code(step: StepRun) -> str:
    return str((step.error or {}).get("code") or "")


def nothing_failed(loop: StepRun) -> WrongState:
    """For a deed on failed items where there are none."""
    return WrongState(f"No item of {loop.path} has failed, or the loop is just at it.", hint="Reload, and look at its items.", address=loop.path)

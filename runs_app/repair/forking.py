"""Takes over what led to a step, so that another run of the same version goes on from there, inside loops and branches too.

The interpreter begins every block behind the newest step run that it finds in it (law 4). So a fork is made by copying the step runs before the
chosen one, with the containers around it open again: the rest is the usual resume.

- Before a step are the steps above it in its block, earlier turns of its loop, and blocks of its container that were gone through before.
- Of a parallel, branches that have ended are taken over, others begin anew. Of a concurrent loop, ended items with a smaller number are taken over;
  the item goes on in a lane of its own, which takes the later ones, one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q

from playbooks_app.errors import WrongState
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Json
from runs_app.models import LoopItem, Run, RunVariable, StepRun, Strand
from runs_app.statuses import STEP_OPEN, StepStatus, StrandStatus
from runs_app.worker.database_journal import DatabaseJournal

MOST_ROWS = 50_000
CLEARED: Mapping[str, Any] = {
    "output": None, "error": None, "finished_at": None, "verdict": None, "resume_as": None, "wake_at": None, "on_wake": None, "returned": False,
    "pinned": None,
}  # fmt: skip


def seed(made: Run, original: Run, step: StepRun) -> None:
    """Fill the new run, whose main line nobody has claimed yet, inside the caller's transaction. Raises WrongState."""
    chain = chain_of(step)
    if chain[0].block != "main":
        raise WrongState(f"{step.path} stands in the playbook's own catch or finally.", hint="Fork from a step before it.", address=step.path)
    _Seeding(made, original, chain).plant()


def chain_of(step: StepRun) -> list[StepRun]:
    """The step runs around it, outermost first, and itself."""
    chain = [step]
    while chain[0].parent_id:
        chain.insert(0, StepRun.objects.get(pk=chain[0].parent_id))
    return chain


class _Seeding:
    """One fork being made."""

    def __init__(self, made: Run, original: Run, chain: list[StepRun]) -> None:
        self.made, self.original, self.chain = made, original, chain
        self.journal = DatabaseJournal()
        self.rows: list[StepRun] = []
        self.ids: dict[int, int] = {}  # step run of the original -> of the fork
        self.strands: dict[int, Strand] = {chain[0].strand_id: made.strands.get()}

    def plant(self) -> None:
        """Copy what led to the last of the chain, reopen what is around it, and queue the strand that goes on."""
        around = {each.pk: each for each in self.chain[:-1]}
        before = [row for place in self.chain for row in self._before(place, around.get(place.parent_id))]
        closed = self._with_inside(before)
        for row in [*around.values(), *closed]:
            self.ids[row.pk] = self.journal.new_id()
        self._make_strands([*around.values(), *closed, self.chain[-1]])
        for row in around.values():
            self._open(row)
        for row in closed:
            self._copy(row, started_at=self.made.created_at, finished_at=self.made.created_at)
        StepRun.objects.bulk_create(self.rows, batch_size=1000)
        self._take_items_over(around.values())
        self._set_variables(closed)
        self._queue(around)

    def _before(self, place: StepRun, parent: StepRun | None) -> list[StepRun]:
        """Closed step runs beside this place that were gone through before it."""
        siblings = StepRun.objects.filter(run=self.original, parent_id=place.parent_id).exclude(status__in=STEP_OPEN)
        above = Q(block=place.block, iteration=place.iteration, position__lt=place.position)
        earlier = Q(block=place.block, iteration__lt=place.iteration)
        other = ~Q(block=place.block) & Q(started_at__lt=place.started_at) if parent is not None else Q(pk__in=[])
        if parent is not None and parent.policy:
            finished = Strand.objects.filter(parent_id=parent.pk, status=StrandStatus.FINISHED)
            other = ~Q(block=place.block) & Q(strand__in=finished.values("pk"))
        return list(siblings.filter(above | earlier | other))

    def _with_inside(self, rows: list[StepRun]) -> list[StepRun]:
        """These and everything inside of them. Raises WrongState when that is too much."""
        found, level = list(rows), rows
        while level:
            level = list(StepRun.objects.filter(run=self.original, parent_id__in=[row.pk for row in level], finished_at__isnull=False))
            found += level
            if len(found) > MOST_ROWS:
                raise WrongState(f"More than {MOST_ROWS:,} step runs led to this one.", hint="Fork from an earlier step, or replay the run.")
        return found

    def _make_strands(self, rows: Iterable[StepRun]) -> None:
        """A strand for each that did any of this; those that forked from a container which is not taken over are not."""
        wanted = {row.strand_id for row in rows} - set(self.strands)
        for old in Strand.objects.filter(pk__in=wanted).order_by("pk"):
            self.strands[old.pk] = Strand.objects.create(
                run=self.made, parent_id=self.ids[old.parent_id], path=old.path, step=old.step, block=old.block, iteration=old.iteration,
                is_lane=old.is_lane, shielded=old.shielded, urgency=-self.made.priority, status=StrandStatus.FINISHED, token=1,
            )  # fmt: skip

    def _copy(self, row: StepRun, **changes: Any) -> None:
        kept = {field.attname: getattr(row, field.attname) for field in StepRun._meta.concrete_fields}
        place = {"id": self.ids[row.pk], "run_id": self.made.pk, "strand_id": self.strands[row.strand_id].pk}
        self.rows.append(StepRun(**{**kept, **place, "parent_id": self.ids.get(row.parent_id, 0), **changes}))

    def _open(self, row: StepRun) -> None:
        """A container around the step: it is gone through again from there."""
        status = StepStatus.WAITING if row.policy else StepStatus.RUNNING
        self._copy(
            row, **{**CLEARED, "status": status, "started_at": self.made.created_at, "open_children": 0, "wait": row.wait if row.policy else None}
        )

    def _take_items_over(self, around: Iterable[StepRun]) -> None:
        """The values of the loops around."""
        values = LoopItem.objects.filter(step_run__in=[row.pk for row in around]).values_list("step_run_id", "number", "value")
        LoopItem.objects.bulk_create([LoopItem(step_run_id=self.ids[row], number=n, value=value) for row, n, value in values], batch_size=1000)

    def _set_variables(self, closed: list[StepRun]) -> None:
        """Each as the newest step that is taken over has set it; one that later steps have set for the first time is not set."""
        setters = [kind.name for kind in step_types.all() if kind.sets_variables]
        later = StepRun.objects.filter(run=self.original, type__in=setters).exclude(pk__in=[row.pk for row in closed])
        values: dict[str, Json] = dict(RunVariable.objects.filter(run=self.original).values_list("name", "value"))
        for name in [_name(row) for row in later]:
            values.pop(name, None)
        for row in sorted(closed, key=lambda row: (row.finished_at or row.started_at, row.pk)):
            if row.type in setters and row.status == StepStatus.SUCCEEDED:
                values[_name(row)] = row.output
        RunVariable.objects.bulk_create([RunVariable(run=self.made, name=name, value=value) for name, value in values.items() if name])

    def _queue(self, around: Mapping[int, StepRun]) -> None:
        """Every strand around waits for the one inside; branches that had not ended begin anew."""
        if self.made.gate:
            raise WrongState("A lock or a limit of this playbook is taken.", hint="Fork it dry, or later.")
        own = [self.strands[place.strand_id].pk for place in self.chain]
        Strand.objects.filter(pk__in=own).update(status=StrandStatus.PARKED, token=1)
        Strand.objects.filter(pk=own[-1]).update(status=StrandStatus.QUEUED)
        for place in self.chain:
            row = around.get(place.parent_id)
            if row is not None and row.policy:
                self._reopen_fork(row, place)

    def _reopen_fork(self, row: StepRun, place: StepRun) -> None:
        """It waits for the strand in which the step stands, and for the branches that begin anew."""
        inner = self.strands[place.strand_id]
        anew = [] if inner.is_lane else self._begin_anew(row, inner)
        taken = place.iteration + 1 if inner.is_lane else 1 + len(anew)
        StepRun.objects.filter(pk=self.ids[row.pk]).update(open_children=1 + len(anew), next_item=taken)
        Strand.objects.filter(pk=inner.pk).update(iteration=place.iteration)

    def _begin_anew(self, row: StepRun, inner: Strand) -> list[Strand]:
        """Branches of a parallel that nobody has ended."""
        known = {strand.block for strand in self.strands.values() if strand.parent_id == self.ids[row.pk]}
        others = Strand.objects.filter(parent_id=row.pk, is_lane=False).exclude(block__in=known | {inner.block})
        return [
            Strand.objects.create(
                run=self.made, parent_id=self.ids[row.pk], path=old.path, step=old.step, block=old.block, iteration=old.iteration,
                shielded=old.shielded, urgency=-self.made.priority,
            )
            for old in others
        ]  # fmt: skip


def _name(row: StepRun) -> str:
    """Of the variable that a step has set."""
    return str(row.input.get("name", "")) if isinstance(row.input, dict) else ""

"""Failed runs that open again, and the runs above and below them (rules 18 and 28, S4-FR-2.2).

A run that has failed is first put back to where it would stand if it had paused (engine/reopening.py); then what failed is repaired like in any other
run. Runs that belong together are locked in order of their ids, all of them before any is changed.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.fields.json import KeyTextTransform

from playbooks_app import clock
from playbooks_app.errors import WrongState
from playbooks_app.language.locks import Locks
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.effects import UNKNOWN_OUTCOME
from runs_app.engine.reopening import Broken, EndedStrand, Planner, Reopening, address_of
from runs_app.entry import admission, entering, room
from runs_app.entry.children import CHILD, tell_parents
from runs_app.models import Run, StepRun, Strand
from runs_app.statuses import RunStatus, StepStatus, StrandStatus
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.documents import document_of

REOPENED = "run_reopened"  # the event
DEEPEST = 100  # runs above or below each other
TIMEOUT = "Timeout"  # code of a run that was stopped because its time was up


def retry(run: Run, by: User | None, reason: str = "") -> None:
    """Every failed step that stops this run again, and nothing that succeeded; those of the runs that it waited for too. Raises WrongState."""
    with transaction.atomic():
        _lock_family(run)
        open_if_failed(run, by, reason)
        steps = list(holding(run))
        if not [step for step in steps if again(step, by)]:
            raise WrongState(f"No step of run {run.pk} is stopped by a failure; there is nothing to retry.", hint=_hint(run))
        wait_again(run, by)
    run.refresh_from_db()


def open_if_failed(run: Run, by: User | None, reason: str = "") -> None:
    """Open a run that has failed; one that is not over is left as it is. In the caller's transaction, which locks the family. Raises WrongState."""
    run.refresh_from_db()
    if run.archived_at is not None:
        raise WrongState(f"Run {run.pk} is archived.", hint="Start a run anew.")
    if run.status == RunStatus.FAILED:
        _reopen(run, plan_of(run), by, reason)
    elif run.is_over:
        raise WrongState(f"Run {run.pk} is {run.get_status_display().lower()}; only a failed run opens again.", hint="Start a run anew.")


def repairing(run: Run, by: User | None, reason: str = "") -> None:
    """Before a deed on one step: a run that has failed opens, and the runs that failed with it wait for it again. In the caller's transaction."""
    if run.status == RunStatus.FAILED:
        _lock_family(run)
        open_if_failed(run, by, reason)
        wait_again(run, by)


def again(step: StepRun, by: User | None) -> bool:
    """Begin a failed step that holds its strand again. One that waited for a run has that run go on where it failed, instead of another one."""
    child = _child_of(step)
    if child is None or child.archived_at is not None or child.status == RunStatus.CANCELLED:
        return DatabaseJournal().retry(step.pk, by=by.pk if by else None)
    if child.status == RunStatus.FAILED:
        open_if_failed(child, by)
        for inner in holding(child):
            again(inner, by)
    _wait(step, by)
    if child.status == RunStatus.COMPLETED:
        tell_parents(DatabaseJournal(), [child.pk])
    return True


def wait_again(run: Run, by: User | None) -> None:
    """The step that failed because of this run waits for it once more; if its run failed with it, that opens again, and so on upwards."""
    at = run
    for _ in range(DEEPEST):
        step = StepRun.objects.filter(pk=at.parent_step, status=StepStatus.FAILED).select_related("run").first() if at.parent_step else None
        if step is None or (step.wait or {}).get("note", {}).get("run") != at.pk or step.run.archived_at is not None:
            return
        above: Run = step.run
        was_over = above.status == RunStatus.FAILED
        if was_over:
            plan = plan_of(above)
            if step.pk not in plan.held.values():
                return  # somebody dealt with that failure
            _reopen(above, plan, by)
        if not holding(above).filter(pk=step.pk).exists():
            return
        _wait(step, by)
        if not was_over:
            return
        at = above


def plan_of(run: Run) -> Reopening:
    """What has to open for this failed run to go on."""
    unwound = run.code == TIMEOUT and address_of(run.error) == "settings/timeout"
    return planner_of(run, unwound=unwound).run(address_of(run.error))


def stops_the_run(run: Run, step: StepRun) -> bool:
    """Whether a run that has failed did so because of this step, so that it opens there."""
    return run.status == RunStatus.FAILED and run.archived_at is None and step.pk in plan_of(run).held.values()


def planner_of(run: Run, *, unwound: bool = False) -> Planner:
    """Over what has failed in the run. Two queries, whose size follows the failures, not the steps."""
    rows = StepRun.objects.filter(run=run, status__in=[StepStatus.FAILED, *([StepStatus.CANCELLED] if unwound else [])])
    columns = rows.annotate(address=KeyTextTransform("address", "error")).values_list(
        "pk", "strand_id", "parent_id", "path", "block", "iteration", "position", "status", "policy", "verdict", "address"
    )
    strands = Strand.objects.filter(run=run, mends=False).values_list("pk", "parent_id", "status", "is_lane", "iteration")
    return Planner([Broken(*row[:-1], row[-1] or "") for row in columns], [EndedStrand(*row) for row in strands], unwound=unwound)


def _reopen(run: Run, plan: Reopening, by: User | None, reason: str = "") -> None:
    """Write it: the run is paused by its failure from now on, as if it had never ended. Raises WrongState: LimitReached, or its locks are taken."""
    room.require(run)
    timed_out = run.timeout_after
    steps = list(StepRun.objects.filter(pk__in=plan.held.values()).values_list("path", flat=True)[:50])
    Run.objects.filter(pk=run.pk).update(
        status=RunStatus.PAUSED, pause_reason="error", stopping="", held=False, finished_at=None, error=None, outputs=None, code="", message="",
        fence=F("fence") + 1, deadline_at=clock.now() + timed_out if timed_out else None, people_since=clock.now() if timed_out else None,
    )  # fmt: skip
    reopen_steps(run.pk, plan, run.error)
    reopen_strands(plan)
    timeline.record(run, REOPENED, by=by, data={"reason": reason, "of": steps})
    _take_locks(run, plan)
    journal = DatabaseJournal()
    journal.sql(statements.SETTLE, clock.now(), run.pk)
    journal.sql("NOTIFY handrail_work") if plan.queued else None
    run.refresh_from_db()


def _take_locks(run: Run, plan: Reopening) -> None:
    """The locks of the run, and of protected steps that it is inside of: they were freed at its end. Raises WrongState where others have them."""
    waits = admission.gate_of(run, document_of(run.version))
    for scope in StepRun.objects.filter(pk__in=plan.running, wait__cause=entering.CAUSE).order_by("path"):
        note = (scope.wait or {})["note"]
        wish = entering.Wish(Locks(tuple(note["names"]), tuple(note["paths"])), ttl_seconds=note["ttl"])
        waits = waits or entering.ask(run, wish, step_run=scope.pk, path=scope.path)[1]
    if waits:
        raise WrongState(
            f"The locks of run {run.pk} are taken by others.", hint="Retry it when they are free: see GET locks/, or the page of the run."
        )


def reopen_steps(run: int, plan: Reopening, error: Json) -> None:
    """What failed stays failed, and holds; containers on the way are running, forks wait for their strands."""
    was = {"finished_at": None, "error": None, "output": None, "resume_as": None, "returned": False, "verdict": None}
    StepRun.objects.filter(run=run, pk__in=plan.held.values(), status=StepStatus.CANCELLED).update(status=StepStatus.FAILED, error=error)
    StepRun.objects.filter(run=run, pk__in=plan.running).update(status=StepStatus.RUNNING, **was)
    for fork, count in plan.forks.items():
        StepRun.objects.filter(run=run, pk=fork).update(status=StepStatus.WAITING, open_children=count, **was)
    for loop, number in plan.next_items.items():
        StepRun.objects.filter(run=run, pk=loop).update(next_item=number)
        _more_lanes(loop, number)


def _more_lanes(loop: int, number: int) -> None:
    """Lanes that had ended take the items that are left because the loop was stopped."""
    left = StepRun.objects.values_list("items", flat=True).get(pk=loop) - number
    ended = list(Strand.objects.filter(parent_id=loop, is_lane=True, status=StrandStatus.FINISHED).values_list("pk", flat=True)[: max(0, left)])
    Strand.objects.filter(pk__in=ended).update(status=StrandStatus.QUEUED, token=F("token") + 1, cancel=-1)
    StepRun.objects.filter(pk=loop).update(open_children=F("open_children") + len(ended))


def reopen_strands(plan: Reopening) -> None:
    """What failed holds its strand; the others wait, or go on."""
    fresh = {"token": F("token") + 1, "cancel": -1, "wake_requested": False, "executor": None}
    Strand.objects.filter(pk__in=plan.parked).update(status=StrandStatus.PARKED, held=False, **fresh)
    Strand.objects.filter(pk__in=plan.queued).update(status=StrandStatus.QUEUED, held=False, **fresh)
    for strand, step in plan.held.items():
        Strand.objects.filter(pk=strand).update(status=StrandStatus.PARKED, held=True, held_step=step, **fresh)


def _wait(step: StepRun, by: User | None) -> None:
    """The failed step waits for its run again."""
    StepRun.objects.filter(pk=step.pk).update(status=StepStatus.WAITING, finished_at=None, error=None, output=None, resume_as=None)
    Strand.objects.filter(pk=step.strand_id).update(held=False)
    timeline.record(step.run, "step_retried", path=step.path, by=by)
    DatabaseJournal().sql(statements.SETTLE, clock.now(), step.run_id)


def holding(run: Run, among: Iterable[int] | None = None) -> QuerySet[StepRun]:
    """The failed step runs that hold a strand of this run. Not asked for by id, those are left out of which nobody knows whether they happened.

    Such a step is sent again only by somebody who has said so of it alone (rule 32).
    """
    held = Strand.objects.filter(run=run, held=True, status=StrandStatus.PARKED).values("held_step")
    steps = StepRun.objects.filter(run=run, pk__in=held, status=StepStatus.FAILED).select_related("run").order_by("path")
    return steps.exclude(error__code=UNKNOWN_OUTCOME) if among is None else steps.filter(pk__in=list(among))


def _child_of(step: StepRun) -> Run | None:
    """The run that the step waited for, if it did."""
    wait = step.wait or {}
    number = (wait.get("note") or {}).get("run") if wait.get("cause") == CHILD and step.policy is None else None
    return Run.objects.filter(pk=number).first() if number else None


def _lock_family(run: Run) -> None:
    """Lock the run, those above it, and those below it that have failed, in order of their ids."""
    family, at = {run.pk}, run
    for _ in range(DEEPEST):
        above = StepRun.objects.filter(pk=at.parent_step).select_related("run").first() if at.parent_step else None
        if above is None:
            break
        at = above.run
        family.add(at.pk)
    level = [run.pk]
    for _ in range(DEEPEST):
        steps = StepRun.objects.filter(run__in=level, status=StepStatus.FAILED, wait__cause=CHILD, policy=None)
        numbers = {
            int(each)
            for each in steps.annotate(child=KeyTextTransform("run", KeyTextTransform("note", "wait"))).values_list("child", flat=True)
            if each
        }
        level = sorted(numbers - family)
        if not level:
            break
        family |= set(level)
    list(Run.objects.select_for_update(no_key=True).filter(pk__in=family).order_by("pk").values_list("pk"))


def _hint(run: Run) -> str:
    if run.held:
        return "A person paused it: resume it instead."
    return "Runs that are paused by a failed step, or have failed, can be retried."

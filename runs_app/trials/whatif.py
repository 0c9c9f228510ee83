"""Keeps the plan of a run that is never run: its steps as step runs passed over, what would be sent in the ledger, the rest as outputs."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from runs_app import timeline
from runs_app.engine.effects import INTENDED
from runs_app.engine.program import Program
from runs_app.models import Effect, Run, StepRun, Strand
from runs_app.secrecy.ledger import masked
from runs_app.statuses import RunStatus, StepStatus, StrandStatus
from runs_app.trials.planning import Plan, Planned, plan_of
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.facts import facts_of

WHAT_IF = "what_if"
PLANNED = "Planned"  # code of such a run


def keep_plan(run: Run, program: Program) -> Run:
    """Store the run, which is over, with its plan. One transaction."""
    with transaction.atomic():
        run.status, run.code, run.message, run.deadline_at = RunStatus.COMPLETED, PLANNED, "Nothing was run.", None
        run.started_at = run.finished_at = run.created_at
        run.save(force_insert=True)
        strand = Strand.objects.create(run=run, status=StrandStatus.FINISHED, token=1)
        journal = DatabaseJournal()
        plan = plan_of(program, facts_of(journal.sql(statements.FACTS, [run.pk])[0]), run.created_at)
        ids = {id(each): journal.new_id() for each in plan.steps}
        StepRun.objects.bulk_create([_row(run, strand, each, ids) for each in plan.steps], batch_size=1000)
        Effect.objects.bulk_create([_effect(run, each, ids) for each in plan.steps if each.effect is not None], batch_size=1000)
        run.outputs = _answer(plan)
        run.save(update_fields=["outputs"])
        timeline.record(run, "run_planned", by=run.owner)
    run.refresh_from_db()
    return run


def _answer(plan: Plan) -> dict[str, Any]:
    open_settings = {each.path: each.open for each in plan.steps if each.open}
    return {"plan": {**plan.as_json(), "open": open_settings, "uncertain": [each.path for each in plan.steps if not each.certain]}}


def _row(run: Run, strand: Strand, planned: Planned, ids: dict[int, int]) -> StepRun:
    return StepRun(
        id=ids[id(planned)], run=run, strand=strand, parent_id=ids[id(planned.parent)] if planned.parent else 0, path=planned.path,
        block=planned.block, iteration=planned.iteration, position=planned.position, step=planned.step.id, type=planned.step.type,
        status=StepStatus.SKIPPED, input=planned.input, state={"note": planned.note} if planned.note else None,
        started_at=run.created_at, finished_at=run.created_at,
    )  # fmt: skip


def _effect(run: Run, planned: Planned, ids: dict[int, int]) -> Effect:
    assert planned.effect is not None
    return Effect(
        run=run, step_run_id=ids[id(planned)], path=planned.path, key=f"{WHAT_IF}-{run.pk}/{planned.path}", method=planned.effect.method[:40],
        target=masked(planned.effect.target), body=masked(planned.effect.body), outcome=INTENDED, begun_at=run.created_at, ended_at=run.created_at,
    )  # fmt: skip

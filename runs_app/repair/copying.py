"""Makes a run from another one: the whole of it again in the sandbox, from a step on, or one step of it beside it. The original is never changed."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from playbooks_app import audit
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.language.registry import step_types
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app import timeline
from runs_app.engine.records import LIVE
from runs_app.models import Run, StepRun, Strand
from runs_app.models.run import MadeAs
from runs_app.permissions import Person, may_edit_input, may_operate, may_start, may_view_values, require
from runs_app.repair import forking
from runs_app.repair.edited_input import check_input
from runs_app.secrecy.references import MARK, mark
from runs_app.starting import start
from runs_app.trials.trying import hidden_version
from runs_app.worker.database_journal import DatabaseJournal

SANDBOX = "sandbox"
KEPT_GUARDS = ("timeout", "output_schema", "once")  # of a step that is tried alone


def replay(run: Run, by: User) -> Run:
    """Everything again in the sandbox: the same inputs, version, moments and chance, and the recorded answers from outside. Raises NotAllowed."""
    _require_copier(run, by)
    return _copy(run, by, MadeAs.REPLAY, SANDBOX)


def fork(run: Run, step: StepRun, by: User, *, dry: bool = True) -> Run:
    """A run of the same version from that step on, with all that led to it taken over. Raises NotAllowed, WrongState where it cannot begin."""
    _require_copier(run, by)
    require(dry or may_operate(by, run), "go on from here for real")
    with transaction.atomic():
        made = _copy(run, by, MadeAs.FORK, SANDBOX if dry else LIVE, step.path)
        forking.seed(made, run, step)
        timeline.record(made, "run_forked", by=by, data={"of": run.pk, "from": step.path})
    return made


def rerun(run: Run, step: StepRun, by: User, *, input: Json = None, live: bool = False) -> Run:
    """One step once more, from the input that was recorded or another one, as a run of its own. Raises NotAllowed, WrongState, Refused."""
    _require_copier(run, by)
    require(not live or may_operate(by, run), "let it act for real")
    _require_leaf(step)
    if input is not None:
        require(may_edit_input(by, run, step), "change what people are asked, or who is asked")
        check_input(step.type, input, "input")
    if live and not step_types.get(step.type).effect:
        raise WrongState(f"{step.path} reaches nothing outside.", hint="Try it in the sandbox.", address=step.path)
    if input is None and step.input is None:
        raise WrongState(f"{step.path} has no recorded input yet.", hint="Wait until it has begun, or give it an input.", address=step.path)
    with transaction.atomic():
        return _alone(run, step, by, step.input if input is None else input, LIVE if live else SANDBOX)


def may_copy(by: Person, run: Run) -> bool:
    """Whoever may start the playbook; a copy shows its maker what the original holds, so that must be readable."""
    return may_start(by, run.playbook) and may_view_values(by, run)


def _require_copier(run: Run, by: User) -> None:
    require(may_start(by, run.playbook), "start runs of this playbook")
    require(may_view_values(by, run), "read its values, which a copy would show you")


def _require_leaf(step: StepRun) -> None:
    if step.type not in step_types or step_types.get(step.type).is_container:
        raise WrongState(f"{step.path} holds other steps.", hint="Try one of the steps inside, or fork the run from here.", address=step.path)


def _copy(run: Run, by: User, made_as: MadeAs, mode: str, path: str = "", version: Any = None) -> Run:
    made = start(
        version or run.version,
        inputs=run.inputs,
        by=by,
        mode=mode,
        config=run.config,
        timezone=run.timezone,
        labels=run.labels,
        made_as=made_as,
        original=run,
        original_path=path,
    ).run
    audit.note(by, "run.started", made, new={"made_as": str(made_as), "from": run.pk, "mode": mode})
    return made


def _alone(run: Run, step: StepRun, by: User, input: Json, mode: str) -> Run:
    """A run whose document holds this step only, with its input fixed."""
    document = run.version.document
    made = _copy(run, by, MadeAs.RERUN, mode, step.path, hidden_version(run.playbook, _document_of(document, step, run), by))
    strand = made.strands.get()
    StepRun.objects.create(
        id=DatabaseJournal().new_id(), run=made, strand=strand, path=step.step, block="main", position=0, step=step.step, type=step.type,
        status="running", resume_as="fresh", pinned={"input": _marked_again(input, made.pk)}, started_at=made.created_at,
    )  # fmt: skip
    Strand.objects.filter(pk=strand.pk).update(token=1)  # not fresh: its driver looks for what is open
    timeline.record(made, "step_started", path=step.step, by=by, data={"of": run.pk, "from": step.path})
    return made


def _document_of(document: Json, step: StepRun, run: Run) -> dict[str, Any]:
    drawn = _written(document, step.step) or {}
    guards = {key: drawn[key] for key in KEPT_GUARDS if key in drawn}
    alone = {"id": step.step, "type": step.type, **({"name": drawn["name"]} if drawn.get("name") else {}), "retry": {"max_attempts": 1}, **guards}
    settings = {key: document.get("settings", {})[key] for key in ("timezone", "calendar") if key in document.get("settings", {})}
    return {
        "handrail": 1, "name": document["name"], "description": document.get("description", ""), "owner": document.get("owner", ""),
        "settings": {**settings, "on_failure": "fail", "extra_inputs": "allow"}, "steps": [{**alone, "with": drawn.get("with", {})}],
    }  # fmt: skip


def _written(value: Json, step_id: str) -> dict[str, Any] | None:
    """The step with this id as the document has it, wherever it stands."""
    if isinstance(value, dict):
        if value.get("id") == step_id and "type" in value:
            return value
        return next((found for each in value.values() if (found := _written(each, step_id)) is not None), None)
    return next((found for each in value if (found := _written(each, step_id)) is not None), None) if isinstance(value, list) else None


def _marked_again(value: Json, run: int) -> Json:
    """The same value with the marks of secrets as this run makes them: those of the original stand for nothing here."""
    if isinstance(value, str):
        return MARK.sub(lambda found: mark(run, found[1], found[2]), value)
    if isinstance(value, dict):
        return {key: _marked_again(each, run) for key, each in value.items()}
    return [_marked_again(each, run) for each in value] if isinstance(value, list) else value


def require_confirmed(live: bool, confirm: bool) -> None:
    """Raises Refused: what acts for real must be meant."""
    if live and not confirm:
        raise Refused([Problem("confirm", "Required", "This would act for real, with an idempotency key of its own.", "Say `confirm: true`.")])

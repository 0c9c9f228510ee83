"""Changes the variables of a run that goes on, and has those asked again who were asked about their old values (DOORS.md C, F-1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction

from playbooks_app import audit
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.problem import Problem
from playbooks_app.language.reading import check_json
from playbooks_app.language.step_type import Json
from playbooks_app.language.template import references
from playbooks_app.models import User
from runs_app.models import Run, RunVariable, StepRun
from runs_app.statuses import StepStatus
from runs_app.step_types.data.var import RESERVED
from runs_app.timeline import record
from runs_app.worker.documents import document_of

LONGEST_NAME = 200
ASKING = ("approval", "person")  # causes of waits that show people something


def set_variables(run: Run, values: Mapping[str, Json], by: User) -> None:
    """Set them, or clear those that are null; steps that begin later read the new ones. Raises Refused, WrongState when the run is over."""
    _require_fit(values)
    with transaction.atomic():
        held = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
        if held.is_over:
            raise WrongState(f"Run {run.pk} is {held.get_status_display().lower()}; its variables stay as they are.")
        for name, value in values.items():
            if value is None:
                RunVariable.objects.filter(run=run, name=name).delete()
            else:
                RunVariable.objects.update_or_create(run=run, name=name, defaults={"value": value})
        record(run, "variables_changed", by=by, data={"names": sorted(values)})
        audit.note(by, "run.variables_changed", run, new={"names": sorted(values)})
        for step in list(_shown_to_people(held, values)):
            StepRun.objects.filter(pk=step.pk).update(input=None)
            step.resolve("again", by=by)
    run.refresh_from_db()


def _shown_to_people(run: Run, names: Iterable[str]) -> Iterable[StepRun]:
    """Steps that wait for people and whose settings read one of these variables: they are filled in and asked again."""
    changed, steps = {*names, None}, document_of(run.version).by_id
    waiting = StepRun.objects.filter(run=run, status=StepStatus.WAITING, policy=None, wait__cause__in=ASKING)
    return [row for row in waiting if any(each.root == "vars" and each.name in changed for each in references(steps[row.step].settings))]


def _require_fit(values: Mapping[str, Json]) -> None:
    if not isinstance(values, Mapping):
        raise Refused([Problem("vars", "WrongType", "“vars” is an object of names and values.")])
    problems = []
    for name, value in values.items():
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or "\x00" in name:
            problems.append(Problem("vars", "VarInvalidName", f"A variable's name has 1 to {LONGEST_NAME} characters."))
            continue
        if name in RESERVED:
            problems.append(Problem(f"vars/{name}", "VarInvalidName", f"`{name}` is a name of the language.", "Choose another name."))
        problems += [Problem(f"vars/{name}", each.code, each.message, each.hint) for each in check_json(value) if each.level == "error"]
    if problems:
        raise Refused(problems)

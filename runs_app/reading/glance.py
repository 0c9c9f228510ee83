"""A run as the drawing shows it: one state, one output and one failure for each step of the document, however often it ran. Five queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F
from django.db.models.fields.json import KeyTextTransform

from playbooks_app.models import Playbook, User
from runs_app.models import LoopItem, Run, RunVariable, StepRun
from runs_app.permissions import values_read_by
from runs_app.reading.outline import outline_of
from runs_app.reading.readings import read
from runs_app.reading.values import MOST_BYTES, is_large, with_values
from runs_app.reading.words import WORDS, iso, most_urgent, run_state, step_state

MOST_STEPS = 2_000
TOO_LARGE = {"large": True}


def glance(run: Run, *, values: bool) -> dict[str, Any]:
    """`{run: {…}, waiting_for, steps: {id: {state, words, counts, path, tries, seconds, output?, error?}}}`; outputs over 64 KiB are `large`."""
    run.conceals = not values
    reading = read(run)
    state = run_state(run)
    head = {"id": run.pk, "status": run.status, "state": state.key, "words": state.words, "mode": run.mode, "over": run.is_over}
    error = run.error if values or run.error is None else {key: run.error.get(key) for key in ("code", "address")}
    return {
        "run": {**head, "created_at": iso(run.created_at), "error": error, "upto": run.event_count},
        "waiting_for": [waiting.as_json() for waiting in reading.waits],
        "steps": _steps(run, values=values),
    }


def _steps(run: Run, *, values: bool) -> dict[str, dict[str, Any]]:
    counts = _states(run)
    newest = with_values(StepRun.objects.filter(run=run)).order_by("step", F("started_at").desc(), "-id").distinct("step")[:MOST_STEPS]
    return {each.step: _step(each, counts.get(each.step, {}), values=values) for each in newest}


def _step(step: Any, counts: Mapping[str, int], *, values: bool) -> dict[str, Any]:
    state = most_urgent(counts, "pending")
    seconds = (step.finished_at - step.started_at).total_seconds() if step.finished_at else None
    found = {"state": state, "words": WORDS[state], "counts": counts, "path": step.path, "tries": step.attempt, "seconds": seconds}
    if step.error:
        found["error"] = step.error if values else {"code": step.error.get("code")}
    if values and step.status == "succeeded":
        found |= TOO_LARGE if (step.output_bytes or 0) > MOST_BYTES else {"output": step.shown_output}
    return found


def _states(run: Run) -> dict[str, dict[str, int]]:
    """step -> state -> how many of its step runs are in it."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = StepRun.objects.filter(run=run).annotate(waits_for=KeyTextTransform("cause", "wait"), code=KeyTextTransform("code", "error"))
    for step, status, cause, code, number in rows.order_by().values_list("step", "status", "waits_for", "code").annotate(Count("id")):
        found[step][step_state(status, {"cause": cause}, code)] += number
    return found


def samples(playbook: Playbook, user: User) -> dict[str, Any]:
    """Values that the last run of a playbook handled, as far as this person may read them: `{run, inputs, vars, steps: {id: {output}}, items}`.

    `items` has the first value of each loop, by the loop's id. Without a run `run` is None and the rest is empty.
    """
    found = Run.objects.visible_to(user).filter(values_read_by(user), playbook=playbook).exclude(started_at=None)
    run = found.select_related("version").order_by("-id").first()
    if run is None:
        return {"run": None, "inputs": {}, "vars": {}, "steps": {}, "items": {}}
    told = {id_: {"output": each["output"]} for id_, each in _steps(run, values=True).items() if "output" in each}
    items = LoopItem.objects.filter(step_run__run=run, number=0).order_by("step_run__started_at").values_list("step_run__step", "value")
    variables = RunVariable.objects.filter(run=run).values_list("name", "value")
    head = {"id": run.pk, "mode": run.mode, "created_at": iso(run.created_at), "number": run.version.number}
    return {
        "run": head,
        "inputs": {} if is_large(run.inputs) else run.inputs,
        "vars": {name: value for name, value in variables if not is_large(value)},
        "steps": told,
        "items": {step: value for step, value in items if not is_large(value) and step in outline_of(run.version).by_id},
    }

"""Everything that is told of a run and is not in its row, read for one run or a page of runs with the same number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from playbooks_app import clock
from runs_app.models import Run, RunVariable, StepRun
from runs_app.reading.attention import Attention, attentions_of
from runs_app.reading.forecast import Eta, eta_of
from runs_app.reading.lines import lines_of
from runs_app.reading.outline import Outline, outline_of
from runs_app.reading.waiting import Waiting, waits_of
from runs_app.statuses import StepStatus


@dataclass(frozen=True, slots=True)
class Reading:
    """One run and what is told beside it."""

    run: Run
    outline: Outline
    attention: Attention
    waits: list[Waiting]
    counts: Mapping[str, int]  # step runs by status, `pending` steps of the document, `total` of both
    variables: Mapping[str, Any]
    parent: tuple[int, str] | None  # (run, path) of the step that started it
    error: Mapping[str, Any] | None  # its own; while it is held, that of the first step that holds it

    def eta(self) -> Eta | None:
        """See forecast.py."""
        return eta_of(self.run, self.outline, self.attention, clock.now())


def read(run: Run) -> Reading:
    """Of one run, whose `version` is loaded. Four queries."""
    return read_all([run])[0]


def read_all(runs: Collection[Run]) -> list[Reading]:
    """Of many, in their order."""
    attentions = attentions_of(
        [run for run in runs if not run.is_over or len(runs) == 1]
    )  # a list tells nothing of what failed inside a run that is over
    counts, variables, parents = _counts(runs), _variables(runs), _parents(runs)
    lines = lines_of([run.pk for run in runs if not run.is_over and (run.gate or attentions[run.pk].waits_for("lock"))])
    veiled = {run.pk for run in runs if run.conceals}
    lines = {place: line for place, line in lines.items() if place[0] not in veiled}  # locks and limits are named from values
    held = _held_errors(attentions.values())
    readings = []
    for run in runs:
        outline = outline_of(run.version)
        attention = attentions.get(run.pk) or Attention([])
        waits = waits_of(run, attention, outline.name, lines)
        told = _told(run, outline, counts[run.pk])
        parent = parents.get(run.parent_step or 0)
        readings.append(Reading(run, outline, attention, waits, told, variables[run.pk], parent, run.error or held.get(run.pk)))
    return readings


def _held_errors(attentions: Collection[Attention]) -> dict[int, Any]:
    """run -> the error of the first step that holds it. No query where nothing is held."""
    held = [step for attention in attentions for step in attention.held]
    rows = StepRun.objects.filter(pk__in=held).order_by("-started_at", "-path").values_list("run_id", "error") if held else []
    return dict(rows)  # the first one stands last, and stays


def _counts(runs: Collection[Run]) -> dict[int, dict[str, dict[str, int]]]:
    """run -> status -> step -> number of step runs."""
    found: dict[int, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for run, status, step, number in StepRun.objects.filter(run__in=runs).values_list("run", "status", "step").annotate(Count("id")):
        found[run][status][step] = number
    return found


def _told(run: Run, outline: Outline, counts: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    told = {status.value: sum(counts.get(status.value, {}).values()) for status in StepStatus}
    reached = {step for steps in counts.values() for step in steps}
    told["pending"] = 0 if run.is_over else outline.pending(reached)
    return {**told, "total": sum(told.values())}


def _variables(runs: Collection[Run]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for run, name, value in RunVariable.objects.filter(run__in=runs).values_list("run", "name", "value"):
        found[run][name] = value
    return found


def _parents(runs: Collection[Run]) -> dict[int, tuple[int, str]]:
    ids = [run.parent_step for run in runs if run.parent_step]
    if not ids:
        return {}
    return {pk: (run, path) for pk, run, path in StepRun.objects.filter(pk__in=ids).values_list("pk", "run", "path")}

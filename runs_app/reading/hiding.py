"""A run for somebody who follows it without reading its values.

Messages of errors quote what the other side has said, reasons and names of events and locks are written by people or filled in from values:
none of it is shown. Codes, states, moments, names of steps and people stay. Done to the rows in memory, so that whatever is told of them afterwards
(sentences, lists, pages, the API) has nothing to leak.
"""

from __future__ import annotations

from collections.abc import Iterable

from playbooks_app.permissions import Person
from runs_app.models import Run, StepRun
from runs_app.permissions import may_view_values
from runs_app.reading.veil import plain_error, plain_wait


def hide_from(user: Person, runs: Iterable[Run]) -> None:
    """Hide what the values of these runs could be in, for a person who may not read them."""
    for run in runs:
        if not run.conceals and not may_view_values(user, run):
            run.conceals = True
            run.error, run.message = plain_error(run.error), ""


def hide_in_step(step: StepRun) -> StepRun:
    """The same, of a step run: neither what its error nor what its wait says."""
    step.error, step.wait = plain_error(step.error), plain_wait(step.wait)
    return step

"""Runs whose time is up (`settings.timeout`, rule 31), and steps whose deadline is over (guard `deadline`)."""

from __future__ import annotations

import json

from playbooks_app import clock
from playbooks_app.language.durations import written
from runs_app.entry.children import cancel_left_behind
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal

MOST = 200  # runs stopped in one round


def end_overdue() -> int:
    """The clock's duty: stop them, and the runs that they wait for. They unwind, `finally` included, and have failed then. Returns how many."""
    journal, stopped = DatabaseJournal(), 0
    for run, seconds in journal.sql(statements.OVERDUE, clock.now(), MOST):
        error = {
            "code": "Timeout",
            "message": f"The run took longer than {written(seconds)}.",
            "hint": "Raise `timeout` in the settings of the playbook, or see which step took so long.",
            "address": "settings/timeout",
        }
        if journal.sql(statements.TIME_OUT, clock.now(), run, json.dumps(error))[0][0]:
            stopped += 1
            cancel_left_behind(journal, run)
    return stopped


def end_late_steps() -> int:
    """The clock's duty: fail the steps whose deadline is over, with what is inside of them. Returns how many."""
    journal, ended, now = DatabaseJournal(), 0, clock.now()
    for step_run, path, seconds, elapsed in journal.sql(statements.LATE, now, now, MOST):
        error = {
            "code": "DeadlineExceeded",
            "message": f"The step was not done within {written(seconds)}.",
            "hint": "Give it more time, or say in `deadline` or `on_error` what happens then.",
            "address": path,
            "details": {"deadline_ms": round(seconds * 1000), "elapsed_ms": round(elapsed * 1000)},
        }
        ended += journal.sql(statements.TOO_LATE, now, step_run, json.dumps(error))[0][0]
    if ended:
        cancel_left_behind(journal)
    return ended

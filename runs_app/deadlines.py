"""Runs whose time is up (`settings.timeout`, rule 31)."""

from __future__ import annotations

import json

from playbooks_app import clock
from playbooks_app.language.durations import written
from runs_app import statements
from runs_app.children import cancel_left_behind
from runs_app.database_journal import DatabaseJournal

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

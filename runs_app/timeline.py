"""One more event in a run's record, by somebody who is not its driver."""

from __future__ import annotations

import json

from django.db import transaction

from playbooks_app import clock
from playbooks_app.language.step_type import Json
from playbooks_app.models import User
from runs_app.models import Run
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal


def record(run: Run, kind: str, *, path: str = "", by: User | None = None, data: Json = None) -> int:
    """Write the event under the run's lock and tell the pages; returns its number. Joins the caller's transaction."""
    journal = DatabaseJournal()
    with transaction.atomic():
        Run.objects.select_for_update(no_key=True).only("pk").get(pk=run.pk)
        number = journal.sql(statements.EVENT, clock.now(), run.pk, kind, path, by.pk if by else None, json.dumps(data))[0][0]
        journal.sql("SELECT handrail_news(%s)", run.pk)
    return int(number)

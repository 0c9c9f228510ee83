"""Writes a run and its main line, and rings, in one prepared statement: what a start costs is what a caller waits for."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection, models

from runs_app.models import Run, Strand
from runs_app.statuses import StrandStatus
from runs_app.worker.database_journal import DatabaseJournal

_WORK = "NOTIFY handrail_work"  # resident workers listen; they hear of it when the transaction is committed


def write(run: Run, *, is_ready: bool) -> None:
    """Store a run that is not stored yet, with its main line: queued if it `is_ready`, else kept back. Raises IntegrityError, as `save` does."""
    line = Strand(run_id=0, urgency=-run.priority, status=StrandStatus.QUEUED if is_ready else StrandStatus.PARKED)
    values = [*_values(run, _columns(Run)), *_values(line, _columns(Strand, "run")), is_ready]
    with connection.wrap_database_errors:
        run.pk = DatabaseJournal().sql(_statement(), *values)[0][0]
    run._state.adding, run._state.db = False, connection.alias


def make_ready(run: Run) -> None:
    """Let a run begin that was kept back while it was written."""
    Strand.objects.filter(run=run).update(status=StrandStatus.QUEUED)
    with connection.cursor() as cursor:
        cursor.execute(_WORK)


@cache
def _columns(model: type[models.Model], *without: str) -> tuple[models.Field[Any, Any], ...]:
    return tuple(field for field in model._meta.concrete_fields if not field.primary_key and field.name not in without)


def _values(thing: models.Model, fields: tuple[models.Field[Any, Any], ...]) -> list[Any]:
    return [field.get_db_prep_save(field.pre_save(thing, True), connection) for field in fields]


@cache
def _statement() -> str:
    run, line = _columns(Run), _columns(Strand, "run")
    return f"""
WITH run AS (INSERT INTO {Run._meta.db_table} ({_names(run)}) VALUES ({_places(run)}) RETURNING id),
  line AS (INSERT INTO {Strand._meta.db_table} (run_id, {_names(line)}) SELECT id, given.* FROM run, (VALUES ({_typed(line)})) given)
SELECT id, CASE WHEN %s THEN pg_notify('handrail_work', '') END FROM run"""


def _names(fields: tuple[models.Field[Any, Any], ...]) -> str:
    return ", ".join(f"{field.column}" for field in fields)


def _places(fields: tuple[models.Field[Any, Any], ...]) -> str:
    return ", ".join("%s" for _ in fields)


def _typed(fields: tuple[models.Field[Any, Any], ...]) -> str:
    return ", ".join(f"%s::{kind}" for field in fields if (kind := field.db_type(connection)))

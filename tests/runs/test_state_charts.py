"""The states and their moves: what the code says, what the docs draw, and what the database does (S4-lifecycle)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Run
from runs_app.repair import reopening
from runs_app.starting import start
from runs_app.statuses import RUN_MOVES, STEP_MOVES, STRAND_MOVES
from tests.machine import drive
from tests.runs.charts import PAGE, page
from tests.runs.stumbling import OUTRIGHT, Stumbling, document, say, stumbling

__all__ = ["stumbling"]

Published = Callable[..., PlaybookVersion]
WATCH = """
CREATE TABLE seen_moves (kind text, old text, new text);
CREATE FUNCTION note_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.status <> NEW.status THEN INSERT INTO seen_moves VALUES (TG_TABLE_NAME, OLD.status, NEW.status); END IF; RETURN NEW; END $$;
CREATE TRIGGER note_move AFTER UPDATE ON runs_app_run FOR EACH ROW EXECUTE FUNCTION note_move();
CREATE TRIGGER note_move AFTER UPDATE ON runs_app_strand FOR EACH ROW EXECUTE FUNCTION note_move();
CREATE TRIGGER note_move AFTER UPDATE ON runs_app_steprun FOR EACH ROW EXECUTE FUNCTION note_move();
"""
UNWATCH = "DROP FUNCTION note_move() CASCADE; DROP TABLE seen_moves"
WAIT: dict[str, Any] = {"id": "wait", "type": "delay", "with": {"for": "1d"}}


def test_the_page_draws_what_the_code_says() -> None:
    """Write it anew with `python -m tests.runs.charts`."""
    assert PAGE.read_text() == page()


@pytest.fixture
def moves(transactional_db: None) -> Iterator[Callable[[], set[tuple[str, str, str]]]]:
    """Every change of a status that the database makes meanwhile: (table, old, new)."""
    with connection.cursor() as cursor:
        cursor.execute(WATCH)

    def seen() -> set[tuple[str, str, str]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT kind, old, new FROM seen_moves")
            return set(cursor.fetchall())

    yield seen
    with connection.cursor() as cursor:
        cursor.execute(UNWATCH)


@pytest.mark.spec("S4-lifecycle")
def test_the_database_makes_no_other_moves(
    moves: Callable[[], set[tuple[str, str, str]]], published: Published, alice: User, stumbling: Stumbling
) -> None:
    """Runs that complete, fail, open again, are paused, resumed, skipped, cancelled, timed and given up."""
    inner = [{"id": "both", "type": "parallel", "branches": [{"name": "a", "steps": [say("x")]}, {"name": "b", "steps": [say("y")]}]}]
    loop = {"id": "each", "type": "for_each", "in": [1, 2, 3, 4], "concurrency": 2, "steps": inner}
    race = {"id": "race", "type": "race", "branches": [{"name": "a", "steps": [WAIT]}, {"name": "b", "steps": [say("z")]}]}
    version, outright = published(document([loop, race, say("bad")])), published(document([loop, say("bad")], "Outright", **OUTRIGHT))
    waits = published(document([WAIT, say("after")], "Waits"))
    stumbling.failing = {"bad", "x"}
    held, failed = _begun(version, alice), _begun(outright, alice)
    given_up = _begun(version, alice)
    given_up.archive(alice)
    stumbling.failing = {"bad"}
    reopening.retry(held, alice)
    reopening.retry(failed, alice)
    drive(held)
    drive(failed)
    held.step_runs.get(path="bad").skip(alice)
    assert drive(held).status == "completed"
    paused, queued = _begun(waits, alice), start(waits, inputs={}, by=alice).run
    for run in (paused, queued):
        run.pause(alice)
        run.resume(alice)
    paused.step_runs.get(path="wait").wake(alice)
    assert drive(paused).status == "completed"
    drive(queued).cancel(alice)
    assert drive(queued).status == "cancelled"

    seen = moves()

    known = {(table, str(old.value), str(new.value)) for table, table_moves in TABLES.items() for old in table_moves for new in table_moves[old]}
    assert seen - known == set()
    assert len(seen) > 25  # else it would mean little


TABLES: dict[str, Any] = {"runs_app_run": RUN_MOVES, "runs_app_strand": STRAND_MOVES, "runs_app_steprun": STEP_MOVES}


def _begun(version: PlaybookVersion, by: User) -> Run:
    return drive(start(version, inputs={}, by=by).run)

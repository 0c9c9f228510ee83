"""What a step costs, counted in what a busy machine does not change: statements, bytes and processor time. `make bench` has the times."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from playbooks_app.language.step_type import Done
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Effect, Run
from runs_app.starting import start
from runs_app.step_types.actions.http import Http
from runs_app.worker import statements
from runs_app.worker.database_journal import DatabaseJournal
from tests.machine import drive

pytestmark = pytest.mark.django_db(transaction=True)

ACTED = "the step acts"
ONCE_A_PROCESS = {statements.BLOCK_OF_IDS, statements.DOCUMENT}
STEP_SECONDS = 0.2
STEPS = 100
BIG = 900_000  # bytes of state

Spoken = list[tuple[str, int]]
Published = Callable[..., PlaybookVersion]


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> Spoken:
    """Each statement of the machine with the bytes sent along, and when a step acts; calls are answered at once."""
    found: Spoken = []
    speak = DatabaseJournal.sql

    def overheard(self: DatabaseJournal, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        if statement not in ONCE_A_PROCESS:
            found.append((statement, sum(len(str(value)) for value in values)))
        return speak(self, statement, *values)

    def answer(self: Http, context: Any) -> Done:
        found.append((ACTED, 0))
        return Done({"status": 200})

    monkeypatch.setattr(DatabaseJournal, "sql", overheard)
    monkeypatch.setattr(Http, "run", answer)
    return found


@pytest.fixture
def calls(published: Published) -> Callable[..., PlaybookVersion]:
    """A playbook of so many calls in a row, behind some first steps."""

    def make(count: int, first: tuple[dict[str, Any], ...] = (), **more: Any) -> PlaybookVersion:
        steps = [
            {"id": f"pay{n}", "type": "http", "with": {"method": "POST", "url": "https://bank.example/", "json": {"n": n}}} for n in range(count)
        ]
        return published({"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Tests", "steps": [*first, *steps], **more})

    return make


@pytest.mark.spec("S4-NFR-1.1")
def test_a_step_costs_one_statement_and_hardly_any_time(calls: Callable[..., PlaybookVersion], alice: User, spoken: Spoken) -> None:
    """Of 200 ms less than 5 % are the machine's own; what was done outside is written with the step, not besides."""
    run = start(calls(STEPS), inputs={}, by=alice).run
    spoken.clear()
    began = time.process_time()

    drive(run)

    assert (time.process_time() - began) / STEPS < STEP_SECONDS * 0.05
    said = [statement for statement, _ in spoken if statement != ACTED]
    assert said.count(statements.CLOSE_AND_ENTER.with_ledger) == STEPS - 1
    assert len(said) <= STEPS + 5  # claims, the first step and the end
    assert Effect.objects.filter(run=run, outcome="done", ended_at__isnull=False).count() == STEPS
    assert run.event_count == run.events.count() == 2 * STEPS + 2


@pytest.mark.spec("S4-NFR-1.2")
def test_between_a_start_and_its_first_step_are_three_statements(calls: Callable[..., PlaybookVersion], alice: User, spoken: Spoken) -> None:
    """One writes the run and rings, one claims it with all that is to be known of it, one enters the step."""
    version = calls(1)
    start(version, inputs={}, by=alice)
    Run.objects.all().delete()
    spoken.clear()

    with CaptureQueriesContext(connection) as asked:
        run = start(version, inputs={}, by=alice).run
    drive(run)

    assert len(asked) == 0
    before = [statement for statement, _ in spoken][: [statement for statement, _ in spoken].index(ACTED)]
    assert before[1:] == [statements.CLAIM, statements.ENTER_FIRST.with_ledger] and "INSERT INTO runs_app_run " in before[0]
    assert run.status == "completed" and run.started_at is not None


@pytest.mark.spec("S4-NFR-1.3")
def test_a_save_carries_what_has_changed_not_the_state(calls: Callable[..., PlaybookVersion], alice: User, spoken: Spoken) -> None:
    """With 900 KB of state each later step writes less than 2 KB; its save costs what it costs without the state."""
    keep = {"id": "keep", "type": "var", "with": {"name": "state", "value": "{{ inputs.state }}"}}
    version = calls(20, (keep,), inputs=[{"name": "state", "type": "string"}])
    run = start(version, inputs={"state": "x" * BIG}, by=alice).run
    spoken.clear()

    drive(run)

    sent = [size for _, size in spoken]
    large = [size for size in sent if size > 2_000]
    assert len(large) == 1 and large[0] < 4 * BIG, sent  # the step that sets it: its input, its output and the variable
    assert run.status == "completed" and run.variables.get(name="state").value == "x" * BIG

"""Workers are killed with SIGKILL while they send payments that may go out once only (rule 32, S2-exactly-once). PAYMENT_KILLS for more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from playbooks_app import clock
from playbooks_app.models import PlaybookVersion, User
from runs_app.models import Effect, Run, StepRun
from runs_app.repair import overriding
from runs_app.starting import start
from runs_app.worker.database_journal import DatabaseJournal
from tests.processes import wait_until
from tests.recorder import Recorder
from tests.runs.trials.conftest import post

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]
PATIENCE_SECONDS = 60
KILLS = int(os.environ.get("PAYMENT_KILLS", "2"))
PAYMENTS = max(6, 2 * KILLS + 2)  # logical steps


class Workers:
    """One real worker process at a time, on the test's database; and the clock's work in this process."""

    def __init__(self, folder: Path, allowed: str) -> None:
        parts = settings.DATABASES["default"]
        url = f"postgresql://{parts['USER']}@/{connection.settings_dict['NAME']}?host={parts['HOST']}"
        own = {"DATABASE_URL": url, "LEASE_SECONDS": "2", "DJANGO_SETTINGS_MODULE": "config.settings", "EGRESS_ALLOW": allowed}
        self._environment, self._log = {**os.environ, **own}, folder / "deliveries.log"
        self._journal = DatabaseJournal()
        self._process = self._spawn()

    def kill(self) -> None:
        """With SIGKILL; and another one begins."""
        self.end()
        self._process = self._spawn()

    def end(self) -> None:
        """Without another one."""
        self._process.kill()
        self._process.wait()

    def tick(self) -> bool:
        """What the clock process does; False, so that it can stand in a condition."""
        self._journal.due(clock.now())
        self._journal.bury_the_dead()
        return False

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.engine.worker_process", str(self._log)]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.DEVNULL)


@pytest.fixture
def workers(tmp_path: Path, recorder: Recorder) -> Iterator[Workers]:
    """Killed at the end."""
    found = Workers(tmp_path, f"127.0.0.1:{recorder.port}")
    yield found
    found.end()


Published = Callable[..., PlaybookVersion]


def payments(published: Published, recorder: Recorder, count: int, by: User) -> Run:
    """A run that posts `count` payments one after the other, each once only."""
    loop = {"id": "each", "type": "for_each", "in": list(range(count)), "steps": [post(recorder, once=True)]}
    version = published({"handrail": 1, "name": "Pay", "description": "Pays.", "owner": "Finance", "steps": [loop]})
    return start(version, inputs={}, by=by).run


def in_doubt(run: Run) -> StepRun | None:
    """The step that is held because nobody knows whether it happened."""
    return StepRun.objects.filter(run=run, status="failed", error__code="UnknownOutcome").first()


@pytest.mark.spec("S2-exactly-once", "rule-32")
def test_a_killed_worker_sends_nothing_twice(published: Published, recorder: Recorder, workers: Workers, alice: User) -> None:
    """The worker dies while the other side has the payment: the run pauses, and nothing is sent again until a person has said so."""
    recorder.answer(never=True)
    run = payments(published, recorder, 1, alice)
    wait_until(lambda: recorder.calls, PATIENCE_SECONDS, "the first call")
    workers.kill()
    wait_until(lambda: workers.tick() or in_doubt(run), PATIENCE_SECONDS, "a step in doubt")
    step = in_doubt(run)
    assert step is not None and len(recorder.calls) == 1
    assert list(Effect.objects.filter(run=run).values_list("attempt", "outcome")) == [(1, "unknown")]
    recorder.forget_answers()
    overriding.tell_outcome(run, step, alice, False)
    wait_until(lambda: workers.tick() or Run.objects.filter(pk=run.pk, status="completed").exists(), PATIENCE_SECONDS, "the end")
    assert [call.key for call in recorder.calls] == [f"run-{run.pk}/each/body[0]/pay"] * 2


@pytest.mark.spec("S2-exactly-once", "S0-no-reexecution", "S2-replay-shortcircuit")
def test_kills_in_the_middle_send_no_payment_twice(published: Published, recorder: Recorder, workers: Workers, alice: User) -> None:
    """Each payment arrives exactly once, when a person answers truly what nobody else can know; what was done is never done again."""
    recorder.answer(delay_seconds=0.05)
    run = payments(published, recorder, PAYMENTS, alice)
    for number in range(KILLS):
        wait_until(lambda n=number: workers.tick() or _moved(run, recorder, alice, 2 * n + 1), PATIENCE_SECONDS, "more calls")  # type: ignore[misc]
        workers.kill()
    wait_until(lambda: workers.tick() or _moved(run, recorder, alice, PAYMENTS) and _is_over(run), PATIENCE_SECONDS, "the end")
    assert recorder.keys == {f"run-{run.pk}/each/body[{number}]/pay": 1 for number in range(PAYMENTS)}


def _moved(run: Run, recorder: Recorder, by: User, calls: int) -> bool:
    """Whether so many calls have come; on the way, a person says what the other side knows."""
    step = in_doubt(run)
    if step is not None:
        overriding.tell_outcome(run, step, by, step.idempotency_key in recorder.keys)
    return len(recorder.calls) >= calls


def _is_over(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, status="completed").exists()

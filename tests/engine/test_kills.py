"""Random runs on PostgreSQL while workers are killed, frozen and thawed, and people decide, repair and cancel. ENGINE_RUNS, ENGINE_SEED for more."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from playbooks_app import clock
from playbooks_app.language.document import normalise
from playbooks_app.language.registry import step_types
from playbooks_app.models import Playbook, PlaybookVersion, User
from runs_app.models import Run, RunEvent, StepRun, Strand
from runs_app.starting import start
from runs_app.statuses import RUN_OPEN
from runs_app.worker.database_journal import DatabaseJournal
from tests.engine.kinds import ASK, EFFECT
from tests.engine.plans import check, random_document

pytestmark = pytest.mark.django_db(transaction=True)

RUNS = int(os.environ.get("ENGINE_RUNS", "40"))
SEED = int(os.environ.get("ENGINE_SEED", "1"))
PATIENCE_SECONDS = 120
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def counting_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The counting step types are known while these tests run."""
    monkeypatch.setattr(step_types, "_types", {**step_types._types, EFFECT.name: EFFECT, ASK.name: ASK})


class Cluster:
    """Worker processes on the test's database, and the clock's work in this process."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.log = folder / "deliveries.log"
        self.log.touch()
        parts = settings.DATABASES["default"]
        url = f"postgresql://{parts['USER']}@/{connection.settings_dict['NAME']}?host={parts['HOST']}"
        self.environment = {**os.environ, "DATABASE_URL": url, "LEASE_SECONDS": "2", "DJANGO_SETTINGS_MODULE": "config.settings"}
        self.errors = (folder / "errors.log").open("w")
        self.workers = [self.spawn() for _ in range(workers)]
        self.journal = DatabaseJournal()

    def spawn(self) -> subprocess.Popen[bytes]:
        """One more worker."""
        command = [sys.executable, "-m", "tests.engine.worker_process", str(self.log)]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, stderr=self.errors)

    def tick(self) -> None:
        """What the clock process does."""
        self.journal.due(clock.now())
        self.journal.bury_the_dead()

    def trouble(self, r: random.Random, kind: str) -> None:
        """Kill one worker and start another, or freeze one for longer than its lease."""
        number = r.randrange(len(self.workers))
        victim = self.workers[number]
        if kind == "kill":
            victim.kill()
            victim.wait()
            self.workers[number] = self.spawn()
        else:
            os.kill(victim.pid, signal.SIGSTOP)
            threading.Timer(r.uniform(0.5, 3.5), thaw, [victim]).start()

    def close(self) -> None:
        """End the workers."""
        for worker in self.workers:
            worker.kill()
            worker.wait()
        self.errors.close()


def thaw(worker: subprocess.Popen[bytes]) -> None:
    """Let a frozen worker go on, if it was not killed meanwhile."""
    if worker.poll() is None:
        os.kill(worker.pid, signal.SIGCONT)


def begin(alice: User, seed: int) -> Run:
    """Start one random playbook."""
    assert alice.account is not None
    document = random_document(seed)
    playbook = Playbook.objects.create(account=alice.account, owner=alice, name=f"Random {seed}", draft=document)
    version = PlaybookVersion.objects.create(playbook=playbook, number=1, document=normalise(document))
    return start(version, inputs={}, by=alice).run


def meddle(r: random.Random, cancels: bool) -> None:
    """People decide what waits, repair what is held, and now and then cancel."""
    for step in r.sample(found := list(StepRun.objects.filter(status="waiting", policy=None, wake_at=None)[:50]), len(found)):
        outcome = r.choice(["done"] * 4 + ["failed"])
        step.resolve(outcome, output={"answer": 1}, error={"code": "Boom", "message": "Refused."} if outcome == "failed" else None)  # type: ignore[arg-type]
    for strand in Strand.objects.filter(status="parked", held=True)[:50]:
        journal = DatabaseJournal()
        _ = journal.skip(strand.held_step) if r.random() < 0.7 else journal.retry(strand.held_step)
    if cancels and r.random() < 0.1:
        run = Run.objects.filter(status__in=RUN_OPEN).order_by("?").first()
        if run is not None:
            DatabaseJournal().cancel(run.pk)


@pytest.mark.spec("S4-FR-2.1", "S4-NFR-2.1", "S0-checkpointing", "S0-crash-recovery")
@pytest.mark.parametrize("kind", ["kill", "freeze", "kill and cancel"])
def test_nothing_is_lost_or_doubled(kind: str, tmp_path: Path, alice: User) -> None:
    """Every run ends; one result per step; deliveries never exceed announced attempts; events have no gap."""
    r, cluster = random.Random(SEED), Cluster(tmp_path)
    try:
        runs = {run.pk: SEED * 1000 + n for n in range(RUNS) for run in [begin(alice, SEED * 1000 + n)]}
        end, next_trouble = time.monotonic() + PATIENCE_SECONDS, time.monotonic() + 3
        troubles = 0
        while Run.objects.filter(status__in=RUN_OPEN).exists():
            assert time.monotonic() < end, list(Run.objects.filter(status__in=RUN_OPEN).values_list("pk", "status"))
            cluster.tick()
            meddle(r, "cancel" in kind)
            if time.monotonic() > next_trouble and troubles < 12:
                cluster.trouble(r, kind.split()[0])
                troubles, next_trouble = troubles + 1, time.monotonic() + r.uniform(0.3, 1.5)
            time.sleep(0.02)
    finally:
        cluster.close()
    inspect(runs, cluster.log)


def inspect(runs: dict[int, int], log: Path) -> None:
    """Hold every run against the invariants."""
    made: dict[int, list[str]] = defaultdict(list)
    for line in log.read_text().splitlines():
        run, path, _attempt, _pid = line.split()
        made[int(run)].append(path)
    for run in Run.objects.all():
        rows = list(StepRun.objects.filter(run=run).values_list("path", "step", "status", "attempt"))
        events = list(RunEvent.objects.filter(run=run).order_by("number"))
        assert [event.number for event in events] == list(range(1, run.event_count + 1))
        strands = Strand.objects.filter(run=run).values_list("status", flat=True)
        check(random_document(runs[run.pk]), run.status, rows, strands, [(e.type, e.path) for e in events], made[run.pk], crashed=True, touched=True)

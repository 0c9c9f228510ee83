"""The measures. Runs are started as the API starts them, by `runs_app.starting.start`, and driven by the worker processes."""

from __future__ import annotations

import os
import signal
import statistics
import time
from itertools import pairwise
from typing import Any

from django.db import connection, transaction
from django.test import Client

from playbooks_app.language.document import normalise
from playbooks_app.models import Account, Membership, Playbook, PlaybookVersion, User
from runs_app.models import Executor, Run, StepRun, Strand
from runs_app.starting import When, start
from runs_app.statuses import RUN_OPEN
from tests.bench import inbox
from tests.bench.limit import HOW, commits_per_second
from tests.bench.stack import Stack, wait_until
from tests.recorder import Recorder

MUST = {"S1": "0.25", "S2": "3.5 / 5 ms", "S3": "0.8", "S4": "1.0 on threads, 1.5 otherwise", "S5": "1.05 s", "S6": "150 MiB", "S7": "0.5 s"}
MUST["resume"] = "2.0 x"
MUST["inbox"] = "p95 300 ms"
MUST["noisy"] = "3 s"
MUST.update(overhead="5 %", dispatch="p95 10 ms", save="p95 100 ms")
STRETCH = {
    "S1": "0.40",
    "S2": "2.5 / 4 ms",
    "S3": "1.5",
    "S4": "2.0",
    "S5": "1.03 s",
    "S6": "100 MiB",
    "S7": "0.1 s",
    "resume": "-",
    "inbox": "-",
    "noisy": "-",
    "overhead": "-",
    "dispatch": "-",
    "save": "-",
}

FILL = """
INSERT INTO runs_app_steprun (id, run_id, strand_id, parent_id, path, block, iteration, position, step, type, status, attempt, interrupted, returned,
  shielded, open_children, items, next_item, output, started_at, finished_at)
SELECT nextval('runs_app_step_run_block') + 1 + pos, %s, %s, %s, 'each/body[' || i || ']/' || k, 'body', i, pos, k, 'bench_effect', 'succeeded', 1, 0,
  false, 0, 0, 0, 0, '{}', now(), now() FROM generate_series(0, %s) i, (VALUES (0, 'wait'), (1, 'e0')) v(pos, k)"""


def effects(count: int, kind: str = "bench_effect", **settings: Any) -> list[dict[str, Any]]:
    """That many steps in a row."""
    return [{"id": f"e{n}", "type": kind, "with": settings} for n in range(count)]


def at_of(step: StepRun) -> float:
    """When an effect acted, in seconds of the machine's clock."""
    assert isinstance(step.output, dict)
    return float(step.output["at"])


def told_of(seconds: list[float]) -> str:
    """Median and p95 in words."""
    return f"median {statistics.median(seconds) * 1000:.1f} ms, p95 {statistics.quantiles(seconds, n=20)[-1] * 1000:.1f} ms"


class Bench:
    """One account, one person, and the measures."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.committed = 0.0
        self.account = account = Account.objects.create(name="Bench", slug="bench")
        self.person = User.objects.create_user("bench", "bench@localhost")
        Membership.objects.create(user=self.person, account=account, role="owner")
        wait_until(lambda: Executor.objects.filter(alive=True).count() >= 2, "two residents")
        self.finished(self.publish(effects(3)), 20)
        print(f"limit by {HOW}, r = steps per second / commits per second", flush=True)

    def measure(self, name: str) -> None:
        """Print one measure."""
        getattr(self, f"_{name.lower()}")()

    def publish(self, steps: list[dict[str, Any]], **more: Any) -> PlaybookVersion:
        """A playbook with these steps."""
        document = {"handrail": 1, "name": "Bench", "description": "Measured.", "owner": "Bench", "steps": steps, **more}
        playbook = Playbook.objects.create(account=self.account, owner=self.person, name="Bench", draft=document)
        return PlaybookVersion.objects.create(playbook=playbook, number=1, document=normalise(document))

    def begin(self, version: PlaybookVersion, runs: int = 1, inputs: dict[str, Any] | None = None) -> list[Run]:
        """Start runs together: they are there from the moment of one commit."""
        with transaction.atomic():
            began = [start(version, inputs=inputs or {}, by=self.person).run for _ in range(runs)]
            self.committed = time.time()  # just before: whatever follows counts
        return began

    def finished(self, version: PlaybookVersion, runs: int = 1) -> float:
        """Seconds from the start being committed to the last run's end, as the database saw it."""
        began = self.begin(version, runs)
        wait_until(lambda: not Run.objects.filter(pk__in=[run.pk for run in began], status__in=RUN_OPEN).exists(), "the end of the runs")
        ends = Run.objects.filter(pk__in=[run.pk for run in began]).values_list("finished_at", flat=True)
        last: float = max(end.timestamp() for end in ends if end is not None)
        return last - self.committed

    def over(self, run: Run) -> None:
        """Wait for the end of a run."""
        wait_until(lambda: Run.objects.filter(pk=run.pk, finished_at__isnull=False).exists(), "its end")

    def rate(self, name: str, what: str, version: PlaybookVersion, runs: int, steps: int, rounds: int = 3) -> None:
        """Steps per second as a ratio to the machine's limit, the median of some rounds."""
        found = []
        for _ in range(rounds):
            before = commits_per_second(self.stack.postgres.url())
            seconds = self.finished(version, runs)
            limit = (before + commits_per_second(self.stack.postgres.url())) / 2
            found.append((runs * steps / seconds / limit, seconds, limit))
        ratio, seconds, limit = sorted(found)[len(found) // 2]
        details = f"{seconds * 1000:.0f} ms, {runs * steps / seconds:.0f} steps/s, limit {limit:.0f}/s; all {[round(x[0], 2) for x in found]}"
        self.say(name, f"{what}: r {ratio:.2f}   ({details})")

    def say(self, name: str, result: str) -> None:
        """One line."""
        print(f"{name:7} {result:130} must {MUST[name]:28} stretch {STRETCH[name]}", flush=True)

    def _s1(self) -> None:
        self.rate("S1", "100 steps in a row, on threads", self.publish(effects(100)), 1, 100, 5)
        self.rate("S1", "100 steps in a row, on the spot", self.publish(effects(100, "bench_inline")), 1, 100, 5)
        riding = [{"id": f"v{n}", "type": "var", "with": {"name": "x", "value": n}} for n in range(100)]
        self.rate("S1", "100 variables in a row", self.publish(riding), 1, 100, 5)

    def _s2(self) -> None:
        version, found = self.publish(effects(1)), []
        for _ in range(120):
            called = time.time()
            run = start(version, inputs={}, by=self.person).run
            time.sleep(0.03)  # not looking while it is measured
            self.over(run)
            found.append((at_of(StepRun.objects.get(run=run)) - called) * 1000)
            time.sleep(0.02)
        found.sort()
        slowest = found[int(len(found) * 0.95)]
        self.say("S2", f"from the call of start to the first step acting: median {statistics.median(found):.1f} ms, p95 {slowest:.1f} ms")

    def _s3(self) -> None:
        self.rate("S3", "100 runs x 10 steps, on threads", self.publish(effects(10)), 100, 10)
        self.rate("S3", "100 runs x 10 steps, on the spot", self.publish(effects(10, "bench_inline")), 100, 10)

    def _s4(self) -> None:
        for kind, how in (("bench_effect", "on threads"), ("bench_inline", "on the spot")):
            loop = {"id": "each", "type": "for_each", "in": list(range(1000)), "concurrency": 50, "steps": effects(1, kind)}
            self.rate("S4", f"1,000 items, 50 at a time, {how}", self.publish([loop]), 1, 1000)

    def _s5(self) -> None:
        with Recorder() as recorder:
            recorder.answer(200, delay_seconds=1.0)
            step = {"id": "call", "type": "http", "with": {"method": "GET", "url": f"{recorder.url}/late"}}
            version = self.publish([step])
            found = sorted(self.finished(version, 50) for _ in range(3))
        self.say("S5", f"50 runs that wait 1 s on the network: {found[1]:.3f} s")

    def _s6(self) -> None:
        found = self.stack.memory_mebibytes()
        parts = ", ".join(f"{name} {size:.0f}" for name, size in found.items())
        self.say("S6", f"memory without PostgreSQL: {sum(found.values()):.0f} MiB ({parts})")

    def _s7(self) -> None:
        loop = {"id": "each", "type": "for_each", "in": list(range(400)), "steps": effects(1, sleep="10ms")}
        version, gaps, repeated = self.publish([loop]), [], 0
        for _ in range(4):
            wait_until(lambda: Executor.objects.filter(alive=True).count() >= 2, "two residents")
            run = self.begin(version)[0]
            time.sleep(1.0)
            newest = StepRun.objects.filter(run=run, step="e0", status="succeeded").order_by("-iteration")[0]
            os.kill(int(newest.output["pid"]), signal.SIGKILL)  # type: ignore[index]
            killed = time.time()
            self.over(run)
            gaps.append(min(at for at in map(at_of, StepRun.objects.filter(run=run, step="e0")) if at > killed) - killed)
            repeated += StepRun.objects.filter(run=run, attempt__gt=1).count()
        told = f"median {statistics.median(gaps):.2f} s, worst {max(gaps):.2f} s; {repeated} steps repeated in {len(gaps)} kills"
        self.say("S7", f"kill -9 to the next step acting elsewhere: {told}")

    def _resume(self) -> None:
        wait = {"id": "wait", "type": "delay", "with": {"for": "1h"}}
        version = self.publish([{"id": "each", "type": "loop", "max_iterations": 60_000, "steps": [wait, *effects(1)]}])
        took: dict[int, float] = {}
        for finished in (10, 100_000):
            run = self.begin(version)[0]
            self._fill(run, finished // 2)
            took[finished] = statistics.median(self._resumption(run) for _ in range(40))
        told = f"{took[10]:.1f} ms after 10 finished step runs, {took[100_000]:.1f} ms after 100,000: {took[100_000] / took[10]:.2f} x"
        self.say("resume", f"from a decision to the next step acting: {told}")

    def _overhead(self) -> None:
        """100 steps of 200 ms in a row: what they take beyond that, and how long each follows the one before it (S4-NFR-1.1, 1.2)."""
        run = self.begin(self.publish(effects(100, sleep="200ms")))[0]
        self.over(run)
        steps = list(StepRun.objects.filter(run=run).order_by("position"))
        whole, own = steps[-1].finished_at.timestamp() - self.committed, 100 * 0.2  # type: ignore[union-attr]
        gaps = [at_of(step) - before.finished_at.timestamp() for before, step in pairwise(steps)]  # type: ignore[union-attr]
        self.say("overhead", f"100 steps of 200 ms in {whole:.2f} s: {(whole - own) / own:.1%}, ratio {whole / own:.3f}")
        self.say("dispatch", f"from one step's end to the next one acting: {told_of(gaps)}")

    def _save(self) -> None:
        """A step of which the output is 900 KB, and steps with as much beside them (S4-NFR-1.3)."""
        keep = [{"id": f"keep{n}", "type": "var", "with": {"name": f"big{n}", "value": "{{ inputs.state }}"}} for n in range(20)]
        turns = [step for pair in zip(effects(20), keep, strict=True) for step in pair]
        version = self.publish([*turns, {"id": "last", "type": "bench_effect"}], inputs=[{"name": "state", "type": "string"}])
        run = self.begin(version, inputs={"state": "x" * 900_000})[0]
        self.over(run)
        acted = [at_of(step) for step in StepRun.objects.filter(run=run, type="bench_effect").order_by("position")]
        self.say("save", f"from one step to the next, with 900 KB written between them: {told_of([after - at for at, after in pairwise(acted)])}")

    def _inbox(self) -> None:
        """An inbox with 10,000 open approvals: page, list, search and API, one after the other; nobody works meanwhile."""
        inbox.fill(self.publish(effects(1)), self.person)
        client = Client()
        client.force_login(self.person, backend="playbooks_app.entrance.sign_in.EmailOrUsername")
        headers = {"Cookie": f"sessionid={client.cookies['sessionid'].value}"}
        found = {name: inbox.looks(self.stack.port, address, headers) for name, address in inbox.ADDRESSES.items()}
        self.say("inbox", ", ".join(f"{name} {middle * 1000:.0f}/{late * 1000:.0f} ms" for name, (middle, late) in found.items()))

    def _noisy(self) -> None:
        """A start of ours while another account has 5,000 runs in line, each urgent and with three steps of 100 ms."""
        loud = Account.objects.create(name="Loud", slug="loud")
        person = User.objects.create_user("loud", "loud@localhost")
        Membership.objects.create(user=person, account=loud, role="owner")
        version, quiet = self.publish(effects(3, sleep="100ms")), self.publish(effects(1))
        Playbook.objects.filter(pk=version.playbook_id).update(account=loud, owner=person)
        version.playbook.refresh_from_db()
        with transaction.atomic():
            for _ in range(5_000):
                start(version, inputs={}, by=person, when=When(priority=100))
        found = []
        for _ in range(5):
            called = time.time()
            run = start(quiet, inputs={}, by=self.person).run
            self.over(run)
            line = Strand.objects.filter(run__account=loud, status="queued").count()
            found.append((at_of(StepRun.objects.get(run=run)) - called, line))
        told = ", ".join(f"{seconds * 1000:.0f} ms with {line:,} in line" for seconds, line in found)
        self.say("noisy", f"from the call of start to the first step acting: {told}")
        Strand.objects.filter(run__account=loud, status="queued").delete()  # for whatever is measured next

    def _waiting(self, run: Run) -> StepRun:
        wait_until(lambda: StepRun.objects.filter(run=run, status="waiting").exists(), "the wait")
        return StepRun.objects.get(run=run, status="waiting")

    def _resumption(self, run: Run) -> float:
        step = self._waiting(run)
        decided = time.time()
        step.resolve("done", output={})
        path = step.path.replace("/wait", "/e0")
        time.sleep(0.03)
        wait_until(lambda: StepRun.objects.filter(run=run, path=path, status="succeeded").exists(), "the next step")
        return (at_of(StepRun.objects.get(run=run, path=path)) - decided) * 1000

    def _fill(self, run: Run, turns: int) -> None:
        """Put `turns` finished turns before the waiting one, as if they had been gone through."""
        first = self._waiting(run)
        StepRun.objects.filter(pk=first.pk).update(iteration=turns, path=f"each/body[{turns}]/wait")
        with connection.cursor() as cursor:
            cursor.execute(FILL, [run.pk, first.strand_id, first.parent_id, turns - 1])
            cursor.execute("ANALYZE runs_app_steprun")

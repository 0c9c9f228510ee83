"""Drives one random run through trouble: workers die before and after commits, go on as zombies, people retry, skip, cancel, pause."""

from __future__ import annotations

from dataclasses import dataclass

from runs_app.engine.records import Note, StepRecord
from tests.engine.plans import check, random_document
from tests.engine.simulation import OVER, Flow, Simulation


@dataclass(frozen=True, slots=True)
class Trouble:
    """How likely what is, per turn."""

    crash: float = 0.0
    zombies: bool = False  # dead workers do not know that they are dead
    cancel: bool = False
    pause: bool = False
    late: bool = False  # steps have deadlines, and time goes on


def simulate(seed: int, trouble: Trouble) -> Simulation:
    """One whole run; raises AssertionError where a law is broken."""
    raw = random_document(seed, deadlines=trouble.late)
    s = Simulation(raw, seed=seed)
    live_through(s, trouble)
    return s


def live_through(s: Simulation, trouble: Trouble, people: type[Chaos] | None = None) -> None:
    """Drive it to its end through trouble, and hold it against the invariants."""
    (people or Chaos)(s, trouble).go()
    rows, strands, events = s.told()
    check(s.raw, s.status, rows, strands, events, s.made, crashed=s.crashed, touched=s.touched)


class Chaos:
    """The turns of one simulation."""

    def __init__(self, simulation: Simulation, trouble: Trouble) -> None:
        self.s, self.r, self.trouble = simulation, simulation.r, trouble
        self.has_cancelled = False

    def go(self) -> None:
        """Turn by turn until nothing can move."""
        for _ in range(100_000):
            if not self.turn():
                assert self.s.status in OVER, (self.s.status, self.s.statuses())
                return
        raise AssertionError("no end")

    def turn(self) -> bool:
        """One random move; False if there is none left."""
        s, r = self.s, self.r
        queued, waiting, held, is_paused = s.some_queued(), s.waiting(), s.held(), s.is_held()
        if not (s.flows or queued or waiting or held or is_paused):
            return False
        if queued and r.random() < 0.5:
            s.claim(r.randint(1, 4), s.worker())
        elif waiting and r.random() < 0.3:
            self.answer(r.choice(waiting))
        elif held and (r.random() < 0.2 or not (s.flows or queued or waiting)):
            self.repair(r.choice(held).id)
        elif self.trouble.cancel and not self.has_cancelled and r.random() < 0.03:
            self.has_cancelled = s.journal.cancel(s.run_id)
            s.touched = s.touched or self.has_cancelled
        elif self.trouble.pause and r.random() < 0.05 or is_paused and not s.flows:
            _ = s.journal.resume(s.run_id) if is_paused else s.journal.pause(s.run_id)
        elif self.trouble.late and r.random() < 0.1:
            s.pass_time(r.choice([0.01, 0.03]))
        elif s.flows and r.random() < self.trouble.crash:
            self.die(r.choice(s.flows).worker)
        elif s.flows:
            self.work()
        return True

    def answer(self, row: StepRecord) -> None:
        """The clock or a person ends a wait."""
        outcome = "again" if row.on_wake == "again" else self.r.choice(["done"] * 4 + ["failed"]) if row.wake_at is None else "done"
        error = {"code": "Boom", "message": "Refused.", "hint": "", "address": row.path} if outcome == "failed" else None
        self.s.journal.resolve(row.id, outcome, output={"answer": 1}, error=error)  # type: ignore[arg-type]

    def repair(self, step_run: int) -> None:
        """A person retries or skips; always retrying might never end."""
        self.s.touched = True
        if self.r.random() < 0.3:
            self.s.journal.retry(step_run)
        else:
            self.s.journal.skip(step_run)

    def die(self, worker: object) -> None:
        """A worker is buried; unless it is a zombie its flows are gone."""
        self.s.crashed = True
        self.s.bury(worker)
        if not self.trouble.zombies:
            self.s.flows = [flow for flow in self.s.flows if flow.worker is not worker]

    def work(self) -> None:
        """Some flows move on, and what they note is written together, or their worker dies just before."""
        noted: list[tuple[Flow, Note]] = []
        for flow in self.r.sample(self.s.flows, self.r.randint(1, min(4, len(self.s.flows)))):
            if any(other.strand.id == flow.strand.id for other, _ in noted):
                continue  # one note per strand and commit
            note = self.s.advance(flow)
            if note is not None:
                noted.append((flow, note))
        if noted and self.r.random() < self.trouble.crash / 4:
            self._die_before_commit([flow for flow, _ in noted])
        elif noted:
            self.s.commit(noted)

    def _die_before_commit(self, flows: list[Flow]) -> None:
        self.s.crashed = True
        workers = {id(flow.worker): flow.worker for flow in flows}
        for worker in workers.values():
            self.s.bury(worker)
        self.s.flows = [flow for flow in self.s.flows if id(flow.worker) not in workers]

"""A resident worker: claims ready strands, drives them all in one thread, lets steps act on a pool, and writes together what is ready.

One turn of the loop:
1. claim queued strands when there is room and a hint that there is work;
2. move every flow that has an answer one ask further: an act goes to the pool, a note joins the batch, a reading is answered at once;
3. commit the batch in one transaction and hand each flow its answer;
4. with nothing to do, wait for a finished act or for NOTIFY.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from playbooks_app import clock
from playbooks_app.language.step_type import StepFailed
from runs_app.engine.interpreter import Flow, Interpreter
from runs_app.engine.journal import Claimed
from runs_app.engine.records import Act, Answer, Note, StrandRecord
from runs_app.entry import children
from runs_app.repair import mending
from runs_app.worker import shares
from runs_app.worker.acting import Acting
from runs_app.worker.database_journal import DatabaseJournal
from runs_app.worker.presence import Presence

log = structlog.get_logger()

CAPACITY = 512  # strands driven at once
BATCH = 256  # strands claimed, and notes committed, at once
LOOK_EVERY_SECONDS = 1.0  # claims are tried this often even without a hint
POLITE_SECONDS = 10.0  # how long a polite stop waits for steps in hand


@dataclass(slots=True, eq=False)
class Driven:
    """A strand in our hands."""

    strand: StrandRecord
    flow: Flow
    account: int
    begun: bool = False
    has_written: bool = False  # since it was claimed


Ready = tuple[Driven, Any, StepFailed | None]


class Driver:
    """Drives strands until it is stopped. `threads` bounds the steps that may block at once."""

    def __init__(self, *, threads: int = 64, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self.journal = DatabaseJournal(keeps_plans=True)
        self.acting = Acting(threads)
        self.presence = Presence(self.journal.touched)
        self.driving: dict[int, Driven] = {}
        self.ready: list[Ready] = []
        self.notes: list[Note] = []
        self.hint = True
        self.crowds: list[int] = []  # accounts that had their share when it was last looked
        self._looked = self._looked_behind = 0.0
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask for a polite stop: steps in hand end, strands go back without counting as interrupted."""
        self._stop.set()
        self.acting.ring()

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Drive. Returns after `stop`, or when `until` says so."""
        self.journal.executor = self.presence.enter()
        try:
            while not self._stop.is_set() and not until():
                self.turn()
            self._leave_politely()
        finally:
            self.presence.leave()
            self.acting.close()

    def turn(self) -> None:
        """One turn of the loop."""
        if self.presence.was_buried:
            self._start_over()
        self._claim_behind_crowds()
        self._claim()
        for each in self._next_ready():
            self._advance(*each)
        has_more = bool(self.ready)
        self._collect()
        if self.ready and not has_more:
            return  # more may join this commit
        if self.notes:
            self._commit()
        elif not self.hint and not self.ready:
            self.acting.wait(self.presence.fileno())
            self._collect()
            self.hint = self.presence.has_news()

    # -- parts of a turn ----------------------------------------------------------------------------------------------------------------

    def _claim(self) -> None:
        if not self.hint and time.monotonic() - self._looked < LOOK_EVERY_SECONDS:
            return
        self._looked, self.hint = time.monotonic(), False
        if self.acting.is_alone:
            return
        limit = min(BATCH, self.capacity - shares.kept_free(self.capacity) - len(self.driving))
        if limit <= 0:
            return
        claimed = self.journal.claim(limit)
        self.hint = len(claimed) == limit
        for each in claimed:
            self._begin(each)

    def _claim_behind_crowds(self) -> None:
        """Whoever stands in line behind accounts that have their share already, however long the line and whatever its priorities."""
        if len(self.driving) * shares.PART < self.capacity:
            self.crowds = []
            return
        limit = min(BATCH, self.capacity - len(self.driving))
        if limit <= 0 or self.acting.is_alone or time.monotonic() - self._looked_behind < shares.LOOK_EVERY_SECONDS:
            return
        self.crowds = shares.crowds((driven.account for driven in self.driving.values()), self.capacity)
        if self.crowds:
            self._looked_behind = time.monotonic()
            for each in self.journal.claim(limit, but=self.crowds):
                self._begin(each)

    def _next_ready(self) -> list[Ready]:
        """What is moved on in this turn: all of it; of crowds only so many that nobody else waits long for the next turn. The oldest first."""
        if not self.crowds:
            taken, self.ready = self.ready, []
            return taken
        others = [each for each in self.ready if each[0].account not in self.crowds]
        most = shares.FEW if any(each.account not in self.crowds for each in self.driving.values()) else shares.MANY
        theirs = [each for each in self.ready if each[0].account in self.crowds]
        self.ready = theirs[most:]
        return others + theirs[:most]

    def _begin(self, claimed: Claimed) -> None:
        interpreter = Interpreter(
            claimed.strand, claimed.program, claimed.facts, claimed.rows, new_id=self.journal.new_id, now=clock.now, jitter=random.random
        )
        driven = Driven(claimed.strand, interpreter.run(), claimed.facts.account)
        self.driving[claimed.strand.id] = driven
        self.ready.append((driven, None, None))

    def _advance(self, driven: Driven, value: Any, failure: StepFailed | None) -> None:
        """Move one flow to its next ask."""
        driven.begun = True
        try:
            ask = driven.flow.throw(failure) if failure is not None else driven.flow.send(value)
            while isinstance(ask, list):
                ask = driven.flow.send(self.journal.read(driven.strand.run, ask))
        except StopIteration:
            self._forget(driven)
        except Exception as fault:
            log.exception("strand_broke", strand=driven.strand.id, run=driven.strand.run)
            self._forget(driven)
            self._broke(driven, fault)
        else:
            self._asked(driven, ask)

    def _broke(self, driven: Driven, fault: Exception) -> None:
        """Of a strand that goes on and has written nothing yet, what was stored is to blame; else what it did."""
        if driven.strand.fresh or driven.has_written:
            self.journal.hold_broken(driven.strand, fault)
        else:
            self.journal.end_damaged(driven.strand, fault)

    def _asked(self, driven: Driven, ask: Act | Note) -> None:
        if isinstance(ask, Note):
            self.notes.append(ask)
        elif ask.kind.blocking or ask.record.interrupted:
            self.acting.begin(driven, ask)
        else:
            self.acting.perform(driven, ask)

    def _collect(self) -> None:
        """Take the answers of acts that have ended; of strands that are no longer ours they are dropped."""
        for driven, value, failure in self.acting.ended():
            if self._is_mine(driven):
                self.ready.append((driven, value, failure))

    def _commit(self) -> None:
        batch, self.notes = [note for note in self.notes if self._is_mine_still(note)], []
        if not batch:
            return
        answers = self.journal.commit(batch)
        children.tell_parents_of(self.journal, batch)
        mending.recount_after(self.journal, batch)
        for note in batch:
            driven = self.driving[note.strand.id]
            driven.has_written = True
            self.ready.append((driven, answers.get(note.strand.id, Answer()), None))
        self.hint = self.hint or any(note.forks or (note.end and note.strand.parent) for note in batch)  # where a main line ends nothing else begins

    def _is_mine(self, driven: Driven) -> bool:
        return self.driving.get(driven.strand.id) is driven

    def _is_mine_still(self, note: Note) -> bool:
        """One note per strand and commit: the newest driver's, where a strand came back to this process."""
        driven = self.driving.get(note.strand.id)
        return driven is not None and driven.strand is note.strand

    def _forget(self, driven: Driven) -> None:
        if self._is_mine(driven):
            del self.driving[driven.strand.id]

    # -- coming and going ---------------------------------------------------------------------------------------------------------------

    def _start_over(self) -> None:
        """We were declared dead: all that we held is somebody else's by now."""
        log.warning("executor_was_buried", executor=self.journal.executor)
        self.driving.clear()
        self.ready.clear()
        self.notes.clear()
        self.acting.forget()
        self.journal.executor = self.presence.enter()
        self.hint = True

    def _leave_politely(self) -> None:
        """Let steps in hand end, write what they did, and hand the strands back."""
        end = time.monotonic() + POLITE_SECONDS
        while self.driving and time.monotonic() < end and (self.acting.is_busy or self.ready or self.notes):
            self._collect()
            if self.notes:
                self._commit()
            self._finish_ready()
            if self.acting.is_busy and not self.ready:
                self.acting.wait(self.presence.fileno())
        acting = self.acting.in_hand()
        for driven in self.driving.values():
            if driven not in acting:  # a step that is still acting counts as interrupted: its outcome is not known
                self.journal.hand_back(driven.strand, fresh=driven.begun)

    def _finish_ready(self) -> None:
        """Move flows on until they would act again; then they stay where they are."""
        while self.ready:
            driven, value, failure = self.ready.pop()
            if value is None and failure is None:
                continue  # not begun: it goes back as it was claimed
            if isinstance(value, Answer):
                continue  # written: it would act next
            self._advance(driven, value, failure)

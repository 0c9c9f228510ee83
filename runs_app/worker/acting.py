"""Where steps act: on threads if they may block, on the spot if not. A step that twice brought its worker down acts alone."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.db import connection

from playbooks_app.language.step_type import StepFailed
from runs_app.engine.records import LIVE, Act
from runs_app.secrecy import revealing
from runs_app.trials import sandbox
from runs_app.worker.shares import SharedPool

log = structlog.get_logger()

GRACE_SECONDS = 5.0  # beyond its time-out, before a step that does not come back is given up
ALONE_AFTER = 2  # interruptions
WAIT_SECONDS = 0.5

Ended = tuple[Any, Any, StepFailed | None]


@dataclass(slots=True, eq=False)
class InHand:
    """One act that has begun."""

    driven: Any
    act: Act
    give_up_at: float  # monotonic seconds


class Bell:
    """A pipe that wakes whoever waits for it. It goes with its last user: a thread may ring it after everybody else has left."""

    def __init__(self) -> None:
        self._out, self._in = os.pipe()
        os.set_blocking(self._out, False)
        os.set_blocking(self._in, False)

    def __del__(self) -> None:
        """Give both ends back."""
        os.close(self._out)
        os.close(self._in)

    def ring(self) -> None:
        """Once is as good as many times."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._in, b".")

    def hush(self) -> None:
        """Forget what rang."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._out, 65536)

    def wait(self, other: int, seconds: float) -> None:
        """Until it rings, `other` (a file descriptor) has news, or the time is over. By poll: select knows no descriptor above 1023."""
        poll = select.poll()
        poll.register(other, select.POLLIN)
        poll.register(self._out, select.POLLIN)
        poll.poll(seconds * 1000)


class Acting:
    """The pool, and the bell that says something has ended."""

    def __init__(self, threads: int) -> None:
        self._pool = SharedPool(threads)
        self._done: queue.SimpleQueue[tuple[InHand, Any, StepFailed | None]] = queue.SimpleQueue()
        self._in_hand: set[InHand] = set()
        self._put_off: list[tuple[Any, Act]] = []
        self._lonely: list[tuple[Any, Act]] = []
        self._bell = Bell()
        self._has_alone = False

    @property
    def is_busy(self) -> bool:
        """Whether any act has begun and not ended."""
        return bool(self._in_hand)

    @property
    def is_alone(self) -> bool:
        """Whether an act asks for, or has, the process for itself: nothing else is to be begun."""
        return self._has_alone or bool(self._lonely)

    def in_hand(self) -> list[Any]:
        """Whose acts have begun and not ended."""
        return [hand.driven for hand in self._in_hand]

    def begin(self, driven: Any, act: Act) -> None:
        """Act on a thread; what is only answered, in the sandbox, here and now."""
        if act.context.mode != LIVE and act.kind.effect:
            self.perform(driven, act)
            return
        if act.record.interrupted >= ALONE_AFTER:
            self._lonely.append((driven, act))
        elif self.is_alone:
            self._put_off.append((driven, act))
        else:
            self._submit(driven, act)
        self._let_alone_begin()

    def perform(self, driven: Any, act: Act) -> None:
        """Act here and now: for steps that never block."""
        hand = InHand(driven, act, float("inf"))
        self._in_hand.add(hand)
        self._work(hand)

    def ended(self) -> Iterator[Ended]:
        """Whose acts have ended, with what; and those that are given up."""
        while True:
            try:
                hand, value, failure = self._done.get_nowait()
            except queue.Empty:
                break
            if hand in self._in_hand:
                self._in_hand.discard(hand)
                yield hand.driven, value, failure
        for hand in [each for each in self._in_hand if each.give_up_at < time.monotonic()]:
            self._in_hand.discard(hand)
            why = f"The step did not end within {hand.act.context.timeout_seconds:g} s."
            yield hand.driven, None, StepFailed("Timeout", why, hint="Raise `timeout` or make the other side faster.", transient=True)
        self._go_on()

    def wait(self, other: int) -> None:
        """Sleep until something ends, `other` (a file descriptor) has news, or half a second has passed."""
        if self._done.empty():
            self._bell.wait(other, WAIT_SECONDS)
        self._bell.hush()

    def ring(self) -> None:
        """Wake the sleeper."""
        self._bell.ring()

    def forget(self) -> None:
        """Drop all that is in hand; late answers are ignored."""
        self._pool.forget()
        self._in_hand.clear()
        self._put_off.clear()
        self._lonely.clear()
        self._has_alone = False

    def close(self) -> None:
        """Take no more work."""
        self._pool.close()

    def _submit(self, driven: Any, act: Act) -> None:
        hand = InHand(driven, act, float("inf"))
        self._in_hand.add(hand)
        self._pool.submit(act.context.account_id, partial(self._work_on_thread, hand))

    def _let_alone_begin(self) -> None:
        if self._lonely and not self._in_hand:
            self._has_alone = True
            self._submit(*self._lonely.pop(0))

    def _go_on(self) -> None:
        if self._in_hand:
            return
        self._has_alone = False
        self._let_alone_begin()
        if not self.is_alone:
            waiting, self._put_off = self._put_off, []
            for driven, act in waiting:
                self._submit(driven, act)

    def _work_on_thread(self, hand: InHand) -> None:
        hand.give_up_at = time.monotonic() + hand.act.context.timeout_seconds + GRACE_SECONDS  # from here on: waiting for a thread is not working
        try:
            self._work(hand)
        finally:
            connection.close_if_unusable_or_obsolete()
            self.ring()

    def _work(self, hand: InHand) -> None:
        try:
            self._done.put((hand, _acted(hand.act), None))
        except StepFailed as failure:
            self._done.put((hand, None, failure))
        except Exception as fault:
            log.exception("step_broke", path=hand.act.context.path, run=hand.act.context.run_id)
            hint = "Tell your administrator; the worker's log has the details."
            self._done.put((hand, None, StepFailed("InternalError", f"The step broke: {type(fault).__name__}.", hint=hint)))


def _outcome(act: Act) -> Any:
    """What the step does; outside of `live`, what it is answered instead."""
    return act.kind.run(act.context) if act.context.mode == LIVE else sandbox.answer(act.kind, act.context)


def _acted(act: Act) -> Any:
    """What the step type answers, or how it fails, without the values of secrets (law 12)."""
    if not act.kind.blocking:  # it reaches nobody who could know one
        return _outcome(act)
    context = act.context
    with revealing.in_hand(context.run_id, context.account_id, context.path, context.access) as hand:
        try:
            outcome = _outcome(act)
        except StepFailed as failure:
            raise hand.masker().failure(failure) from None
        return hand.masker().outcome(outcome)

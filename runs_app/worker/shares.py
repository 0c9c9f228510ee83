"""One account does not stand in the way of another: places of a worker and its threads are shared between accounts, whatever stands in line."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

PART = 8  # an eighth of places and threads is for accounts that have less than that in hand
MANY, FEW = 128, 32  # strands of crowds that are moved on in one turn: while nobody else is in hand, and while somebody is
LOOK_EVERY_SECONDS = 0.25  # how often those are looked for who stand behind a long line of others


def crowds(accounts: Iterable[int], capacity: int) -> list[int]:
    """Accounts that hold an eighth of the places, or more."""
    return [account for account, held in Counter(accounts).items() if held * PART >= capacity]


def kept_free(capacity: int) -> int:
    """Places, or threads, that no account takes which has its share."""
    return capacity // PART


class SharedPool:
    """Threads. Whoever has the fewest at work goes next; an eighth is kept free of accounts that have more than their share."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="act")
        self._lines: dict[int, deque[Callable[[], Any]]] = {}
        self._at_work: Counter[int] = Counter()
        self._guard = threading.Lock()

    def submit(self, account: int, work: Callable[[], Any]) -> None:
        """Do it on a thread as soon as this account gets one."""
        with self._guard:
            self._lines.setdefault(account, deque()).append(work)
            self._feed()

    def forget(self) -> None:
        """What has not begun never does."""
        with self._guard:
            self._lines.clear()

    def close(self) -> None:
        """Take no more work, and wait for none."""
        self.forget()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _feed(self) -> None:
        most = max(1, self.threads - kept_free(self.threads))
        while self._at_work.total() < self.threads:
            account = min((each for each in self._lines if self._at_work[each] < most), key=self._at_work.__getitem__, default=None)
            if account is None:
                return
            work = self._lines[account].popleft()
            if not self._lines[account]:
                del self._lines[account]
            self._at_work[account] += 1
            self._pool.submit(self._work, account, work)

    def _work(self, account: int, work: Callable[[], Any]) -> None:
        try:
            work()
        finally:
            with self._guard:
                self._at_work[account] -= 1
                if not self._at_work[account]:
                    del self._at_work[account]
                self._feed()

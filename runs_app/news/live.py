"""News for the browsers of this process: one LISTEN connection hands "run X has news up to n" to every socket that asked.

News, not data (law 10): whoever is told looks for himself. A socket keeps one number, the newest; a slow one skips numbers and
is never a queue that grows. Notifications may be lost while the connection is down, therefore everything is looked at again
after each connect and every few seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from weakref import WeakKeyDictionary

import psycopg
from channels.db import database_sync_to_async
from django.db import DatabaseError, connection
from psycopg.conninfo import make_conninfo

from playbooks_app.drafting import draft_news
from runs_app.models import Run

logger = logging.getLogger(__name__)

RUN_CHANNEL = "handrail_news"  # payload: <run id>:<number of its newest event>
INBOX_CHANNEL = "handrail_inbox"  # payload: <account id>
DRAFT_CHANNEL = draft_news.CHANNEL  # payload: <playbook id>
LOOK_AGAIN_SECONDS = 5.0
RECONNECT_SECONDS = (0.2, 5.0)  # first and longest wait
MOST_SUBSCRIPTIONS = 10_000  # per process

Topic = tuple[str, int]  # ("run", run id), ("inbox", account id) or ("draft", playbook id)


class TooManySubscriptions(Exception):
    """This process serves as many sockets as it can."""


class Subscription:
    """What one socket waits for: the newest number that it has not been told."""

    def __init__(self, topic: Topic) -> None:
        self.topic = topic
        self._newest = 0
        self._told = 0
        self._changed = asyncio.Event()

    def tell(self, number: int) -> None:
        """There is news up to `number`; older or known numbers are dropped."""
        if number > self._newest:
            self._newest = number
            self._changed.set()

    async def next(self) -> int:
        """Wait for a number that was not handed out yet."""
        await self._changed.wait()
        self._changed.clear()
        self._told = self._newest
        return self._told


class Switchboard:
    """All subscriptions of one event loop and the one connection that feeds them; it listens only while somebody is subscribed."""

    def __init__(self) -> None:
        self._subscriptions: dict[Topic, set[Subscription]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = False

    @contextlib.asynccontextmanager
    async def subscribed(self, kind: str, number: int) -> AsyncIterator[Subscription]:
        """A subscription to a topic. The number that is true at its start counts as news. Raises TooManySubscriptions."""
        if sum(map(len, self._subscriptions.values())) >= MOST_SUBSCRIPTIONS:
            raise TooManySubscriptions
        subscription = Subscription((kind, number))
        self._subscriptions[subscription.topic].add(subscription)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="handrail news")
        try:
            if kind == "run" or self._listening:  # the others have no number of their own: they are told as soon as the connection stands
                await self._look([subscription.topic])
            yield subscription
        finally:
            await self._leave(subscription)

    async def _leave(self, subscription: Subscription) -> None:
        others = self._subscriptions[subscription.topic]
        others.discard(subscription)
        if not others:
            del self._subscriptions[subscription.topic]
        if not self._subscriptions and self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait([task])

    async def _listen(self) -> None:
        """Listen for ever; a lost connection is made again, ever more slowly."""
        shortest, longest = RECONNECT_SECONDS
        pause = shortest
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(_address(), autocommit=True) as listener:
                    pause = shortest
                    self._listening = True
                    await self._follow(listener)
            except (psycopg.Error, DatabaseError, OSError) as error:
                logger.warning("news: connection lost, next try in %.1f s: %s", pause, error)
            finally:
                self._listening = False
            await asyncio.sleep(pause)
            pause = min(longest, pause * 2)

    async def _follow(self, listener: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
        await listener.execute(f"LISTEN {RUN_CHANNEL}")
        await listener.execute(f"LISTEN {INBOX_CHANNEL}")
        await listener.execute(f"LISTEN {DRAFT_CHANNEL}")
        await self._look(list(self._subscriptions))
        while True:
            async for notice in listener.notifies(timeout=LOOK_AGAIN_SECONDS):
                self._hand_out(notice.channel, notice.payload)
            await self._look([topic for topic in self._subscriptions if topic[0] == "run"])

    def _hand_out(self, channel: str, payload: str) -> None:
        first, _, upto = payload.partition(":")
        if not first.isdecimal():
            return
        if channel == RUN_CHANNEL and upto.isdecimal():
            self._tell(("run", int(first)), int(upto))
        elif channel in _KINDS:
            self._tell((_KINDS[channel], int(first)), _moment())

    def _tell(self, topic: Topic, number: int) -> None:
        for subscription in self._subscriptions.get(topic, ()):
            subscription.tell(number)

    async def _look(self, topics: list[Topic]) -> None:
        """Tell what the tables say, for what may have been missed. One query for all runs; inboxes and drafts simply look again."""
        counts = await _event_counts([number for kind, number in topics if kind == "run"])
        for number, upto in counts.items():
            self._tell(("run", number), upto)
        for topic in topics:
            if topic[0] != "run":
                self._tell(topic, _moment())


_KINDS = {INBOX_CHANNEL: "inbox", DRAFT_CHANNEL: "draft"}  # topics without a number of their own
_inbox_numbers = itertools.count(1)
_switchboards: WeakKeyDictionary[asyncio.AbstractEventLoop, Switchboard] = WeakKeyDictionary()


def switchboard() -> Switchboard:
    """The one of the running event loop: a web process has one loop."""
    loop = asyncio.get_running_loop()
    if loop not in _switchboards:
        _switchboards[loop] = Switchboard()
    return _switchboards[loop]


@database_sync_to_async
def _event_counts(run_ids: list[int]) -> dict[int, int]:
    return dict(Run.objects.filter(pk__in=run_ids).values_list("pk", "event_count")) if run_ids else {}


def _address() -> str:
    """Where Django's own connection goes, in libpq's words."""
    wanted = {"host", "port", "dbname", "user", "password"}
    return make_conninfo(**{key: str(value) for key, value in connection.get_connection_params().items() if key in wanted and value})


def _moment() -> int:
    """A number that only rises. No product time: with a movable clock, reading it asks the database, which an event loop must not."""
    return next(_inbox_numbers)

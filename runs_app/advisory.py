"""The numbers of PostgreSQL's advisory locks, all on one page: two uses of one number would wait for each other without having anything in common."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Advisory(IntEnum):
    """What is locked. With a second key the number names a family: one lock for each executor, one for each account."""

    EXECUTOR = 4711  # family, by executor; held as long as a worker lives (worker/presence.py)
    SIGNALS = 4712  # sending events against beginning to wait for them
    ENTRIES = 4713  # who is let in next, of all that stand in line
    ROOM = 4714  # family, by account; how many runs are open is counted one after the other

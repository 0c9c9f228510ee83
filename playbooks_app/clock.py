"""The only place where time is read. With `MOVABLE_CLOCK=1` product time can be moved forward, for all processes at once.

Every process looks at the stored offset twice a second at most; so a move is seen everywhere within a second.
"""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime, timedelta

from django.conf import settings

LOOK_EVERY_SECONDS = 0.5

_lock = threading.Lock()
_seen: tuple[float, timedelta] = (-1e9, timedelta(0))


def now() -> datetime:
    """Product time, UTC, aware."""
    present = datetime.now(UTC)
    return present + offset() if settings.MOVABLE_CLOCK else present


def offset() -> timedelta:
    """By how much product time is ahead of the machine's clock."""
    global _seen
    looked, found = _seen
    if time.monotonic() - looked < LOOK_EVERY_SECONDS:
        return found
    with _lock:
        looked, found = _seen
        if time.monotonic() - looked >= LOOK_EVERY_SECONDS:
            found = _stored() + timedelta(seconds=_own_skew())
            _seen = (time.monotonic(), found)
    return found


def move(by: timedelta) -> None:
    """Move product time forward. Raises ValueError for a step back or on a fixed clock."""
    if not settings.MOVABLE_CLOCK:
        raise ValueError("The clock can be moved only with MOVABLE_CLOCK=1.")
    if by < timedelta(0):
        raise ValueError("Time moves forward only.")
    from django.db.models import F

    from playbooks_app.models import ClockOffset

    ClockOffset.objects.get_or_create(pk=1)
    ClockOffset.objects.filter(pk=1).update(seconds=F("seconds") + by.total_seconds())
    forget()


def forget() -> None:
    """Look at the stored offset again at the next reading."""
    global _seen
    _seen = (-1e9, timedelta(0))


def _stored() -> timedelta:
    from playbooks_app.models import ClockOffset

    found = ClockOffset.objects.filter(pk=1).values_list("seconds", flat=True).first()
    return timedelta(seconds=found or 0.0)


def _own_skew() -> float:
    text = os.environ.get("CLOCK_SKEW", "")
    return float(text.removesuffix("s")) if text else 0.0

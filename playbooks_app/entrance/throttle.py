"""So many tries at a door, and then a pause. Counted in the database, so that all web processes count together.

A try is counted before it is made, in one statement: a hundred at the same moment are no way round the limit. What succeeds is taken back.
"""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection
from django.db.models import F
from django.db.models.functions import Greatest
from django.http import HttpRequest

from playbooks_app import clock, wording
from playbooks_app.entrance.addresses import address_of, line_of
from playbooks_app.errors import TooMany
from playbooks_app.models import LoginAttempt

MOST = 10  # tries
SPAN = timedelta(minutes=10)

Door = Literal["sign-in", "reset", "second-factor"]

_COUNT = """
INSERT INTO playbooks_app_loginattempt AS a (key, tries, since) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET tries = CASE WHEN a.since <= %s THEN 1 ELSE least(a.tries, 1000000) + 1 END,
    since = CASE WHEN a.since <= %s THEN EXCLUDED.since ELSE a.since END
RETURNING tries, since
"""


def count(door: Door, name: str, request: HttpRequest | None) -> None:
    """One more try at a door, under this name from where the request came. Raises TooMany, whether or not the name exists.

    Both are limited: a name from one address, and an address whatever the names. Without a request (a program on this machine) nothing is counted.
    """
    if request is None:
        return
    for key in _keys(door, name, request):
        tries, since = _one_more(key)
        if tries > MOST:
            left = max(1, math.ceil((since + SPAN - clock.now()).total_seconds()))
            hint = f"Try again in {wording.duration(left)}."
            raise TooMany("There were too many tries from where you are.", hint=hint, seconds=left)


def forgive(door: Door, name: str, request: HttpRequest | None) -> None:
    """It was the right one: the tries under this name from there are forgotten, others from the same address are not."""
    if request is None:
        return
    own, address = _keys(door, name, request)
    found = LoginAttempt.objects.filter(key=own).first()
    if found is not None:
        LoginAttempt.objects.filter(key=address).update(tries=Greatest(F("tries") - found.tries, 0))
        LoginAttempt.objects.filter(key=own).delete()


def _keys(door: Door, name: str, request: HttpRequest) -> tuple[str, str]:
    line = line_of(address_of(request))
    return _digest(door, "name", name.strip().lower()[:500], line), _digest(door, "address", line)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _one_more(key: str) -> tuple[int, datetime]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, now, now - SPAN, now - SPAN])
        tries, since = cursor.fetchone()
    if tries == 1:  # who begins tidies up
        LoginAttempt.objects.filter(since__lte=now - SPAN).delete()
    return int(tries), since

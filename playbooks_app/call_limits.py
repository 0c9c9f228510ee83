"""How many calls there were in this minute, counted in the database by one statement: a hundred at the same moment are no way round."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from playbooks_app import clock

SPAN = 60  # seconds; all windows begin with the minute

_COUNT = """
INSERT INTO playbooks_app_callcount AS a (key, minute, calls)
SELECT each, %s, 1 FROM unnest(%s::text[]) WITH ORDINALITY AS k(each, place) ORDER BY place
ON CONFLICT (key) DO UPDATE SET calls = CASE WHEN a.minute = EXCLUDED.minute THEN least(a.calls, 100000000) + 1 ELSE 1 END, minute = EXCLUDED.minute
RETURNING key, calls
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands: the limit that is nearest, what is left of it, and the seconds until it begins anew."""

    limit: int
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As the answer says it."""
        return {"RateLimit-Limit": str(self.limit), "RateLimit-Remaining": str(max(0, self.left)), "RateLimit-Reset": str(self.reset)}


def count(limits: dict[str, int]) -> Standing:
    """One more call under each of these keys; the first key is locked first by everybody, so keys come in a fixed order. One statement."""
    now = clock.now().timestamp()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [int(now // SPAN), list(limits)])
        calls = dict(cursor.fetchall())
    nearest = min(limits, key=lambda key: limits[key] - calls[key])
    return Standing(limits[nearest], limits[nearest] - calls[nearest], max(1, SPAN - int(now % SPAN)))

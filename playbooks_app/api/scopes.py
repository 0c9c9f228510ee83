"""Which scope a token needs for which door: the only table of it. A door that no row names lets no scoped token in, and fails a test."""

from __future__ import annotations

import re
from functools import lru_cache

from playbooks_app.models.api_token import Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
EVERY = "*"
_ADMIN_NOUNS = (
    "audit|tokens|members|invitations|departments|groups|secrets|connections|webhooks|rate-limits|breakers|pools|calendars|folders|limits|system"
)

# (address below /api/v1/, methods, scope): the first row that fits counts. "SAFE" are GET, HEAD and OPTIONS.
TABLE: tuple[tuple[str, str, Scope], ...] = (
    (r"tokens/.*|audit/.*|system/.*", EVERY, Scope.ADMIN),
    (r"(queues|tasks)/.*", "POST", Scope.WORK),
    (r"playbooks/(import|validate)/|documents/text/", EVERY, Scope.AUTHOR),
    (r"(me|notifications)/.*", EVERY, Scope.READ),
    (r".*", "SAFE", Scope.READ),
    (r"approvals/.*", EVERY, Scope.DECIDE),
    (r"triggers/[^/]+/fire/", "POST", Scope.RUN),
    (r"playbooks/[^/]+/(migrate|what-if|preview)/", EVERY, Scope.RUN),
    (r"(playbooks|versions|documents|schedules|triggers|gallery|tags)/.*", EVERY, Scope.AUTHOR),
    (r"(runs|events|sessions|checkpoints|retry-sets|locks)/.*", EVERY, Scope.RUN),
    (rf"({_ADMIN_NOUNS})/.*", EVERY, Scope.ADMIN),
)


@lru_cache(maxsize=2048)
def scope_of(route: str, method: str) -> Scope | None:
    """The scope for a call; `route` is the address as in the table of URLs, below `/api/v1/`. None: no row fits."""
    for pattern, methods, scope in TABLE:
        fits = methods in (EVERY, method) or (methods == "SAFE" and method in SAFE)
        if fits and re.fullmatch(pattern, route):
            return scope
    return None

"""Counts beside the places of the side bar. Apps above register theirs here, downwards, in AppConfig.ready.

badges.register("inbox", lambda user: Approval.objects.open_for(user).count())
"""

from __future__ import annotations

from collections.abc import Callable

from playbooks_app.models import User

Count = Callable[[User], int]

_counts: dict[str, Count] = {}


def register(place: str, count: Count) -> None:
    """Show `count(user)` beside the place with this URL name; one query, called once for every full page."""
    _counts[place] = count


def remember(place: str, user: User, number: int) -> None:
    """A page has counted already: for the rest of its request this is the number."""
    user.__dict__.setdefault("_badges", {})[place] = number


def count(place: str, user: User) -> int:
    """What to show there; 0 shows nothing."""
    known = user.__dict__.get("_badges", {})
    if place in known:
        return int(known[place])
    return _counts[place](user) if place in _counts else 0

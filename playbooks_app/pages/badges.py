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


def count(place: str, user: User) -> int:
    """What to show there; 0 shows nothing."""
    return _counts[place](user) if place in _counts else 0

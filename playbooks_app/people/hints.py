"""Hints for newcomers: each person puts them away for good, and may have them back."""

from __future__ import annotations

from playbooks_app.models import User

MOST = 100  # names that are kept for one person
ALL = "all"  # the name that stands for every hint


def put_away(user: User, name: str, *, seen: bool = True) -> list[str]:
    """Put one away; with `seen` false bring it back, or all of them. The names that are away."""
    kept = [each for each in user.seen_tips if each != name and not (name == ALL and not seen)]
    user.seen_tips = [*kept, name][-MOST:] if seen else kept
    user.save(update_fields=["seen_tips"])
    return list(user.seen_tips)

"""The browsers in which somebody is signed in: listed, and ended from afar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession

from playbooks_app.models import User

BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux"))


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser."""

    id: int
    browser: str  # "Firefox on Linux"
    address: str
    since: datetime
    is_this: bool


def sessions_of(user: User, session_key: str | None) -> list[SignedIn]:
    """This browser first, then the newest. Those that have ended by themselves are left out."""
    found = [
        SignedIn(each.pk, browser_name(each.user_agent), each.ip, each.created_at, each.session_key == session_key)
        for each in UserSession.objects.purge_and_list(user)
    ]
    return sorted(found, key=lambda each: (not each.is_this, -each.since.timestamp()))


def end(user: User, pk: int) -> bool:
    """End one. False: it was not there any more, or not theirs."""
    found = UserSession.objects.filter(user=user, pk=pk).first()
    if found is None:
        return False
    found.end()
    return True


def end_others(user: User, session_key: str | None) -> int:
    """End all but this one (None: all of them); how many."""
    found = list(UserSession.objects.filter(user=user).exclude(session_key=session_key))
    for each in found:
        each.end()
    return len(found)


def browser_name(user_agent: str) -> str:
    """What people call it; "Unknown browser" when it does not say."""
    browser = next((name for sign, name in BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS if sign in user_agent), "")
    return " on ".join(filter(None, (browser or "Unknown browser", system)))

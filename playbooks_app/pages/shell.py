"""What every page shows around its content: places with counts, theme, and who is signed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

from playbooks_app import clock
from playbooks_app.models import User
from playbooks_app.pages import badges, icons
from playbooks_app.permissions import BUILDS, LEADS

THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the side bar. `key` is the second key of `G …`."""

    name: str  # URL name
    label: str
    icon: str
    key: str = ""
    leads_only: bool = False  # for owners and admins of the account
    builds_only: bool = False  # for who builds, and them
    inside: tuple[str, ...] = ()  # further addresses that belong to it


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A place as one request sees it."""

    place: Place
    address: str
    current: bool
    count: int


WORK = (
    Place("home", "Home", "home", "h"),
    Place("inbox", "Approvals", "inbox", "a"),
    Place("playbooks", "Playbooks", "playbook", "p", inside=("/schedules/",)),
    Place("gallery", "Gallery", "star", builds_only=True),
    Place("runs", "Runs", "run", "r"),
    Place("notifications", "Notifications", "bell", "n"),
)
SET_UP = (
    Place("connections", "Connections", "plug", builds_only=True, inside=("/settings/secrets/", "/settings/webhooks/", "/settings/tokens/")),
    Place("people", "People", "people", inside=("/settings/departments/", "/settings/groups/", "/settings/invitations/")),
    Place("calendars", "Calendars", "calendar"),
    Place("mail_rules", "Deciding by mail", "stamp", leads_only=True),
    Place("audit", "Audit log", "history", leads_only=True),
    Place("mailbox", "Mailbox", "mail"),  # in the demo only, as is the next
    Place("demo_services", "Services", "http"),
)
TABS = ("home", "inbox", "runs", "playbooks")  # of the phone, in this order


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Counts are read only by pages that draw the shell."""
    theme, keys = request.COOKIES.get("theme", ""), request.COOKIES.get("keys", "on")
    return {
        "theme": theme if theme in THEMES else "",
        "keys_on": keys != "off",
        "sprite": icons.sprite_address(),
        "shell": SimpleLazyObject(lambda: _shell_of(request)),
    }


def _shell_of(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"work": [], "set_up": [], "tabs": []}
    enabled = user.account is None or user.account.playbooks_enabled
    work = _shown(WORK if enabled else WORK[:1], request.path, user)
    by_name = {each.place.name: each for each in work}
    tabs = [by_name[name] for name in TABS if name in by_name]
    return {"work": work, "set_up": _shown(SET_UP, request.path, user), "tabs": tabs, "at": clock.now()}


def _shown(places: Iterable[Place], path: str, user: User) -> list[ShownPlace]:
    found = []
    for place in places:
        address = _address(place.name)
        if address and (user.role in LEADS or not place.leads_only) and (user.role in BUILDS or not place.builds_only):
            current = path == address if address == "/" else path.startswith((address, *place.inside))
            found.append(ShownPlace(place, address, current, badges.count(place.name, user)))
    return found


def _address(name: str) -> str:
    """Where the place is; "" in an installation without the app that has it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""

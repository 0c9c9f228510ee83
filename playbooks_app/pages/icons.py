"""The icons of the product: symbols of one sprite, named by what they mean.

Step types name icons that other sets know as well; those names are read as ours.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.templatetags.static import static

SPRITE = "icons.svg"
FALLBACK = "dot"
ALSO = {
    "play": "run",
    "approval": "stamp",
    "email": "mail",
    "delay": "clock",
    "timer": "clock",
    "for_each": "each",
    "repeat": "loop",
    "condition": "branch",
    "split": "dice",
    "git-branch": "branch",
    "git-fork": "parallel",
    "variable": "set",
    "var": "set",
    "braces": "set",
    "user-check": "stamp",
    "users": "people",
    "log-out": "leave",
    "pencil": "edit",
    "trash-2": "trash",
    "external-link": "ext",
    "chevron-right": "right",
    "chevron-left": "left",
    "chevron-down": "down",
    "chevron-up": "up",
    "refresh": "retry",
    "close": "x",
    "cancel": "x",
    "warning": "alert",
    "sparkles": "spark",
    "zap": "bolt",
    "corner-down-left": "return",
    "route": "router",
    "file-text": "log",
    "scroll-text": "log",
    "message": "comment",
    "square": "stop",
    "workflow": "playbook",
}


@cache
def names() -> frozenset[str]:
    """Every symbol of the sprite."""
    sprite = Path(__file__).resolve().parents[2] / "static" / SPRITE
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text()))


def symbol(name: str) -> str:
    """The symbol for an icon's name; an unknown name becomes a dot rather than a hole."""
    ours = ALSO.get(name, name)
    return ours if ours in names() else FALLBACK


def address(name: str) -> str:
    """Where `<use>` finds the symbol."""
    return f"{sprite_address()}#{symbol(name)}"


def sprite_address() -> str:
    """The address of the sprite, with its fingerprint in production."""
    return static(SPRITE)

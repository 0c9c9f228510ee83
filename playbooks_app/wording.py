"""How moments, spans and figures are said, the same in pages, mails and exports (the design guide, "Dates, times, figures").

Moments are said in the zone that is active (`django.utils.timezone`), which the middleware sets to the viewer's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from playbooks_app import clock

NARROW_SPACE = "\u202f"
NEAR = timedelta(hours=3)  # deadlines closer than this also say the distance
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def when(moment: datetime) -> str:
    """`14:32` today, `Thu 16:40` within a week, `12 Nov` within the year, else `12 Nov 2025`."""
    local, today = timezone.localtime(moment), timezone.localtime(clock.now())
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if abs((local.date() - today.date()).days) < 7:
        return f"{local:%a %H:%M}"
    return f"{local.day} {local:%b}" if local.year == today.year else f"{local.day} {local:%b %Y}"


def until(moment: datetime) -> str:
    """A deadline: always day and time, and the distance when it is near: `16:00 today, in 1 h 28 min`."""
    now = clock.now()
    local, today = timezone.localtime(moment), timezone.localtime(now)
    days = (local.date() - today.date()).days
    if days == 0:
        said = f"{local:%H:%M} today"
    elif abs(days) < 7:
        said = f"{local:%a %H:%M}"
    else:
        said = f"{local.day} {local:%b} {local:%H:%M}" if local.year == today.year else f"{local.day} {local:%b %Y %H:%M}"
    if moment < now:
        return f"{said}, {duration((now - moment).total_seconds())} ago"
    return f"{said}, in {duration((moment - now).total_seconds())}" if moment - now < NEAR else said


def exact(moment: datetime) -> str:
    """The moment with its zone, for titles: `20 Nov 2026 14:32:05 CET`."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y %H:%M:%S %Z}"


def duration(seconds: float) -> str:
    """Two units at most: `0.4 s`, `41 s`, `2 min 10 s`, `12 min`, `3 h 30 min`, `1 d 2 h`, `9 d`."""
    if seconds < 10:
        tenths = round(max(seconds, 0.0), 1)
        return f"{tenths:g} s"
    whole = round(seconds)
    index = next(i for i, (size, _) in enumerate(_UNITS) if whole >= size)
    size, unit = _UNITS[index]
    count, rest = divmod(whole, size)
    fine = {"d": 7, "h": 24, "min": 10, "s": 0}[unit]  # from this count on the smaller unit is left out
    if count >= fine or index + 1 == len(_UNITS):
        return f"{count} {unit}"
    smaller, name = _UNITS[index + 1]
    return f"{count} {unit} {rest // smaller} {name}" if rest >= smaller else f"{count} {unit}"


def figure(value: float | Decimal) -> str:
    """`1,279`, `0.25`, `48,200.5`: separators of thousands, at most two decimals."""
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share of 0..1 as `96.3 %`, with a narrow space."""
    return f"{figure(round(share * 100, 1))}{NARROW_SPACE}%"


def count(number: int, one: str, many: str = "") -> str:
    """`1 playbook`, `1,279 playbooks`."""
    return f"{figure(number)} {one if number == 1 else many or one + 's'}"

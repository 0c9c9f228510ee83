"""Functions that make a value of their own: time, chance, identifiers, hashes. All of them give the same again for the same seed and moment."""

from __future__ import annotations

import hashlib
import re
import uuid as uuids
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from playbooks_app.language.budget import Frame, weigh
from playbooks_app.language.functions_lists import written
from playbooks_app.language.functions_numbers import whole_in
from playbooks_app.language.scope import ExpressionError
from playbooks_app.language.timezones import zone_called
from playbooks_app.language.values import Json, kind_of

_PART_OF_DATE = re.compile(r"%([a-zA-Z%])")
_LONGEST_PATTERN = 200
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def now(frame: Frame) -> str:
    """`now`."""
    if frame.now is None:
        raise ExpressionError("The time is not known here.")
    return frame.now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def hashed(frame: Frame, value: Json) -> str:
    """`hash`."""
    weigh(value, frame)
    text = value if isinstance(value, str) else written(frame, value)
    frame.spend(len(text) // 16 + 1)
    return hashlib.sha256(text.encode()).hexdigest()


def _chance(frame: Frame) -> bytes:
    """32 bytes that depend on the seed and on how many were drawn before."""
    frame.calls += 1
    frame.spend(20)
    return hashlib.sha256(f"{frame.seed}#{frame.calls}".encode()).digest()


def random(frame: Frame, *bounds: Json) -> Any:
    """`random`."""
    if not bounds:
        return int.from_bytes(_chance(frame)[:6]) / 2**48
    if len(bounds) == 1:
        raise ExpressionError("“random” is used as random() or random(low, high).")
    low, high = whole_in(bounds[0], "random"), whole_in(bounds[1], "random")
    if low > high:
        raise ExpressionError("“random” needs the low bound first.")
    return low + int.from_bytes(_chance(frame)) % (high - low + 1)


def uuid(frame: Frame) -> str:
    """`uuid`."""
    return str(uuids.UUID(bytes=_chance(frame)[:16], version=4))


def day_of_week(frame: Frame, value: Json, zone: Json = None) -> int:
    """`day_of_week`."""
    return _moment(value, zone, "day_of_week").weekday()


def format_date(frame: Frame, value: Json, pattern: Json, zone: Json = None) -> str:
    """`format_date`."""
    moment = _moment(value, zone, "format_date")
    if not isinstance(pattern, str) or len(pattern) > _LONGEST_PATTERN:
        raise ExpressionError("“format_date” needs a pattern such as `%d.%m.%Y`.")
    frame.spend(len(pattern))
    return _PART_OF_DATE.sub(lambda found: _part(moment, found[1]), pattern)


def _part(moment: datetime, letter: str) -> str:
    parts = {
        "Y": f"{moment.year:04}",
        "y": f"{moment.year % 100:02}",
        "m": f"{moment.month:02}",
        "d": f"{moment.day:02}",
        "H": f"{moment.hour:02}",
        "I": f"{(moment.hour - 1) % 12 + 1:02}",
        "M": f"{moment.minute:02}",
        "S": f"{moment.second:02}",
        "p": "AM" if moment.hour < 12 else "PM",
        "A": _DAYS[moment.weekday()],
        "a": _DAYS[moment.weekday()][:3],
        "B": _MONTHS[moment.month - 1],
        "b": _MONTHS[moment.month - 1][:3],
        "j": f"{moment.timetuple().tm_yday:03}",
        "V": f"{moment.isocalendar().week:02}",
        "F": moment.date().isoformat(),
        "T": moment.time().isoformat(timespec="seconds"),
        "z": (moment.isoformat()[-6:].replace(":", "") if moment.utcoffset() else "+0000"),
        "Z": moment.tzname() or "UTC",
        "%": "%",
    }
    if letter not in parts:
        raise ExpressionError(f"“%{letter}” means nothing in a date pattern.", hint=f"Known are: {' '.join('%' + each for each in parts)}.")
    return parts[letter]


def _moment(value: Json, zone: Json, name: str) -> datetime:
    """The moment that a text such as `2026-05-04` or `2026-05-04T08:00:00Z` names; without a zone of its own it is taken as UTC."""
    if not isinstance(value, str):
        raise ExpressionError(f"“{name}” needs a date as text, not {kind_of(value)}.")
    found = _read_moment(value, name)
    if zone is None or len(value) == len("2026-05-04"):  # a day is the same day in each zone
        return found
    try:
        return found.astimezone(_zone(zone))
    except OverflowError:
        raise ExpressionError(f"“{value}” is too far away.") from None


def _read_moment(text: str, name: str) -> datetime:
    try:
        found = datetime.fromisoformat(text) if len(text) > len("2026-05-04") else datetime.combine(date.fromisoformat(text), datetime.min.time())
    except ValueError:
        raise ExpressionError(f"“{name}” cannot read “{text[:40]}” as a date.", hint="Write it as 2026-05-04 or 2026-05-04T08:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _zone(name: Json) -> tzinfo:
    found = zone_called(name)
    if found is None:
        raise ExpressionError(f"There is no time zone “{str(name)[:40]}”.", hint="Write it as in Europe/Berlin.")
    return found

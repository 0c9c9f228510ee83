"""Time zones by name."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from playbooks_app.language.values import Json


def zone_called(name: Json) -> ZoneInfo | None:
    """The zone with a name such as Europe/Berlin; None if there is none."""
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; not a name at all; a folder of the zone database
        return None

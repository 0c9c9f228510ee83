"""`manage.py clock_offset +4h`: move product time forward, for every process within a second. Offsets add up."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from playbooks_app import clock

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_OFFSET = re.compile(r"\+?(?P<number>\d+(?:\.\d+)?)(?P<unit>ms|s|m|h|d)?")


class Command(BaseCommand):
    """Only with MOVABLE_CLOCK=1."""

    help = "Move product time forward, for example by +4h, +14400s or +3d (with MOVABLE_CLOCK=1 only)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How far."""
        parser.add_argument("by", help="how far forward: +4h, +14400s, +90m, +3d; without a unit seconds are meant")

    def handle(self, *args: Any, **options: Any) -> None:
        """Moves it and says how far ahead it is."""
        try:
            clock.move(duration(options["by"]))
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Product time is {clock.offset()} ahead.")


def duration(text: str) -> timedelta:
    """`+4h` as a length of time. Raises ValueError."""
    found = _OFFSET.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a length of time forward; write +4h, +14400s or +3d.")
    return timedelta(seconds=float(found["number"]) * UNITS[found["unit"] or "s"])

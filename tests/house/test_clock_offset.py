"""`manage.py clock_offset`: product time moves forward for every process."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from playbooks_app import clock
from playbooks_app.management.commands.clock_offset import duration


@pytest.mark.parametrize(("text", "hours"), [("+4h", 4), ("+14400s", 4), ("+90m", 1.5), ("7200", 2), ("+2d", 48), ("+1800000ms", 0.5)])
def test_a_length_of_time_has_a_unit(text: str, hours: float) -> None:
    """Seconds without one."""
    assert duration(text) == timedelta(hours=hours)


@pytest.mark.django_db
def test_offsets_add_up(settings: Any) -> None:
    """Two moves of an hour are two hours."""
    settings.MOVABLE_CLOCK = True
    before = clock.now()
    call_command("clock_offset", "+1h")
    call_command("clock_offset", "+3600s")
    assert timedelta(hours=2) <= clock.now() - before < timedelta(hours=2, minutes=1)


@pytest.mark.django_db
@pytest.mark.parametrize(("movable", "by"), [(True, "-1h"), (True, "soon"), (False, "+1h")])
def test_it_is_refused_in_a_sentence(settings: Any, movable: bool, by: str) -> None:
    """Backwards, nonsense, or without MOVABLE_CLOCK=1."""
    settings.MOVABLE_CLOCK = movable
    with pytest.raises(CommandError):
        call_command("clock_offset", "--", by)

"""Calendars: the days and hours in which people, and steps that wait for them, are at work."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from playbooks_app import clock
from playbooks_app.language import working_time
from playbooks_app.models.account import Account


class Calendar(models.Model):
    """`hours` are {mon: ["09:00-17:00"], …} in its own zone, `holidays` ISO days, `holiday_names` {day: name}."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="UTC")  # IANA name
    hours = models.JSONField(default=dict)
    holidays = models.JSONField(default=list, blank=True)
    holiday_names = models.JSONField(default=dict, blank=True)
    is_default = models.BooleanField(default=False)  # of everybody in the account who has none of their own
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "name"], name="one_calendar_per_name"),
            models.UniqueConstraint(fields=["account"], name="one_default_calendar", condition=models.Q(is_default=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def working(self) -> working_time.WorkingTime:
        """Its rules."""
        return working_time.read({"timezone": self.timezone, "hours": self.hours, "holidays": self.holidays})

    @property
    def week(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """For the picture of the week: (day, its spans as {begin, end, words}); begin and end in percent of the day."""
        spans = self.working.week
        return [(day.capitalize(), [_drawn(*each) for each in found]) for day, found in zip(working_time.DAYS, spans, strict=True)]

    @property
    def open_now(self) -> bool:
        """Whether there is work at present."""
        return self.working.is_open(clock.now())

    @property
    def opens_at(self) -> datetime:
        """When work begins next; the present moment while it goes on."""
        return self.working.next_open(clock.now())


def _drawn(begin: int, end: int) -> dict[str, Any]:
    words = f"{begin // 60:02}:{begin % 60:02}–{end // 60:02}:{end % 60:02}"
    return {"begin": f"{begin / 14.4:.1f}", "end": f"{end / 14.4:.1f}", "words": words}

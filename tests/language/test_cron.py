"""Times that come again: expressions, zones, the days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbooks_app.language.cron import check_cron, next_after


@pytest.mark.parametrize("text", ["* * * * *", "*/5 0-6 1,15 JAN-MAR MON", "0 9 * * 1-5", "0 0 L * *", "0 0 * * 7", " 0 9 * * 1 ", "0 0 29 2 *"])
def test_what_cron_writes_is_understood(text: str) -> None:
    """Names of months and days and the last day of a month too."""
    assert check_cron(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "five parts"),
        ("* * * *", "five parts"),
        ("0 0 0 * * *", "five parts"),
        ("@daily", "five parts"),
        ("* * * * " + "1," * 60 + "1", "five parts"),
        ("60 * * * *", "the minute cannot be read"),
        ("* 24 * * *", "the hour cannot be read"),
        ("* * 0 * *", "the day of the month cannot be read"),
        ("* * * 13 *", "the month cannot be read"),
        ("* * * * 8", "the day of the week cannot be read"),
        ("*/0 * * * *", "the minute cannot be read"),
        ("٣ * * * *", "the minute cannot be read"),
        ("* * * * ²L", "cannot be read"),
        ("0 0 30 2 *", "the day of the month cannot be read"),
        ("0 0 1-7 * *#", "cannot be read"),
        ("0 0 */30 2 MON#5", "never comes"),
    ],
)
def test_what_is_none_is_named(text: str, words: str) -> None:
    """With the part that is wrong."""
    assert words in (check_cron(text) or "")


@pytest.mark.parametrize(
    ("text", "after", "zone", "found"),
    [
        ("0 9 * * *", "2026-11-20T08:00Z", "Europe/Berlin", "2026-11-21T08:00"),  # strictly after
        ("0 9 * * *", "2026-11-20T07:59:59.5Z", "Europe/Berlin", "2026-11-20T08:00"),
        ("0 9 * * 1-5", "2026-11-20T12:00Z", "UTC", "2026-11-23T09:00"),
        ("0 9 1 * *", "2026-11-20T00:00-05:00", "America/New_York", "2026-12-01T14:00"),
        ("*/15 * * * *", "2026-11-20T09:01Z", "Asia/Kolkata", "2026-11-20T09:15"),
        ("30 2 * * *", "2026-03-28T12:00Z", "Europe/Berlin", "2026-03-29T01:00"),  # half past two does not exist: at three
        ("30 2 * * *", "2026-10-24T12:00Z", "Europe/Berlin", "2026-10-25T00:30"),  # comes twice: the first
        ("30 2 * * *", "2026-10-25T00:30Z", "Europe/Berlin", "2026-10-26T01:30"),  # and only once
        ("30 2 * * *", "2026-10-25T01:15Z", "Europe/Berlin", "2026-10-26T01:30"),  # asked for in the hour that comes again
        ("0 * * * *", "2026-10-25T00:00Z", "Europe/Berlin", "2026-10-25T01:00"),  # every hour goes on evenly
        ("0 0 * * *", "2026-09-05T12:00Z", "America/Santiago", "2026-09-06T04:00"),  # midnight does not exist
    ],
)
def test_the_next_time_is_that_of_the_zone(text: str, after: str, zone: str, found: str) -> None:
    """On the days on which clocks change too."""
    assert next_after(text, datetime.fromisoformat(after), zone) == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize(("text", "zone"), [("every day", "UTC"), ("0 9 * * *", "Berlin"), ("0 9 * * *", "")])
def test_what_cannot_be_looked_for_is_refused(text: str, zone: str) -> None:
    """In words, as a ValueError."""
    with pytest.raises(ValueError, match="cron|zone"):
        next_after(text, datetime(2026, 11, 20, tzinfo=UTC), zone)


def test_what_comes_too_late_is_refused() -> None:
    """Near the end of the calendar."""
    with pytest.raises(ValueError, match="never comes after 9998-01-01"):
        next_after("0 0 29 2 *", datetime(9998, 1, 1, tzinfo=UTC), "UTC")

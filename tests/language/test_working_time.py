"""Working time: laws that hold for any calendar, and days on which zones and holidays play tricks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks_app.language import working_time
from playbooks_app.language.working_time import WorkingTime

BERLIN: dict[str, Any] = {"timezone": "Europe/Berlin", "holidays": ["2026-12-25"]}
OFFICE = working_time.read(BERLIN)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingTime:
    """Any week that has some work, in zones with and without summer time, with a few holidays."""
    days = {}
    for day in draw(st.sets(st.sampled_from(working_time.DAYS), min_size=1)):
        marks = sorted(draw(st.sets(st.integers(0, 24), min_size=2, max_size=6)))
        days[day] = [f"{first:02}:00-{last:02}:00" for first, last in zip(marks[::2], marks[1::2], strict=False)]
    zone = draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]))
    holidays = draw(st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(str), max_size=10))
    return working_time.read({"timezone": zone, "hours": days, "holidays": holidays})


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC))
seconds = st.integers(0, 60 * 3600)


@settings(max_examples=40, deadline=None)
@given(calendars(), moments, seconds)
def test_what_was_added_lies_between(calendar: WorkingTime, since: datetime, span: int) -> None:
    """Between a moment and the moment so much working time later lies exactly so much working time."""
    later = calendar.after(since, span)

    assert later >= since
    assert calendar.seconds_between(since, later) == span


@settings(max_examples=40, deadline=None)
@given(calendars(), moments, seconds, seconds)
def test_adding_twice_is_adding_the_sum(calendar: WorkingTime, since: datetime, first: int, second: int) -> None:
    """Reminders that follow each other lie on the same beats as one long span."""
    assert calendar.after(calendar.after(since, first), second) == calendar.after(since, first + second) or not second or not first


@settings(max_examples=40, deadline=None)
@given(calendars(), moments, st.integers(0, 40 * 86400))
def test_more_time_is_never_earlier(calendar: WorkingTime, since: datetime, span: int) -> None:
    """A moment that is later has at least as much working time before it."""
    later = since + timedelta(seconds=span)

    assert calendar.seconds_between(since, later) <= span
    assert calendar.next_open(later) >= later
    assert calendar.is_open(calendar.next_open(later))


@settings(max_examples=40, deadline=None)
@given(calendars(), st.dates(date(2026, 1, 1), date(2027, 6, 1)), st.integers(1, 30))
def test_working_days_are_counted_one_by_one(calendar: WorkingTime, day: date, count: int) -> None:
    """The n-th working day later is a working day, and n - 1 others lie between."""
    found = calendar.day_after(day, count)

    between = [day + timedelta(days=each) for each in range(1, (found - day).days)]
    assert calendar.works_on(found)
    assert sum(map(calendar.works_on, between)) == count - 1


@settings(max_examples=40, deadline=None)
@given(calendars(), moments, st.integers(1800, 6 * 86400), st.integers(0, 12))
def test_beats_are_counted_where_they_lie(calendar: WorkingTime, since: datetime, every: int, count: int) -> None:
    """At the n-th reminder n have passed, and a moment before it fewer."""
    beat = calendar.later(since, every * count)

    assert calendar.beats(since, every, beat) >= count
    assert count == 0 or calendar.beats(since, every, beat - timedelta(seconds=1)) < count or calendar.later(since, every * count) == beat


def test_a_day_is_a_working_day() -> None:
    """Asked on Wednesday 23 December at 15:00, one day later is Thursday, two are Monday: Friday is a holiday. Hours count as hours."""
    asked = utc("2026-12-23T14:00")

    assert OFFICE.later(asked, 86400) == utc("2026-12-24T14:00")
    assert OFFICE.later(asked, 2 * 86400) == utc("2026-12-28T14:00")
    assert OFFICE.later(asked, 86400 + 3 * 3600) == utc("2026-12-28T09:00")
    assert OFFICE.later(asked, 3600) == utc("2026-12-23T15:00")
    assert OFFICE.later(utc("2026-12-26T11:00"), 86400) == utc("2026-12-29T08:00")
    assert OFFICE.beats(asked, 86400, utc("2026-12-28T13:59")) == 1
    assert OFFICE.beats(asked, 86400, utc("2026-12-28T14:00")) == 2
    assert OFFICE.beats(asked, 86400, asked - timedelta(days=9)) == 0


def test_a_weekend_does_not_count() -> None:
    """Friday 16:00 in Berlin and two hours: Monday 10:00."""
    assert OFFICE.after(utc("2026-11-20T15:00"), 7200) == utc("2026-11-23T09:00")


def test_a_holiday_does_not_count() -> None:
    """Thursday before Christmas, 16:00, and two hours: Monday 10:00, since Friday is a holiday."""
    assert OFFICE.after(utc("2026-12-24T15:00"), 7200) == utc("2026-12-28T09:00")
    assert OFFICE.day_after(date(2026, 12, 23), 3) == date(2026, 12, 29)
    assert OFFICE.day_after(date(2026, 12, 25), 0) == date(2026, 12, 28)


def test_summer_time_moves_the_hours_with_the_clocks() -> None:
    """Nine o'clock in Berlin is 08:00 UTC in winter and 07:00 in summer."""
    assert OFFICE.next_open(utc("2027-03-26T20:00")) == utc("2027-03-29T07:00")
    assert OFFICE.next_open(utc("2027-03-19T20:00")) == utc("2027-03-22T08:00")


def test_an_hour_that_the_clocks_skip_is_no_hour() -> None:
    """Work from 02:00 to 03:00 on the night when that hour does not exist."""
    night = working_time.read({"timezone": "Europe/Berlin", "hours": {"sun": "02:00-03:00"}})

    assert night.spans(date(2027, 3, 28)) == []
    assert not night.works_on(date(2027, 3, 28))


def test_a_calendar_without_any_hour_lets_time_pass() -> None:
    """Nobody waits for ever because of a mistake: without hours time passes as on the wall."""
    never = WorkingTime(OFFICE.zone, ((),) * 7)

    assert never.after(utc("2026-11-20T15:00"), 60) == utc("2026-11-20T15:01")
    assert never.next_open(utc("2026-11-20T15:00")) == utc("2026-11-20T15:00")
    assert never.day_after(date(2026, 11, 20), 2) == date(2026, 11, 22)
    assert never.seconds_between(utc("2026-11-20T15:00"), utc("2026-11-21T15:00")) == 0


@pytest.mark.parametrize(
    "hours",
    [
        {"mon": ["09:00-17:00"]},
        {"Monday": "9:00-17:00"},
        {0: [["09:00", "17:00"]]},
        {"0": "09:00 – 17:00", "tue": None},
        {"start_hour": 9, "end_hour": 17, "days": [0]},
    ],
)
def test_hours_may_be_written_in_several_ways(hours: Any) -> None:
    """Each of these is Monday from nine to five."""
    assert working_time.hours_as_written(hours) == {"mon": ["09:00-17:00"]}
    assert working_time.faults({"timezone": "UTC", "hours": hours}) == []


@pytest.mark.parametrize("holidays", [["2026-12-25"], [{"date": "2026-12-25", "name": "Christmas"}], {"2026-12-25": "Christmas"}, "2026-12-25"])
def test_holidays_may_be_written_in_several_ways(holidays: Any) -> None:
    """Each of these is Christmas."""
    assert working_time.holidays_as_written(holidays) == ["2026-12-25"]


def test_weekdays_are_meant_where_no_days_are_named() -> None:
    """A window without days goes from Monday to Friday."""
    assert list(working_time.hours_as_written({"end_hour": 12})) == ["mon", "tue", "wed", "thu", "fri"]


@pytest.mark.parametrize(
    ("written", "address", "message"),
    [
        ({"timezone": "Mars"}, "timezone", "no time zone"),
        ({"hours": []}, "hours", "object"),
        ({"hours": {}}, "hours", "no working hour"),
        ({"hours": {"someday": "9:00-17:00"}}, "hours/someday", "no day"),
        ({"hours": {"mon": "17:00-9:00"}}, "hours/mon", "no span"),
        ({"hours": {"mon": "morning"}}, "hours/mon", "no span"),
        ({"hours": {"mon": "9:00-24:30"}}, "hours/mon", "no span"),
        ({"hours": {"mon": 9}}, "hours/mon", "no span"),
        ({"hours": {"mon": "9:00-12:00, 11:00-13:00"}}, "hours/mon", "overlap"),
        ({"hours": {"mon": ["9:00-9:01"] * 13}}, "hours/mon", "at most"),
        ({"holidays": ["Christmas"]}, "holidays/0", "no day"),
        ({"holidays": ["2026-12-25"] * 2001}, "holidays", "At most"),
    ],
)
def test_every_fault_has_its_place(written: dict[str, Any], address: str, message: str) -> None:
    """What is wrong is named where it stands."""
    found = working_time.faults({"timezone": "UTC", "hours": {"mon": "9:00-17:00"}, **written})

    assert [each.address for each in found] == [address]
    assert re.search(message, found[0].message)


def test_all_faults_are_told_at_once() -> None:
    """Zone, hours and holidays in one answer."""
    found = working_time.faults({"timezone": "", "hours": {"x": ""}, "holidays": ["y"]})

    assert [each.address for each in found] == ["timezone", "hours/x", "holidays/0"]


def test_where_nobody_ever_works_time_passes_as_on_the_wall() -> None:
    """A calendar without hours holds nothing up for ever."""
    empty = WorkingTime(OFFICE.zone, ((),) * 7)
    assert empty.later(utc("2026-12-23T14:00"), 2 * 86400 + 60) == utc("2026-12-25T14:01")


def test_hours_beyond_a_days_work_end_with_the_day() -> None:
    """23 hours take no longer than 24, which are one working day."""
    asked = utc("2026-12-21T09:00")
    assert OFFICE.later(asked, 23 * 3600) == OFFICE.later(asked, 24 * 3600) == utc("2026-12-22T09:00")

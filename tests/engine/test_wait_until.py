"""Waiting for a moment: zones, dates, moments that have passed (S2-wait-event)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from playbooks_app.language.check import check
from playbooks_app.language.step_type import Json
from runs_app.step_types.time.wait_until import moment
from tests.engine.kinds import document
from tests.engine.simulation import REGISTRY, Simulation
from tests.engine.steps import effect


def until(at: Json, **more: Json) -> Json:
    """A step that waits; the simulation begins on 2026-11-20 at 9:00 UTC."""
    return {"id": "w", "type": "wait_until", "with": {"at": at, **more}}


def test_it_ends_at_the_moment_and_not_before(forget: bool) -> None:
    """Noon in Berlin is eleven in UTC in winter."""
    s = Simulation(document([until("2026-11-20T12:00", timezone="Europe/Berlin"), effect("after")])).drive(forget=forget)
    assert s.row("w").wake_at == datetime(2026, 11, 20, 11, 0, tzinfo=UTC)

    assert s.later(2 * 3600 - 1, forget=forget).made == []
    assert s.later(1, forget=forget).made == ["after"]
    assert s.output("w") == {}


@pytest.mark.parametrize("at", ["2026-11-20", "2026-11-20T09:00Z", "1999-01-01T00:00+05:00", "{{ inputs.at }}"])
def test_a_moment_that_has_passed_is_no_wait(at: str, forget: bool) -> None:
    """A date is its beginning."""
    s = Simulation(document([until(at)], inputs=[{"name": "at"}]), inputs={"at": "2026-11-20T08:59:59Z"}).drive(forget=forget)

    assert s.status == "completed"
    assert "step_waiting" not in s.events("w")


@pytest.mark.parametrize("at", ["soon", "", "2026-13-01", "9999-12-31", "0001-01-01T00:00+23:00", "2037-01-01", 7, None, ["2026-11-21"]])
def test_what_is_no_moment_fails_in_words(at: Json, forget: bool) -> None:
    """So does one that is more than ten years away."""
    s = Simulation(document([until("{{ inputs.at }}", timezone="Pacific/Auckland")], inputs=[{"name": "at", "type": "any"}]), inputs={"at": at})

    s.drive(forget=forget)

    assert s.row("w").error["code"] == "InputInvalid"


@pytest.mark.parametrize(
    ("text", "zone", "found"),
    [
        ("2026-07-01T08:00", "Europe/Berlin", "2026-07-01T06:00"),
        ("2026-07-01", "America/New_York", "2026-07-01T04:00"),
        ("2026-07-01T08:00+01:00", "Europe/Berlin", "2026-07-01T07:00"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30"),
    ],
)
def test_zones_and_their_odd_hours(text: str, zone: str, found: str) -> None:
    """An hour that is left out is the one after it; of an hour that comes twice, the first."""
    assert moment(text, zone) == datetime.fromisoformat(found).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "address"),
    [({"at": "tomorrow"}, "at"), ({}, "at"), ({"at": "2026-11-20", "timezone": "Berlin"}, "timezone"), ({"at": "2026-11-20", "zone": "x"}, "zone")],
)
def test_what_is_plainly_wrong_is_found_by_the_check(written: Json, address: str) -> None:
    """At its place."""
    found = check(document([{"id": "w", "type": "wait_until", "with": written}]), REGISTRY)

    assert [problem.address for problem in found if problem.level == "error"] == [f"steps/w/with/{address}"]


def test_it_waits_for_the_next_time_of_a_cron_expression(forget: bool) -> None:
    """In the zone that it names; the simulation begins on a Friday."""
    step = {"id": "w", "type": "wait_until", "with": {"cron": "0 8 * * 1-5", "timezone": "Europe/Berlin"}}
    s = Simulation(document([step, effect("after")])).drive(forget=forget)
    assert s.row("w").wake_at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert s.later(3 * 86400, forget=forget).made == ["after"]


@pytest.mark.parametrize("given", [{"cron": "{{ inputs.x }}"}, {"cron": "0 8 * * *", "timezone": "{{ inputs.x }}"}, {"at": "{{ inputs.no | '' }}"}])
def test_what_is_no_expression_fails_in_words(given: Json, forget: bool) -> None:
    """So does a zone that is none, and nothing at all."""
    raw = document([{"id": "w", "type": "wait_until", "with": given}], inputs=[{"name": "x"}, {"name": "no"}])
    s = Simulation(raw, inputs={"x": "soon"}).drive(forget=forget)
    assert s.row("w").error["code"] == "InputInvalid"


@pytest.mark.parametrize(("written", "address"), [({"cron": "0 25 * * *"}, "cron"), ({"cron": "0 8 * * *", "at": "2026-11-21"}, "at")])
def test_an_expression_that_cannot_be_is_found_by_the_check(written: Json, address: str) -> None:
    """At its place."""
    found = check(document([{"id": "w", "type": "wait_until", "with": written}]), REGISTRY)
    assert [problem.address for problem in found if problem.level == "error"] == [f"steps/w/with/{address}"]

"""How moments, spans, figures and states are said."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from playbooks_app import clock, wording
from playbooks_app.language.registry import step_types
from playbooks_app.models import User
from playbooks_app.pages import icons
from playbooks_app.templatetags import handrail

NOW = datetime(2026, 11, 20, 13, 32, tzinfo=UTC)  # a Friday, 14:32 in Berlin
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


@pytest.fixture(autouse=True)
def _friday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (NOW, "14:32"),
        (NOW.replace(hour=23, minute=30), "Sat 00:30"),
        (NOW - timedelta(days=1), "Thu 14:32"),
        (NOW + timedelta(days=6), "Thu 14:32"),
        (NOW - timedelta(days=8), "12 Nov"),
        (NOW - timedelta(days=373), "12 Nov 2025"),
    ],
)
def test_moments_are_as_short_as_can_be(moment: datetime, said: str) -> None:
    """Time today, day and time in the week, date in the year."""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert wording.when(moment) == said


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(minutes=88), "16:00 today, in 1 h 28 min"),
        (timedelta(hours=5), "19:32 today"),
        (timedelta(days=3), "Mon 14:32"),
        (timedelta(days=20), "10 Dec 14:32"),
        (timedelta(days=60), "19 Jan 2027 14:32"),
        (-timedelta(minutes=5), "14:27 today, 5 min ago"),
    ],
)
def test_deadlines_have_day_time_and_distance_when_near(ahead: timedelta, said: str) -> None:
    """The design guide, section 10."""
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert wording.until(NOW + ahead) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (0.42, "0.4 s"),
        (9.96, "10 s"),
        (41, "41 s"),
        (59.7, "1 min"),
        (130, "2 min 10 s"),
        (12 * 60 + 20, "12 min"),
        (3 * 3600 + 1800, "3 h 30 min"),
        (26 * 3600, "1 d 2 h"),
        (9 * 86400 + 3600, "9 d"),
        (-3, "0 s"),
    ],
)
def test_spans_have_two_units_at_most(seconds: float, said: str) -> None:
    """And never a negative one."""
    assert wording.duration(seconds) == said


@pytest.mark.parametrize(("value", "said"), [(0, "0"), (1279, "1,279"), (48200.5, "48,200.5"), (0.256, "0.26"), (3.0, "3"), (-1200, "-1,200")])
def test_figures_have_separators(value: float, said: str) -> None:
    """At most two decimals."""
    assert wording.figure(value) == said


def test_shares_have_a_narrow_space() -> None:
    """`96.3 %`."""
    assert wording.percent(0.9634) == "96.3\u202f%" and wording.percent(1) == "100\u202f%"


def test_counts_agree_with_their_word() -> None:
    """One run, two runs, three people."""
    assert [wording.count(1, "run"), wording.count(2, "run"), wording.count(3, "person", "people")] == ["1 run", "2 runs", "3 people"]


def test_a_state_is_shape_colour_and_word() -> None:
    """Never one of them alone."""
    html = handrail.state("failed", "Failed, paused")

    assert 'data-state="failed"' in html and "#s-failed" in html and "Failed, paused" in html


@pytest.mark.parametrize("name", sorted(handrail.STATE_WORDS))
def test_every_state_has_its_shape(name: str) -> None:
    """In the sprite, and a word of its own."""
    assert f"#{icons.FALLBACK}" not in handrail.state(name)


def test_a_person_is_initials_and_name() -> None:
    """Markup in a name stays text; a machine has no initials."""
    assert handrail.initials("Bob Tanaka") == "BT" and handrail.initials("carol") == "C"
    assert "&lt;b&gt;" in handrail.person(User(username="x", first_name="<b>"))
    assert "Handrail" in handrail.person(None)


def test_every_icon_that_a_template_names_is_drawn() -> None:
    """An unknown name would be a dot."""
    named = {name for path in TEMPLATES.rglob("*.html") for name in re.findall(r'{%\s*icon "([^"]+)"', path.read_text())}

    assert named and {name for name in named if icons.symbol(name) == icons.FALLBACK and name != icons.FALLBACK} == set()


def test_every_step_type_has_an_icon_of_its_own() -> None:
    """In the palette, on the drawing and in the timeline: none is a dot, and no two look alike."""
    drawn = [icons.symbol(kind.icon) for kind in step_types.all()]
    assert icons.FALLBACK not in drawn
    assert [name for name in drawn if drawn.count(name) > 1] == []

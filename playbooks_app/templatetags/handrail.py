"""Words and marks that look the same on every page: icons, states, people, moments, figures."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from playbooks_app import wording
from playbooks_app.language.reading import write_yaml
from playbooks_app.models import Playbook, Visibility
from playbooks_app.pages import icons
from playbooks_app.pages.panels import MOST_BARS, Bar

register = template.Library()

STATE_WORDS = {
    "succeeded": "Succeeded",
    "approved": "Approved",
    "running": "Running",
    "person": "Waits for a person",
    "time": "Waits",
    "failed": "Failed",
    "unknown": "Outcome unknown",
    "paused": "Paused",
    "skipped": "Skipped",
    "cancelled": "Cancelled",
    "pending": "Not started",
    "rejected": "Rejected",
}
_SHAPES = {"approved": "s-approved", "rejected": "s-cancelled", "error": "s-failed", "would": "run", "depends": "help"}
_VISIBILITY_ICONS = {Visibility.PRIVATE: "lock", Visibility.DEPARTMENT: "building", Visibility.GROUP: "people", Visibility.ACCOUNT: "globe"}


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """`{% icon "run" %}`, `{% icon "right" "s" %}`: sizes are s, l and xl. Says nothing to assistive technology: words stand beside it."""
    return format_html('<svg class="icon {}" viewBox="0 0 16 16" aria-hidden="true"><use href="{}"></use></svg>', size, icons.address(name))


@register.simple_tag
def state_icon(state: str, size: str = "") -> SafeString:
    """The shape of a state alone, in its colour; the word must stand beside it."""
    shape = _SHAPES.get(state, f"s-{state}")
    return format_html(
        '<svg class="icon st {}" data-state="{}" viewBox="0 0 16 16" aria-hidden="true"><use href="{}"></use></svg>',
        size,
        state,
        icons.address(shape),
    )


@register.simple_tag
def state(name: str, words: str = "", *, soft: bool = False) -> SafeString:
    """Shape, colour and word of a state: `{% state "failed" "Failed, paused" soft=True %}`."""
    return format_html(
        '<span class="state{}" data-state="{}">{}{}</span>', " soft" if soft else "", name, state_icon(name), words or STATE_WORDS.get(name, name)
    )


@register.simple_tag
def avatar(person: Any, size: str = "") -> SafeString:
    """The initials of a person in a colour of their own; a machine (None) gets a square with a bolt."""
    if person is None:
        return format_html('<span class="avatar bot {}" style="--h:230" aria-hidden="true">{}</span>', size, icon("bolt"))
    hue = zlib.crc32(person.username.encode()) % 360
    return format_html('<span class="avatar {}" style="--h:{}" aria-hidden="true">{}</span>', size, hue, initials(person.display_name))


@register.filter
def person(who: Any, size: str = "s") -> SafeString:
    """Initials and name of a person, as one unit that does not break."""
    name = who.display_name if who else "Handrail"
    return format_html('<span class="row nowrap person">{}<span>{}</span></span>', avatar(who, size), name)


@register.filter
def initials(name: str) -> str:
    """`Bob Tanaka` -> `BT`, `carol` -> `C`."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()


@register.filter
def when(moment: datetime | None) -> SafeString:
    """A moment as short as it can be said, with the exact one in its title; "" for None."""
    return _time(moment, wording.when(moment)) if moment else SafeString()


@register.filter
def until(moment: datetime | None) -> SafeString:
    """A deadline; "no limit" for None."""
    return _time(moment, wording.until(moment)) if moment else SafeString("no limit")


@register.filter
def exact(moment: datetime | None) -> str:
    """The moment with its zone, as text."""
    return wording.exact(moment) if moment else ""


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds in two units at most; a dash for None."""
    return "–" if seconds is None else wording.duration(float(seconds))


@register.filter
def figure(value: float | Decimal | None) -> str:
    """A number with separators; a dash for None."""
    return "–" if value is None else wording.figure(value)


@register.filter
def percent(share: float | None) -> str:
    """A share of 0..1; a dash for None."""
    return "–" if share is None else wording.percent(share)


@register.filter
def counted(number: int, one: str) -> str:
    """`{{ 3|counted:"run" }}` -> `3 runs`; `"entry,entries"` for irregular plurals."""
    single, _, many = one.partition(",")
    return wording.count(number, single, many)


@register.simple_tag
def sight(shared: Playbook) -> SafeString:
    """Who can see a playbook or a run, as a tag with its icon."""
    return format_html('<span class="tag">{} {}</span>', icon(_VISIBILITY_ICONS[Visibility(shared.visibility)]), seen_by(shared))


@register.filter
def seen_by(shared: Any) -> str:
    """Who can see it, in words."""
    if shared.visibility == Visibility.DEPARTMENT:
        return f"Department: {shared.department}" if shared.department else "Department: none"
    if shared.visibility == Visibility.GROUP:
        return f"Group: {shared.group}" if shared.group else "Group: none"
    if shared.visibility == Visibility.ACCOUNT:
        return f"Everyone at {shared.account}"
    return f"Only {shared.owner.display_name}" if shared.owner else "Admins only"


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`{{ mapping|get:key }}`; None when it is not there."""
    return mapping.get(key) if mapping else None


@register.filter
def as_yaml(value: Any) -> str:
    """A JSON value as people read it best."""
    return write_yaml(value).strip() if isinstance(value, dict | list) else str(value)


@register.simple_tag
def address_of(name: str, *args: Any) -> str:
    """As `url`, for a page of an app above: the top of the page where that app is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return "#main"


@register.simple_tag
def bars(runs: Sequence[Bar]) -> SafeString:
    """The last runs as bars, oldest first: height is how long one took, a failed one is full and red with a cap, a missing one a dash."""
    if not runs:
        return format_html('<span class="mut small">{}</span>', "no runs yet")
    missing = [format_html('<rect class="none" x="{}" y="22.5" width="5" height="1"></rect>', _left(index)) for index in range(MOST_BARS - len(runs))]
    shown = [_bar(_left(index), each) for index, each in enumerate(runs[-MOST_BARS:], start=len(missing))]
    failed, done = (sum(1 for each in runs if each.state == state) for state in ("failed", "succeeded"))
    rest = len(runs) - failed - done
    label = f"Last {wording.count(len(runs), 'run')}: {done} succeeded, {failed} failed" + (f", {rest} others" if rest else "")
    inside = format_html_join("", "{}", ((each,) for each in [*missing, *shown]))
    return format_html('<svg class="spark" width="112" height="24" viewBox="0 0 112 24" role="img" aria-label="{}">{}</svg>', label, inside)


def _left(index: int) -> int:
    return index * 7


def _bar(left: int, run: Bar) -> SafeString:
    if run.state == "failed":
        return format_html(
            '<g data-state="failed"><rect x="{0}" y="1" width="5" height="4" rx="1.5"></rect>'
            '<rect x="{0}" y="7" width="5" height="17" rx="1.5"></rect></g>',
            left,
        )
    height = 6 + 12 * min(max(run.height, 0.0), 1.0)
    return format_html(
        '<rect data-state="{}" x="{}" y="{}" width="5" height="{}" rx="1.5"></rect>', run.state, left, f"{24 - height:.1f}", f"{height:.1f}"
    )


def _time(moment: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), wording.exact(moment), words)

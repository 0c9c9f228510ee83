"""What pages and mails about approvals say in the same words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils import timezone

from approvals_app.facts import Cell, Fact
from approvals_app.fingerprint import short
from playbooks_app import wording

register = template.Library()

LABEL_WIDTH = 24  # of the text twin


@register.filter
def fingerprint(payload_hash: str) -> str:
    """`7f3a·c21e`."""
    return short(payload_hash)


@register.filter
def until_text(moment: datetime) -> str:
    """A deadline as plain text."""
    return wording.until(moment)


@register.filter
def when_text(moment: datetime) -> str:
    """A moment as plain text."""
    return wording.when(moment)


@register.filter
def exact_text(moment: datetime) -> str:
    """The moment with its zone, to the minute: `20 Nov 2026, 14:32 CET`."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y, %H:%M %Z}"


@register.filter
def first_rows(rows: Sequence[Sequence[Cell]], most: int) -> Sequence[Sequence[Cell]]:
    """At most so many rows."""
    return rows[:most]


@register.filter
def rows_left(rows: Sequence[Sequence[Cell]], most: int) -> int:
    """How many rows `first_rows` leaves out."""
    return max(0, len(rows) - most)


@register.filter
def text_line(fact: Fact, most: int = 20) -> str:
    """A fact in the text twin: label and value side by side, a table as rows below its label."""
    label = f"{fact.group}: {fact.label}" if fact.group else fact.label
    if fact.is_table:
        left = rows_left(fact.rows, most)
        rows = [" | ".join(fact.heads), *(" | ".join(cell.text for cell in row) for row in fact.rows[:most])]
        return "\n".join([f"  {label}", *(f"    {row}" for row in rows), *([f"    and {left} more on the page"] if left else [])])
    if fact.file is not None:
        return "\n".join([f"  {label.ljust(LABEL_WIDTH)} {fact.text}", *(f"    {line}" for line in fact.file.excerpt.splitlines())])
    if fact.is_long:
        return "\n".join([f"  {label}", *(f"    {line}" for line in fact.text.splitlines())])
    return f"  {label.ljust(LABEL_WIDTH)}{' ' if len(label) >= LABEL_WIDTH else ''}{fact.text}"


@register.filter
def text_was(fact: Fact) -> str:
    """What a changed fact was."""
    return f"  {fact.label.ljust(LABEL_WIDTH)}{f'was {fact.was}' if fact.was is not None else 'is other than it was'}"

"""Playbooks that would run each other for ever: found before they are published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from playbooks_app.language.calls import Call, calls_of
from playbooks_app.language.document import parse
from playbooks_app.language.problem import Problem

if TYPE_CHECKING:
    from playbooks_app.models import Playbook, PlaybookVersion

MOST_FOLLOWED = 500  # versions read for one check


def cycles_of(playbook: Playbook, draft: Any) -> list[Problem]:
    """A fault for each step of a faultless draft that leads back to its own playbook, by what is published now."""
    seen: set[int] = set()
    return [_fault(call, chain) for call in calls_of(parse(draft)) if (chain := _back(playbook, call, [playbook.name], seen)) is not None]


def _back(start: Playbook, call: Call, above: list[str], seen: set[int]) -> list[str] | None:
    """The names from `start` back to it; None if this call does not lead there. `seen` are versions that do not."""
    for called in _called(start, call):
        chain = [*above, called.name]
        if called.pk == start.pk:
            return chain
        version = _version(called, call.version)
        if version is None or version.pk in seen or len(seen) >= MOST_FOLLOWED:
            continue
        seen.add(version.pk)
        for each in calls_of(parse(version.document)):
            found = _back(start, each, chain, seen)
            if found is not None:
                return found
    return None


def _called(start: Playbook, call: Call) -> Iterator[Playbook]:
    """By number or by name, in the same account."""
    named = Q(name=call.playbook)
    if call.playbook.isdecimal() and len(call.playbook) < 19:
        named |= Q(pk=int(call.playbook))
    yield from type(start).objects.current().filter(named, account=start.account_id).order_by("pk")


def _version(playbook: Playbook, number: int | None) -> PlaybookVersion | None:
    return playbook.newest if number is None else playbook.versions.filter(number=number).first()


def _fault(call: Call, chain: list[str]) -> Problem:
    said = f"This playbook would run itself: {' → '.join(chain)}."
    return Problem(call.address, "PlaybookCycle", said, "Let a loop repeat the steps, or call a playbook that does not lead back here.")

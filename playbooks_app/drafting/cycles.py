"""Playbooks that a document runs and that are not there, or that would run each other for ever: found before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Q

from playbooks_app.language.calls import Call, calls_of
from playbooks_app.language.document import parse
from playbooks_app.language.problem import Problem

if TYPE_CHECKING:
    from playbooks_app.models import Account, Playbook, PlaybookVersion, User

MOST_FOLLOWED = 500  # versions read for one check
HIDDEN = "a playbook that is not shared with you"


@dataclass(frozen=True, slots=True)
class Start:
    """Whose document is looked at. Without a number (it was never saved) its name says which playbook it is."""

    account: int
    name: str
    pk: int | None = None

    def is_called(self, called: Playbook) -> bool:
        """Whether this playbook is the start."""
        return called.pk == self.pk if self.pk else called.name == self.name


def faults_of_calls(draft: Any, account: Account, *, by: User | None = None, playbook: Playbook | None = None) -> list[Problem]:
    """For each step of a faultless draft that runs a playbook: whether `by` (None: anybody) sees it, and whether it leads back here."""
    calls = calls_of(parse(draft))
    if not calls:
        return []
    start = Start(account.pk, playbook.name if playbook else str(draft.get("name", "")).strip(), playbook.pk if playbook else None)
    seen: set[int] = set()
    found = []
    for call in calls:
        if not (_calls_itself(start, call) or _is_there(start, call, by)):
            found.append(_not_found(call))
        elif chain := _back(start, call, [start.name], seen):
            found.append(_cycle(call, _as_seen(start, chain, by)))
    return found


def _is_there(start: Start, call: Call, by: User | None) -> bool:
    return any(True for _ in _called(start, call, by))


def _calls_itself(start: Start, call: Call) -> bool:
    return start.pk is None and call.playbook == start.name


def _as_seen(start: Start, chain: list[str], by: User | None) -> list[str]:
    """The same chain without the names of playbooks that are not shared with `by`."""
    if by is None:
        return chain
    playbooks = apps.get_model("playbooks_app", "Playbook").objects.visible_to(by)
    known = {start.name, *playbooks.filter(account=start.account, name__in=chain).values_list("name", flat=True)}
    return [name if name in known else HIDDEN for name in chain]


def _back(start: Start, call: Call, above: list[str], seen: set[int]) -> list[str] | None:
    """The names from `start` back to it; None if this call does not lead there. `seen` are versions that do not."""
    if _calls_itself(start, call):
        return [*above, start.name]
    for called in _called(start, call):
        chain = [*above, called.name]
        if start.is_called(called):
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


def _called(start: Start, call: Call, by: User | None = None) -> Iterator[Playbook]:
    """By number or by name, in the same account."""
    named = Q(name=call.playbook)
    if call.playbook.isdecimal() and len(call.playbook) < 19:
        named |= Q(pk=int(call.playbook))
    playbooks = apps.get_model("playbooks_app", "Playbook").objects
    seen = playbooks.all() if by is None else playbooks.visible_to(by)
    yield from seen.current().filter(named, account=start.account).order_by("pk")


def _version(playbook: Playbook, number: int | None) -> PlaybookVersion | None:
    return playbook.newest if number is None else playbook.versions.filter(number=number).first()


def _cycle(call: Call, chain: list[str]) -> Problem:
    said = f"This playbook would run itself: {' → '.join(chain)}."
    return Problem(call.address, "PlaybookCycle", said, "Let a loop repeat the steps, or call a playbook that does not lead back here.")


def _not_found(call: Call) -> Problem:
    said = f"There is no playbook “{call.playbook[:60]}”, or it is not shared with you."
    return Problem(call.address, "PlaybookNotFound", said, "Check the name, make that playbook first, or ask for it to be shared.")

"""Who may not decide, and why: four eyes for whoever started the run or edited its data, and conflicts of interest.

Looked up when people are asked, and stored with the question. Whoever edits the data afterwards either makes it be asked again, because the data was
shown, and then they are looked up anew; or has changed what nobody decides on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models.functions import Lower

from approvals_app import people
from approvals_app.question import EDITORS, STARTER, Question
from playbooks_app.models import User
from runs_app.models import RunEvent

EDITS = ("variables_changed", "step_overridden", "decision_passed_over", "steps_injected")  # events of people who change what a run works on
STARTED, EDITED, NAMED = "started this run", "changed the data of this run", "named in the data"
MOST_NAMES = 2000  # of one question's data that are looked through for people


def barred(question: Question, account_id: int, run_id: int, starter: User | None) -> dict[int, str]:
    """Person's id -> why. Three queries at most."""
    found: dict[int, str] = {}
    if question.conflicts:
        found |= dict.fromkeys(_named(question.conflicts, account_id), NAMED)
    if EDITORS in question.four_eyes:
        found |= dict.fromkeys(editors_of(run_id), EDITED)
    if STARTER in question.four_eyes and starter is not None:
        found[starter.pk] = STARTED
    return found


def of_you(reason: str) -> str:
    """A reason, said to the person: `you started this run`, `you are named in the data`."""
    return f"you are {reason}" if reason == NAMED else f"you {reason}"


def editors_of(run_id: int) -> set[int]:
    """Ids of those who changed variables of the run, or gave a step another input or an output."""
    return {pk for pk in RunEvent.objects.filter(run=run_id, type__in=EDITS, by__isnull=False).values_list("by", flat=True) if pk is not None}


def _named(values: Iterable[Any], account_id: int) -> Iterator[int]:
    """Ids of people whose username or e-mail stands anywhere in the data."""
    names = {text.strip().lower() for value in values for text in _texts(value)}
    wanted = sorted(each for each in names if each)[:MOST_NAMES]
    working = people.working_in(account_id).annotate(low_name=Lower("username"), low_mail=Lower("email"))
    yield from (working.filter(low_name__in=wanted) | working.filter(low_mail__in=wanted)).values_list("pk", flat=True).distinct()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)

"""The policy tester (F-8): who would be asked, reminded and escalated to if somebody started this on a certain date, who stands in, and why.

Nothing is stored and nobody is told. What only a run can know (data of earlier steps) stays unknown, and is named.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from approvals_app import asking, barring, deadlines, people, policy
from approvals_app.question import APPROVAL, STARTER, Question
from approvals_app.step_types import approval as approval_step
from approvals_app.step_types import form as form_step
from playbooks_app.errors import Refused, WrongState
from playbooks_app.language.declarations import Input
from playbooks_app.language.document import Step
from playbooks_app.language.inputs import take
from playbooks_app.language.problem import Invalid, Problem
from playbooks_app.language.scope import Missing
from playbooks_app.language.settings import build, fields_of
from playbooks_app.language.step_type import Json, StepFailed
from playbooks_app.language.template import render
from playbooks_app.models import Playbook, PlaybookVersion, User
from playbooks_app.people import calendars
from runs_app.worker.documents import document_of

KINDS: Mapping[str, Callable[[Any], Question]] = {"approval": approval_step.question_of, "form": form_step.question_of}
MOST_REMINDERS = 3  # of each person
WORDS_ONLY = ("title", "summary", "show", "choices", "form", "fields")  # settings that ask nobody
ASKABLE = ("string", "number", "boolean", "date", "datetime", "any")
_INPUT = re.compile(r"\binputs\.([A-Za-z_]\w*)")
NOBODY = 0  # an id that is no run's


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that would happen. `what`: asked, deputy, barred, reminded, escalated, silence."""

    at: datetime
    what: str
    person: User | None = None
    why: str = ""
    stands_in_for: User | None = None
    stage: int = 1


@dataclass(frozen=True, slots=True)
class Trial:
    """What would happen, in order; `unknown` are settings that only a run could fill in, with the reason."""

    step: Step
    version: PlaybookVersion
    requester: User
    at: datetime
    question: Question
    moments: list[Moment] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    stuck: str = ""


def steps_that_ask(playbook: Playbook) -> list[Step]:
    """Of the newest version, in order of the document."""
    version = playbook.newest
    return [step for step in document_of(version).by_id.values() if step.kind.name in KINDS] if version is not None else []


def inputs_that_matter(playbook: Playbook, step_id: str) -> tuple[Input, ...]:
    """The inputs of the playbook that the step names where it says who is asked, when, and how many."""
    version = playbook.newest
    step = document_of(version).by_id.get(step_id) if version is not None else None
    if version is None or step is None:
        return ()
    written = json.dumps({key: value for key, value in step.settings.items() if key not in WORDS_ONLY})
    named = set(_INPUT.findall(written))
    return tuple(each for each in document_of(version).inputs if each.name in named and each.type in ASKABLE)


def taken(inputs: tuple[Input, ...], typed: Mapping[str, str]) -> dict[str, Json]:
    """What was typed for them on a page; what is left empty is as if it were not asked. Raises Refused."""
    given = {each.name: typed[each.name] for each in inputs if typed.get(each.name)}
    try:
        return take(tuple(replace(each, required=False) for each in inputs), given, extra=False, from_form=True)
    except Invalid as invalid:
        raise Refused(invalid.problems) from None


def try_policy(playbook: Playbook, step_id: str, requester: User, at: datetime, inputs: Mapping[str, Json]) -> Trial:
    """Raises WrongState (never published), Refused (no such step)."""
    version = playbook.newest
    if version is None:
        raise WrongState("This playbook was never published.", hint="Publish it, then try its policy.")
    document = document_of(version)
    step = document.by_id.get(step_id)
    if step is None or step.kind.name not in KINDS:
        raise Refused([Problem("step", "Unknown", f"No step “{step_id[:60]}” asks people.", "Name an approval or a form.")])
    usual = {each.name: each.default for each in document.inputs if each.has_default}
    known = _Known({**usual, **inputs}, requester, playbook)
    settings, unknown = _filled_in(step, known, at)
    question = KINDS[step.kind.name](build(step.kind.Config, settings))
    trial = Trial(step, version, requester, at, question, unknown=unknown)
    trial.moments.extend(sorted(_moments(trial, playbook.account_id), key=lambda each: (each.at, each.stage)))
    return trial


class _Known:
    """What is known before a run: its inputs, who starts it, the account's config."""

    def __init__(self, inputs: Mapping[str, Json], requester: User, playbook: Playbook) -> None:
        person = {"username": requester.username, "email": requester.email, "name": requester.display_name}
        run = {"id": NOBODY, "playbook": playbook.name, "started_by": person, "mode": "live", "labels": {}, "trigger": "page"}
        self._roots: dict[str, Mapping[str, Json]] = {"inputs": inputs, "config": playbook.account.config, "run": run}

    def lookup(self, root: str, name: str | None) -> Json:
        """See Scope.lookup. Raises Missing."""
        found = self._roots.get(root)
        if found is None or (name is not None and name not in found):
            raise Missing(f"{root}.{name}" if name else root)
        return dict(found) if name is None else found[name]


def _filled_in(step: Step, known: _Known, at: datetime) -> tuple[dict[str, Json], dict[str, str]]:
    """The settings that can be filled in, and the others with the reason. A title that cannot be is shown as it is written."""
    settings: dict[str, Json] = {}
    unknown: dict[str, str] = {}
    required = {each.key for each in fields_of(step.kind.Config) if each.required}
    for key, value in step.kind.written_out(step.settings).items():
        if key in ("show", "summary"):
            continue
        try:
            settings[key] = render(value, known, now=at)
        except StepFailed as failure:
            unknown[key] = failure.message
            if key in required:
                settings[key] = value
    return settings, unknown


def _moments(trial: Trial, account_id: int) -> Iterator[Moment]:
    question, at = trial.question, trial.at
    barred = _barred(trial, account_id)
    rules = policy.rules_of(question.who, account_id, barred, trial.requester)
    stages = sorted({rule["stage"] for rule in rules})
    for pk, why in barred.items():
        if any(pk in rule["barred"] for rule in rules):
            yield Moment(at, "barred", User.objects.get(pk=pk), why)
    for stage in stages:
        yield from _asked(trial, account_id, [rule for rule in rules if rule["stage"] == stage], barred, stage)
    first = [int(pk) for rule in rules if rule["stage"] == stages[0] for pk in rule["people"]]
    times = calendars.working_times(account_id, first) if question.working_time else {}
    counted = ", counted in working time" if question.working_time else ""
    last = None
    if question.silence is not None:
        last = deadlines.latest(at, question.silence.after, first, times)
        yield Moment(last, "silence", None, f"{policy.SILENCE_WORDS[question.silence.do]}{counted}")
    if question.escalation is not None:
        moment = deadlines.latest(at, question.escalation.after, first, times)
        yield from _escalated(trial, account_id, moment, barred, counted)
    yield from _reminded(trial, first, times, last)


def _barred(trial: Trial, account_id: int) -> dict[int, str]:
    question = trial.question
    if question.kind == APPROVAL and STARTER in question.four_eyes:
        return barring.barred(question, account_id, NOBODY, trial.requester)
    return barring.barred(question, account_id, NOBODY, None)


def _asked(trial: Trial, account_id: int, rules: list[dict[str, Any]], barred: Mapping[int, str], stage: int) -> Iterator[Moment]:
    """Everybody of a stage, and behind who is away on that date the deputy. Later stages are asked when those before are through."""
    by_id = {int(pk): each for rule in rules for pk, each in rule["people"].items()}
    found = people.working_in(account_id).filter(pk__in=by_id).distinct().order_by("pk")
    invitations = [asking.Invitation(person, by_id[person.pk]["why"]) for person in found]
    for each in asking.with_deputies(invitations, account_id, trial.at):
        if each.person.pk not in barred:
            what = "deputy" if each.stands_in_for else "asked"
            yield Moment(trial.at, what, each.person, each.why, each.stands_in_for, stage)


def _escalated(trial: Trial, account_id: int, moment: datetime, barred: Mapping[int, str], counted: str) -> Iterator[Moment]:
    ladder = trial.question.escalation
    assert ladder is not None
    chosen = [each for each in people.chosen(ladder.to, account_id, trial.requester) if each.person.pk not in barred]
    also = "instead" if ladder.mode == "move" else "as well"
    for each in asking.with_deputies([asking.Invitation(one.person, one.why) for one in chosen], account_id, moment):
        yield Moment(moment, "escalated", each.person, f"{each.why}: asked {also} when nobody has answered{counted}", each.stands_in_for)
    if not chosen:
        yield Moment(moment, "escalated", None, f"{people.named(ladder.to)}: nobody; those asked before stay asked")


def _reminded(trial: Trial, first: list[int], times: deadlines.Calendars, last: datetime | None) -> Iterator[Moment]:
    every = trial.question.remind_every
    if not every:
        return
    for person in User.objects.filter(pk__in=first).order_by("pk"):
        for number in range(1, MOST_REMINDERS + 1):
            moment = deadlines.later(trial.at, every * number, times.get(person.pk))
            if last is None or moment < last:
                yield Moment(moment, "reminded", person, "by their own calendar" if person.pk in times else "")

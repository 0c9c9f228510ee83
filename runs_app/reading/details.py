"""The details of one step run: what went in, what came out, each try, what went wrong and what can be done about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import TextField
from django.db.models.functions import Cast, Left

from playbooks_app import wording
from playbooks_app.language.registry import step_types
from playbooks_app.models import User
from runs_app.models import RunEvent, StepRun
from runs_app.reading.attention import open_step
from runs_app.reading.outline import loops, named
from runs_app.reading.readings import Reading
from runs_app.reading.sent import Sent, sent_of
from runs_app.reading.tries import Try, tries_of
from runs_app.reading.values import MOST_BYTES, with_values
from runs_app.reading.veil import plain_error, plain_wait, without_reason
from runs_app.reading.waiting import wait_of
from runs_app.reading.words import WORDS, step_state
from runs_app.repair.mending import failed_items, was_set_aside
from runs_app.repair.reopening import stops_the_run
from runs_app.statuses import STEP_OPEN, StepStatus

MOST_PREVIEW = 4_000  # characters
LONG_TEXT = 1_200  # characters; an object that is longer is told by what it holds
MOST_FACTS = 14  # names and values are listed up to so many, beyond it is text


@dataclass(frozen=True, slots=True)
class Preview:
    """A value as the drawer shows it: as names and values, or as text."""

    facts: list[tuple[str, str]] = field(default_factory=list)
    text: str = ""
    is_cut: bool = False
    size: str = ""  # of a value that was cut

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing."""
        return not self.facts and not self.text


@dataclass(slots=True)
class Details:
    """What the drawer shows of a step run."""

    step: StepRun
    name: str
    place: str  # "Pay each invoice › 540"
    state: str
    words: str
    sentence: str  # why it waits; "" otherwise
    input: Preview | None  # None: the viewer may not read values
    output: Preview | None
    tries: list[Try]
    held: bool
    can_retry: bool
    can_edit: bool  # its input, before the next try
    can_skip: bool
    can_wake: bool
    by: str  # who skipped it or gave its output, and why
    input_text: str  # for the form that edits it
    sent: list[Sent]  # what it changed outside, or in the sandbox would have
    is_leaf: bool
    has_effect: bool  # it reaches outside
    is_in_doubt: bool  # it may not run twice, and nobody knows whether it happened
    failed_items: int = 0  # of a loop: how many can be gone through again


def details_of(reading: Reading, path: str, *, values: bool, operates: bool) -> Details | None:
    """None if the run has not reached this path. Five queries."""
    heads = {f"head_{name}": Left(Cast(name, TextField()), MOST_PREVIEW) for name in ("input", "output")}
    step = with_values(StepRun.objects.filter(run=reading.run, path=path)).annotate(**heads).select_related("strand").first()
    if step is None:
        return None
    tries = tries_of(reading.run, [path]).get(path, [])
    if not values:
        step.error, step.wait = plain_error(step.error), plain_wait(step.wait)
        tries = [replace(each, error=plain_error(each.error)) for each in tries]
    drawn, held = reading.outline.by_id.get(step.step), step.pk in reading.attention.held
    name = named(drawn) if drawn else step.step
    own = step_state(step.status, step.wait, (step.error or {}).get("code"))
    state = (reading.attention.below(path) or own) if step.status in STEP_OPEN else own
    waiting = next((each for each in reading.waits if each.path == path), None) or wait_of(open_step(step), held=held, name=name)
    may_repair = operates and reading.run.archived_at is None
    stops = may_repair and step.status == StepStatus.FAILED and (held or stops_the_run(reading.run, step))
    again = stops or (may_repair and step.status == StepStatus.FAILED and was_set_aside(reading.run, step))
    return Details(
        step=step,
        name=name,
        place=_place(reading, path),
        state=state,
        words=_words(step, state, held=held),
        sentence=waiting.sentence if waiting and not held else "",
        input=_preview(step, "input") if values else None,
        output=_preview(step, "output") if values else None,
        tries=tries,
        held=held,
        can_retry=again,
        can_edit=again and not (drawn and drawn.kind.is_container),
        can_skip=stops,
        can_wake=operates and step.status == StepStatus.WAITING and step.wake_at is not None and step.policy is None and state == "time",
        by=_who_acted(step) if values else without_reason(_who_acted(step)),
        input_text=_text_of(getattr(step, "shown_input", None)) if values else "",
        sent=sent_of(reading.run, path, values=values),
        is_in_doubt=stops and (step.error or {}).get("code") == "UnknownOutcome",
        failed_items=failed_items(reading.run, step) if may_repair and loops(drawn) else 0,
        is_leaf=not (drawn and drawn.blocks) and step.type in step_types,
        has_effect=step.type in step_types and step_types.get(step.type).effect,
    )


def preview_of(value: Any) -> Preview:
    """A value in memory."""
    text = "" if value in (None, {}, []) else json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, Mapping) and 0 < len(value) <= MOST_FACTS and all(_is_plain(each) for each in value.values()):
        return Preview(facts=[(str(key), _said(each)) for key, each in value.items()])
    if isinstance(value, Mapping) and 0 < len(value) <= MOST_FACTS and len(text) > LONG_TEXT:
        return Preview(facts=[(str(key), _said(each)) for key, each in value.items()])
    if isinstance(value, str):
        text = value
    if len(text) > MOST_PREVIEW:
        return Preview(text=text[:MOST_PREVIEW], is_cut=True, size=_size(len(text.encode())))
    return Preview(text=text)


def _text_of(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, indent=2)


def _preview(step: StepRun, name: str) -> Preview:
    size = getattr(step, f"{name}_bytes") or 0
    if size > MOST_BYTES:
        return Preview(text=getattr(step, f"head_{name}"), is_cut=True, size=_size(size))
    return preview_of(getattr(step, f"shown_{name}"))


def _words(step: StepRun, state: str, *, held: bool) -> str:
    if step.status == StepStatus.FAILED:
        tries = f" after {wording.count(step.attempt, 'try', 'tries')}" if step.attempt > 1 else ""
        since = f", paused since {wording.when(step.finished_at)}" if held and step.finished_at else ""
        return f"{WORDS[state]}{tries}{since}"
    if step.finished_at is not None:
        if step.verdict == "cached":
            return f"{WORDS[state]} {wording.when(step.finished_at)}, taken from cache"
        took = wording.duration((step.finished_at - step.started_at).total_seconds())
        return f"{WORDS[state]} {wording.when(step.finished_at)}" + (f", took {took}" if step.status == StepStatus.SUCCEEDED else "")
    return f"{WORDS[state]} since {wording.when(step.started_at)}"


def _who_acted(step: StepRun) -> str:
    """Who skipped it or gave its output, and why; "" when nobody did."""
    if step.status not in (StepStatus.SKIPPED, StepStatus.SUCCEEDED):
        return ""
    events = RunEvent.objects.filter(run=step.run_id, path=step.path, type__in=("step_skipped", "step_overridden"))
    said = skipped_by(events.values_list("path", "by", "data")).get(step.path, "")
    return f"{'Skipped' if step.status == StepStatus.SKIPPED else 'Output given'} {said}" if said else ""


def skipped_by(events: Any) -> dict[str, str]:
    """path -> "by Carol Mensah: paid by card", from (path, by, data) of skips; its own condition when nobody did it. One query for the names."""
    rows = list(events)
    people = {user.pk: user.display_name for user in User.objects.filter(pk__in={by for _, by, _ in rows if by})}
    said = {}
    for path, by, more in rows:
        reason = (more or {}).get("reason", "")
        who = f"by {people[by]}" if by in people else ("" if by else "its condition was not met")
        said[path] = f"{who}: {reason}" if who and reason else who or reason
    return said


def _place(reading: Reading, path: str) -> str:
    """The containers above, in words, with the numbers of items."""
    parts, words = path.split("/"), []
    for position in range(0, len(parts) - 1, 2):
        words.append(reading.outline.name(parts[position]))
        block = parts[position + 1]
        drawn = reading.outline.by_id.get(parts[position])
        if block.endswith("]"):
            words[-1] += f" › {int(block[block.index('[') + 1 : -1]) + 1:,}"
        elif drawn and not loops(drawn) and block not in ("then", "else", "body"):
            words[-1] += f" › {block}"
    return " › ".join(words)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, Mapping | list) or not value


def _said(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case int() | float():
            return wording.figure(value)
        case str():
            return value[:MOST_PREVIEW] if value else "empty text"
        case list():
            return wording.count(len(value), "entry", "entries") if value else "none"
        case Mapping():
            return ", ".join(map(str, value))[:MOST_PREVIEW] if value else "none"
    return ""


def _size(size: int) -> str:
    return f"{size / 1_048_576:.1f} MB" if size >= 1_048_576 else f"{size / 1024:,.0f} kB"

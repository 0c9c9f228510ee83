"""Why a run is not done yet, as few lines as possible: what waits for the same thing at the same step is one line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from playbooks_app import wording
from runs_app.engine.effects import UNKNOWN_OUTCOME
from runs_app.reading.attention import OpenStep
from runs_app.reading.look import Look
from runs_app.reading.readings import Reading
from runs_app.reading.waiting import IN_DOUBT, Waiting, quoted

MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of "Why it is not done yet"."""

    state: str
    count: str  # "17 items"; "" for one alone
    sentence: str
    show: str  # address of the picture that shows it; "" when there is nothing more to see
    show_words: str = "Show"
    approval: str = ""  # path of the step, when a decision is what is missing


def reasons_of(reading: Reading, look: Look) -> list[Reason]:
    """What needs a person first."""
    grouped: dict[tuple[str, str, str], list[Waiting]] = defaultdict(list)
    steps = {step.path: step for step in reading.attention.steps}
    for waiting in reading.waits:
        step = steps.get(waiting.path)
        code = (step.code or "") if step and step.id in reading.attention.held else waiting.name
        grouped[step.step if step else "", waiting.cause, code].append(waiting)
    found = [*_set_aside(reading, look), *(_reason(group, steps, reading, look) for group in grouped.values())]
    found.sort(key=lambda reason: {"unknown": 0, "failed": 1, "person": 2}.get(reason.state, 3))
    return found[:MOST_REASONS]


def _reason(group: list[Waiting], steps: dict[str, OpenStep], reading: Reading, look: Look) -> Reason:
    first = group[0]
    step = steps.get(first.path)
    if step is None:
        return Reason("paused" if first.cause == "person" else "time", "", first.sentence, "")
    state = step.state if step.state != "running" else "time"
    show, approval = look.selecting(first.path), first.path if first.cause == "approval" else ""
    words = "Say what happened" if state == "unknown" and step.code == UNKNOWN_OUTCOME else "Show"
    if len(group) == 1:
        return Reason(state, "", first.sentence, show, words, approval=approval)
    many = _of_many(first.sentence, quoted(reading.outline.name(step.step)))
    return Reason(state, wording.count(len(group), "item"), many, show, words, approval=approval)


def _of_many(sentence: str, name: str) -> str:
    """The sentence about one step, said of many: `“Sign off” waits for Bob` becomes `wait at “Sign off” for Bob`."""
    rest = sentence.removeprefix(name)
    if rest.startswith(IN_DOUBT):
        return f"of {name} {rest.strip().replace(' and waits', ' and wait', 1)}"
    for one, many in ((" waits", f"wait at {name}"), (" is tried again", f"try {name} again"), (" failed", f"failed at {name}")):
        if rest.startswith(one):
            return many + rest.removeprefix(one).replace(
                " and waits for somebody to retry or skip it", " and wait for somebody to retry or skip them"
            )
    return sentence


def _set_aside(reading: Reading, look: Look) -> list[Reason]:
    """Failed items of loops that go on without them."""
    held = [step.path for step in reading.attention.steps if step.id in reading.attention.held]
    failed: dict[str, list[OpenStep]] = defaultdict(list)
    for step in reading.attention.steps:
        head, _, _ = step.path.rpartition("/")
        is_item = head.endswith("]") and step.status == "failed" and not any(path.startswith(f"{head}/") for path in held)
        if is_item:
            failed[head.rpartition("/")[0]].append(step)
    return [_of_failed(loop, steps, reading, look) for loop, steps in failed.items()]


def _of_failed(loop: str, steps: list[OpenStep], reading: Reading, look: Look) -> Reason:
    name = reading.outline.name(loop.rpartition("/")[2])
    messages = {step.message for step in steps}
    because = f": {steps[0].message.rstrip('.')}" if len(messages) == 1 and steps[0].message else ""
    one = len(steps) == 1
    rest = "" if reading.run.is_over else " The rest goes on."
    said = f"of {quoted(name)} {'has' if one else 'have'} failed and {'is' if one else 'are'} set aside{because}.{rest}"
    show = "Show it" if one else f"Show the {len(steps):,}"
    return Reason("failed", wording.count(len(steps), "item"), said, look.with_loop(loop, "failed"), show)

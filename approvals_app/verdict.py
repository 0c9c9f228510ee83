"""Votes and policy make an outcome. Pure: no storage, no clock, no people, only numbers and words.

A rule is decided by the first choice that `need` of its people have taken (with weights: that weighs as much). When no choice can reach
that any more, the rule is rejected. A rejection ends the whole approval at once; else it ends when every rule of every stage is decided.
Where rules differ, the more cautious choice counts: the one that stands later in the list of choices.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

APPROVE, REJECT = "approve", "reject"


@dataclass(frozen=True, slots=True)
class Rule:
    """So much weight is needed from these people. `weights`: person -> weight, usually 1. Stages are asked one after the other."""

    weights: Mapping[int, float]
    need: float = 1
    stage: int = 1

    @property
    def reachable(self) -> bool:
        """Whether all its people together weigh enough."""
        return sum(self.weights.values()) >= self.need


@dataclass(frozen=True, slots=True)
class Policy:
    """All of these rules must be satisfied. `choices` in order, the most cautious last."""

    rules: Sequence[Rule]
    choices: Sequence[str] = (APPROVE, REJECT)


@dataclass(frozen=True, slots=True)
class Vote:
    """What one person has chosen. Of several votes of one person the first counts."""

    person: int
    choice: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`decision` is None while the approval is open; `stage` is the one that is being asked; `missing` is the weight that its rules still need."""

    decision: str | None
    stage: int
    missing: tuple[float, ...] = ()


def standing(policy: Policy, votes: Iterable[Vote]) -> Standing:
    """How things stand after these votes."""
    chosen: dict[int, str] = {}
    for vote in votes:
        chosen.setdefault(vote.person, vote.choice)
    results: list[str] = []
    for stage in sorted({rule.stage for rule in policy.rules}):
        rules = [rule for rule in policy.rules if rule.stage == stage]
        decided = [decision_of(rule, chosen, policy.choices) for rule in rules]
        if REJECT in decided:
            return Standing(REJECT, stage)
        if None in decided:
            return Standing(None, stage, tuple(missing(rule, chosen) for rule, found in zip(rules, decided, strict=True) if found is None))
        results += [found for found in decided if found is not None]
    return Standing(most_cautious(results, policy.choices), max((rule.stage for rule in policy.rules), default=1))


def decision_of(rule: Rule, chosen: Mapping[int, str], choices: Sequence[str]) -> str | None:
    """What a rule has come to, None while it is open."""
    weight = weights_by_choice(rule, chosen)
    for choice in reversed(choices):
        if weight.get(choice, 0.0) >= rule.need:
            return choice
    silent = sum(each for person, each in rule.weights.items() if person not in chosen)
    best = max((each for choice, each in weight.items() if choice != REJECT), default=0.0)
    return None if best + silent >= rule.need else REJECT


def missing(rule: Rule, chosen: Mapping[int, str]) -> float:
    """How much weight is wanting until some choice other than a rejection wins."""
    weight = weights_by_choice(rule, chosen)
    return rule.need - max((each for choice, each in weight.items() if choice != REJECT), default=0.0)


def weights_by_choice(rule: Rule, chosen: Mapping[int, str]) -> dict[str, float]:
    """Choice -> weight of the rule's people who took it."""
    found: dict[str, float] = {}
    for person, each in rule.weights.items():
        if person in chosen:
            found[chosen[person]] = found.get(chosen[person], 0.0) + each
    return found


def most_cautious(taken: Sequence[str], choices: Sequence[str]) -> str | None:
    """Of the choices that were taken, the one that stands last in the list; None when none was."""
    return next((choice for choice in reversed(choices) if choice in taken), None)

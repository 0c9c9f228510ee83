"""Whether and when a failed step is tried again.

Formula (SPEC.md S3-retry-formula): wait min(maximum, initial x multiplier^(n-1) + jitter) seconds before execution n + 1; `max_attempts` counts
executions in all (rule 9).
"""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.guards import Retry
from playbooks_app.language.step_type import StepFailed

DEFAULT = Retry()
OUTPUT_INVALID = "OutputInvalid"  # the step has acted; doing it again would not change what it answers


@dataclass(frozen=True, slots=True)
class Defer:
    """Try again after this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """The failure stands."""


def after_failure(policy: Retry | None, executions: int, failure: StepFailed, jitter: float, *, forced: bool = False) -> Defer | GiveUp:
    """What to do after execution number `executions` (1 = first). `jitter` is 0..1; `forced`: the step's `on_error` says retry."""
    rules = policy or DEFAULT
    if failure.code == OUTPUT_INVALID or executions >= rules.max_attempts or not (forced or wants_retry(rules, failure)):
        return GiveUp()
    wait = rules.initial * rules.multiplier ** (executions - 1) + rules.jitter * jitter
    return Defer(seconds=min(rules.maximum, wait))


def wants_retry(rules: Retry, failure: StepFailed) -> bool:
    """Whether this kind of failure is one to try again: by code where codes are named, else the transient ones."""
    if rules.not_on and failure.code in rules.not_on:
        return False
    if rules.on:
        return "*" in rules.on or failure.code in rules.on
    return failure.transient

"""What every step can say besides its settings: when it runs, how long, how often it is tried, and what a failure means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playbooks_app.language import durations
from playbooks_app.language.access import ACCESS, Access, read_access
from playbooks_app.language.faults import Faults
from playbooks_app.language.json_schema import schema_faults
from playbooks_app.language.setting_check import template_problems
from playbooks_app.language.values import Json, is_number, kind_of

GUARDS = ("when", "deadline", "retry", "timeout", "on_error", "once", "cancellable", "cache_key", "output_schema", ACCESS)
UNAVAILABLE = ("delay", "window", "rate_limit", "pool", "breaker", "queue")
REACTIONS = ("stop", "continue", "ignore", "retry")
RETRY_KEYS = ("max_attempts", "initial", "max", "multiplier", "jitter", "on", "not_on", "if")
MOST_ATTEMPTS = 1000
DEADLINE = "deadline"  # the guard, and the block of the steps that it runs when it is over
DEADLINE_KEYS = ("after", "then", "steps")
ENDS = ("fail", "continue")


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed step is tried again. Spans are in seconds.

    max_attempts: executions in all. on: codes after which it is tried again, "*" for all; None = those that are transient. condition: a template
    that must hold (`error` is visible in it).
    """

    max_attempts: int = 3
    initial: float = 2.0
    maximum: float = 30.0
    multiplier: float = 2.0
    jitter: float = 1.0
    on: tuple[str, ...] | None = None
    not_on: tuple[str, ...] = ()
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long a step may take in all, in seconds from when it is reached; goes_on: the run goes on without it then, else the step fails."""

    after: float
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Guards:
    """The guards of a step. timeout in seconds; on_error: code or "*" to stop, continue, ignore or retry."""

    when: str | None = None
    retry: Retry | None = None
    timeout: float | None = None
    on_error: Mapping[str, str] = field(default_factory=lambda: {"*": "stop"})
    once: bool = False
    cancellable: bool = True
    cache_key: str | None = None
    output_schema: Json | None = None
    deadline: Deadline | None = None
    access: Access | None = None  # None: it may see everything


def read_guards(step: Mapping[str, Json], address: str, faults: Faults, *, outside: bool = False) -> Guards:
    """The guards of a step as written; `address` ends with a slash. `outside`: its type reaches outside, or is from elsewhere."""
    for name in UNAVAILABLE:
        if step.get(name) is not None:
            faults.add(
                address + name,
                "GuardUnavailable",
                f"The guard “{name}” cannot be used in this version.",
                "Remove it. Without it the step would run as if nothing had been said.",
            )
    return Guards(
        when=_template(step, "when", address, faults),
        retry=_read_retry(step.get("retry"), f"{address}retry", faults),
        timeout=_span(step, "timeout", address, faults, None, least=0.001),
        on_error=_read_on_error(step.get("on_error"), f"{address}on_error", faults),
        once=faults.boolean(step, "once", address, default=False),
        cancellable=faults.boolean(step, "cancellable", address, default=True),
        cache_key=_template(step, "cache_key", address, faults),
        output_schema=_schema(step.get("output_schema"), f"{address}output_schema", faults),
        deadline=_read_deadline(step.get(DEADLINE), f"{address}{DEADLINE}", faults),
        access=read_access(step.get(ACCESS), f"{address}{ACCESS}", faults, outside=outside),
    )


def _read_deadline(written: Json, address: str, faults: Faults) -> Deadline | None:
    """`{after, then, steps}`, or a bare duration; its steps are read with the blocks."""
    if written is None:
        return None
    found = written if isinstance(written, dict) else {"after": written}
    faults.only(found, DEADLINE_KEYS, f"{address}/")
    if found.get("after") is None:
        faults.add(f"{address}/after", "Required", "A deadline needs a time.", "Write for example {after: 2h, then: fail}.")
    then = found.get("then", "fail")
    if then not in ENDS:
        faults.add(f"{address}/then", "WrongType", f"After a deadline a step cannot {str(then)[:40]}.", f"Choose one of: {', '.join(ENDS)}.")
    seconds = _span(found, "after", f"{address}/", faults, None, least=0.001)
    return None if seconds is None else Deadline(float(seconds), then == "continue")


def _template(owner: Mapping[str, Json], key: str, address: str, faults: Faults) -> str | None:
    value = owner.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "${{ true }}" if value else "${{ false }}"
    if not isinstance(value, str):
        faults.wrong_type(address + key, f"“{key}”", "an expression", value, "Write it as `${{ … }}`.")
        return None
    faults.extend(template_problems(value, address + key))
    return value


def _span(owner: Mapping[str, Json], key: str, address: str, faults: Faults, default: Any, least: float = 0.0) -> Any:
    value = owner.get(key)
    if value is None:
        return default
    found = durations.seconds(value)
    if found is None or found < least:
        shown = str(value)[:40] if isinstance(value, str) or is_number(value) else kind_of(value)
        faults.add(address + key, "BadDuration", f"“{key}” cannot be {shown}.", durations.HINT)
        return default
    return found


def _read_retry(written: Json, address: str, faults: Faults) -> Retry | None:
    if written is None:
        return None
    if not isinstance(written, dict):
        faults.wrong_type(address, "“retry”", "an object", written, "Write for example {max_attempts: 5}.")
        return None
    faults.only(written, RETRY_KEYS, f"{address}/")
    standard = Retry()
    return Retry(
        max_attempts=_number(written, "max_attempts", address, faults, standard.max_attempts, 1, MOST_ATTEMPTS, whole=True),
        initial=_span(written, "initial", f"{address}/", faults, standard.initial),
        maximum=_span(written, "max", f"{address}/", faults, standard.maximum),
        multiplier=_number(written, "multiplier", address, faults, standard.multiplier, 1, 100),
        jitter=_span(written, "jitter", f"{address}/", faults, standard.jitter),
        on=_codes(written, "on", address, faults),
        not_on=_codes(written, "not_on", address, faults) or (),
        condition=_template(written, "if", f"{address}/", faults),
    )


def _number(owner: Mapping[str, Json], key: str, address: str, faults: Faults, default: Any, low: int, high: int, *, whole: bool = False) -> Any:
    value = owner.get(key)
    if value is None:
        return default
    if not is_number(value) or not low <= value <= high or (whole and value != int(value)):
        shown = value if is_number(value) else kind_of(value)
        faults.add(f"{address}/{key}", "WrongType", f"“{key}” cannot be {shown}.", f"Write a {'whole ' if whole else ''}number from {low} to {high}.")
        return default
    return int(value) if whole else float(value)


def _codes(owner: Mapping[str, Json], key: str, address: str, faults: Faults) -> tuple[str, ...] | None:
    value = owner.get(key)
    if value is None:
        return None
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not all(isinstance(each, str) and each for each in values):
        faults.wrong_type(f"{address}/{key}", f"“{key}”", "a list of codes", value, "Write for example [Timeout, ServerError].")
        return None
    return tuple(values)


def _read_on_error(written: Json, address: str, faults: Faults) -> Mapping[str, str]:
    if isinstance(written, str):
        written = {"*": written}
    if written is None:
        return Guards().on_error
    if not isinstance(written, dict):
        faults.wrong_type(address, "“on_error”", "a word or an object of codes", written, 'Write for example {RateLimited: retry, "*": stop}.')
        return Guards().on_error
    for code, reaction in written.items():
        if reaction not in REACTIONS:
            faults.add(
                f"{address}/{code}", "WrongType", f"After an error a step cannot {str(reaction)[:40]}.", f"Choose one of: {', '.join(REACTIONS)}."
            )
    return {"*": "stop", **written}


def _schema(written: Json, address: str, faults: Faults) -> Json | None:
    if written is not None:
        faults.extend(schema_faults(written, address))
    return written

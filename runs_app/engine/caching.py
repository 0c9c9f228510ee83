"""Steps with a `cache_key`: what was done before under the same key is taken instead of acting again."""

from __future__ import annotations

from collections.abc import Generator
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from playbooks_app.language import durations
from playbooks_app.language.document import Step
from playbooks_app.language.step_type import Json
from playbooks_app.language.values import text_of
from runs_app.engine.records import LIVE, MISSING, Read, StepRecord
from runs_app.engine.scope import Scope

if TYPE_CHECKING:
    from runs_app.engine.interpreter import Interpreter

CACHE_SECONDS = 86_400.0  # for how long an output serves others with the same `cache_key` (settings.cache_ttl)
CACHE_KEY = "cache_key"  # where a step run keeps it
LONGEST_KEY = 200  # characters; a longer one is kept as its hash


def may_be(i: Interpreter, step: Step, row: StepRecord) -> bool:
    """Whether it says so, acts on the world, is not what a person decides, and has not looked yet."""
    return step.guards.cache_key is not None and row.state is None and i.facts.mode == LIVE and step.kind.family != "people"


def take(i: Interpreter, step: Step, row: StepRecord, scope: Scope) -> Generator[Any, Any, Json]:
    """What a step of this type has given under the same key before, in any run of the playbook; MISSING if none has. A decision is never taken so."""
    key = text_of((yield from i.evaluate(step.guards.cache_key, scope, row)))
    key = key if len(key) <= LONGEST_KEY else sha256(key.encode()).hexdigest()
    seconds = durations.seconds(i.program.document.settings.get("cache_ttl")) or CACHE_SECONDS
    (found,) = yield from i.read([Read("cached", key=key, name=step.type, number=int(seconds))])
    row.state = {CACHE_KEY: key}
    i.change(row)
    if found is MISSING:
        return MISSING
    row.verdict = "cached"
    i.event("step_cached", row, {"of": found["run"]})
    return found["output"]

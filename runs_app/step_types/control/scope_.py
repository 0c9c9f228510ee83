"""Steps that a cancel does not interrupt, and that may exclude others while they go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.locks import HINT, NoLock, read_locks
from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import build, setting
from playbooks_app.language.step_type import Block, Done, Example, Here, Json, StepContext, StepFailed, StepType, Wait, Walk
from playbooks_app.language.template import is_template
from runs_app.entry import entering
from runs_app.models import Run, StepRun


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, beside the type."""

    locks: list[Json] = setting(
        "list", label="Locks", default=[], help="Names, or paths as {path: /a/b}: nobody else who takes one is inside with it."
    )
    on_lock: str = setting(
        "choice", label="If it is taken", default="wait", choices=(("wait", "Wait in line"), ("refuse", "Fail with LockHeld")), advanced=True
    )
    lock_ttl: float | None = setting("duration", label="Taken for", minimum=1, advanced=True, help="How long it stays taken when nothing shows life.")


class ProtectedScope(StepType[Settings]):
    """Once begun, its steps end before a cancel unwinds the run. With locks it begins when it has all of them, and gives them back at its end."""

    name = "scope"
    label = "Protected steps"
    summary = "Steps that belong together: a cancel waits until they are done, and locks keep others out."
    icon = "lock"
    family = "safety"
    settings_in = "step"
    Config = Settings
    blocks = (Block("steps", "body", "Protected", optional=False),)
    examples = (
        Example("Book and confirm", {"type": "scope", "steps": []}),
        Example("One at a time for each customer", {"type": "scope", "locks": ["ledger-{{ inputs.customer }}"], "steps": []}),
    )

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """Locks that are written plainly must be ones."""
        written = settings.get("locks")
        problems = []
        for place, lock in enumerate(written if isinstance(written, list) else []):
            try:
                read_locks([] if is_template(lock) else [lock])
            except NoLock as wrong:
                problems.append(Problem(f"{address}/locks/{place}", "WrongType", wrong.args[1], HINT))
        return problems

    def walk(self, here: Here) -> Walk:
        """Wait for the locks, and go through the steps, shielded."""
        if here.settings.get("locks") and not here.has_waited and here.reached("body") is None:
            config = build(Settings, (yield from here.evaluate({key: here.settings.get(key) for key in ("locks", "on_lock", "lock_ttl")})))
            locks = _read(config.locks)
            if locks.keys:
                note = {"names": locks.names, "paths": locks.paths, "on_lock": config.on_lock, "ttl": config.lock_ttl}
                return Wait(cause=entering.CAUSE, name=locks.words, note=note, guarded=True)
        yield from here.shielded("body")
        return Done({})

    def opened(self, context: StepContext[Any], wait: Wait) -> None:
        """Take the locks if they are free; else stand in line, or be refused."""
        entering.ask_for_scope(Run.objects.get(pk=context.run_id), StepRun.objects.get(pk=context.step_run_id), wait.note)


def _read(written: Json) -> Any:
    try:
        return read_locks(written)
    except NoLock as wrong:
        raise StepFailed("InputInvalid", wrong.args[1], hint=HINT, details={"field": f"locks/{wrong.args[0]}"}) from None

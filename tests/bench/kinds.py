"""Step types for the bench: an effect that costs nothing, on a thread and on the spot."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any, ClassVar

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, StepContext, StepType


class Effect(StepType["Effect.Config"]):
    """Reaches outside in no time, or after `sleep`; says when and in which process."""

    name: ClassVar[str] = "bench_effect"
    label = "Effect"
    summary = "Costs nothing."
    icon = "flask"
    family = "do"
    acts = True
    effect = False  # the machine is measured, without the ledger's two rows for each call outside
    blocking: ClassVar[bool] = True

    @dataclass(frozen=True, slots=True)
    class Config:
        sleep: float = setting("duration", label="Takes", default=0.0)

    def run(self, context: StepContext[Any]) -> Done:
        """Act."""
        began = time.time()
        if context.config.sleep:
            time.sleep(context.config.sleep)
        return Done({"at": began, "pid": os.getpid()})


class Inline(Effect):
    """The same for types that say that they never block."""

    name = "bench_inline"
    blocking = False


KINDS = (Effect(), Inline())

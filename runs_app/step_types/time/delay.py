"""Waits for a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Example, StepContext, StepType, Wait


class Delay(StepType["Delay.Config"]):
    """The clock ends the wait; no worker is held."""

    name = "delay"
    label = "Delay"
    summary = "Wait for a while."
    icon = "hourglass"
    family = "time"
    effect = False
    examples = (Example("Two days", {"type": "delay", "with": {"for": "2d"}}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        seconds: float = setting(
            "duration",
            key="for",
            label="How long",
            required=True,
            minimum=0,
            maximum=366 * 86400,
            help="At most one year.",
            example="2d",
        )

    def run(self, context: StepContext[Any]) -> Wait:
        """Wait until then."""
        return Wait(until=context.now + timedelta(seconds=context.config.seconds), cause="timer", name="delay")

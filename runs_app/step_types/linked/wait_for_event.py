"""Waits until something outside tells that it has happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Example, StepContext, StepFailed, StepType, Wait
from runs_app import signals


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, under `with`."""

    name: str = setting("text", label="Event", required=True, help="What the other side calls it.", example="payment-received", maximum=100)
    key: str = setting(
        "text", label="Key", default="", help="Only the one for this key; left out: any of that name.", example="{{ inputs.invoice.id }}", maximum=200
    )
    timeout: float | None = setting(
        "duration", label="At most", minimum=0, help="Fails with Timeout after that; left out: waits for ever.", example="3d"
    )


class WaitForEvent(StepType[Settings]):
    """POST /api/v1/events/<name>/ tells all that wait, POST /api/v1/runs/<id>/signals/<name>/ one run. What came before is taken at once."""

    name = "wait_for_event"
    label = "Wait for an event"
    summary = "Wait until another system says that something has happened."
    icon = "bell"
    family = "time"
    effect = False
    Config = Settings
    output_help: ClassVar[Mapping[str, str]] = {}
    examples = (
        Example(
            "The payment of this invoice",
            {"type": "wait_for_event", "with": {"name": "payment-received", "key": "{{ inputs.invoice }}", "timeout": "30d"}},
        ),
    )

    def run(self, context: StepContext[Settings]) -> Wait:
        """Wait."""
        config = context.config
        if not config.name.strip():
            raise StepFailed("InputInvalid", "The event has no name.", hint="Name it as the other side does.")
        until = None if config.timeout is None else context.now + timedelta(seconds=config.timeout)
        return Wait(until=until, on_wake="failed", cause=signals.EVENT, name=config.name.strip(), note={"key": config.key}, guarded=True)

    def opened(self, context: StepContext[Settings], wait: Wait) -> None:
        """It may have come before."""
        signals.take_kept(context.step_run_id)

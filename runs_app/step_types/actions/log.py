"""The `log` step."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, StepContext, StepType


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is noted, and how important it is."""

    message: str = setting(
        "long_text", label="Message", required=True, help="What to note in the run's timeline.", example="{{ payment.vendor }} was paid"
    )
    level: str = setting(
        "choice",
        label="Importance",
        default="info",
        choices=(("debug", "Detail"), ("info", "Note"), ("warning", "Warning"), ("error", "Error")),
        help="How loud the note is in the timeline.",
    )


class Log(StepType[LogSettings]):
    """Leaves a line in the timeline; reaches nothing outside."""

    name = "log"
    label = "Note in the timeline"
    summary = "Writes a line into the run's timeline."
    icon = "file"
    family = "data"
    effect = False
    Config = LogSettings
    examples = (Example("Note who was paid", {"type": "log", "with": {"message": "{{ payment.vendor }} was paid"}}),)
    output_help = {"message": "The text as it was noted", "level": "Its importance"}

    def run(self, context: StepContext[LogSettings]) -> Done:
        """Done at once."""
        return Done({"message": context.config.message, "level": context.config.level})

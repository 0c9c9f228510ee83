"""Remembers how far a long job is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepFailed, StepType
from runs_app import checkpoints
from runs_app.models import Run


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, under `with`."""

    name: str = setting("text", label="Name", required=True, help="The milestone.", example="page-{{ index }}")
    data: Json = setting("json", label="Data", help="A cursor, totals, numbers of another system; at most 256 KiB.", example="{{ vars.cursor }}")


class CheckpointStep(StepType[Settings]):
    """Kept with the run, to be looked up from outside; the newest is what counts. Runs go on after a crash without any."""

    name = "checkpoint"
    label = "Checkpoint"
    summary = "Remember how far a long job is, for people and programs to look up."
    icon = "place"
    family = "data"
    Config = Settings
    acts = True
    effect = False
    output_help: ClassVar[Mapping[str, str]] = {"id": "Number of the checkpoint.", "name": "Its name."}
    examples = (Example("After each page", {"type": "checkpoint", "with": {"name": "page-{{ index }}", "data": {"cursor": "{{ vars.cursor }}"}}}),)

    def run(self, context: StepContext[Any]) -> Done:
        """Keep it; tried again, it replaces what the first try kept."""
        problems = checkpoints.faults(context.config.name, context.config.data)
        if problems:
            raise StepFailed(problems[0].code, problems[0].message, hint=problems[0].hint, details={"field": problems[0].address})
        kept = checkpoints.save(Run.objects.get(pk=context.run_id), context.config.name, context.config.data, path=context.path)
        return Done({"id": kept.pk, "name": kept.name})

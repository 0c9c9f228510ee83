"""Runs another playbook as a run of its own, and waits for its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Done, Example, Json, StepContext, StepFailed, StepType, Wait
from playbooks_app.language.template import is_template
from runs_app.entry import calling
from runs_app.entry.children import end_of


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings, under `with`."""

    playbook: str = setting("text", label="Playbook", required=True, names="playbook", help="Its name or its number.", example="Check a supplier")
    version: int | None = setting("integer", label="Version", minimum=1, advanced=True, help="Left out: the newest one when the step starts.")
    inputs: dict[str, Json] = setting("map", label="Inputs", default={}, help="What it is given; it sees nothing else of this run.")
    detach: bool = setting("boolean", label="Do not wait", default=False, help="Start it and go on; a cancel leaves it running.")
    idempotency_key: str = setting(
        "text", label="Idempotency key", default="", advanced=True, help="A run of that playbook with this key is taken instead of a second one."
    )


class PlaybookStep(StepType[Settings]):
    """The child is started in the transaction that parks the step; its end resolves the step. Neither can be lost, and no crash starts two."""

    name = "playbook"
    label = "Run a playbook"
    summary = "Start another playbook, wait for it and use what it returns."
    icon = "playbook"
    family = "decide"
    effect = False
    Config = Settings
    output_help: ClassVar[Mapping[str, str]] = {"run": "Number of the run that was started; beside it stand the outputs of that playbook."}
    examples = (
        Example(
            "One run for each item",
            {"type": "playbook", "with": {"playbook": "Check a supplier", "version": 3, "inputs": {"supplier": "{{ item }}"}}},
        ),
    )

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """A playbook is a name or a number."""
        written = settings.get("playbook")
        if isinstance(written, bool) or (isinstance(written, str) and not written.strip() and not is_template(written)):
            return [Problem(f"{address}/playbook", "WrongType", "A playbook is called by its name or its number.", "Write its name.")]
        return []

    def run(self, context: StepContext[Settings]) -> Done | Wait:
        """Look everything up, so that storing the wait cannot fail."""
        call = calling.prepare(context)
        detach = context.config.detach
        if call.found is not None and (detach or call.found.is_over):
            return _end_of_found(call, detach)
        note = {"run": call.found.pk if call.found else None, "playbook": call.version.playbook_id, "version": call.version.number, "detach": detach}
        return Wait(cause="child", name=call.version.playbook.name, note=note, guarded=not detach)

    def opened(self, context: StepContext[Settings], wait: Wait) -> None:
        """Start the child. One that is not waited for ends the step in the same transaction."""
        calling.start_child(context, wait.note)


def _end_of_found(call: calling.Call, detach: bool) -> Done:
    """A run with the author's key is there already."""
    run = call.found
    assert run is not None
    if detach:
        return Done({"run": run.pk})
    outcome, output, error = end_of(run.pk, run.status, run.code, run.message, run.outputs, run.error)
    if outcome == "done":
        return Done(output)
    raise StepFailed(error["code"], error["message"], hint=error["hint"], details=error["details"])

"""Ends the playbook well, from wherever it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Example, Json, Return, StepContext, StepType


class ReturnStep(StepType["ReturnStep.Config"]):
    """Open branches are cancelled, every enclosing `finally` runs (rule 12)."""

    name = "return"
    label = "End here"
    summary = "End the playbook with a result."
    icon = "flag"
    family = "decide"
    effect = False
    shorthand = "outputs"
    examples = (Example("With a figure", {"type": "return", "with": {"outputs": {"paid": "${{ vars.paid }}"}}}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        outputs: Json = setting(
            "json", label="Outputs", help="The playbook's outputs; a single value becomes `result`.", example='{"paid": "{{ vars.paid }}"}'
        )
        code: str = setting("text", label="Code", default="Success", help="For those who read the result by program.", advanced=True)
        message: str = setting("text", label="Message", default="Playbook completed successfully")

    def run(self, context: StepContext[Any]) -> Return:
        """Return."""
        return Return(context.config.outputs, context.config.code or "Success", context.config.message)

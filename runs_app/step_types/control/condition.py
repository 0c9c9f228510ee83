"""Either the one or the other."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Block, Done, Example, Here, StepType, Walk
from playbooks_app.language.values import truth


class Condition(StepType["Condition.Config"]):
    """Goes through `then` or `else`; the choice is made once and kept."""

    name = "condition"
    label = "Condition"
    summary = "Do one thing if something is true, another if not."
    icon = "branch"
    family = "decide"
    settings_in = "step"
    blocks = (Block("then", "then", "Yes"), Block("else", "else", "No"))
    output_help = {"branch": "then or else"}
    examples = (Example("Above a limit", {"type": "condition", "if": "${{ inputs.amount > 5000 }}", "then": [], "else": []}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        test: str = setting("expression", key="if", label="If", required=True, help="Yes when this is true.", example="${{ inputs.amount > 5000 }}")

    def walk(self, here: Here) -> Walk:
        """Choose, then go through the chosen block."""
        branch = here.recall("branch")
        if branch is None:
            branch = "then" if truth((yield from here.evaluate(here.settings["if"]))) else "else"
            here.remember("branch", branch)
        yield from here.block(branch)
        return Done({"branch": branch})

"""Steps that a cancel does not interrupt."""

from __future__ import annotations

from playbooks_app.language.settings import NoSettings
from playbooks_app.language.step_type import Block, Done, Example, Here, StepType, Walk


class ProtectedScope(StepType[NoSettings]):
    """Once begun, its steps end before a cancel unwinds the run."""

    name = "scope"
    label = "Protected steps"
    summary = "Steps that belong together: a cancel waits until they are done."
    icon = "lock"
    family = "safety"
    settings_in = "step"
    Config = NoSettings
    blocks = (Block("steps", "body", "Protected", optional=False),)
    examples = (Example("Book and confirm", {"type": "scope", "steps": []}),)

    def walk(self, here: Here) -> Walk:
        """Go through them, shielded."""
        yield from here.shielded("body")
        return Done({})

"""Fails on purpose, with a code of the author's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Example, Json, StepContext, StepFailed, StepType


class Throw(StepType["Throw.Config"]):
    """The failure goes outward like any other."""

    name = "throw"
    label = "Fail here"
    summary = "Stop with an error of your own."
    icon = "octagon"
    family = "decide"
    examples = (Example("No money", {"type": "throw", "with": {"code": "NoFunds", "message": "The account is empty."}}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        code: str = setting("text", label="Code", required=True, help="One word, PascalCase; a catch can name it.", example="NoFunds")
        message: str = setting("text", label="Message", required=True, help="What happened, in words.", example="The account is empty.")
        guidance: str = setting("text", label="What to do", default="", help="Shown to whoever repairs the run.")
        retryable: bool = setting("boolean", label="Trying again may help", default=False)
        details: Json = setting("json", label="Details", advanced=True)

    def run(self, context: StepContext[Any]) -> Any:
        """Fail."""
        wanted = context.config
        raise StepFailed(wanted.code, wanted.message, hint=wanted.guidance, details=wanted.details, transient=wanted.retryable)

"""Fails on purpose, with a code of the author's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playbooks_app.language.problem import Problem
from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Example, Json, StepContext, StepFailed, StepType

CAUGHT = {
    "code": "{{ error.code }}",
    "message": "{{ error.message }}",
    "guidance": '{{ error.hint | "" }}',
    "details": "{{ error.details | null }}",
}


class Throw(StepType["Throw.Config"]):
    """The failure goes outward like any other."""

    name = "throw"
    label = "Fail here"
    summary = "Stop with an error of your own."
    icon = "octagon"
    family = "decide"
    effect = False
    examples = (Example("No money", {"type": "throw", "with": {"code": "NoFunds", "message": "The account is empty."}}),)

    @dataclass(frozen=True, slots=True)
    class Config:
        code: str = setting(
            "text",
            label="Code",
            help="One word, PascalCase; a catch can name it. Left out in a catch: the failure that was caught.",
            example="NoFunds",
        )
        message: str = setting("text", label="Message", help="What happened, in words.", example="The account is empty.")
        guidance: str = setting("text", label="What to do", default="", help="Shown to whoever repairs the run.")
        retryable: bool = setting("boolean", label="Trying again may help", default=False)
        details: Json = setting(
            "json", label="Details", help="What a catch can read as error.details.", example='{"account": "{{ payment.account }}"}', advanced=True
        )

    def written_out(self, settings: Mapping[str, Json]) -> Mapping[str, Json]:
        """Without a code it is the caught failure again, in its own words unless others are given."""
        if settings.get("code") not in (None, ""):
            return settings
        return {**CAUGHT, **{key: value for key, value in settings.items() if value not in (None, "")}}

    def check(self, settings: Mapping[str, Json], address: str) -> list[Problem]:
        """A failure of one's own says what happened."""
        if settings.get("message") in (None, ""):
            return [Problem(f"{address}/message", "Required", "“Message” is missing.", "Say what happened, in words.")]
        return []

    def run(self, context: StepContext[Any]) -> Any:
        """Fail."""
        wanted = context.config
        raise StepFailed(wanted.code, wanted.message, hint=wanted.guidance, details=wanted.details, transient=wanted.retryable)

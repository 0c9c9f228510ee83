"""Parts of the settings of an approval that are objects of their own, as the form shows them. What they mean is checked in policy.py."""

from __future__ import annotations

from dataclasses import dataclass

from playbooks_app.language.settings import setting
from playbooks_app.language.step_type import Json


@dataclass(frozen=True, slots=True)
class EscalationRow:
    """Who is asked next when nobody has answered."""

    after: float | None = setting("duration", label="After", required=True, help="Counted from the question.", example="2d")
    to: Json = setting("people", label="Ask", required=True)
    mode: str = setting(
        "choice", label="And those who were asked", default="share", choices=(("share", "may still decide"), ("move", "are no longer asked"))
    )


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """What happens when nobody has answered at all."""

    after: float | None = setting("duration", label="After", help="Counted from the question.", example="5d")
    do: str = setting(
        "choice",
        label="Then",
        default="wait",
        choices=(("wait", "keep waiting"), ("approve", "it counts as approved"), ("reject", "it counts as rejected"), ("fail", "the step fails")),
    )


@dataclass(frozen=True, slots=True)
class FormSilenceRow:
    """What happens when nobody has filled in a form."""

    after: float | None = setting("duration", label="After", help="Counted from the question.", example="5d")
    do: str = setting("choice", label="Then", default="wait", choices=(("wait", "keep waiting"), ("fail", "the step fails")))


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """Something to fill in beside the decision, declared like an input of a playbook."""

    name: str = setting("name", label="Name", required=True, example="cost_centre")
    type: str = setting(
        "choice",
        label="Type",
        default="string",
        choices=(("string", "Text"), ("number", "Number"), ("boolean", "Yes or no"), ("date", "Date"), ("array", "List"), ("object", "Object")),
    )
    required: bool = setting("boolean", label="Must be answered", default=False)
    description: str = setting("text", label="Help for whoever answers", default="")
    allowed: tuple[Json, ...] = setting("list", label="Allowed answers", default=[], advanced=True, example="4711")
    default: Json = setting("json", label="Usual answer", advanced=True)
